# shellcheck shell=bash
# The ports of this machine at which the pages, Argo CD's UI and the door are. They are published when the cluster is
# made. From then on its container says which they are: so they are remembered, and every URL that is printed comes from
# there.

# The node ports: the pages' are 30001 to 30009, Argo CD's stands in clusters/minikube/argocd/server-service.yaml, the
# door's in clusters/minikube/door/service.yaml.
FIRST_NODE_PORT=30001
PAGE_NODE_PORTS='30001 30002 30003 30004 30005 30006 30007 30008 30009'
ARGOCD_NODE_PORT=30080
DOOR_NODE_PORT=30081
SECURE_DOOR_NODE_PORT=30082
# Where they are published unless somebody asks for other ports: the first of the pages' nine, and Argo CD's.
DEFAULT_PAGES=8001
DEFAULT_ARGOCD=8080
# Where the door always is: nginx.conf leads from the one to the other.
DOOR=8000
SECURE_DOOR=8443

# Lines "NODE-PORT PORT": what the cluster's container publishes. It fails where there is no container. BINDINGS has
# them where they are known already.
BINDINGS=''
bindings() {
  [ -z "$BINDINGS" ] || { echo "$BINDINGS"; return; }
  docker inspect --type container "$PROFILE" --format \
    '{{range $port, $list := .HostConfig.PortBindings}}{{range $list}}{{$port}} {{.HostPort}}{{"\n"}}{{end}}{{end}}' 2>/dev/null |
    sed -n 's,^\(30[0-9]*\)/tcp \([1-9][0-9]*\)$,\1 \2,p'
}

# page_port FIRST NODE-PORT: the port of that page, of nine that begin with the first
page_port() { echo $(($1 + $2 - FIRST_NODE_PORT)); }

# host_port NODE-PORT: the port of this machine that leads there; where there is no cluster yet, the one that would.
# Fails for one that is not published.
host_port() {
  local lines
  if lines=$(bindings); then
    echo "$lines" | awk -v port="$1" '$1 == port { print $2; found = 1 } END { exit !found }'
  else
    default_port "$1"
  fi
}
default_port() { # default_port NODE-PORT: where it is published unless somebody asks for another port
  case " $PAGE_NODE_PORTS " in *" $1 "*) page_port "$DEFAULT_PAGES" "$1"; return ;; esac
  case $1 in
    "$ARGOCD_NODE_PORT") echo "$DEFAULT_ARGOCD" ;;
    "$DOOR_NODE_PORT") echo "$DOOR" ;;
    "$SECURE_DOOR_NODE_PORT") echo "$SECURE_DOOR" ;;
    *) return 1 ;;
  esac
}

argocd_url() { echo "http://localhost:$(host_port "$ARGOCD_NODE_PORT")"; }

argocd_urls() { ! has_door || printf '%s ' "$(door_url argocd http)"; argocd_url; }

# door_url NAME http|https: what has that name at the door, which may not lead there yet, see say_no_door
door_url() {
  local node=$DOOR_NODE_PORT
  [ "$2" != https ] || node=$SECURE_DOOR_NODE_PORT
  echo "$2://$1.localhost:$(host_port "$node" || default_port "$node")"
}
has_door() { host_port "$DOOR_NODE_PORT" >/dev/null && host_port "$SECURE_DOOR_NODE_PORT" >/dev/null; }

overlay_ports() { for name in $(environments); do overlay_port "$name"; done | sort -u; }

# Whether something answers at that port of this machine, and where: 127.0.0.1, or [::1] alone, which a browser that is
# sent to localhost asks first.
answers() { (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null; }
listener() { if answers 127.0.0.1 "$1"; then echo 127.0.0.1; else answers ::1 "$1" && echo '[::1]'; fi; }

port_holder() {
  local container
  container=$(docker ps --filter "publish=$1" --format '{{.Names}}' 2>/dev/null | head -n 1)
  if [ -n "$container" ]; then
    echo "docker's container $container"
  elif command -v lsof >/dev/null; then
    lsof -nP -iTCP:"$1" -sTCP:LISTEN 2>/dev/null | awk 'NR == 2 { print $1 " (process " $2 ")" }'
  elif command -v ss >/dev/null; then
    ss -ltnpH "sport = :$1" 2>/dev/null | sed -n 's/.*(("\([^"]*\)",pid=\([0-9]*\).*/\1 (process \2)/p' | head -n 1
  fi
}

need_free() { # need_free PORT WHAT-TO-DO
  local at holder
  at=$(listener "$1") || return 0
  holder=$(port_holder "$1") || true
  if [ "$at" = 127.0.0.1 ]; then
    fail "Port $1 is taken by ${holder:-another program}." "$2"
  else
    fail "Port $1 of $at is taken by ${holder:-another program}, and a browser that is sent to localhost asks there first." "$2"
  fi
}

# choose_ports [PAGES] [ARGOCD]: sets NODE_PORTS, what `minikube start` publishes. Both are what somebody asked for, if
# anybody did.
choose_ports() {
  local lines
  if lines=$(bindings); then keep_ports "$lines" "${1:-}" "${2:-}"; else new_ports "${1:-$DEFAULT_PAGES}" "${2:-$DEFAULT_ARGOCD}"; fi
  say_unpublished
  say_no_door
}

# Only what is used must be free. The spare ones, for environments to come, are published where they are.
new_ports() { # new_ports PAGES ARGOCD
  local pages=$1 argocd=$2 used node port left=''
  used=$(overlay_ports | xargs) || return 1
  need_free "$argocd" "It is Argo CD's: end that program, or have Argo CD elsewhere: ./bootstrap.sh --argocd PORT"
  NODE_PORTS=127.0.0.1:$argocd:$ARGOCD_NODE_PORT
  for node in $PAGE_NODE_PORTS; do
    port=$(page_port "$pages" "$node")
    case " $used " in
      *" $node "*) need_free "$port" "It is a page's: end that program (npm start uses 8001), or have the pages elsewhere: ./bootstrap.sh --pages PORT, the first of nine" ;;
      *) ! listener "$port" >/dev/null || { left="$left $port"; continue; } ;;
    esac
    NODE_PORTS=$NODE_PORTS,127.0.0.1:$port:$node
  done
  [ -z "$left" ] || note "port$left left out, since another program has it: no environment to come can have it"
  # Whoever asked for one of these ports has other names for what is there. What is lost is said by say_no_door.
  for node in $DOOR_NODE_PORT $SECURE_DOOR_NODE_PORT; do
    port=$(default_port "$node")
    case $NODE_PORTS, in *":$port:"*) continue ;; esac
    listener "$port" >/dev/null || NODE_PORTS=$NODE_PORTS,127.0.0.1:$port:$node
  done
}

