# shellcheck shell=bash
# Names under a domain, by a gateway that the cluster has, see base/gateway.

# gateway_host ENVIRONMENT: its name there; nothing where its overlay lists no gateway
gateway_host() { ! lists "$1" gateway && ! lists "$1" secured-gateway || echo "$1.$(sed -n 's/^DOMAIN=//p' base/gateway/gateway.env)"; }

# gateway_domain: the domain of these names; nothing where no environment has one
gateway_domain() { for name in $(environments); do gateway_host "$name"; done | sed -n '1s/^[^.]*\.//p'; }

# may_sign AUTHORITY-FILE ENVIRONMENT: whether that authority is good for its name at the gateway
may_sign() { openssl x509 -in "$1" -noout -text | grep "DNS:$(gateway_host "$2" | sed 's/^[^.]*\.//; s/\./\\./g')\$" >/dev/null; }
