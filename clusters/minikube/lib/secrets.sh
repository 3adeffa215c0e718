# shellcheck shell=bash
# The Secrets that base/secured names. They are made here, in the cluster, and are in no file and no repository.

FIRST_ACCOUNT=hello-world/first-account

# The environments whose overlay lists base/secured.
secured_environments() {
  local name
  for name in $(environments); do ! is_secured "$name" || echo "$name"; done
}
is_secured() { grep -qs '^ *- *\.\./\.\./base/secured$' "overlays/$1/kustomization.yaml"; }

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
write_page-tls() { page_certificate "$PRIVATE/authority" "$PRIVATE/page-tls"; }
write_kafka-passwords() {
  local folder=$PRIVATE/kafka-passwords
  random >"$folder/producer" && random >"$folder/consumer" &&
    # What Kafka's chart reads, in the order of its users in base/secured/kafka.yaml.
    echo "$(cat "$folder/producer"),$(cat "$folder/consumer")" | tr -d '\n' >"$folder/client-passwords"
}
write_session-keys() { printf '{"keys":[%s]}\n' "$(session_key)" >"$PRIVATE/session-keys/keys.json"; }
write_accounts() { printf '{"users":[]}\n' >"$PRIVATE/accounts/accounts.json"; }

random() { openssl rand -hex 24 | tr -d '\n'; }
session_key() {
  printf '{"kty":"oct","kid":"%s","k":"%s"}' "$(openssl rand -hex 4)" "$(openssl rand -base64 32 | tr '+/' '-_' | tr -d '=\n')"
}

# The authority, from the cluster or new.
fetch_authority() {
  local folder=$PRIVATE/authority
  mkdir "$folder" || return 1
  if has_secret argocd hello-world-ca; then
    secret_value argocd hello-world-ca ca.crt >"$folder/ca.crt" && secret_value argocd hello-world-ca ca.key >"$folder/ca.key"
  else
    make_authority "$folder" && mkdir "$PRIVATE/hello-world-ca" && cp "$folder/ca.crt" "$folder/ca.key" "$PRIVATE/hello-world-ca" &&
      secret_of argocd hello-world-ca | kube create -f -
  fi
}

# As base/ has it, before Argo CD comes to it.
make_namespace() {
  kube get namespace "$1" >/dev/null 2>&1 || sed "s/^  name: hello\$/  name: $1/" base/namespace.yaml | kube create -f -
}

make_secret() { # make_secret NAMESPACE NAME [ANNOTATION]
  mkdir "$PRIVATE/$2" && "write_$2" "$1" && secret_of "$@" | kube create -f - && rm -r "$PRIVATE/${2:?}"
}

missing_secrets() {
  local there name
  there=$(kube -n "$1" get secrets -o name) || return 1
  for name in kafka-tls kafka-passwords page-tls session-keys accounts; do
    echo "$there" | grep -x "secret/$name" >/dev/null || echo "$name"
  done
}

# make_secrets: what is missing, and nothing else
make_secrets() {
  local name missing
  for name in $(secured_environments); do
    make_namespace "hello-$name" && missing=$(missing_secrets "hello-$name") || return 1
    # shellcheck disable=SC2086 # one word for each Secret
    [ -z "$missing" ] || private make_missing "hello-$name" $missing || return 1
  done
}

make_missing() { # make_missing NAMESPACE NAME...
  local namespace=$1 name annotation
  shift
  fetch_authority || return 1
  for name in "$@"; do
    annotation=''
    [ "$name" != accounts ] || annotation=$FIRST_ACCOUNT=wanted
    make_secret "$namespace" "$name" "$annotation" || return 1
    [ "$name" != kafka-passwords ] || take_passwords "$namespace" || return 1
  done
}

# A Kafka that runs already has other passwords.
take_passwords() {
  [ -n "$(kube -n "$1" get deployment kafka-access --ignore-not-found -o name)" ] || return 0
  restart_service "$1" kafka-access && kube -n "$1" rollout restart deployment/producer deployment/consumer
}

# The authority's certificate, for curl and for ./bootstrap.sh trust.
CA_FILE=.bin/ca.crt
save_authority() {
  has_secret argocd hello-world-ca || return 1
  mkdir -p .bin && secret_value argocd hello-world-ca ca.crt >"$CA_FILE"
}

# Certificates that end soon are said: what has ended stops an environment.
say_ending() {
  local name secret text
  for name in $(secured_environments); do
    for secret in kafka-tls page-tls; do
      text=$(secret_value "hello-$name" "$secret" tls.crt 2>/dev/null) && [ -n "$text" ] || continue
      echo "$text" | openssl x509 -noout -checkend $((WARN_DAYS * 86400)) >/dev/null ||
        warn "the certificate $secret of $name ends $(echo "$text" | openssl x509 -noout -enddate | cut -d = -f 2). Make a new one: ./bootstrap.sh rotate"
    done
  done
}
