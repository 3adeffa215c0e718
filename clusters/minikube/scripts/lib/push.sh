# shellcheck shell=bash
# A push to where Argo CD reads: what stands against it, the push itself, and until it runs. ON_PURPOSE=yes overrides
# what is refused here. COMMAND is what was typed, for the advice.

# Sets REMOTE and BRANCH: where the push goes.
need_target() {
  local url
  url=$(deployed_url) BRANCH=$(deployed_branch)
  [ -n "$url" ] || fail 'Argo CD does not know this repository yet.' 'Run: ./bootstrap.sh'
  if [ "$url" = "$IN_CLUSTER" ]; then REMOTE=minikube; else REMOTE=origin; fi
}

# The branch of this clone that is deployed. The git server in the cluster has one, whatever it is called here.
own_branch() { if [ "$REMOTE" = minikube ]; then git config hello-world.branch || echo "$CLUSTER_BRANCH"; else echo "$BRANCH"; fi; }

need_own_branch() { # need_own_branch COMMAND
  local here wanted
  here=$(git symbolic-ref --quiet --short HEAD) || here=''
  wanted=$(own_branch)
  [ "$here" != "$wanted" ] && ! on_purpose || return 0
  # As git/push does it.
  if [ "$REMOTE" = minikube ] && ! git rev-parse --quiet --verify "refs/heads/$wanted" >/dev/null; then
    fail "The branch $wanted, which is deployed, is not here any more." "To have another one deployed from now on: git config hello-world.branch ${here:-BRANCH} && $1"
  fi
  fail "${here:-No branch, a detached HEAD,} is not what is deployed: that is $wanted." \
    "To bring it there: git switch $wanted && git merge ${here:-$(git rev-parse --short HEAD)} && $1" \
    "To deploy it as it is, to $(environments HEAD | xargs), all of them: ON_PURPOSE=yes $1"
}

# The tree that a commit of the overlays and the base would have, as they are in the working tree. The index stays as it
# is.
working_tree() {
  local index=$LOG.index
  cp "$(git rev-parse --git-path index)" "$index" 2>/dev/null || true
  GIT_INDEX_FILE=$index git add --all -- overlays base 2>/dev/null && GIT_INDEX_FILE=$index git write-tree
}

# run_check ARGUMENT...: what git/check finds, in its colours
run_check() {
  local status=0
  clusters/minikube/git/check "$@" >"$LOG.check" || status=$?
  sed -e "s/^✗.*/$RED&$PLAIN/" -e "s/^!.*/$YELLOW&$PLAIN/" "$LOG.check" >&2
  return "$status"
}

# refuse COMMAND: what was said stands against the push, if it is not on purpose
refuse() {
  ! on_purpose || return 0
  fail 'Nothing was pushed.' "When that is mended and committed: $1" "To push it all the same: ON_PURPOSE=yes $1"
}

need_checked() { run_check HEAD || refuse "$1"; } # need_checked COMMAND

# need_ports COMMAND: no page gets a port that something else in the cluster has, which is not in any folder perhaps
need_ports() {
  local name port owner lines wrong=''
  lines=$(cluster_ports)
  for name in $(environments HEAD); do
    port=$(overlay_port "$name" HEAD)
    owner=$(echo "$lines" | awk -v port="$port" -v own="hello-$name" '$1 == port && $2 != own { print $2; exit }')
    # Two folders that change places are no trouble.
    [ -n "$port" ] && [ -n "$owner" ] && ! has_environment "${owner#hello-}" HEAD || continue
    printf '%s✗ overlays/%s has node port %s, which %s has in the cluster. Free is %s%s\n' "$RED" "$name" "$port" "$owner" \
      "$(free_port "$(taken_ports)" || echo none)" "$PLAIN" >&2
    wrong=yes
  done
  [ -z "$wrong" ] || refuse "$1"
}

# need_rendered COMMAND: what has changed since the commit that runs is rendered, where that can be done here
need_rendered() {
  local changed
  can_render || return 0
  changed=$(changed_environments "$(deployed_commit)")
  # shellcheck disable=SC2086 # one word for each environment
  [ -z "$changed" ] || private render_head $changed || refuse "$1"
}

# The commit that Argo CD has compared last, if it is here.
deployed_commit() {
  local commit
  commit=$(value_of "$(applications)" hello)
  ! git cat-file -e "$commit^{commit}" 2>/dev/null || echo "$commit"
}

# Those of the last commit that may need something made. Where this history lacks what is deployed, those alone that
# Argo CD has: who has removed another one does not want its namespace back.
environments_to_fill() {
  local deployed name
  deployed=$(value_of "$(applications)" hello)
  if [ "$deployed" = - ] || git merge-base --is-ancestor "$deployed" HEAD 2>/dev/null; then
    environments HEAD
  else
    for name in $(environments HEAD); do ! has_application "$name" || echo "$name"; done
  fi
}

changed_environments() { # changed_environments COMMIT: since then, or all without one
  local name
  for name in $(environments HEAD); do
    [ -n "$1" ] && git diff --quiet "$1" HEAD -- base "overlays/$name" || echo "$name"
  done
}

