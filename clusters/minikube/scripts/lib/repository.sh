# shellcheck shell=bash
# Where Argo CD reads the repository: origin, if the cluster can read it, otherwise a git server in the cluster.

IN_CLUSTER=git://git.argocd.svc/hello.git
CLUSTER_BRANCH=main

# One who commits without a name yet gets one, for that commit.
commit() {
  git config user.email >/dev/null || set -- -c user.name="$(id -un)" -c user.email="$(id -un)@localhost" "$@"
  local options=()
  while [ "$1" = -c ]; do options+=("$1" "$2"); shift 2; done
  git ${options[@]+"${options[@]}"} commit --quiet "$@"
}

# A folder that was unzipped has no history: it gets one commit, and every environment the image of just this content.
make_repository() {
  local tag name
  if [ "$(git rev-parse --show-toplevel 2>/dev/null)" != "$(pwd -P)" ]; then
    git init --quiet --initial-branch=main
    git config hello-world.made yes
  fi
  if ! git rev-parse --quiet --verify HEAD >/dev/null; then
    git add --all
    tag=$(content_tag "$(git write-tree)")
    for name in $(environments); do set_overlay_tag "$name" "$tag"; done
    git add --all
    commit -m 'Start from a copy of hello-world'
    done_line 'this folder had no history: it is a git repository now, with one commit'
  fi
}

# uncommitted: says what is not deployed
say_uncommitted() {
  [ -z "$(git status --porcelain)" ] || {
    warn "uncommitted changes are not deployed, only commit $(git rev-parse --short HEAD):"
    git status --short | head -n 5 | sed 's/^/    /' >&2
  }
}

# The URL under which anybody may read what git@... or ssh://... names, without a user's secrets.
public_url() {
  echo "$1" | sed -E -e 's,^git@([^:/]+):,https://\1/,' -e 's,^ssh://([^@/]*@)?([^:/]+)(:[0-9]+)?/,https://\2/,' -e 's,^(https?://)[^@/]*@,\1,'
}

current_branch() { git symbolic-ref --quiet --short HEAD || echo "$CLUSTER_BRANCH"; }

# remote_refs URL [PATTERN]: its branches, as the cluster sees them; nothing when it cannot read it
remote_refs() {
  if has_credentials "$1"; then
    git_with_credentials ls-remote --heads "$@" 2>/dev/null || true
  else
    argo exec deploy/argocd-repo-server -c argocd-repo-server -- \
      env GIT_TERMINAL_PROMPT=0 GIT_ASKPASS=true timeout 15 git ls-remote --heads "$@" 2>/dev/null || true
  fi
}
remote_commit() { remote_refs "$1" "refs/heads/$2" | cut -f 1; }

deployed_url() { argo get application hello -o jsonpath='{.spec.source.repoURL}' 2>/dev/null || true; }
# What was deployed last, as far as Argo CD knows.
synced_commit() { argo get application hello -o jsonpath='{.status.operationState.syncResult.revision}' 2>/dev/null || true; }
deployed_branch() { argo get application hello -o jsonpath='{.spec.source.targetRevision}' 2>/dev/null || true; }

# Sets REPO, REVISION and WHY. What was chosen once stays, so that a commit not pushed yet changes nothing.
choose_repository() { # choose_repository URL KEY-FILE LOGIN: what was asked for, or nothing
  local asked=$1 origin head
  REPO=$(deployed_url) REVISION=$(deployed_branch) WHY='as before'
  if [ -n "$asked" ]; then
    REPO=$asked REVISION=$(current_branch) WHY='as you said'
    [ "$asked" = "$IN_CLUSTER" ] && REVISION=$CLUSTER_BRANCH && return
    if [ -n "$2$3" ]; then
      keep_credentials "$@" >>"$LOG" 2>&1 || fail "Argo CD did not take what lets it into $asked." "See $LOG"
    fi
    [ -n "$(remote_commit "$REPO" "$REVISION")" ] ||
      fail "The cluster cannot read branch $REVISION of $REPO." 'Is that branch pushed to it? Private? --key FILE gives a deploy key, --token-stdin a token.' \
        'Without --repo the repository is kept in the cluster, and no account is needed.'
    return
  fi
  if [ -n "$REPO" ]; then check_branch; fi
  [ -z "$REPO" ] || return 0
  # No answer is not the answer that there is none.
  argo get applications -o name >/dev/null 2>>"$LOG" || fail 'The cluster does not say which repository it follows.' "See $LOG" 'Try again: ./bootstrap.sh'
  REPO=$IN_CLUSTER REVISION=$CLUSTER_BRANCH
  origin=$(git remote get-url origin 2>/dev/null) || { WHY='there is no remote named origin'; return; }
  origin=$(public_url "$origin")
  head=$(remote_commit "$origin" "$(current_branch)")
  # A colleague's commit is not known here yet.
  [ -z "$head" ] || git cat-file -e "$head" 2>/dev/null || GIT_TERMINAL_PROMPT=0 git fetch --quiet "$origin" "refs/heads/$(current_branch)" 2>/dev/null || true
  if [ -z "$head" ]; then
    WHY="the cluster cannot read origin, $origin, branch $(current_branch)"
  elif ! git merge-base --is-ancestor HEAD "$head" 2>/dev/null; then
    WHY="origin does not have this commit, $(git rev-parse --short HEAD)"
  else
    REPO=$origin REVISION=$(current_branch) WHY='origin, which anybody may read'
  fi
}

