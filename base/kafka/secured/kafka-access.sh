#!/bin/bash
# Who may do what in Kafka: brings its users, their rights and the producer's topic to what the environment says, and
# takes every other account and right away.
set -euo pipefail

: "${TOPIC:?The overlay lists base/kafka/secured, so it needs base/kafka/secured/topics.yaml under replacements.}"
# All of Kafka's nodes, by any one of them.
brokers=kafka-controller-headless.$NAMESPACE.svc.cluster.local:9094
config=/tmp/client.properties
export PATH=/opt/bitnami/kafka/bin:$PATH LOG_DIR=/tmp KAFKA_HEAP_OPTS=-Xmx96m
# No JMX, for any value is taken instead of the scripts' own.
export KAFKA_JVM_PERFORMANCE_OPTS='-XX:+UseSerialGC -XX:TieredStopAtLevel=1' KAFKA_JMX_OPTS=-Djava.awt.headless=true

# With the certificate of Kafka's nodes, who may do everything.
connect() {
  cat /etc/hello/tls/tls.key /etc/hello/tls/tls.crt >/tmp/node.pem
  printf '%s\n' security.protocol=SSL \
    ssl.keystore.type=PEM ssl.keystore.location=/tmp/node.pem \
    ssl.truststore.type=PEM ssl.truststore.location=/etc/hello/tls/ca.crt \
    request.timeout.ms=10000 default.api.timeout.ms=20000 >"$config"
}

acls() { kafka-acls.sh --bootstrap-server "$brokers" --command-config "$config" "$@"; }
configs() { kafka-configs.sh --bootstrap-server "$brokers" --command-config "$config" "$@"; }
topics() { kafka-topics.sh --bootstrap-server "$brokers" --command-config "$config" "$@"; }

# Kafka has users since its first start; a password that is newer is given here. By stdin, where no list of processes
# shows it.
give_password() { # give_password USER FOLDER
  printf 'SCRAM-SHA-512=password=%s\n' "$(cat "$2/$1")" |
    configs --alter --entity-type users --entity-name "$1" --add-config-file /dev/stdin
}

# Who is not the environment's own, see base/kafka/readers: a file of each, with his topics.
named() {
  local file
  for file in /etc/hello/readers/*; do [ ! -f "$file" ] || basename "$file"; done
}
# The accounts of the services have their rights from here, not from readers.env.
services='producer|consumer'
readers() { named | grep -vxE "$services" || true; }

# A right is a line, with tabs between: TOPIC, name, LITERAL, user, host, operation.
right() {
  local IFS=$'\t'
  echo "$*"
}

wanted() {
  local operation reader
  for operation in Create Describe DescribeConfigs Write; do right TOPIC "$TOPIC" LITERAL producer '*' "$operation"; done
  reading consumer "$TOPICS"
  for reader in $(readers); do reading "$reader" "$(cat "/etc/hello/readers/$reader")"; done
}

reading() { # reading USER TOPIC,TOPIC...
  local names topic operation
  # Into words, but a * is no file here.
  IFS=', ' read -ra names <<<"$2"
  for topic in "${names[@]}"; do
    for operation in Describe Read; do right TOPIC "$topic" LITERAL "$1" '*' "$operation"; done
  done
}

existing() {
  acls --list | awk -v OFS='\t' '
    function between(before, after,    text) {
      text = $0
      sub(".*" before, "", text)
      sub(after ".*", "", text)
      return text
    }
    # DESCRIBE_CONFIGS is listed, and DescribeConfigs is understood.
    function operation(text,    i, n, words, name) {
      n = split(tolower(text), words, "_")
      for (i = 1; i <= n; i++) name = name toupper(substr(words[i], 1, 1)) substr(words[i], 2)
      return name
    }
    /ResourcePattern\(/ {
      resource = between("resourceType=", ", name=") OFS between(", name=", ", patternType=") OFS between("patternType=", "[)]")
    }
    # A refusal gives nobody anything. A user is a name, or all of a certificate: CN=somebody, O=someone.
    /principal=User:.*permissionType=ALLOW/ {
      user = between("principal=User:", ", host=")
      host = between(", host=", ", operation=")
      print resource, user, host, operation(between(", operation=", ", permissionType="))
    }'
}

# One that Kafka does not take is in nobody else's way.
change() { # change --add|--remove: the rights on stdin, those of one user to one thing at once
  local kind name pattern user host operations status=0
  awk -F '\t' '{ of = $1 FS $2 FS $3 FS $4 FS $5; operations[of] = operations[of] " --operation " $6 }
    END { for (of in operations) print of FS operations[of] }' >/tmp/changes
  while IFS=$'\t' read -r kind name pattern user host operations; do
    echo "$1 $user: $operations on $kind $name ($pattern)"
    # shellcheck disable=SC2086 # several words
    acls "$1" --force "--$(echo "$kind" | tr '[:upper:]_' '[:lower:]-')" "$name" \
      --resource-pattern-type "$pattern" --allow-principal "User:$user" --allow-host "$host" $operations >/dev/null </dev/null || status=1
  done </tmp/changes
  return "$status"
}

# One of another mechanism is of no use: no listener takes it.
accounts() {
  configs --describe --entity-type users |
    sed -n "s/^SCRAM credential configs for user-principal '\(.*\)' are .*SCRAM-SHA-512=.*/\1/p"
}

