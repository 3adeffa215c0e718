# shellcheck shell=bash
# Images. A tag is the hash of what the image is made of, so the commit that has the content can be found and built
# again.

IMAGE=hello-world
IMAGE_PATHS='apps/broadcasts apps/service apps/producer apps/consumer apps/standalone package.json package-lock.json .npmrc Dockerfile .dockerignore'

# content_tag TREEISH: 12 hexadecimal digits
content_tag() {
  # shellcheck disable=SC2086 # several paths
  git ls-tree "$1" -- $IMAGE_PATHS | sha256 | cut -c 1-12
}

# commit_of TAG: the newest commit in this history with that content
commit_of() {
  local commit
  # shellcheck disable=SC2086 # several paths
  for commit in $(git rev-parse HEAD) $(git rev-list HEAD -- $IMAGE_PATHS); do
    [ "$(content_tag "$commit")" != "$1" ] || { echo "$commit"; return; }
  done
  return 1
}

# need_clean ENVIRONMENT: its kustomization.yaml is about to be committed, with nothing else
need_clean() {
  [ -z "$(git status --porcelain -- "overlays/$1/kustomization.yaml")" ] ||
    fail "overlays/$1/kustomization.yaml has uncommitted changes." 'Commit or stash them first.'
}

# overlay_tag NAME [TREEISH]
overlay_tag() { overlay_text "$1" kustomization.yaml ${2:+"$2"} | sed -n 's/^[ -]*newTag: *\([^ #]*\).*/\1/p' | tr -d "'\""; }

set_overlay_tag() {
  edit "overlays/$1/kustomization.yaml" sed "s/^\( *newTag: *\).*/\1'$2'/"
}

# wanted_tags [TREEISH]
wanted_tags() { for name in $(environments "$@"); do overlay_tag "$name" "$@"; done | sort -u; }

in_docker() { docker image inspect "$IMAGE:$1" >/dev/null 2>&1; }

# build_from TREEISH TAG: what goes in is listed here, without what only tests need: BuildKit reads no .dockerignore of
# a tar on stdin.
build_from() {
  local paths
  # Of a commit of before one of them was, those that it has: git archive refuses a path that is not there.
  # shellcheck disable=SC2086 # several paths
  paths=$(git ls-tree --name-only "$1" -- $IMAGE_PATHS) || return 1
  # shellcheck disable=SC2046,SC2086 # several arguments, several paths
  git archive "$1" -- $paths ':(exclude,glob)**/*.test.ts' ':(exclude,glob)**/testing/**' |
    docker build $(proxy_build_arguments) --label hello-world=yes --build-arg "REVISION=$2" -t "$IMAGE:$2" -
}

# build_image TAG: from the commit, not from the working tree
build_image() {
  has_image "$1" && return
  local commit
  commit=$(commit_of "$1") || {
    echo "An overlay names the image $IMAGE:$1, and no commit of this history has that content."
    if [ "$(git rev-parse --is-shallow-repository)" = true ]; then
      echo 'This clone has only a part of the history. Run: git fetch --unshallow'
    else
      echo 'Was a rebase, a squash or an edit by hand in between? Put the tag of a commit there: npm run release'
    fi
    return 1
  }
  build_from "$commit" "$1"
}

build_images() { for tag in $(wanted_tags "$@"); do build_image "$tag" || return 1; done; }

# Every image that this project built here.
delete_images() {
  local ids
  ids=$(docker images --quiet --filter label=hello-world=yes | sort -u)
  # shellcheck disable=SC2086 # several identities
  [ -z "$ids" ] || docker rmi -f $ids
}
