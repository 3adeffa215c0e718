# shellcheck shell=bash
# Environments: the folders under overlays/, and what runs of them, or without one.

environments() { # environments [TREEISH]: the folders that have a kustomization.yaml, in the working tree or in a commit
  local name
  if [ $# = 0 ]; then
    for name in overlays/*/kustomization.yaml; do
      name=${name#overlays/}
      [ ! -f "overlays/$name" ] || echo "${name%/*}"
    done
  else
    git ls-tree -r --name-only "$1" overlays/ | sed -n 's,^overlays/\([^/]*\)/kustomization\.yaml$,\1,p'
  fi
}

has_environment() { # has_environment NAME [TREEISH]
  case $1 in '' | . | .. | */*) return 1 ;; esac
  if [ $# = 1 ]; then [ -f "overlays/$1/kustomization.yaml" ]; else git cat-file -e "$2:overlays/$1/kustomization.yaml" 2>/dev/null; fi
}

need_environment() {
  has_environment "$1" ||
    fail "There is no environment $1." "There are: $(environments | xargs). A new one: npm run environment -- add NAME"
}

# name_problem NAME: why no environment can have that name; nothing where one can. Its namespace, hello-NAME, has at
# most 63.
name_problem() {
  local LC_ALL=C
  case $1 in
    argocd) echo 'http://argocd.localhost is Argo CD' ;;
    prometheus) echo 'http://prometheus.localhost is Prometheus' ;;
    '' | -* | *- | *[!a-z0-9-]*) echo 'it needs lower-case letters, digits and hyphens, with no hyphen at its start or end' ;;
    *) [ ${#1} -le 57 ] || echo "it has ${#1} characters, and may have 57" ;;
  esac
}

# has_folder NAME: whether the last commit or the working tree has one
has_folder() { [ -e "overlays/$1" ] || committed_folder "$1"; }
committed_folder() { git rev-parse --quiet --verify "HEAD:overlays/$1" >/dev/null; }

overlay_text() { # overlay_text NAME FILE [TREEISH]: nothing where there is no such file
  if [ $# = 2 ]; then
    [ ! -f "overlays/$1/$2" ] || cat "overlays/$1/$2"
  else
    git show "$3:overlays/$1/$2" 2>/dev/null || true
  fi
}

# overlay_port NAME [TREEISH]: its port on the node, if it has one
overlay_port() {
  { overlay_text "$1" node-port.yaml ${2:+"$2"}; overlay_text "$1" kustomization.yaml ${2:+"$2"}; } |
    awk '{ sub(/(^| )#.*/, "") } match($0, /(value|nodePort): *3000[1-9]([^0-9]|$)/) { sub(/.*(value|nodePort): */, ""); if (!found++) print substr($0, 1, 5) }'
}

# Lines "PORT WHO": the overlays' ports, and what is in use in the cluster where one answers.
taken_ports() {
  local name
  for name in $(environments); do echo "$(overlay_port "$name") overlays/$name"; done
  ! cluster_answers || cluster_ports
}
cluster_ports() {
  kube get services -A \
    -o go-template='{{range .items}}{{$namespace := .metadata.namespace}}{{range .spec.ports}}{{with .nodePort}}{{.}} {{$namespace}}{{"\n"}}{{end}}{{end}}{{end}}'
}

# The node's ports that this machine's ports lead to. Without a cluster all that the next one will have.
published_ports() {
  local port
  for port in $PAGE_NODE_PORTS; do ! host_port "$port" >/dev/null || echo "$port"; done
}

# free_port TAKEN: the first that is published and not taken, by the lines of taken_ports
free_port() {
  local port
  for port in $(published_ports); do
    [ "$(value_of "$1" "$port")" != - ] || { echo "$port"; return; }
  done
  return 1
}

# The environments that the cluster has Kafka of, a consumer, or just the messages.
kept_environments() {
  kube get statefulsets,deployments,persistentvolumeclaims -A -l 'app.kubernetes.io/name in (kafka,consumer)' \
    -o go-template='{{range .items}}{{.metadata.namespace}}{{"\n"}}{{end}}' | sed -n 's/^hello-//p' | sort -u
}

# unmanaged_environments [TREEISH]: of these, the ones without a folder, in the working tree or in a commit
unmanaged_environments() {
  local name
  for name in $(kept_environments); do
    has_environment "$name" "$@" || is_tried "$name" || echo "$name"
  done
}

# Those without a folder of which there is nothing but the namespace, as where a push was refused after it was made.
left_namespaces() {
  local name names
  names=$(for name in $(made_namespaces | sed -n 's/^hello-//p'); do
    has_environment "$name" || is_tried "$name" || echo "$name"
  done)
  [ -z "$names" ] || echo "$names" | grep -vxF -e "$(kept_environments)" || true
}
say_left() { echo "no folder, and nothing runs in its namespace, hello-$1. To remove it: npm run environment -- remove $1"; }

# Of `npm run try`, which looks after it without a folder.
is_tried() { [ "$1" = try ] && has_application try; }

# message_count NAMESPACE: how many messages it holds, by a consumer that has read them all; ? where none can say it
message_count() {
  local port pod
  # Where the page is encrypted, the metrics have a port of their own.
  port=$(kube -n "$1" get deployment consumer \
    -o jsonpath='{.spec.template.spec.containers[0].ports[?(@.name=="metrics")].containerPort}' 2>/dev/null) || true
  for pod in $(ready_consumers "$1" 2>/dev/null); do
    kube get --raw "/api/v1/namespaces/$1/pods/$pod:${port:-8080}/proxy/metrics" --request-timeout=5s 2>/dev/null |
      awk '/^history_messages\{/ { sum += $NF; found = 1 } END { if (!found) exit 1; printf "%.0f\n", sum }' && return
  done
  echo '?'
}

messages_of() { # messages_of NAME: in words
  local count
  count=$(message_count "hello-$1")
  case $count in
    '?') echo 'an unknown number of messages' ;;
    1) echo '1 message' ;;
    *) echo "$count messages" ;;
  esac
}

# The URL of an environment, as its overlay has it.
scheme_of() { if is_secured "$1"; then echo https; else echo http; fi; }
overlay_url() { page_url "$1" "$(scheme_of "$1"):$(overlay_port "$1")"; }

# say_unmanaged NAME: that it has no folder, what that means, and both ways out of it
say_unmanaged() {
  warn "$1: its folder is gone. What runs in hello-$1 goes on, unmanaged, with $(messages_of "$1"), and nothing is deleted."
  note "To remove it with its messages: npm run environment -- remove $1" >&2
  note "To take it back: $(way_back "$1")" >&2
}

way_back() {
  local commit
  if committed_folder "$1"; then echo "git checkout HEAD -- overlays/$1"; return; fi
  commit=$(git log -1 --format=%h --diff-filter=D -- "overlays/$1/kustomization.yaml")
  if [ -n "$commit" ]; then echo "git revert $commit"; else echo "put overlays/$1 back, and commit that"; fi
}
