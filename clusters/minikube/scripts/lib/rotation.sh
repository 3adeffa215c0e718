# shellcheck shell=bash
# New certificates, passwords and session keys for an environment that goes on meanwhile. Each step can be done again,
# so a rotation that was interrupted is finished by the next: its mark is on the namespace, and on each Secret that it
# has made.

ROTATION=hello-world/rotation

kafka_pods() { kube -n "$1" get pods -l app.kubernetes.io/name=kafka -o go-template='{{range .items}}{{.metadata.name}}{{"\n"}}{{end}}' | sort -r; }

# in_sync NAMESPACE POD: whether every partition is on every node that should have it. Asked from within a node, with
# its certificate, and by its own name, which it knows by itself: the others' have the address of a node that went for
# half a minute more.
in_sync() {
  local behind
  behind=$(kube -n "$1" exec "$2" -c kafka -- bash -c '
    export LOG_DIR=/tmp KAFKA_HEAP_OPTS=-Xmx96m KAFKA_JVM_PERFORMANCE_OPTS="-XX:+UseSerialGC -XX:TieredStopAtLevel=1" KAFKA_JMX_OPTS=-Djava.awt.headless=true
    /opt/bitnami/kafka/bin/kafka-topics.sh --bootstrap-server "$0" --describe --under-replicated-partitions \
      --command-config <(printf "%s\n" security.protocol=SSL socket.connection.setup.timeout.ms=1000; grep "^ssl\.[ekt]" /opt/bitnami/kafka/config/server.properties)
  ' "$2.kafka-controller-headless.$1.svc.cluster.local:9094" </dev/null) && [ -z "$behind" ]
}

rotation_of() { kube get namespace "$1" -o go-template="{{with .metadata.annotations}}{{or (index . \"$ROTATION\") \"\"}}{{end}}"; }
mark_of() { kube -n "$1" get secret "$2" -o go-template="{{with .metadata.annotations}}{{or (index . \"$ROTATION\") \"\"}}{{end}}"; }

# A new one while all replicas still sign with the one before, which they all know.
write_more_session-keys() {
  local first
  first=$(secret_value "$1" session-keys keys.json | grep -o '{"kty[^}]*}' | head -n 1) && [ -n "$first" ] &&
    printf '{"keys":[%s,%s]}\n' "$first" "$(session_key)" >"$PRIVATE/session-keys/keys.json"
}

replace_secret() { # replace_secret NAMESPACE NAME WRITER MARK
  if [ "$2" = page-tls ] && is_theirs "$1"; then
    echo 'page-tls was not made here, and stays as it is'
    return
  fi
  mkdir "$PRIVATE/$2" && "$3" "$1" && secret_of "$1" "$2" "${4:+$ROTATION=$4}" | kube replace -f - && rm -r "$PRIVATE/${2:?}"
}

renew_secrets() {
  local namespace=$1 mark secret writer
  mark=$(rotation_of "$namespace") || return 1
  if [ -z "$mark" ]; then
    mark=$(date -u +%Y-%m-%dT%H.%M.%SZ)
    kube annotate namespace "$namespace" "$ROTATION=$mark" || return 1
  fi
  fetch_authority || return 1
  for secret in $(secrets_of "${namespace#hello-}"); do
    writer=write_$secret
    case $secret in
      # The password of an account is of who has it.
      accounts) continue ;;
      session-keys) writer=write_more_session-keys ;;
    esac
    case $(mark_of "$namespace" "$secret") in
      "$mark"*) echo "$secret was made before the interruption" ;;
      *) replace_secret "$namespace" "$secret" "$writer" "$mark" || return 1 ;;
    esac
  done
  ! is_secured "${namespace#hello-}" || tell_pods "$namespace"
}

# Every replica knows the new key: from now on it signs, and the one before is still good.
write_switched_session-keys() {
  local keys
  keys=$(secret_value "$1" session-keys keys.json | grep -o '{"kty[^}]*}') &&
    printf '{"keys":[%s,%s]}\n' "$(echo "$keys" | tail -n 1)" "$(echo "$keys" | head -n 1)" >"$PRIVATE/session-keys/keys.json"
}
switch_session_key() {
  case $(mark_of "$1" session-keys) in *-signs) return ;; esac
  replace_secret "$1" session-keys write_switched_session-keys "$(rotation_of "$1")-signs" && tell_pods "$1"
}