remove_accounts() { # of who is named nowhere
  local user status=0
  # Where nobody had a right, Kafka is new.
  [ -s /tmp/existing ] || return 0
  accounts >/tmp/accounts || return 1
  while IFS= read -r user; do
    echo "--remove $user: the account"
    configs --alter --entity-type users --entity-name "$user" --delete-config SCRAM-SHA-512 >/dev/null </dev/null || status=1
  done < <(grep -vxE "$services" /tmp/accounts | grep -vxFf <(readers))
  return "$status"
}

# Each of Kafka's programs takes a second or two of a processor, which its nodes need now: so it is not asked before it
# listens.
listens() { timeout 2 bash -c ': <"/dev/tcp/$0/$1"' "${brokers%:*}" "${brokers#*:}" 2>/dev/null; }

connect
listens || echo "Nothing listens at $brokers yet"
until listens; do sleep 0.5; done
until existing >/tmp/existing 2>/tmp/error; do
  echo "Kafka does not answer yet: $(tail -n 1 /tmp/error)"
  sleep 2
done
wanted >/tmp/wanted
failed=''
# First: whatever is wrong after this, nobody keeps a right that was taken away from him.
{ grep -vxFf /tmp/wanted /tmp/existing || true; } | change --remove || failed=yes
remove_accounts || failed=yes
for user in producer consumer; do give_password "$user" /etc/hello/passwords; done
for reader in $(readers); do
  if [ -f "/etc/hello/reader-passwords/$reader" ]; then
    give_password "$reader" /etc/hello/reader-passwords
  else
    echo "$reader has no password yet. It is made by: ./bootstrap.sh, or npm run sync"
  fi
done
{ grep -vxFf /tmp/existing /tmp/wanted || true; } | change --add || failed=yes

# What a topic keeps, as the producer would set it, see apps/broadcasts/src/kafka-topic.ts. Kafka takes whole segments
# away.
retention() {
  local bytes=-1 segment
  echo "retention.ms=$((TOPIC_RETENTION_HOURS < 0 ? -1 : TOPIC_RETENTION_HOURS * 3600000))"
  [ "$TOPIC_RETENTION_MIB" -lt 0 ] || bytes=$((TOPIC_RETENTION_MIB * 1048576 / TOPIC_PARTITIONS))
  echo "retention.bytes=$bytes"
  segment=$((bytes / 8 < 1048576 ? 1048576 : bytes / 8 > 1073741824 ? 1073741824 : bytes / 8))
  [ "$bytes" -lt 0 ] || echo "segment.bytes=$segment"
}

# The producer makes its topic, and may not change it.
if topics --list | grep -Fx "$TOPIC" >/dev/null; then
  configs --alter --entity-type topics --entity-name "$TOPIC" \
    --add-config "$(retention | paste -sd ,)"
  partitions=$(topics --describe --topic "$TOPIC" | sed -n 's/.*PartitionCount: *\([0-9]*\).*/\1/p')
  [ "$partitions" -ge "$TOPIC_PARTITIONS" ] || topics --alter --topic "$TOPIC" --partitions "$TOPIC_PARTITIONS"
fi

for name in $(named | grep -xE "$services"); do
  echo "readers.env names $name, which is a service's own account. Take another name." >&2
  failed=yes
done
[ -z "$failed" ] || exit 1