keep_ports() { # keep_ports BINDINGS [PAGES] [ARGOCD]
  local lines=$1 asked_pages=$2 asked_argocd=$3 runs=yes node port
  [ -z "$asked_pages" ] || [ "$asked_pages" = "$(first_page "$lines")" ] || refuse_ports --pages "$asked_pages" "its pages' first port is $(first_page "$lines")"
  [ -z "$asked_argocd" ] || [ "$asked_argocd" = "$(host_port "$ARGOCD_NODE_PORT")" ] || refuse_ports --argocd "$asked_argocd" "Argo CD's is $(host_port "$ARGOCD_NODE_PORT")"
  node_runs || runs=''
  NODE_PORTS=''
  while read -r node port <&3; do
    # A node that stands still gets all of its ports back, or does not start.
    [ -n "$runs" ] || need_free "$port" 'The cluster has had it since it was made: end that program, then ./bootstrap.sh again.'
    NODE_PORTS=${NODE_PORTS:+$NODE_PORTS,}127.0.0.1:$port:$node
  done 3< <(echo "$lines")
}
first_page() { echo "$1" | awk -v first="$FIRST_NODE_PORT" '$1 >= first && $1 < first + 9 { print $2 - $1 + first; exit }'; }

refuse_ports() { # refuse_ports OPTION PORT WHAT-IT-HAS
  fail "The cluster $PROFILE was made with other ports: $3, not $2." 'They can be chosen only when it is made.' \
    "As it is: ./bootstrap.sh. Anew, without the messages that it holds: ./bootstrap.sh down && ./bootstrap.sh $1 $2"
}

# Whether a node port will be published, or is.
is_published() { case ",$NODE_PORTS," in *":$1,"*) ;; *) return 1 ;; esac; }

say_unpublished() {
  local name port
  for name in $(environments); do
    port=$(overlay_port "$name")
    [ -z "$port" ] || is_published "$port" || warn "$name has no port on this machine: its node port $port is not published, see overlays/$name. Published are:$(page_node_ports)."
  done
}
# say_no_door: where names do not lead to the cluster, that they do not, and what to do. That is a cluster from before
# there was a door, or one that was made while another program had a port of the door's.
say_no_door() {
  local missing='' forwards='' example="http://dev.localhost:$DOOR"
  leads_to "$SECURE_DOOR_NODE_PORT" || { missing=" $SECURE_DOOR" forwards=" $SECURE_DOOR:443" example="https://prod.localhost:$SECURE_DOOR"; }
  leads_to "$DOOR_NODE_PORT" || { missing=" $DOOR$missing" forwards=" $DOOR:80$forwards" example="http://dev.localhost:$DOOR"; }
  [ -n "$missing" ] || return 0
  bindings >/dev/null || { say_no_door_to_come "$example" "$missing"; return; }
  warn "names such as $example do not lead to the cluster $PROFILE: it was made without port$missing of this machine."
  note "While this runs they do, if no other program has port$missing: kubectl --context $PROFILE -n door port-forward service/door$forwards" >&2
  note 'They do for good in a new cluster, made while both are free: ./bootstrap.sh down && ./bootstrap.sh' >&2
}
say_no_door_to_come() { # say_no_door_to_come EXAMPLE PORTS: while the cluster is still to be made
  local port holder
  warn "names such as $1 will lead nowhere: the cluster is made without port$2 of this machine. The pages have their ports."
  for port in $2; do
    case $NODE_PORTS, in *":$port:"*) holder='what --pages or --argocd asks for' ;; *) holder=$(port_holder "$port") || true ;; esac
    note "Port $port is taken by ${holder:-another program}. For names, free it first: a cluster that is made gets no more ports." >&2
  done
}
# Before the cluster is made, NODE_PORTS are those that it will have.
leads_to() { if [ -n "${NODE_PORTS:-}" ]; then is_published "$1"; else host_port "$1" >/dev/null; fi; }
page_node_ports() { local node; for node in $PAGE_NODE_PORTS; do ! is_published "$node" || printf ' %s' "$node"; done; }

# Beside a cluster that runs: who listens at [::1] alone is who a browser finds at localhost.
say_shadows() {
  local node port
  for node in $ARGOCD_NODE_PORT $DOOR_NODE_PORT $SECURE_DOOR_NODE_PORT $(overlay_ports); do
    port=$(host_port "$node") && answers ::1 "$port" || continue
    warn "another program listens at [::1]:$port, where a browser that is sent to localhost:$port looks first. End it, or use 127.0.0.1:$port."
  done
}
