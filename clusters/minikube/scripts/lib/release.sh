# shellcheck shell=bash
# Which image an environment runs: dev the one of the last commit, others what one before them runs.

# release_to_dev: builds and loads the last commit's image and commits its tag, where dev has another
release_to_dev() {
  local changed tag
  need_environment dev
  need_clean dev
  # shellcheck disable=SC2086 # several paths
  changed=$(git status --porcelain -- $IMAGE_PATHS)
  [ -z "$changed" ] || fail 'What the image is made of has uncommitted changes:' "$changed" 'Commit them first: an image is always of a commit.'
  need_cluster
  tag=$(content_tag HEAD)
  step "image $IMAGE:$tag built" 1200 build_image "$tag" || fail 'Nothing was released.' "The whole story: $LOG"
  step "loaded into $IMAGES_AT" 600 load_image "$tag" || fail 'Nothing was released.' "The whole story: $LOG"
  if [ "$(overlay_tag dev)" = "$tag" ]; then
    done_line "dev already has $tag: nothing to commit"
    return
  fi
  set_overlay_tag dev "$tag"
  commit -m "Release $tag to dev" -- overlays/dev/kustomization.yaml ||
    fail 'git did not commit the release.' 'To take the tag back: git checkout -- overlays/dev/kustomization.yaml'
  done_line "committed: Release $tag to dev"
}

# why_not_well ENVIRONMENT TAG: why nobody can say that it runs well on that image; nothing where it does
why_not_well() {
  local running line
  cluster_answers || { echo "no cluster $CONTEXT answers, so nobody knows how $1 runs"; return; }
  running=$(running_tag "$1")
  line=$(applications | grep "^hello-$1 ") || line=''
  if [ "$running" = - ] || [ -z "$line" ]; then
    echo "$1 does not run"
  elif [ "$running" != "$2" ]; then
    echo "$1 runs $running, and its overlay says $2"
  else
    # shellcheck disable=SC2086 # name, revision, sync, health, revision
    set -- $line
    [ "$3 $4" = 'Synced Healthy' ] || echo "${1#hello-} is $3 and $4"
  fi
}
