# shellcheck shell=bash
# The accounts of a secured environment: a Secret with one file, which a program of the application's image changes.

# accounts_program ENVIRONMENT COMMAND ARGUMENT...: stdin is a line with a password, then the accounts; stdout the
# accounts after it
accounts_program() {
  docker run --rm -i --network none --read-only --cap-drop ALL "$IMAGE:$(running_tag "$1")" apps/consumer/src/users.main.ts "${@:2}"
}
running_tag() { value_of "$(running_images)" "hello-$1"; }

need_accounts() { # need_accounts ENVIRONMENT: that it has some, here and in the cluster
  is_secured "$1" || fail "$1 has no accounts: everyone on this machine sees it." \
    "With accounts are: $(secured_environments | xargs). An overlay that lists base/secured has them."
  has_secret "hello-$1" accounts || fail "$1 has no accounts in the cluster yet." 'Make them: ./bootstrap.sh, or npm run sync'
  [ "$(running_tag "$1")" != - ] || fail "$1 does not run yet." 'See: ./bootstrap.sh status'
  build_image "$(running_tag "$1")" >"$LOG.image" 2>&1 || fail "There is no image $IMAGE:$(running_tag "$1") in docker, and it cannot be built." "$(tail -n 5 "$LOG.image" | redacted)"
}

# The topics that the environment's consumer shows, with spaces between.
topics_of() {
  local settings
  settings=$(kube -n "hello-$1" get deployment consumer -o jsonpath='{.spec.template.spec.containers[0].envFrom[0].configMapRef.name}') &&
    kube -n "hello-$1" get configmap "$settings" -o jsonpath='{.data.TOPICS}' | tr ',' ' '
}

# change_accounts ENVIRONMENT PASSWORD COMMAND ARGUMENT...: and every replica has taken it. Sets TAKEN: how many, and
# after how long. Two who change them at once: the second begins anew with what the first has left.
change_accounts() {
  local attempt status
  for attempt in 1 2 3 4 5; do
    status=0
    TAKEN=$(private try_change "$@") || status=$?
    [ "$status" = 9 ] || return "$status"
  done
  fail 'Somebody else is changing the accounts all the time.' "After $attempt attempts nothing was changed. Try again."
}

try_change() {
  local environment=$1 password=$2 version namespace=hello-$1
  shift 2
  version=$(kube -n "$namespace" get secret accounts -o jsonpath='{.metadata.resourceVersion}') || return 1
  secret_value "$namespace" accounts accounts.json >"$PRIVATE/before" || return 1
  { printf '%s\n' "$password"; cat "$PRIVATE/before"; } | accounts_program "$environment" "$@" >"$PRIVATE/after" 2>"$PRIVATE/error" ||
    fail "$(head -n 1 "$PRIVATE/error")" 'Who there is: npm run users -- list --env '"$environment"
  # With the version that was read: if it is another by now, nothing is written.
  printf '{"metadata":{"resourceVersion":"%s"},"data":{"accounts.json":"%s"}}' "$version" "$(base64 <"$PRIVATE/after" | tr -d '\n')" >"$PRIVATE/patch"
  kube -n "$namespace" patch secret accounts --type=merge --patch-file "$PRIVATE/patch" >/dev/null 2>"$PRIVATE/error" || {
    ! grep -q 'has been modified' "$PRIVATE/error" || return 9
    fail 'The cluster did not take the change.' "$(cat "$PRIVATE/error")"
  }
  wait_for_replicas "$namespace" "$(sha256 <"$PRIVATE/after" | cut -c 1-12)"
}

# ready_consumers NAMESPACE: the pods of those that answer
ready_consumers() {
  kube -n "$1" get pods -l app.kubernetes.io/name=consumer \
    -o go-template='{{range .items}}{{if not .metadata.deletionTimestamp}}{{$name := .metadata.name}}{{range .status.conditions}}{{if and (eq .type "Ready") (eq .status "True")}}{{$name}}{{"\n"}}{{end}}{{end}}{{end}}{{end}}'
}

has_digest() { # has_digest NAMESPACE POD DIGEST
  kube get --raw "/api/v1/namespaces/$1/pods/$2:9090/proxy/metrics" 2>/dev/null | grep "^accounts_info{.*digest=\"$3\"" >/dev/null
}

wait_for_replicas() {
  local began=$SECONDS pod pods left told=-9
  while :; do
    # Again and again: a kubelet that hears of the pod before the Secret looks at the old one.
    [ $((SECONDS - told)) -lt 2 ] || { tell_pods "$1" || return 1; told=$SECONDS; }
    pods=$(ready_consumers "$1") left=''
    for pod in $pods; do has_digest "$1" "$pod" "$2" || left="$left $pod"; done
    if [ -n "$pods" ] && [ -z "$left" ]; then
      echo "$(echo "$pods" | wc -w | tr -d ' ') replicas, after $((SECONDS - began)) s"
      return
    fi
    [ $((SECONDS - began)) -lt 60 ] || fail "It is written, but not every replica has taken it after 60 s:${left:- none is ready}" 'See: ./bootstrap.sh status'
    sleep 0.3
  done
}

# The first account of an environment is who made the cluster. It is shown once.
first_accounts() {
  local name user password command mark
  for name in $(secured_environments); do
    mark=$(kube -n "hello-$name" get secret accounts -o go-template="{{with .metadata.annotations}}{{index . \"$FIRST_ACCOUNT\"}}{{end}}" 2>/dev/null)
    case $mark in wanted | lost) ;; *) continue ;; esac
    user=$(id -un | tr '[:upper:]' '[:lower:]' | tr -c 'a-z0-9._\n-' '-')
    password=$(new_password)
    # It is there, and nobody has seen its password, where this was interrupted.
    command="add $user $(topics_of "$name")"
    ! secret_value "hello-$name" accounts accounts.json | grep "\"name\": *\"$user\"" >/dev/null || command="password $user"
    # shellcheck disable=SC2086 # several words
    change_accounts "$name" "$password" $command || stop
    say
    [ "$mark" != lost ] || warn "the accounts of $name were lost with its namespace. This one is new; those of others are made by: npm run users -- add NAME"
    say "$BOLD$name$PLAIN  $(page_url "$name" "$(value_of "$(node_ports)" "hello-$name")")   user: $user   password: $password"
    note "Shown this once. Another password: npm run users -- password $user --env $name"
    note "Somebody else: npm run users -- add NAME $(topics_of "$name") --env $name"
    note 'So that the browser knows the certificate: ./bootstrap.sh trust'
    kube -n "hello-$name" annotate --overwrite secret accounts "$FIRST_ACCOUNT=made" >/dev/null
    note_accounts "hello-$name" yes
  done
}

new_password() { openssl rand -base64 18 | tr '+/' '-_' | tr -d '\n'; }
