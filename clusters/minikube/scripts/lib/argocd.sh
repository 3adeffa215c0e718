# shellcheck shell=bash
# Argo CD, the root application, and whether everything is as the repository says.

ARGOCD=v3.6.1
# Of manifests/install.yaml at that tag of https://github.com/argoproj/argo-cd
ARGOCD_SHA256=7be23ca7d9ca3d3074dee8332f1ca92a933b990cee7c9cf22cf3843ee8c2913e
ARGOCD_IMAGE=quay.io/argoproj/argocd:$ARGOCD
ARGOCD_MANIFEST=clusters/minikube/argocd/install.yaml

# Once: what lies here needs no network again.
fetch_argocd() {
  local url=https://raw.githubusercontent.com/argoproj/argo-cd/$ARGOCD/manifests/install.yaml actual
  [ ! -f "$ARGOCD_MANIFEST" ] || [ "$(sha256 <"$ARGOCD_MANIFEST")" != "$ARGOCD_SHA256" ] || return 0
  curl -fsSL --retry 3 --max-time 120 -o "$ARGOCD_MANIFEST.part" "$url" || { echo "cannot download $url"; return 1; }
  actual=$(sha256 <"$ARGOCD_MANIFEST.part")
  if [ "$actual" != "$ARGOCD_SHA256" ]; then
    rm -f "$ARGOCD_MANIFEST.part"
    echo "$url is not what it was when this was written: its SHA-256 is $actual, not $ARGOCD_SHA256. Nothing was applied."
    return 1
  fi
  mv "$ARGOCD_MANIFEST.part" "$ARGOCD_MANIFEST"
}

# To render and to apply it takes five seconds, so what is in the cluster as it was applied last is left alone. How it
# was is noted there: by the sum of the files, and by that of the objects' versions.
apply_once() { # apply_once NAME NAMESPACE FOLDER...
  local note=hello-world-applied-$1 namespace=$2 files objects names folder some
  shift 2
  files=$(files_in "$@" | sha256)
  read -r some objects names < <(argo get configmap "$note" --ignore-not-found -o go-template='{{.data.files}} {{.data.objects}} {{.data.names}}') || true
  # shellcheck disable=SC2086 # several names
  [ "$some" != "$files" ] || [ "$objects" != "$(versions_of "$namespace" $names)" ] || return 0
  names=''
  for folder in "$@"; do
    some=$(kube apply --server-side --force-conflicts -k "$(folder_here "$folder")" -o name) || return 1
    names="$names $some"
  done
  names=$(echo "$names" | xargs)
  # shellcheck disable=SC2086 # several names
  argo create configmap "$note" --dry-run=client -o yaml --from-literal=files="$files" --from-literal=objects="$(versions_of "$namespace" $names)" \
    --from-literal=names="$names" | argo apply --server-side --force-conflicts -f -
}
files_in() {
  local folder here
  for folder in "$@"; do
    cat "$folder"/*
    here=$(folder_here "$folder")
    [ "$here" = "$folder" ] || cat "$here"/*
  done
}
# folder_here FOLDER: of these manifests those that are for this cluster, where they differ
folder_here() {
  local elsewhere=clusters/elsewhere/${1##*/}
  if is_elsewhere && [ -d "$elsewhere" ]; then echo "$elsewhere"; else echo "$1"; fi
}
# versions_of NAMESPACE KIND/NAME...: their sum. What others write into a Secret and a claim does not count, only that
# it is the same one, with the same labels.
versions_of() {
  kube -n "$1" get "${@:2}" --ignore-not-found -o go-template='{{range .items}}{{.metadata.uid}} {{.metadata.labels}} {{if not (eq .kind "Secret" "PersistentVolumeClaim")}}{{or .metadata.generation .metadata.resourceVersion}}{{end}}{{"\n"}}{{end}}' | sha256
}

apply_argocd() {
  if fetch_argocd; then
    apply_once argocd argocd clusters/minikube/policies clusters/minikube/argocd
  else
    apply_once policies argocd clusters/minikube/policies || return 1
    # Of another clone, perhaps: what runs can go on as it is.
    [ -n "$(argo get deployment argocd-server --ignore-not-found -o name 2>/dev/null)" ] && echo 'Argo CD is there, and stays as it is.'
  fi
}