# render_head NAME...: as they are in the last commit
render_head() {
  local name status=0
  export_head "$PRIVATE/tree" || return 1
  for name in "$@"; do
    # Charts that were pulled stay, for the next time.
    if [ -d "overlays/$name" ]; then mkdir -p "overlays/$name/charts" && ln -s "$ROOT/overlays/$name/charts" "$PRIVATE/tree/overlays/$name/charts"; fi
    if rendering "$name" "$PRIVATE/tree" >"$PRIVATE/manifests" 2>"$PRIVATE/why"; then
      run_check --rendered "$name" <"$PRIVATE/manifests" || status=1
    elif chart_out_of_reach <"$PRIVATE/why"; then
      warn "overlays/$name was not rendered here: its chart cannot be had. What is wrong with it Argo CD will say."
    else
      printf '%s✗ overlays/%s does not render: %s%s\n' "$RED" "$name" "$(sed "s,$PRIVATE/tree/,,g" "$PRIVATE/why" | tr '\n' ' ' | cut -c 1-600)" "$PLAIN" >&2
      status=1
    fi
  done
  return "$status"
}

export_head() { # export_head FOLDER: base/ and overlays/ of the last commit
  local index=$PRIVATE/index
  mkdir "$1" && GIT_INDEX_FILE=$index git read-tree HEAD &&
    GIT_INDEX_FILE=$index git ls-files -z -- base overlays | GIT_INDEX_FILE=$index git checkout-index -z --stdin --prefix="$1/"
}

# need_nothing_left COMMAND [NAME]: names what runs on without a folder. What has one now loses it on purpose, as NAME
# does, or not at all.
need_nothing_left() {
  local name losing='' lines
  lines=$(applications)
  for name in $(unmanaged_environments HEAD); do
    [ "$name" != "${2:-}" ] || continue
    say_unmanaged "$name"
    ! echo "$lines" | grep "^hello-$name " >/dev/null || losing="$losing $name"
  done
  [ -z "$losing" ] || on_purpose || agreed "Push it, and leave$losing unmanaged?" ||
    fail 'Nothing was pushed.' "To push it all the same: ON_PURPOSE=yes $1"
}

# need_newest: that the push will be taken, for what is made for it stays where it is not
need_newest() {
  step "$REMOTE takes this branch" 120 git push --dry-run "$REMOTE" "HEAD:refs/heads/$BRANCH" || give_up_push
}

give_up_push() { fail 'It was not pushed.' "If $REMOTE has commits that this branch lacks: git pull --rebase $REMOTE $BRANCH"; }

# Everything that stands against a push, and what it needs in the cluster.
prepare_push() { # prepare_push COMMAND [NAME], as need_nothing_left
  need_target
  need_own_branch "$1"
  # Before the rest: of an older branch that would say what is not so.
  need_newest
  say_uncommitted
  need_checked "$1"
  need_ports "$1"
  need_nothing_left "$@"
  need_rendered "$1"
  need_program openssl
  begin images images_of_head
  # First, so that nothing that fails leaves passwords of which not everybody knows.
  # shellcheck disable=SC2046 # one word for each environment
  step 'namespaces, certificates and passwords' 180 make_what_is_missing $(environments HEAD) ||
    fail 'Nothing was pushed.' "The whole story: $LOG" 'See: ./bootstrap.sh status'
  step "images of this commit in $IMAGES_AT" 1200 ended images || fail 'Nothing was pushed.' "The whole story: $LOG"
}

images_of_head() { build_images HEAD && load_images HEAD; }

# What is not well already, and is not changed by this push: a consumer of somebody else's, perhaps, that crashes.
ill_before_push() {
  local lines changed name
  lines=$(applications) changed=$(changed_environments "$(deployed_commit)")
  for name in $(environments HEAD); do
    ! echo "$changed" | grep -x -e "$name" >/dev/null || continue
    ! echo "$lines" | grep -E "^hello-$name [^ ]+ (Failed|Unknown|[^ ]+ Degraded) " >/dev/null || echo "$name"
  done
}

ILL=''
push_head() {
  ILL=$(ill_before_push | xargs)
  step "pushed to $REMOTE, branch $BRANCH" 120 git push "$REMOTE" "HEAD:refs/heads/$BRANCH" || give_up_push
  take_off_stuck "$(git rev-parse HEAD)"
  refresh
  # shellcheck disable=SC2046 # one word for each environment
  [ "$REMOTE" = minikube ] || tell_door $(environments HEAD) >>"$LOG" 2>&1 || true
}

# wait_for TEXT NAME...: until these environments are at the last commit and healthy
wait_for() {
  local text=$1 commit
  shift
  commit=$(git rev-parse HEAD)
  REASONS=troubles step "$text at $(git rev-parse --short HEAD) and healthy" 600 come_to "$commit" "$@" || {
    troubles | cut -c 1-300 | sed 's/^/  │ /' >&2
    fail 'Not every environment is at this commit and healthy.' 'See: ./bootstrap.sh status' 'To go back: git revert HEAD && npm run sync'
  }
}

wait_for_all() {
  # shellcheck disable=SC2046 # one word for each environment
  wait_for "every environment${ILL:+ but $ILL}" $(environments HEAD | grep -vxF -e "$(echo "$ILL" | tr ' ' '\n')")
  [ -z "$ILL" ] || warn "nobody waited for $ILL: not well before this push, which does not change it. See: ./bootstrap.sh status"
}
