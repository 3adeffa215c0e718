# shellcheck shell=bash
# Prometheus, which runs where it was asked for, see clusters/minikube/observe.

# Once asked for, it stays.
is_observed() { [ -n "$(kube get namespace observe --ignore-not-found -o name)" ]; }

prometheus_image() { sed -n 's/^ *image: //p' clusters/minikube/observe/deployment.yaml; }

observe() {
  apply_once observe observe clusters/minikube/observe && api_server_policy | kube apply --server-side --force-conflicts -f - &&
    kube -n observe rollout status deployment/prometheus --timeout=300s
}

# Its way to the API server, which is no pod, so no label names it: where it is, the cluster says.
api_server_policy() {
  cat <<'END'
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: api-server
  namespace: observe
spec:
  podSelector:
    matchLabels:
      app.kubernetes.io/name: prometheus
  policyTypes: [Egress]
  egress:
END
  kube -n default get endpointslices -l kubernetes.io/service-name=kubernetes \
    -o go-template='{{range .items}}{{$ports := .ports}}{{range .endpoints}}{{range .addresses}}    - to: [{ ipBlock: { cidr: {{.}}/32 } }]{{"\n"}}      ports: [{{range $ports}}{ port: {{.port}} }, {{end}}]{{"\n"}}{{end}}{{end}}{{end}}' | sed '/cidr: [0-9a-f]*:/s,/32,/128,'
}

# What fires, by Prometheus' answer: lines of environment, alert, since when, what it is, and what to do.
firing() {
  awk '
    function value(text, name) { # of "name":"value"
      if (!match(text, "\"" name "\":\"([^\"\\\\]|\\\\.)*\"")) return ""
      text = substr(text, RSTART + length(name) + 4, RLENGTH - length(name) - 5)
      gsub(/\\"/, "\"", text)
      return text
    }
    {
      count = split($0, alerts, /\{"labels":/)
      for (i = 2; i <= count; i++) {
        if (value(alerts[i], "state") != "firing") continue
        whose = value(alerts[i], "namespace")
        if (whose == "") whose = value(alerts[i], "name")
        sub(/^hello-/, "", whose)
        since = substr(value(alerts[i], "activeAt"), 1, 16)
        sub(/T/, " ", since)
        printf "%-12s %-20s since %s UTC  %s. %s\n", whose, value(alerts[i], "alertname"), since, value(alerts[i], "summary"), value(alerts[i], "description")
      }
    }' | sort
}

# Nothing where there is no Prometheus.
say_alerts() {
  local answer alerts url
  if ! answer=$(kube get --raw /api/v1/namespaces/observe/services/prometheus:http/proxy/api/v1/alerts --request-timeout=2s 2>&1); then
    case $answer in *NotFound*) return ;; esac
    warn "Prometheus does not answer, so nobody knows what fires: $(echo "$answer" | tail -n 1 | cut -c 1-300)"
    return
  fi
  alerts=$(echo "$answer" | firing)
  # The rules name that of minikube.
  alerts=${alerts//--context hello /--context $CONTEXT }
  url=$(door_url prometheus http)
  if [ -z "$alerts" ]; then say "Prometheus  $url   no alert fires"; else say "Prometheus  $url   what fires:"; printf '%s%s%s\n' "$RED" "$alerts" "$PLAIN"; fi
}
