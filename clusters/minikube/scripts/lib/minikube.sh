# shellcheck shell=bash
# The cluster that is made here: the minikube profile and kube-context `hello`.

PROFILE=hello
# In words.
IMAGES_AT=minikube

# Everything that stands against it, before anything is made. Sets what it will be made with.
prepare_cluster() { # prepare_cluster CNI PAGES ARGOCD OBSERVE: what was asked for, or nothing
  size_cluster
  install_tools
  check_profile
  check_disk
  choose_network "$1"
  choose_ports "$2" "$3"
}

# What is begun here is pulled while it starts.
run_cluster() { # run_cluster OBSERVE: whether it will have Prometheus, yes or nothing
  # shellcheck disable=SC2046 # one word or none
  is_made || begin pulled pull_images $([ -z "${1:-}" ] || prometheus_image)
  cluster_runs || step "cluster $PROFILE: $CPUS CPUs, $MEMORY MiB, Kubernetes $KUBERNETES" 600 start_cluster || give_up
}

# Nobody else makes namespaces in it.
as_made() { cat; }
need_made() { :; }
# All of the cluster is from here.
made_namespaces() { kube get namespaces -o go-template='{{range .items}}{{.metadata.name}}{{"\n"}}{{end}}'; }

# folder_of NAME FOLDER: what Kustomize makes an environment of
folder_of() { echo "$2/overlays/$1"; }

# For doctor, which starts nothing.
examine_docker() { size_cluster && check_disk; }
examine_cluster() {
  (install_tools) || return 1
  done_line "minikube $(minikube_version) ($(command -v minikube))"
  done_line "kubectl $(kubectl_version) ($(command -v kubectl))"
  (check_profile) && (check_ports)
}
check_ports() {
  if cluster_runs; then
    done_line "the cluster $PROFILE runs"
    say_shadows
    ! argo get deployment argocd-repo-server >/dev/null 2>&1 || say_network
  else
    choose_ports
    done_line "the ports that are used are free, or the cluster's own"
  fi
}

remove_cluster() {
  ! profile_exists || step "cluster $PROFILE deleted" 120 minikube delete -p "$PROFILE" || fail 'minikube could not delete it.' "Try: minikube delete -p $PROFILE"
}

# A minikube that cannot tell its clusters must not pass for one that has none.
profile_exists() {
  local profiles
  profiles=$(minikube profile list --light -o json 2>&1) ||
    fail 'minikube does not tell which clusters it has.' "It says: $(echo "$profiles" | tail -n 3)" "Ask it yourself: minikube profile list"
  case $profiles in *"\"Name\":\"$PROFILE\""*) ;; *) return 1 ;; esac
}
cluster_runs() {
  [ "$(minikube status -p "$PROFILE" --format '{{.Host}} {{.Kubelet}} {{.APIServer}}' 2>/dev/null)" = 'Running Running Running' ]
}
# Also when a start was interrupted: then it holds the ports.
node_runs() { [ "$(docker inspect --type container "$PROFILE" --format '{{.State.Running}}' 2>/dev/null)" = true ]; }
# Whether it was made once, and may stand still.
is_made() { docker inspect --type container "$PROFILE" >/dev/null 2>&1; }
context_exists() { kubectl config get-contexts -o name 2>/dev/null | grep -x "$PROFILE" >/dev/null; }

# A profile, a container or a context of that name that is not this project's is somebody's work.
check_profile() {
  if ! profile_exists; then
    ! is_made || fail "docker has a container named $PROFILE, and minikube knows of no cluster of that name." \
      "It is left alone. If it is an old cluster's, or you do not need it: docker rm -f $PROFILE, then ./bootstrap.sh again."
    ! context_exists || fail "Your kubeconfig has a context named $PROFILE that is no cluster of minikube's." \
      "It is left alone. Rename it: kubectl config rename-context $PROFILE $PROFILE-old, then ./bootstrap.sh again."
    return
  fi
  local ports
  # An unfinished profile may have no container yet.
  ports=$(bindings) || return 0
  [ -n "$(first_page "$ports")" ] && echo "$ports" | grep "^$ARGOCD_NODE_PORT " >/dev/null ||
    fail "minikube has a profile named $PROFILE that was not made by this bootstrap.sh: its ports are others." \
      "It is left alone. If you do not need it: minikube delete -p $PROFILE, then ./bootstrap.sh again."
}

# For what needs a cluster that is there, and makes none.
find_cluster() {
  install_tools
  check_profile
}

has_cluster() { command -v kubectl >/dev/null && command -v minikube >/dev/null && profile_exists; }

# A profile whose first start was interrupted may be beyond repair, and nothing is lost with it. The mark says which it
# is.
start_cluster() {
  local keep=''
  # Who works with another cluster goes on with it.
  [ -z "$(kubectl config current-context 2>/dev/null)" ] || keep=--keep-context
  profile_exists || git config hello-world.starting yes
  if ! start_minikube $keep; then
    [ "$(git config hello-world.starting)" = yes ] || return 1
    echo 'its first start was interrupted or failed: starting anew'
    minikube delete -p "$PROFILE" && start_minikube $keep || return 1
  fi
  git config --unset hello-world.starting || true
}

start_minikube() {
  # What minikube then does not check, such as the memory, is checked in machine.sh.
  ! is_root || set -- --force "$@"
  [ -z "${CNI:-}" ] || set -- --cni="$CNI" "$@"
  minikube start -p "$PROFILE" --driver=docker --container-runtime=containerd --kubernetes-version="$KUBERNETES" \
    --cpus="$CPUS" --memory="$MEMORY" --ports="$NODE_PORTS" "$@"
}

has_image() { in_docker "$1"; }
in_cluster() { minikube image ls -p "$PROFILE" 2>/dev/null | grep "/$IMAGE:$1\$" >/dev/null; }
load_image() {
  in_cluster "$1" && return
  # Straight into the node's store: minikube's own way takes six times as long, and says nothing when it fails.
  docker save "$IMAGE:$1" | docker exec -i "$PROFILE" ctr -n k8s.io images import - && in_cluster "$1" && return
  load_file "$1"
  in_cluster "$1" || { echo "$IMAGE:$1 did not arrive in minikube. Disk full? docker system df"; return 1; }
}

load_file() {
  local file=$LOG.image.tar
  docker save "$IMAGE:$1" -o "$file" && minikube image load -p "$PROFILE" "$file"
  rm -f "$file"
}

load_images() {
  local there
  # Asked once: each question to minikube takes half a second.
  there=$(minikube image ls -p "$PROFILE" 2>/dev/null) || there=''
  for tag in $(wanted_tags "$@"); do echo "$there" | grep "/$IMAGE:$tag\$" >/dev/null || load_image "$tag" || return 1; done
}

# pull_images [IMAGE]...: these too, and what is pulled first, while Kubernetes is still starting: Argo CD's image, and
# Kafka's, which is the largest. What fails is pulled when a pod wants it.
pull_images() {
  local image
  # From then on the node's containerd is not started anew any more.
  until docker exec "$PROFILE" test -f /etc/kubernetes/admin.conf 2>/dev/null; do sleep 0.5; done
  for image in "$ARGOCD_IMAGE" "$(kafka_image)" "$(door_image)" "$@"; do docker exec "$PROFILE" crictl pull "$image"; done
}
kafka_image() { awk '/^image:/ { of = 1; next } /^[^ ]/ { of = 0 } of { part[$1] = $2 } END { print part["registry:"] "/" part["repository:"] ":" part["tag:"] }' base/kafka/values.yaml; }
door_image() { sed -n 's/^ *image: //p' clusters/minikube/door/deployment.yaml; }