# A branch that is gone, merged perhaps, gets no commit any more. What cannot be read now, on a train, is another thing.
check_branch() {
  local branches
  [ "$REPO" != "$IN_CLUSTER" ] || return 0
  branches=$(remote_refs "$REPO")
  [ -n "$branches" ] || return 0
  echo "$branches" | cut -f 2 | grep -Fx "refs/heads/$REVISION" >/dev/null ||
    fail "Argo CD follows the branch $REVISION of $REPO, which is gone. What runs goes on, as it was." \
      "To follow another branch: git switch BRANCH && ./bootstrap.sh --repo $REPO"
}

# `git push minikube`, and `git push` alone where there is no other remote.
configure_remote() {
  git config remote.minikube.url 'ext::clusters/minikube/git/push %S'
  git config remote.minikube.fetch '+refs/heads/*:refs/remotes/minikube/*'
  git config remote.minikube.push "HEAD:refs/heads/$CLUSTER_BRANCH"
  # The branch whose pushes are deployed, see git/push.
  # In another clone of what is deployed already it is main.
  git config hello-world.branch >/dev/null || [ -n "$(deployed_url)" ] || git config hello-world.branch "$(current_branch)"
  git config protocol.ext.allow user
  git remote get-url origin >/dev/null 2>&1 || git config remote.pushDefault minikube
}

remove_remote() {
  git config --remove-section remote.minikube 2>/dev/null || true
  git config --unset protocol.ext.allow 2>/dev/null || true
  git config --remove-section protocol.ext 2>/dev/null || true
  [ "$(git config remote.pushDefault)" != minikube ] || git config --unset remote.pushDefault
  git config --remove-section hello-world 2>/dev/null || true
  git for-each-ref --format='%(refname)' refs/remotes/minikube | while read -r ref; do git update-ref -d "$ref"; done
}

# Only forwards, and of the branch that is deployed: a newer commit in the cluster stays, and what is not ready on a
# branch of its own. Why nothing was pushed stands in $LOG.kept.
push_to_cluster() {
  local there branch followed
  there=$(git ls-remote minikube "refs/heads/$CLUSTER_BRANCH" | cut -f 1) || return 1
  # Where nothing is deployed yet, it is what was asked for, wherever HEAD is.
  if [ -z "$there" ]; then
    ON_PURPOSE=yes git push --quiet minikube
    return
  fi
  [ "$there" != "$(git rev-parse HEAD)" ] || return 0
  if ! git merge-base --is-ancestor "$there" HEAD 2>/dev/null; then
    echo "the cluster has commit $(echo "$there" | cut -c 1-7), which this branch does not have: left as it is. To replace it: ON_PURPOSE=yes git push --force minikube" | tee "$LOG.kept"
    return 0
  fi
  # As git/push has it.
  branch=$(git symbolic-ref --quiet --short HEAD || git rev-parse --short HEAD)
  followed=$(git config hello-world.branch || echo "$CLUSTER_BRANCH")
  if [ "$branch" != "$followed" ] && [ "${ON_PURPOSE:-}" != yes ]; then
    if ! git rev-parse --quiet --verify "refs/heads/$followed" >/dev/null; then
      echo "the branch $followed, which is deployed, is not here any more: left as it is. To deploy this one from now on: git config hello-world.branch $branch && git push minikube" | tee "$LOG.kept"
      return 0
    fi
    echo "this is branch $branch, and $followed is deployed: left as it is. To deploy this one: ON_PURPOSE=yes git push minikube" | tee "$LOG.kept"
    return 0
  fi
  git push --quiet minikube
}

# The history that `up` made goes too, unless something was done with it.
forget_repository() {
  [ -d .git ] || return 0
  local made commits
  made=$(git config hello-world.made || true)
  remove_remote
  [ "$made" = yes ] || return 0
  commits=$(git rev-list --all --count)
  if [ "$commits" -le 1 ] && [ -z "$(git status --porcelain)" ]; then rm -rf .git; else note 'the git history of this folder stays: you have worked with it'; fi
}
