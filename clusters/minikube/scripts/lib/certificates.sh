# shellcheck shell=bash
# An authority of this cluster's own and the certificates that it signs, by openssl or by macOS' LibreSSL.

AUTHORITY='hello-world in minikube'
AUTHORITY_DAYS=3650
CERTIFICATE_DAYS=365
WARN_DAYS=30

# private COMMAND...: runs it with PRIVATE, a folder that only this user can read and that is gone afterwards, whatever
# happens
private() (
  umask 077
  PRIVATE=$(mktemp -d "${TMPDIR:-/tmp}/hello-world.XXXXXX") || exit 1
  status=1
  # The status that was noted: with a trap of its own a bash 3.2 ends with 0, see finish.
  trap 'ended=$?; rm -rf "$PRIVATE"; [ "$ended" != 0 ] || exit "$status"' EXIT
  trap 'exit 130' INT TERM HUP
  "$@"
  status=$?
  exit "$status"
)

make_key() { openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out "$1"; }

# Serial numbers are drawn, so nobody has to count.
serial() { echo "0x01$(openssl rand -hex 15)"; }

# make_authority FOLDER: ca.key and ca.crt. Whoever trusts it trusts it for this machine's and the cluster's own names
# only, and for those under the domain of a gateway.
make_authority() {
  cat >"$1/ca.conf" <<EOF
[req]
distinguished_name = subject
prompt = no
[subject]
CN = $AUTHORITY
[authority]
basicConstraints = critical, CA:true, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
nameConstraints = critical, @names
[names]
permitted;DNS.1 = localhost
permitted;DNS.2 = kafka
permitted;DNS.3 = svc.cluster.local
$(gateway_domain | sed 's/^/permitted;DNS.4 = /')
permitted;IP.1 = 127.0.0.1/255.255.255.255
permitted;IP.2 = 0:0:0:0:0:0:0:1/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
EOF
  make_key "$1/ca.key" &&
    openssl req -x509 -new -sha256 -config "$1/ca.conf" -extensions authority -key "$1/ca.key" \
      -set_serial "$(serial)" -days "$AUTHORITY_DAYS" -out "$1/ca.crt"
}

# make_certificate AUTHORITY-FOLDER FOLDER NAME USAGE ALTERNATIVE-NAMES: tls.key and tls.crt
make_certificate() {
  cat >"$2/request.conf" <<EOF
[req]
distinguished_name = subject
prompt = no
[subject]
CN = $3
[certificate]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = $4
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = $5
EOF
  make_key "$2/tls.key" &&
    openssl req -new -sha256 -config "$2/request.conf" -key "$2/tls.key" -out "$2/request" &&
    openssl x509 -req -sha256 -in "$2/request" -CA "$1/ca.crt" -CAkey "$1/ca.key" -set_serial "$(serial)" \
      -days "$CERTIFICATE_DAYS" -extfile "$2/request.conf" -extensions certificate -out "$2/tls.crt" &&
    rm "$2/request" "$2/request.conf"
}

# Every node of Kafka has the same one, and shows it when it connects to another.
kafka_certificate() { # kafka_certificate AUTHORITY-FOLDER FOLDER NAMESPACE
  local nodes=kafka-controller-headless.$3.svc.cluster.local
  make_certificate "$1" "$2" kafka 'serverAuth, clientAuth' \
    "DNS:kafka, DNS:kafka.$3.svc.cluster.local, DNS:$nodes, DNS:*.$nodes"
}

page_certificate() { # page_certificate AUTHORITY-FOLDER FOLDER ENVIRONMENT
  local host
  host=$(gateway_host "$3")
  # With a name that its authority may not sign it would be good for none.
  [ -z "$host" ] || may_sign "$1/ca.crt" || host=''
  make_certificate "$1" "$2" localhost serverAuth \
    "DNS:$3.localhost, ${host:+DNS:$host, }DNS:localhost, IP:127.0.0.1, IP:0:0:0:0:0:0:0:1"
}
