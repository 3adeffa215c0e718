# shellcheck shell=bash
# The door: an nginx that leads names of this machine to environments and to Argo CD, see clusters/minikube/door.

open_door() {
  apply_once door door clusters/minikube/door && kube -n door rollout status deployment/door --timeout=300s
}

# tell_door NAME...: which environments there are, for its page on a name that nothing has. It asks nobody for that
# itself: what faces the network has no right to ask the cluster.
tell_door() {
  local name
  # A secured one sends them on to https.
  for name in "$@"; do printf '<li><a href="%s">%s</a></li>\n' "$(door_url "$name" http)" "$name"; done |
    kube -n door create configmap environments --from-file=environments.html=/dev/stdin --dry-run=client -o yaml |
    kube -n door apply --server-side --force-conflicts -f - &&
    # So that the kubelet looks at once.
    kube -n door annotate pods -l app.kubernetes.io/name=door --overwrite "hello-world/told=$(date -u +%Y-%m-%dT%H.%M.%SZ)"
}
