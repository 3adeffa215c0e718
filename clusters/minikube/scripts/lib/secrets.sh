# shellcheck shell=bash
# The Secrets that base/secured and base/kafka/secured name. They are made here, in the cluster, and are in no file and
# no repository.

FIRST_ACCOUNT=hello-world/first-account

# lists ENVIRONMENT COMPONENT: whether its overlay lists that one of base/, as git/check takes it
lists() { grep -Eqs "^ *- *[\"']?\.\./\.\./base/$2[\"']?[[:space:]]*(#.*)?\$" "overlays/$1/kustomization.yaml"; }
is_secured() { lists "$1" secured; }
has_secured_kafka() { lists "$1" kafka/secured; }

# The environments whose page is secured.
secured_environments() {
  local name
  for name in $(environments); do ! is_secured "$name" || echo "$name"; done
}

# secrets_of ENVIRONMENT: those that its components name
secrets_of() {
  ! has_secured_kafka "$1" || echo kafka-tls kafka-passwords
  # Also of nobody: kafka-access wants it.
  ! lists "$1" kafka/readers || echo kafka-readers
  ! is_secured "$1" || echo page-tls session-keys accounts
}
environments_with_secrets() {
  local name
  for name in $(environments); do [ -z "$(secrets_of "$name")" ] || echo "$name"; done
}

has_secret() { kube -n "$1" get secret "$2" >/dev/null 2>&1; }
secret_value() { kube -n "$1" get secret "$2" -o jsonpath="{.data.$(echo "$3" | sed 's/\./\\./g')}" | base64 --decode; }

# secret_of NAMESPACE NAME [ANNOTATION]: the Secret of the files in $PRIVATE/NAME, as YAML
secret_of() {
  local type=Opaque
  [ "$2" != page-tls ] || type=kubernetes.io/tls
  kube -n "$1" create secret generic "$2" --type="$type" --from-file="$PRIVATE/$2" --dry-run=client -o yaml |
    if [ -n "${3:-}" ]; then kube annotate --local -f - -o yaml "$3"; else cat; fi
}

# The files of each Secret, in $PRIVATE under its name. The authority is in $PRIVATE/authority.
write_kafka-tls() {
  kafka_certificate "$PRIVATE/authority" "$PRIVATE/kafka-tls" "$1" && cp "$PRIVATE/authority/ca.crt" "$PRIVATE/kafka-tls" &&
    random >"$PRIVATE/kafka-tls/keystore-password" && random >"$PRIVATE/kafka-tls/truststore-password"
}
write_page-tls() {
  page_certificate "$PRIVATE/authority" "$PRIVATE/page-tls" "${1#hello-}" && cp "$PRIVATE/authority/ca.crt" "$PRIVATE/page-tls"
}
write_kafka-passwords() {
  local folder=$PRIVATE/kafka-passwords
  random >"$folder/producer" && random >"$folder/consumer" &&
    # What Kafka's chart reads, in the order of its users in base/kafka/secured/values.yaml.
    echo "$(cat "$folder/producer"),$(cat "$folder/consumer")" | tr -d '\n' >"$folder/client-passwords"
}
write_session-keys() { printf '{"keys":[%s]}\n' "$(session_key)" >"$PRIVATE/session-keys/keys.json"; }
# Where just the Secret is gone, a consumer that runs has still its file. While there is one, nothing takes the place of
# that.
write_accounts() {
  local ready pod secrets pods='' file=$PRIVATE/accounts/accounts.json
  ready=$(ready_consumers "$1") || return 1
  for pod in $ready; do
    secrets=$(mounted_secrets "$1" "$pod") || return 1
    # One that is open, of before its environment was secured, has none.
    ! echo "$secrets" | grep -x accounts >/dev/null || pods="$pods $pod"
  done
  for pod in $pods; do
    ! kube -n "$1" exec "$pod" -- /nodejs/bin/node -e \
      'process.stdout.write(require("fs").readFileSync("/etc/hello/accounts/accounts.json"))' >"$file" || ! grep -q '"users"' "$file" || return 0
  done
  [ -z "$pods" ] || { echo "the accounts of $1 are gone, and its consumers do not give what they have of them"; return 1; }
  printf '{"users":[]}\n' >"$file"
}

mounted_secrets() { # mounted_secrets NAMESPACE POD
  kube -n "$1" get pod "$2" --ignore-not-found -o go-template='{{range .spec.volumes}}{{with .secret}}{{.secretName}}{{"\n"}}{{end}}{{end}}'
}

