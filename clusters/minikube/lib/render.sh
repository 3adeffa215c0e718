# shellcheck shell=bash
# Kustomize and Helm as Argo CD calls them, see clusters/minikube/argocd/config.yaml.

# The kustomize command that can call helm 4 is 5.8 or newer, and kubectl has that since 1.36. Both are from PATH, or from an
# npm package with programs for Linux on x64. What is wrong with an overlay they say themselves.
render() {
  rendering "$1" || stop
}

rendering() {
  local options=(--enable-helm --load-restrictor LoadRestrictionsNone)
  if command -v helm >/dev/null && command -v kustomize >/dev/null && at_least "$(kustomize version)" 5.8; then
    kustomize build "${options[@]}" "overlays/$1"
  elif [ "$(platform)" = linux-amd64 ] && [ -d node_modules ]; then
    local layer
    layer=$(apps/service/node clusters/minikube/lib/unpack-kubectl.ts)
    "$layer/kubectl/kubectl" kustomize --helm-command "$layer/helm/helm" "${options[@]}" "overlays/$1"
  else
    fail 'kustomize 5.8 and helm are needed.' "$(if [ "$(system)" = macos ]; then echo 'Get them with: brew install kustomize helm'; else
      echo 'https://kubectl.docs.kubernetes.io/installation/kustomize/ and https://helm.sh/docs/intro/install/, or on Linux on x64: npm ci'; fi)"
  fi
}
