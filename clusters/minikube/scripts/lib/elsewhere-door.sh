# shellcheck shell=bash
# How people come into another cluster: by its door alone. None of this machine's ports leads there.

# A page is asked by way of the API server: there may be no other way from this machine.
served() { # served URL PATH
  local name=${1#*://} scheme=${1%%://*} service=consumer namespace port=80
  name=${name%%.*} namespace=hello-$name
  case $1 in http://argocd.*) namespace=argocd service=argocd-server ;; https:*) port=443 ;; esac
  kube get --raw "/api/v1/namespaces/$namespace/services/$scheme:$service:$port/proxy$2" --request-timeout=5s >/dev/null 2>&1
}

# Lines "NODE-PORT PORT", as if this machine had the door's ports: names lead there while say_no_door's command runs.
bindings() { printf '%s\n' "$DOOR_NODE_PORT $DOOR" "$SECURE_DOOR_NODE_PORT $SECURE_DOOR"; }
argocd_url() { door_url argocd http; }
argocd_urls() { argocd_url; }
# None of this machine's ports is used, and none of the nodes'.
say_shadows() { :; }
need_ports() { :; }
say_root() { :; }
say_no_door() { note "In a browser, while this runs: kubectl --context $CONTEXT -n door port-forward service/door $DOOR:80 $SECURE_DOOR:443"; }

# A cluster that gives addresses does so within seconds. Once it has not, nothing waits for that again.
ADDRESS_SECONDS=30
open_door() {
  local known began=$SECONDS
  known=$(kube -n door get service door --ignore-not-found -o name)
  apply_once door door clusters/minikube/door && kube -n door rollout status deployment/door --timeout=300s || return 1
  [ -z "$known" ] || return 0
  until [ -n "$(own_address)" ] || [ $((SECONDS - began)) -ge "$ADDRESS_SECONDS" ]; do sleep 1; done
}
own_address() { kube -n door get service door -o go-template='{{range .status.loadBalancer.ingress}}{{or .ip .hostname}}{{"\n"}}{{end}}' | head -n 1; }
# door_address: "HOST HTTP-PORT HTTPS-PORT", its own, or a node's
door_address() {
  local address
  address=$(own_address) || return 1
  if [ -n "$address" ]; then echo "$address $(kube -n door get service door -o jsonpath='{.spec.ports[*].port}')"; return; fi
  address=$(kube get nodes -o go-template='{{range .items}}{{range .status.addresses}}{{if or (eq .type "ExternalIP") (eq .type "InternalIP")}}{{.type}} {{.address}}{{"\n"}}{{end}}{{end}}{{end}}' | sort | awk 'NR == 1 { print $2 }')
  echo "$address $(kube -n door get service door -o jsonpath='{.spec.ports[*].nodePort}')"
}

# Browsers and curl look for names such as dev.localhost on this machine.
say_elsewhere() {
  local address name open
  say "cluster     $CONTEXT, images from $REGISTRY"
  address=$(door_address 2>/dev/null) || return 0
  # shellcheck disable=SC2086 # host, port, port
  set -- $address
  name=$(environments | head -n 1)
  say "the door    $1, ports $2 (http) and $3 (https)"
  say_no_door
  note "By its address: curl --connect-to $name.localhost:$DOOR:$1:$2 http://$name.localhost:$DOOR/"
  open=$(for name in $(environments); do is_secured "$name" || echo "$name"; done | xargs)
  [ -z "$open" ] || warn "who reaches that address sees what needs no account: $open"
}