random() { openssl rand -hex 24 | tr -d '\n'; }
session_key() {
  printf '{"kty":"oct","kid":"%s","k":"%s"}' "$(openssl rand -hex 4)" "$(openssl rand -base64 32 | tr '+/' '-_' | tr -d '=\n')"
}

# As base/ has it, before Argo CD comes to it. One that is on its way out is waited for: nothing can be made in it.
make_namespace() {
  local phase
  phase=$(kube get namespace "$1" --ignore-not-found -o jsonpath='{.status.phase}') || return 1
  [ "$phase" != Active ] || { need_made "$1"; return; }
  [ -z "$phase" ] || until_true no_namespace "$1"
  sed "s/^  name: hello\$/  name: $1/" base/namespace.yaml | as_made | kube create -f -
}
no_namespace() { [ -z "$(kube get namespace "$1" --ignore-not-found -o name 2>&1)" ]; }

# A namespace that was deleted does not come back by itself: Argo CD tries for ever to fill it, without making it.
make_namespaces() { # make_namespaces ENVIRONMENT...
  local name
  for name in "$@"; do make_namespace "hello-$name" || return 1; done
}

make_secret() { # make_secret NAMESPACE NAME
  local annotation=''
  mkdir "$PRIVATE/$2" && "write_$2" "$1" || return 1
  [ "$2" != accounts ] || annotation=$FIRST_ACCOUNT=$(first_account_mark "$1")
  secret_of "$@" "$annotation" | kube create -f - && rm -r "$PRIVATE/${2:?}"
}

missing_secrets() {
  local there name
  there=$(kube -n "$1" get secrets -o name) || return 1
  for name in $(secrets_of "${1#hello-}"); do
    echo "$there" | grep -x "secret/$name" >/dev/null || echo "$name"
  done
}

# make_secrets ENVIRONMENT...: what is missing, and nothing else. Waits for nobody: what needs them may not be there
# yet.
make_secrets() {
  local name missing
  for name in "$@"; do
    [ -n "$(secrets_of "$name")" ] || continue
    make_namespace "hello-$name" && missing=$(missing_secrets "hello-$name") || return 1
    # shellcheck disable=SC2086 # one word for each Secret
    [ -z "$missing" ] || private make_missing "hello-$name" $missing || return 1
    ! has_lost_authority "hello-$name" || private adopt_authority "hello-$name" || return 1
    ! is_secured "$name" || ! lacks_name "$name" || private add_name "$name" || return 1
    ! lacks_reader "$name" || private add_readers "hello-$name" || return 1
    hand_over_all "$name" || return 1
  done
}

make_what_is_missing() { make_namespaces "$@" && make_secrets "$@"; } # make_what_is_missing ENVIRONMENT...

make_missing() { # make_missing NAMESPACE NAME...
  local namespace=$1 name
  shift
  fetch_authority || return 1
  for name in "$@"; do make_secret "$namespace" "$name" || return 1; done
  case " $* " in
    *' kafka-passwords '*) restart_clients "$namespace" ;;
    *' kafka-readers '*) restart_there "$namespace" kafka-access ;;
  esac
}

# Where Kafka runs, with other passwords or certificates than those of now. Producer and consumer try again until theirs
# are good.
restart_clients() { restart_there "$1" kafka-access producer consumer; }

restart_there() { # restart_there NAMESPACE NAME...
  local namespace=$1 name found there=''
  shift
  # Not all of them are there where an environment is just coming back.
  for name in "$@"; do
    found=$(kube -n "$namespace" get deployment "$name" --ignore-not-found -o name) || return 1
    [ -z "$found" ] || there="$there deployment/$name"
  done
  # shellcheck disable=SC2086 # several names
  [ -z "$there" ] || kube -n "$namespace" rollout restart $there
}

# Which environments have had accounts, told outside of their namespaces, so that a loss is noticed.
HAD_ACCOUNTS=hello-world-had-accounts
had_accounts() { [ "$(argo get configmap "$HAD_ACCOUNTS" -o jsonpath="{.data.$1}" 2>/dev/null)" = yes ]; }
note_accounts() { # note_accounts NAMESPACE yes|no
  local value='"yes"'
  [ "$2" = yes ] || value=null
  argo create configmap "$HAD_ACCOUNTS" >/dev/null 2>&1 || true
  argo patch configmap "$HAD_ACCOUNTS" --type=merge -p "{\"data\":{\"$1\":$value}}" >/dev/null
}

first_account_mark() { # first_account_mark NAMESPACE: whether somebody has to be told of a first account
  if grep -q '"name"' "$PRIVATE/accounts/accounts.json" 2>/dev/null; then echo made; elif had_accounts "$1"; then echo lost; else echo wanted; fi
}
