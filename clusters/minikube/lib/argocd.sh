# shellcheck shell=bash
# Argo CD, the root application, and whether everything is as the repository says.

apply_argocd() {
  kube apply --server-side --force-conflicts -k clusters/minikube/argocd
}

argocd_runs() {
  local name
  apply_argocd || return 1
  for name in deployment/argocd-redis deployment/argocd-repo-server deployment/argocd-applicationset-controller \
    statefulset/argocd-application-controller deployment/argocd-server; do
    argo rollout status "$name" --timeout=600s || return 1
  done
}

git_runs() {
  kube apply --server-side --force-conflicts -k clusters/minikube/git && argo rollout status deployment/git --timeout=300s
}

apply_root() {
  local file
  for file in projects root; do
    # Two words without a sign that means something to sed or YAML: git allows none in a branch's name, and no URL needs one.
    sed -e "s|\${REPO}|$REPO|g" -e "s|\${REVISION}|$REVISION|g" "clusters/minikube/$file.yaml" |
      argo apply --server-side --force-conflicts -f - || return 1
  done
}

INITIAL=argocd-initial-admin-secret
SHOWN=hello-world/shown

# How people call kubectl: not everybody has it on PATH.
kubectl_command() { if [ -x .bin/kubectl ]; then echo ".bin/kubectl --context $PROFILE -n argocd"; else echo "kubectl --context $PROFILE -n argocd"; fi; }
password_command() { echo "$(kubectl_command) get secret $INITIAL -o jsonpath='{.data.password}' | base64 --decode"; }

# Argo CD's password, the first time. The mark is in the cluster, as the password is.
say_password() {
  [ "$(argo get secret "$INITIAL" -o go-template="{{with .metadata.annotations}}{{index . \"$SHOWN\"}}{{end}}" 2>/dev/null)" != yes ] || return 0
  local password
  password=$(argo get secret "$INITIAL" -o jsonpath='{.data.password}' 2>/dev/null | base64 --decode)
  # Who has changed it has deleted it, as Argo CD advises.
  [ -n "$password" ] || return 0
  say
  say "${BOLD}Argo CD${PLAIN}  $(argocd_url)   user: admin   password: $password"
  note 'It may change everything that Argo CD may. Shown this once; to see it again: ./bootstrap.sh status says how.'
  note "To change it: User Info > Update Password in the UI, then: $(kubectl_command) delete secret $INITIAL"
  argo annotate --overwrite secret "$INITIAL" "$SHOWN=yes" >/dev/null
}

# refresh: Argo CD looks at the repository now
refresh() {
  argo annotate --overwrite applications,applicationsets --all argocd.argoproj.io/refresh=normal \
    argocd.argoproj.io/application-set-refresh=true >/dev/null 2>&1 || true
}

# One line for each application: name, revision, sync status, health, revision of the last sync. A sync that failed and is
# tried again counts as Failed, whatever the last comparison said.
applications() {
  argo get applications -o go-template='{{range .items}}{{.metadata.name}} {{with .status.sync}}{{or .revision "-"}}{{else}}-{{end}} {{$sync := "-"}}{{with .status.sync}}{{$sync = or .status "-"}}{{end}}{{with .status.operationState}}{{if or .retryCount (eq .phase "Failed") (eq .phase "Error")}}{{if ne .phase "Succeeded"}}{{$sync = "Failed"}}{{end}}{{end}}{{end}}{{$sync}} {{with .status.health}}{{or .status "-"}}{{else}}-{{end}} {{with .status.operationState}}{{with .syncResult}}{{.revision}}{{else}}-{{end}}{{else}}-{{end}}{{"\n"}}{{end}}' 2>/dev/null
}

# all_at COMMIT ENVIRONMENT...: whether each of them, and the root, is at that commit, in sync and healthy
all_at() {
  local commit=$1 lines name
  shift
  lines=$(applications)
  for name in hello "${@/#/hello-}"; do
    echo "$lines" | grep "^$name $commit Synced Healthy" >/dev/null || return 1
  done
}

# The heart of Argo CD's message, without the command that it ran and the layers that it came through.
reason() {
  sed -E -e 's/`kustomize build [^`]*` failed exit status [0-9]+: /kustomize: /' -e 's/Failed to load target state: //' \
    -e 's/failed to generate manifest for source [0-9]+ of [0-9]+: //' -e 's/rpc error: code = [A-Za-z]+ desc = //' \
    -e 's/one or more synchronization tasks completed unsuccessfully, reason: //' -e 's/Manifest generation error \(cached\): //'
}

# What keeps an application from being as it should, in words.
troubles() {
  argo get applications -o go-template='{{range .items}}{{$name := .metadata.name}}{{with .status}}{{range .conditions}}{{$name}}: {{.message}}{{"\n"}}{{end}}{{with .operationState}}{{if and (or .retryCount (eq .phase "Failed") (eq .phase "Error")) (ne .phase "Succeeded")}}{{$name}}: {{.message}}{{"\n"}}{{end}}{{end}}{{range .resources}}{{with .health}}{{if eq .status "Degraded"}}{{$name}}: {{.message}}{{"\n"}}{{end}}{{end}}{{end}}{{end}}{{end}}' 2>/dev/null | reason
  kube get pods -A --no-headers 2>/dev/null | awk '
    $1 ~ /^(hello-|argocd)/ { split($3, ready, "/"); if ($4 !~ /^(Running|Terminating|Completed)$/ || ($4 == "Running" && ready[1] != ready[2])) print $1 ": pod " $2 " is " $4 ", " $3 " ready" }'
}
