# shellcheck shell=bash
# The cluster's network, and whether it enforces NetworkPolicies. kindnet, which minikube takes by itself, enforces none
# where Linux lacks what it needs, as in WSL2, and says nothing: https://github.com/kubernetes-sigs/kind/issues/3705 and
# 3789

NETWORKS='auto bridge calico cilium flannel kindnet'

# need_network NAME: one that minikube knows, or a file of its manifests
need_network() {
  case " $NETWORKS " in *" $1 "*) return ;; esac
  case $1 in
    '') wrong_use "--cni needs a network: ${NETWORKS// /, }." ;;
    /*) [ -f "$1" ] || wrong_use "--cni $1: there is no such file." ;;
    *) wrong_use "There is no network $1. minikube knows ${NETWORKS// /, }, or takes a file by its whole path." ;;
  esac
}

# The one that the profile was made with.
profile_network() {
  minikube profile list --light -o json 2>/dev/null | awk -v name="\"Name\":\"$PROFILE\"" '{
    at = index($0, name)
    if (!at) next
    profile = substr($0, at)
    if (match(profile, /"CNI":"[^"]*"/)) print substr(profile, RSTART + 7, RLENGTH - 8)
  }'
}

# choose_network [NAME]: sets CNI, which is given to `minikube start`; nothing where nobody asked
choose_network() {
  local has
  CNI=$1
  [ -n "$CNI" ] && profile_exists || return 0
  has=$(profile_network) || true
  [ "${has:-auto}" = "$CNI" ] || fail "The cluster $PROFILE was made with another network: ${has:-auto}, not $CNI." 'It can be chosen only when it is made.' \
    "As it is: ./bootstrap.sh. Anew, without the messages that it holds: ./bootstrap.sh down && ./bootstrap.sh --cni $CNI"
}

# network_enforced: whether one flow that the policies allow passes, and one that they refuse does not. Both begin at
# Argo CD's repo-server, which has bash: to a page, and to the Kafka behind it. Ends with 2 where that could not be
# tried, and WHY says why.
network_enforced() {
  local namespace port answer
  WHY=''
  namespace=$(kafka_nodes 2>/dev/null | awk '$2 !~ /^0\// { print $1; exit }') || true
  [ -n "$namespace" ] || { WHY='no environment has a Kafka that runs'; return 2; }
  case $(value_of "$(node_ports 2>/dev/null)" "$namespace") in https:*) port=443 ;; *) port=80 ;; esac
  # What is not allowed may be dropped without an answer.
  answer=$(argo exec deploy/argocd-repo-server -c argocd-repo-server -- bash -c '
    for at; do
      if timeout 2 bash -c ": </dev/tcp/${at%:*}/${at##*:}" 2>/dev/null; then echo open; else echo closed; fi
    done' - "consumer.$namespace.svc.cluster.local:$port" "kafka.$namespace.svc.cluster.local:9092" 2>&1 </dev/null) ||
    { WHY="Argo CD's repo-server cannot be used for it: $(echo "$answer" | tail -n 1)"; return 2; }
  case $answer in
    $'open\nclosed') ;;
    $'open\nopen') return 1 ;;
    closed*) WHY="the page of $namespace cannot be reached within the cluster"; return 2 ;;
    *) WHY="the answer was: $(echo "$answer" | tail -n 1)"; return 2 ;;
  esac
}

say_network() {
  local enforced=0
  network_enforced || enforced=$?
  case $enforced in
    0) done_line "the cluster's network enforces policies" ;;
    1)
      warn "the cluster's network enforces no policies: every pod reaches every other, and Kafka without going through a service."
      is_elsewhere || note 'One that does, in a new cluster, without the messages of this one: ./bootstrap.sh down && ./bootstrap.sh --cni calico'
      ;;
    *) note "whether the cluster's network enforces policies could not be tried: $WHY" ;;
  esac
}
