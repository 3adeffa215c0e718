# shellcheck shell=bash
# The cluster that all of it acts on, by its kube-context: no other is ever touched. It is minikube's, see minikube.sh,
# or one that this clone was given by --context and works with from then on, see elsewhere.sh.

CONTEXT=$(git config hello-world.context 2>/dev/null) || CONTEXT=hello
# Where a cluster elsewhere pulls the application's images from. minikube's needs none.
REGISTRY=$(git config hello-world.registry 2>/dev/null) || REGISTRY=''
is_elsewhere() { [ -n "$REGISTRY" ]; }

# choose_cluster CONTEXT REGISTRY: what was asked for, or nothing
choose_cluster() {
  if is_elsewhere; then
    [ "${1:-$CONTEXT}" = "$CONTEXT" ] || fail "This clone works with the cluster $CONTEXT, not with $1." \
      'Another clone may work with another. With this one, when all that it made there is gone: ./bootstrap.sh down'
    [ "${2:-$REGISTRY}" = "$REGISTRY" ] || fail "The cluster $CONTEXT pulls its images from $REGISTRY, not from $2." \
      "As it is: ./bootstrap.sh. Anew, without the messages that it holds: ./bootstrap.sh down && ./bootstrap.sh --context $CONTEXT --registry $2"
    return
  fi
  [ -n "$1$2" ] || return 0
  [ -n "$1" ] || wrong_use '--registry has a meaning with --context only: minikube needs no registry.'
  [ -n "$2" ] || wrong_use "--context $1 needs --registry REGISTRY/NAME, where you may push images, and that cluster may pull them."
  ! git config remote.minikube.url >/dev/null 2>&1 || fail "This clone works with minikube's cluster $CONTEXT, not with $1." \
    'Another clone may work with another. With this one, when that cluster is gone: ./bootstrap.sh down'
  CONTEXT=$1 REGISTRY=$2
  . clusters/minikube/scripts/lib/elsewhere.sh
}

# need_repository REGISTRY/NAME: as an image has it, without a tag
need_repository() {
  local LC_ALL=C
  [[ $1 =~ ^[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)+$ ]] ||
    wrong_use "--registry needs REGISTRY/NAME, such as ghcr.io/somebody/hello-world, without a tag${1:+, and not $1}."
}

kube() { kubectl --context "$CONTEXT" "$@"; }
argo() { kube -n argocd "$@"; }

need_cluster() {
  has_cluster ||
    fail "There is no cluster $CONTEXT." 'Make it with: ./bootstrap.sh'
  kube get --raw /readyz --request-timeout=5s >/dev/null 2>&1 ||
    fail "The cluster $CONTEXT does not answer." 'Start it with: ./bootstrap.sh'
}

cluster_answers() { (need_cluster) >/dev/null 2>&1; }