PROXY_SECRET=hello-world-proxy
# By the user's proxy the repo-server pulls charts and reads repositories. Its URL may hold a password, so it is a
# Secret.
give_proxy() {
  local now before
  now=$(proxy_environment | LC_ALL=C sort)
  before=$(argo get secret "$PROXY_SECRET" --ignore-not-found -o go-template='{{range $name, $value := .data}}{{$name}}={{base64decode $value}}{{"\n"}}{{end}}' | LC_ALL=C sort) || return 1
  [ "$now" != "$before" ] || return 0
  if [ -n "$now" ]; then private write_proxy | argo apply --server-side --force-conflicts -f -; else argo delete secret "$PROXY_SECRET"; fi || return 1
  argo rollout restart deployment/argocd-repo-server
}
write_proxy() {
  proxy_environment >"$PRIVATE/proxy" && argo create secret generic "$PROXY_SECRET" --from-env-file="$PRIVATE/proxy" --dry-run=client -o yaml
}

ARGOCD_PARTS='deployment/argocd-redis deployment/argocd-repo-server deployment/argocd-applicationset-controller
  statefulset/argocd-application-controller deployment/argocd-server'

argocd_rolled_out() {
  local kind
  for kind in deployments statefulsets; do
    argo rollout status "$kind" -l app.kubernetes.io/part-of=argocd --timeout=600s || return 1
  done
}

argocd_runs() {
  give_proxy || return 1
  # It makes its own Secrets when its parts start, and without the first of them the others cannot.
  if ! has_secret argocd argocd-redis && [ -n "$(argo get deployment argocd-redis -o jsonpath='{.status.readyReplicas}')" ]; then
    argo rollout restart deployment/argocd-redis && until_true has_secret argocd argocd-redis && restart_argocd || return 1
  fi
  argocd_rolled_out || return 1
  [ -n "$(secret_value argocd argocd-secret admin.password)" ] || { restart_argocd && argocd_rolled_out; }
}

# shellcheck disable=SC2086 # several names
restart_argocd() { argo rollout restart $ARGOCD_PARTS; }

git_runs() {
  apply_once git argocd clusters/minikube/git && argo rollout status deployment/git --timeout=300s
}

# What stands for itself in a replacement. A quotation mark, which YAML would take, no URL needs, and a branch should
# not have.
for_sed() { printf '%s' "$1" | sed -e 's/[\\&|]/\\&/g' -e 's/"/%22/g'; }

apply_root() {
  { cat clusters/minikube/projects.yaml && echo --- && cat clusters/minikube/root.yaml; } |
    sed -e "s|\${REPO}|$(for_sed "$REPO")|g" -e "s|\${REVISION}|$(for_sed "$REVISION")|g" | with_more root_patches |
    argo apply --server-side --force-conflicts -f -
}

# with_more COMMAND...: stdin, with what that prints in the place of the line with ${MORE}. In minikube it is nothing.
with_more() {
  local more=$LOG.more
  : >"$more"
  ! is_elsewhere || "$@" >"$more" || return 1
  sed -e "/\${MORE}/r $more" -e '/\${MORE}/d'
}

INITIAL=argocd-initial-admin-secret
SHOWN=hello-world/shown

# How people call kubectl: not everybody has it on PATH.
kubectl_command() { if [ -x .bin/kubectl ]; then echo ".bin/kubectl --context $CONTEXT -n argocd"; else echo "kubectl --context $CONTEXT -n argocd"; fi; }
password_command() { echo "$(kubectl_command) get secret $INITIAL -o jsonpath='{.data.password}' | base64 --decode"; }