# The kubelet looks after a mounted Secret once in a while; after a pod of which something changed it looks at once.
tell_pods() {
  kube -n "$1" annotate pods -l app.kubernetes.io/name=consumer --overwrite "hello-world/told=$(date -u +%Y-%m-%dT%H.%M.%SZ)" >/dev/null
}

restart_services() { # restart_services NAMESPACE NAME...: all at once
  local namespace=$1 name
  shift
  kube -n "$namespace" rollout restart "${@/#/deployment/}" || return 1
  for name in "$@"; do kube -n "$namespace" rollout status "deployment/$name" --timeout=300s || return 1; done
}

pod_uid() { kube -n "$1" get pod "$2" --ignore-not-found -o jsonpath='{.metadata.uid}'; }
is_ready() { [ "$(kube -n "$1" get pod "$2" --ignore-not-found -o jsonpath='{.status.conditions[?(@.type=="Ready")].status}')" = True ]; }

# Whether that pod is older than what the Secret has now. Both times are the cluster's.
is_older() {
  local pod secret
  pod=$(kube -n "$1" get pod "$2" -o jsonpath='{.metadata.creationTimestamp}') &&
    secret=$(kube -n "$1" get secret kafka-tls --show-managed-fields -o jsonpath='{.metadata.managedFields[*].time}' | tr ' ' '\n' | sort | tail -n 1) &&
    [[ ! $pod > $secret ]]
}

# Every partition is in sync when it begins: that is waited for before the first, and after each.
restart_node() { # restart_node NAMESPACE POD
  if is_older "$1" "$2"; then
    kube -n "$1" delete pod "$2" --wait || return 1
    until_true is_ready "$1" "$2"
  fi
  until_true in_sync "$1" "$2"
}

end_rotation() { kube annotate namespace "$1" "$ROTATION-"; }

rotate_environment() { # rotate_environment NAME
  local name=$1 namespace=hello-$1 missing pod pods=''
  missing=$(missing_secrets "$namespace") && [ -z "$missing" ] || fail "$name has no Secret $(echo "$missing" | xargs)." 'Make what is missing first: ./bootstrap.sh'
  same_authority "$name" || fail "$name's certificates are of another authority than the Secret hello-world-ca in argocd." \
    'Make them anew with that one: ./bootstrap.sh'
  if has_secured_kafka "$name"; then
    pods=$(kafka_pods "$namespace")
    [ -n "$pods" ] || fail "$name has no Kafka that runs." 'See: ./bootstrap.sh status'
  fi
  [ -z "$(rotation_of "$namespace")" ] || note "$name: going on with the rotation of $(rotation_of "$namespace")"
  [ -z "$pods" ] || step "$name: every partition in sync" 180 until_true in_sync "$namespace" kafka-controller-0 || give_up_rotation
  step "$name: new $(what_is_rotated "$name")" 60 private renew_secrets "$namespace" || give_up_rotation
  [ -z "$pods" ] || use_new_passwords "$name" || give_up_rotation
  ! is_secured "$name" || step "$name: the new session key signs" 60 private switch_session_key "$namespace" || give_up_rotation
  for pod in $pods; do
    step "$name: $pod restarted, every partition in sync" 300 restart_node "$namespace" "$pod" || give_up_rotation
  done
  step "$name: rotated" 30 end_rotation "$namespace" || give_up_rotation
  say_new_passwords "$name"
}

what_is_rotated() { echo "certificates$(! has_secured_kafka "$1" || echo ', passwords')$(! is_secured "$1" || echo ', session key')"; }

# Kafka first: who has the new password already is refused until then.
use_new_passwords() { # use_new_passwords NAME
  step "$1: Kafka has the new passwords" 120 restart_services "hello-$1" kafka-access || return 1
  [ -z "$(readers_of "$1")" ] || step "$1: who reads it from elsewhere has his" 60 hand_over_all "$1" || return 1
  step "$1: producer restarted, and consumers, one by one" 300 restart_services "hello-$1" producer consumer
}

give_up_rotation() {
  fail 'The rotation is not finished. What runs goes on.' "The whole story: $LOG" 'Run it again: it goes on where it stopped. ./bootstrap.sh rotate'
}
