# shellcheck shell=bash
# The authority of a cluster that runs, in its Secret, and what that signs anew where it was lost.

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

# The authority's certificate, for curl and for ./bootstrap.sh trust.
CA_FILE=.bin/ca.crt
save_authority() {
  has_secret argocd hello-world-ca || return 1
  mkdir -p .bin && secret_value argocd hello-world-ca ca.crt >"$CA_FILE"
}

# same_authority ENVIRONMENT: whether what was signed for it is of the authority of now
same_authority() {
  local signed
  signed=$(signed_secret "$1")
  [ -z "$signed" ] || [ "$(secret_value "hello-$1" "$signed" ca.crt)" = "$(secret_value argocd hello-world-ca ca.crt)" ]
}

# signed_secret ENVIRONMENT: one that has the authority's certificate beside what that one signed, if there is one
signed_secret() {
  if has_secured_kafka "$1"; then echo kafka-tls; else is_theirs "hello-$1" || echo page-tls; fi
}

# Whether its certificates are of another authority than that of now. A cluster that does not answer says nothing about
# that.
has_lost_authority() { # has_lost_authority NAMESPACE
  local signed own now
  signed=$(signed_secret "${1#hello-}") && [ -n "$signed" ] &&
    own=$(kube -n "$1" get secret "$signed" --ignore-not-found -o jsonpath='{.data.ca\.crt}') && [ -n "$own" ] &&
    now=$(argo get secret hello-world-ca --ignore-not-found -o jsonpath='{.data.ca\.crt}') &&
    { [ "$now" != "$own" ] || [ "$(kube get namespace "$1" -o go-template="{{with .metadata.annotations}}{{index . \"$ADOPTING\"}}{{end}}")" = yes ]; }
}

# The authority was lost, and there is a new one. What the old one signed is signed anew, and every node of Kafka begins
# anew at once, since those of the one do not know those of the other. No message goes. The mark comes off when all of
# it is done.
ADOPTING=hello-world/authority-is-new
adopt_authority() { # adopt_authority NAMESPACE
  local name=${1#hello-} pods
  kube annotate --overwrite namespace "$1" "$ADOPTING=yes" && fetch_authority || return 1
  ! is_secured "$name" || replace_secret "$1" page-tls write_page-tls '' || return 1
  ! has_secured_kafka "$name" || replace_secret "$1" kafka-tls write_kafka-tls '' || return 1
  pods=$(kafka_pods "$1") || return 1
  [ -z "$pods" ] || kube -n "$1" delete pods -l app.kubernetes.io/name=kafka --wait=false || return 1
  restart_clients "$1" && kube annotate namespace "$1" "$ADOPTING-"
}
