# shellcheck shell=bash
# Names under a domain, by a gateway that the cluster has, see base/gateway.

# As Kustomize reads it, which minds neither a space before it nor Windows' end of a line.
domain() { tr -d '\r' <base/gateway/gateway.env | sed -n 's/^[[:blank:]]*DOMAIN=//p'; }
has_gateway() { lists "$1" gateway || lists "$1" secured-gateway; }

# gateway_host ENVIRONMENT: its name there; nothing where its overlay lists no gateway
gateway_host() { ! has_gateway "$1" || echo "$1.$(domain)"; }

# gateway_domain: the domain of these names; nothing where no environment has one
gateway_domain() {
  local name
  for name in $(environments); do ! has_gateway "$name" || { domain; return; }; done
}

# may_sign AUTHORITY-FILE: whether that authority is good for these names
may_sign() { openssl x509 -in "$1" -noout -text | grep "DNS:$(domain | sed 's/\./\\./g')\$" >/dev/null; }
