# shellcheck shell=bash
# The minikube profile and kube-context `hello`: no other cluster is ever touched.

PROFILE=hello

kube() { kubectl --context "$PROFILE" "$@"; }
argo() { kube -n argocd "$@"; }

# A minikube that cannot tell its clusters must not pass for one that has none.
profile_exists() {
  local profiles
  profiles=$(minikube profile list --light -o json 2>&1) ||
    fail 'minikube does not tell which clusters it has.' "It says: $(echo "$profiles" | tail -n 3)" "Ask it yourself: minikube profile list"
  case $profiles in *"\"Name\":\"$PROFILE\""*) ;; *) return 1 ;; esac
}
cluster_runs() {
  [ "$(minikube status -p "$PROFILE" --format '{{.Host}} {{.Kubelet}} {{.APIServer}}' 2>/dev/null)" = 'Running Running Running' ]
}
# Also when a start was interrupted: then it holds the ports.
node_runs() { [ "$(docker inspect --type container "$PROFILE" --format '{{.State.Running}}' 2>/dev/null)" = true ]; }
# Whether it was made once, and may stand still.
is_made() { docker inspect --type container "$PROFILE" >/dev/null 2>&1; }
context_exists() { kubectl config get-contexts -o name 2>/dev/null | grep -x "$PROFILE" >/dev/null; }

# A profile, a container or a context of that name that is not this project's is somebody's work.
check_profile() {
  if ! profile_exists; then
    ! is_made || fail "docker has a container named $PROFILE, and minikube knows of no cluster of that name." \
      "It is left alone. If it is an old cluster's, or you do not need it: docker rm -f $PROFILE, then ./bootstrap.sh again."
    ! context_exists || fail "Your kubeconfig has a context named $PROFILE that is no cluster of minikube's." \
      "It is left alone. Rename it: kubectl config rename-context $PROFILE $PROFILE-old, then ./bootstrap.sh again."
    return
  fi
  local ports
  # An unfinished profile may have no container yet.
  ports=$(bindings) || return 0
  [ -n "$(first_page "$ports")" ] && echo "$ports" | grep "^$ARGOCD_NODE_PORT " >/dev/null ||
    fail "minikube has a profile named $PROFILE that was not made by this bootstrap.sh: its ports are others." \
      "It is left alone. If you do not need it: minikube delete -p $PROFILE, then ./bootstrap.sh again."
}

has_cluster() { command -v kubectl >/dev/null && command -v minikube >/dev/null && profile_exists; }

need_cluster() {
  has_cluster ||
    fail "There is no cluster $PROFILE." 'Make it with: ./bootstrap.sh'
  kube get --raw /readyz --request-timeout=5s >/dev/null 2>&1 ||
    fail "The cluster $PROFILE does not answer." 'Start it with: ./bootstrap.sh'
}

cluster_answers() { (need_cluster) >/dev/null 2>&1; }

# A profile whose first start was interrupted may be beyond repair, and nothing is lost with it. The mark says which it
# is.
start_cluster() {
  local keep=''
  # Who works with another cluster goes on with it.
  [ -z "$(kubectl config current-context 2>/dev/null)" ] || keep=--keep-context
  profile_exists || git config hello-world.starting yes
  if ! start_minikube $keep; then
    [ "$(git config hello-world.starting)" = yes ] || return 1
    echo 'its first start was interrupted or failed: starting anew'
    minikube delete -p "$PROFILE" && start_minikube $keep || return 1
  fi
  git config --unset hello-world.starting || true
}

start_minikube() {
  # What minikube then does not check, such as the memory, is checked in machine.sh.
  ! is_root || set -- --force "$@"
  [ -z "${CNI:-}" ] || set -- --cni="$CNI" "$@"
  minikube start -p "$PROFILE" --driver=docker --container-runtime=containerd --kubernetes-version="$KUBERNETES" \
    --cpus="$CPUS" --memory="$MEMORY" --ports="$NODE_PORTS" "$@"
}
