# shellcheck shell=bash
# Kustomize and Helm as Argo CD calls them, see clusters/minikube/argocd/config.yaml.

# The kustomize command that can call helm 4 is 5.8 or newer, and kubectl has that since 1.36. Both are from PATH, or
# from an npm package with programs for Linux on x64. What is wrong with an overlay they say themselves.
render() {
  rendering "$1" || stop
}

can_render() { own_kustomize || packed_kustomize; }
own_kustomize() { command -v helm >/dev/null && command -v kustomize >/dev/null && at_least "$(kustomize version)" 5.8; }
packed_kustomize() { [ -d node_modules/@aws-cdk ] && [ "$(platform 2>/dev/null)" = linux-amd64 ]; }

rendering() { # rendering ENVIRONMENT [FOLDER]: of the repository, or of what was exported there
  local options=(--enable-helm --load-restrictor LoadRestrictionsNone) overlay
  overlay=$(folder_of "$1" "${2:-.}") || return 1
  if own_kustomize; then
    kustomize build "${options[@]}" "$overlay"
  elif packed_kustomize; then
    local layer
    layer=$(apps/service/node clusters/minikube/scripts/lib/unpack-kubectl.ts)
    "$layer/kubectl/kubectl" kustomize --helm-command "$layer/helm/helm" "${options[@]}" "$overlay"
  else
    fail 'kustomize 5.8 and helm are needed.' "$(if [ "$(system)" = macos ]; then echo 'Get them with: brew install kustomize helm'; else
      echo 'https://kubectl.docs.kubernetes.io/installation/kustomize/ and https://helm.sh/docs/intro/install/, or on Linux on x64: npm ci'; fi)"
  fi
}

# Whether what Kustomize said, on stdin, is that a chart's registry did not answer. That it has no such chart is another
# matter.
chart_out_of_reach() {
  local why
  why=$(cat)
  case $why in *'not found'* | *'manifest unknown'* | *MANIFEST_UNKNOWN*) return 1 ;; *'helm pull'* | *'[pull '*) ;; *) return 1 ;; esac
}
