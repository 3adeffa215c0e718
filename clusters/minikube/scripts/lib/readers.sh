# shellcheck shell=bash
# Who else reads the topics of a secured Kafka: accounts that overlays/NAME/readers.env names, with their topics, see
# base/kafka/readers. Their passwords are in the Secret kafka-readers beside that Kafka. Where one is called as an
# environment here that reads there, it is handed over: to its Secret external-kafka.

# readers_of ENVIRONMENT: whatever Kustomize takes as a name, for kafka-access has it then
readers_of() {
  ! lists "$1" kafka/readers || sed -n 's/^[[:blank:]]*\([a-zA-Z0-9._-][a-zA-Z0-9._-]*\)=.*/\1/p' "overlays/$1/readers.env"
}

write_kafka-readers() {
  local reader
  for reader in $(readers_of "${1#hello-}"); do random >"$PRIVATE/kafka-readers/$reader" || return 1; done
}

# Lines "READER PASSWORD", in base64.
reader_passwords() {
  kube -n "$1" get secret kafka-readers -o go-template='{{range $reader, $password := .data}}{{$reader}} {{$password}}{{"\n"}}{{end}}'
}

# lacks_reader ENVIRONMENT: whether one was named since the passwords were made
lacks_reader() {
  local passwords reader
  [ -n "$(readers_of "$1")" ] && passwords=$(reader_passwords "hello-$1") || return 1
  for reader in $(readers_of "$1"); do [ "$(value_of "$passwords" "$reader")" != - ] || return 0; done
  return 1
}

# The others keep theirs.
write_more_kafka-readers() {
  local passwords reader password
  passwords=$(reader_passwords "$1") && write_kafka-readers "$1" || return 1
  for reader in $(readers_of "${1#hello-}"); do
    password=$(value_of "$passwords" "$reader")
    [ "$password" = - ] || echo "$password" | base64 --decode >"$PRIVATE/kafka-readers/$reader" || return 1
  done
}

add_readers() { # add_readers NAMESPACE
  replace_secret "$1" kafka-readers write_more_kafka-readers '' && restart_there "$1" kafka-access
}

hand_over_all() { # hand_over_all ENVIRONMENT: their accounts to those that read from it
  local reader
  for reader in $(readers_of "$1"); do
    ! reads_from "$reader" "$1" || private hand_over "$1" "$reader" || return 1
  done
}

# say_new_passwords ENVIRONMENT: of those who are no environment here, so that nobody hands them over
say_new_passwords() {
  local reader
  for reader in $(readers_of "$1"); do
    ! reads_from "$reader" "$1" || continue
    warn "$reader, who reads from $1, is refused until it has its new password."
    note "kubectl --context $CONTEXT -n hello-$1 get secret kafka-readers -o go-template='{{index .data \"$reader\" | base64decode}}'" >&2
  done
}

# reads_from READER ENVIRONMENT: whether that is an environment too, and its Kafka is the other's
reads_from() { lists "$1" external-kafka && has_kafka_of "$@"; }
has_kafka_of() { cat "overlays/$1"/*.env 2>/dev/null | grep "^KAFKA_BROKERS=.*\.hello-$2\.svc" >/dev/null; }

hand_over() { # hand_over ENVIRONMENT READER
  local folder=$PRIVATE/external-kafka has wanted
  mkdir "$folder" && printf %s "$2" >"$folder/username" && secret_value "hello-$1" kafka-readers "$2" >"$folder/password" &&
    secret_value "hello-$1" kafka-tls ca.crt >"$folder/ca.crt" && [ -s "$folder/password" ] && [ -s "$folder/ca.crt" ] || return 1
  make_namespace "hello-$2" || return 1
  wanted="$(base64 <"$folder/password" | tr -d '\n') $(base64 <"$folder/ca.crt" | tr -d '\n')"
  has=$(kube -n "hello-$2" get secret external-kafka --ignore-not-found -o go-template='{{.data.password}} {{index .data "ca.crt"}}') || return 1
  [ "$has" != "$wanted" ] || return 0
  secret_of "hello-$2" external-kafka | kube apply --server-side --force-conflicts -f - && restart_there "hello-$2" producer consumer
}
