# shellcheck shell=bash
# The cluster that all of it acts on, by its kube-context: no other is ever touched. What is only of minikube's is in
# minikube.sh.

CONTEXT=hello

kube() { kubectl --context "$CONTEXT" "$@"; }
argo() { kube -n argocd "$@"; }

need_cluster() {
  has_cluster ||
    fail "There is no cluster $CONTEXT." 'Make it with: ./bootstrap.sh'
  kube get --raw /readyz --request-timeout=5s >/dev/null 2>&1 ||
    fail "The cluster $CONTEXT does not answer." 'Start it with: ./bootstrap.sh'
}

cluster_answers() { (need_cluster) >/dev/null 2>&1; }
