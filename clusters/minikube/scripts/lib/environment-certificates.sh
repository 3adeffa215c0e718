# shellcheck shell=bash
# The certificates that environments have: who signed a page's, which names it has, and when one ends.

# is_theirs NAMESPACE: whether somebody else signed its page's certificate, such as an authority that every browser
# knows. That one stays as it is.
is_theirs() {
  local issuer
  issuer=$(secret_value "$1" page-tls tls.crt 2>/dev/null | openssl x509 -noout -issuer 2>/dev/null) &&
    ! echo "$issuer" | grep -F "$AUTHORITY" >/dev/null
}

# lacks_name ENVIRONMENT: whether its page's certificate is from before it had one of its names
lacks_name() {
  local host
  for host in "$1.localhost" $(signed_host "$1"); do ! is_not_for "$1" "$host" || return 0; done
  return 1
}
# is_not_for ENVIRONMENT HOST: whether its page's certificate was made here, and without that name
is_not_for() {
  local text
  ! is_theirs "hello-$1" || return 1
  text=$(secret_value "hello-$1" page-tls tls.crt 2>/dev/null | openssl x509 -noout -text 2>/dev/null) &&
    ! echo "$text" | grep -F "DNS:$2," >/dev/null
}
# signed_host ENVIRONMENT: its name at a gateway, where the authority of now may sign it
signed_host() {
  local host
  host=$(gateway_host "$1")
  [ -z "$host" ] || ! may_sign <(secret_value argocd hello-world-ca ca.crt) || echo "$host"
}
add_name() { fetch_authority && replace_secret "hello-$1" page-tls write_page-tls '' && tell_pods "hello-$1"; }

# A gateway leads there by a name for which the cluster's authority cannot sign, as it is from before that domain.
say_unsigned() {
  local name host
  for name in $(secured_environments); do
    host=$(gateway_host "$name")
    if [ -z "$host" ] || ! is_not_for "$name" "$host"; then continue; fi
    warn "the certificate of $name has not the name $host: the cluster's authority is from before that domain."
    note "Give it a certificate of your own, see docs/operations.md#a-domain-of-your-own. Or make a new authority, which everybody trusts anew, and Kafka starts again: kubectl --context $CONTEXT -n argocd delete secret hello-world-ca && ./bootstrap.sh" >&2
  done
}

# Certificates that end soon are said: what has ended stops an environment.
say_ending() {
  local name secret text what
  for name in $(environments_with_secrets); do
    for secret in kafka-tls page-tls; do
      text=$(secret_value "hello-$name" "$secret" tls.crt 2>/dev/null) && [ -n "$text" ] || continue
      ! echo "$text" | openssl x509 -noout -checkend $((WARN_DAYS * 86400)) >/dev/null || continue
      what='Make a new one: ./bootstrap.sh rotate'
      [ "$secret" = kafka-tls ] || ! is_theirs "hello-$name" || what='Have a new one from where this one is from: it was not made here'
      warn "the certificate $secret of $name ends $(echo "$text" | openssl x509 -noout -enddate | cut -d = -f 2). $what"
    done
  done
}
