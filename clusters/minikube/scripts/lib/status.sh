# shellcheck shell=bash
# One screen: what runs where.

# Lines "ENVIRONMENT VALUE", from what the cluster has.
running_images() {
  kube get deployments -A -l app.kubernetes.io/name=consumer \
    -o go-template='{{range .items}}{{.metadata.namespace}} {{(index .spec.template.spec.containers 0).image}}{{"\n"}}{{end}}' | sed "s,$IMAGE:,,"
}
# The port's name is its protocol, http or https.
node_ports() {
  kube get services -A -l app.kubernetes.io/name=consumer \
    -o go-template='{{range .items}}{{.metadata.namespace}} {{with index .spec.ports 0}}{{.name}}:{{or .nodePort "-"}}{{end}}{{"\n"}}{{end}}'
}
kafka_nodes() {
  kube get statefulsets -A -l app.kubernetes.io/name=kafka \
    -o go-template='{{range .items}}{{.metadata.namespace}} {{or .status.readyReplicas 0}}/{{.spec.replicas}}{{"\n"}}{{end}}'
}

# value_of LINES NAME: the second word of the line of that name
value_of() { echo "$1" | awk -v name="$2" '$1 == name { print $2; found = 1 } END { if (!found) print "-" }'; }

# served URL PATH: whether that is answered with 200, on this machine. Several times, as a page is several requests.
served() {
  local line port=${1##*:} host=${1#*://}
  for _ in 1 2 3; do
    case $1 in
      https:*) line=$(read -r -t 5 answer < <(ask "$host" "$2" | openssl s_client -quiet -connect "127.0.0.1:$port" -servername "${host%:*}" 2>/dev/null) && echo "$answer") || return 1 ;;
      *) line=$( (exec 3<>"/dev/tcp/127.0.0.1/$port" && ask "$host" "$2" >&3 && read -r -t 5 answer <&3 && echo "$answer") 2>/dev/null) || return 1 ;;
    esac
    case $line in *' 200 '*) ;; *) return 1 ;; esac
  done
}
ask() { printf 'GET %s HTTP/1.0\r\nHost: %s\r\n\r\n' "$2" "$1"; } # ask HOST PATH

# What Argo CD last wrote may be of before a stop: the pages themselves answer, and its UI.
all_served() { # all_served ENVIRONMENT...
  local name ports url
  served "$(argocd_url)" /healthz || return 1
  ports=$(node_ports) || return 1
  for name in "$@"; do
    url=$(page_url "$name" "$(value_of "$ports" "hello-$name")")
    # What is not published is said at the beginning, see say_unpublished.
    [ "$url" = - ] || served "$url" /readyz || return 1
  done
}

# url_of PROTOCOL:PORT, as node_ports has it
url_of() {
  local port
  if port=$(host_port "${1##*:}"); then echo "${1%%:*}://localhost:$port"; else echo -; fi
}

# page_url NAME PROTOCOL:PORT: where the page is, at a port of its own if it has one, otherwise at its name
page_url() {
  local url
  url=$(url_of "$2")
  if [ "$url" = - ] && [ -n "${2%%[:-]*}" ] && has_door; then door_url "$1" "${2%%:*}"; else echo "$url"; fi
}

# page_urls NAME PROTOCOL:PORT: its names first, and its port if it has one
page_urls() {
  local url name='' host
  url=$(page_url "$@")
  [ "$url" = - ] || ! has_door || name=$(door_url "$1" "${2%%:*}")
  host=$(gateway_host "$1")
  [ -z "$host" ] || printf '%s://%s ' "$(scheme_of "$1")" "$host"
  if [ -z "$name" ] || [ "$name" = "$url" ]; then echo "$url"; else echo "$name $url"; fi
}

colour() { # colour TEXT WIDTH GOOD: green if it is the good word
  local shade=$RED
  case $1 in "$3") shade=$GREEN ;; OutOfSync | Progressing | -) shade=$YELLOW ;; esac
  printf '%s%-*s%s' "$shade" "$2" "$1" "$PLAIN"
}

# What runs, or just keeps its messages, and has no folder: Argo CD does not look after it.
print_unmanaged() {
  local name known
  known=$(argo get applications -o name 2>/dev/null) || return 0
  for name in $(kept_environments); do
    case "$known " in *"/hello-$name"[[:space:]]*) continue ;; esac
    printf '%s%-12s no folder: it goes on, unmanaged, with %s. To remove it: npm run environment -- remove %s%s\n' \
      "$YELLOW" "$name" "$(messages_of "$name")" "$name" "$PLAIN"
  done
  for name in $(left_namespaces); do
    case "$known " in *"/hello-$name"[[:space:]]*) continue ;; esac
    printf '%s%-12s %s%s\n' "$YELLOW" "$name" "$(say_left "$name")" "$PLAIN"
  done
}

# say_failures APPLICATIONS TROUBLES: a reason for each that failed and is in no line of these. While Argo CD tries
# again it says none for a while.
say_failures() {
  local name why
  for name in $(echo "$1" | awk '$3 == "Failed" { print $1 }'); do
    ! echo "$2" | grep "^$name:" >/dev/null || continue
    why=$(failure_of "$name" 2>/dev/null | reason | awk 'NF' | head -n 1) || true
    echo "$name: ${why:-its last sync failed, and Argo CD says no reason now. See: kubectl --context $CONTEXT -n argocd get application $name -o yaml}"
  done
}
failure_of() {
  argo get application "$1" -o go-template='{{with .status}}{{range .conditions}}{{.message}}{{"\n"}}{{end}}{{with .operationState}}{{with .syncResult}}{{range .resources}}{{if eq (or .status "") "SyncFailed"}}{{.message}}{{"\n"}}{{end}}{{end}}{{end}}{{with .message}}{{.}}{{"\n"}}{{end}}{{end}}{{end}}' --request-timeout=5s
}

print_status() {
  local images ports kafka troubles lines name revision sync health synced
  images=$(running_images) ports=$(node_ports) kafka=$(kafka_nodes) lines=$(applications) troubles=$(troubles)
  troubles=$({ echo "$troubles"; say_failures "$lines" "$troubles"; } | awk 'NF')
  printf '%s%-12s %-8s %-10s %-12s %-13s %-6s %s%s\n' "$BOLD" ENVIRONMENT COMMIT SYNC HEALTH IMAGE KAFKA URL "$PLAIN"
  echo "$lines" | while read -r name revision sync health synced; do
    [ -n "$name" ] && [ "$name" != hello ] || continue
    # What cannot be rendered has no revision: what runs is of the last sync.
    [ "$sync" != Unknown ] || revision=${synced:--}
    printf '%-12s %-8s %s %s %-13s %-6s %s\n' "${name#hello-}" "$(echo "$revision" | cut -c 1-7)" \
      "$(colour "$sync" 10 Synced)" "$(colour "$health" 12 Healthy)" \
      "$(value_of "$images" "$name")" "$(value_of "$kafka" "$name")" "$(page_urls "${name#hello-}" "$(value_of "$ports" "$name")")"
  done
  print_unmanaged
  say
  say "repository  $(deployed_url), branch $(deployed_branch)"
  say "Argo CD     $(argocd_urls)   user: admin   password: $(password_command)"
  ! is_elsewhere || say_elsewhere
  say_alerts
  [ -z "$troubles" ] || { say; printf '%s%s%s\n' "$RED" "$(echo "$troubles" | cut -c 1-400)" "$PLAIN"; }
}