# Argo CD's password, the first time. The mark is in the cluster, as the password is.
say_password() {
  [ "$(argo get secret "$INITIAL" -o go-template="{{with .metadata.annotations}}{{index . \"$SHOWN\"}}{{end}}" 2>/dev/null)" != yes ] || return 0
  local password
  # Who has changed it has deleted it, as Argo CD advises.
  password=$(argo get secret "$INITIAL" -o jsonpath='{.data.password}' 2>/dev/null | base64 --decode) || return 0
  [ -n "$password" ] || return 0
  say
  say "${BOLD}Argo CD${PLAIN}  $(argocd_url)   user: admin   password: $password"
  note 'It may change everything that Argo CD may. Shown this once; to see it again: ./bootstrap.sh status says how.'
  note "To change it: User Info > Update Password in the UI, then: $(kubectl_command) delete secret $INITIAL"
  argo annotate --overwrite secret "$INITIAL" "$SHOWN=yes" >/dev/null
}

# The account for colleagues, who may look and change nothing.
say_viewer() {
  local password
  [ -z "$(secret_value argocd argocd-secret accounts.viewer.password)" ] || return 0
  password=$(new_password)
  private give_viewer "$password" >>"$LOG" 2>&1 || fail 'Argo CD did not take the password of viewer.' "See $LOG" 'Try again: ./bootstrap.sh'
  say "${BOLD}Argo CD${PLAIN}  $(argocd_url)   user: viewer  password: $password"
  note "For colleagues: it may look, and change nothing. Shown this once; another one: $(kubectl_command) patch secret argocd-secret --type=json -p '[{\"op\":\"remove\",\"path\":\"/data/accounts.viewer.password\"}]' && ./bootstrap.sh"
}

give_viewer() { # give_viewer PASSWORD: Argo CD keeps its bcrypt
  local hash
  hash=$(printf '%s\n' "$1" | argo exec -i deploy/argocd-server -- argocd account bcrypt | tail -n 1 | grep -o '[$]2.*') && [ -n "$hash" ] || return 1
  printf '{"stringData":{"accounts.viewer.password":"%s","accounts.viewer.passwordMtime":"%s"}}' \
    "$hash" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" >"$PRIVATE/patch"
  argo patch secret argocd-secret --type=merge --patch-file "$PRIVATE/patch"
}

# refresh: Argo CD looks at the repository now
refresh() {
  argo annotate --overwrite applications,applicationsets --all argocd.argoproj.io/refresh=normal \
    argocd.argoproj.io/application-set-refresh=true >/dev/null 2>&1 || true
}

# One line for each application: name, revision, sync status, health, revision of the last sync. A sync that failed and
# is tried again counts as Failed, whatever the last comparison said.
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

# come_to COMMIT ENVIRONMENT...: until all is there
come_to() { clear_until "$1" all_at "$@"; }

# clear_until COMMIT COMMAND...: until that holds. Every ten seconds what is in the way is taken off.
clear_until() {
  local commit=$1 next=$((SECONDS + 10))
  shift
  until "$@"; do
    if [ "$SECONDS" -ge "$next" ]; then
      take_off_stuck "$commit"
      next=$((SECONDS + 10))
    fi
    sleep 1
  done
}

# all_healthy ENVIRONMENT...: whether what runs is healthy, of whichever commit it is
all_healthy() {
  local lines name
  lines=$(applications)
  for name in "${@/#/hello-}"; do echo "$lines" | grep "^$name [^ ]* [^ ]* Healthy" >/dev/null || return 1; done
}

# An operation that is tried again and again, or waits for what an older commit has asked for, keeps the newer from its
# turn: Argo CD begins nothing while one is under way. Without it, it compares anew and does what is to be done.
stuck_operations() { # stuck_operations [COMMIT]: what is to be deployed; without it what Argo CD has compared last
  local wanted=''
  [ -z "${1:-}" ] || wanted="{{\$now = \"$1\"}}"
  argo get applications -o go-template='{{range .items}}{{$name := .metadata.name}}{{$now := ""}}{{with .status}}{{with .sync}}{{$now = .revision}}{{end}}{{end}}'"$wanted"'{{if .operation}}{{with .status}}{{with .operationState}}{{if eq .phase "Running"}}{{$of := ""}}{{with .syncResult}}{{$of = .revision}}{{end}}{{if or .retryCount (and $of (ne $of $now) (ne $name "hello-try"))}}{{$name}}{{"\n"}}{{end}}{{end}}{{end}}{{end}}{{end}}{{end}}' 2>/dev/null
}

# What Argo CD heals by itself it does for those objects alone that it missed then. Where one of them waits for another
# that went a moment later, as with a namespace, it would wait for ever: a name and a beginning for each such operation.
partial_operations() {
  argo get applications -o go-template='{{range .items}}{{$name := .metadata.name}}{{with .operation}}{{with .sync}}{{if .resources}}{{$name}}{{end}}{{end}}{{end}}{{with .status}} {{with .sync}}{{.status}}{{end}} {{with .operationState}}{{.phase}} {{.startedAt}}{{end}}{{end}}{{"\n"}}{{end}}' 2>/dev/null |
    awk 'NF == 4 && $2 == "OutOfSync" && $3 == "Running" { print $1, $4 }'
}

# Of those that are partial only what was so the time before, too: most end well.
PARTIAL=''
take_off_stuck() { # take_off_stuck [COMMIT]
  local name partial still
  partial=$(partial_operations) || true
  still=$(echo "$partial" | grep -Fx -e "$PARTIAL" | cut -d ' ' -f 1) || true
  PARTIAL=$partial
  for name in $(stuck_operations "$@") $still; do
    argo patch application "$name" --type=json \
      -p '[{"op":"remove","path":"/operation"},{"op":"remove","path":"/status/operationState"}]' >/dev/null 2>&1 || true
  done
}
