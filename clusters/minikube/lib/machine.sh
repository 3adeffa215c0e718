# shellcheck shell=bash
# What this machine has, and what it lacks and how to get it.

# In MiB. All environments together stay under 6 GiB, see the README's figures; docker's own needs, 512, come on top.
MEMORY_WANTED=6144
# What the cluster was measured to hold, 3.6 GiB, and docker's 512, and 500 for what comes and goes: the pods of a rollout, which run
# beside those that they replace, and helm, which renders Kafka's chart.
MEMORY_LEAST=4700

system() {
  case $(uname -s) in
    Darwin) echo macos ;;
    *) if command -v dnf >/dev/null; then echo fedora; else echo debian; fi ;;
  esac
}

# how_to_get PROGRAM: one line
how_to_get() {
  case $(system)-$1 in
    macos-docker) echo 'install Docker Desktop (https://docs.docker.com/desktop/setup/install/mac-install/) or: brew install colima docker && colima start --cpu 4 --memory 8' ;;
    fedora-docker) echo 'sudo dnf install moby-engine && sudo systemctl enable --now docker && sudo usermod -aG docker $USER, then log in again' ;;
    debian-docker) echo 'sudo apt-get install docker.io && sudo usermod -aG docker $USER, then log in again' ;;
    fedora-certutil) echo 'sudo dnf install nss-tools' ;;
    debian-certutil) echo 'sudo apt-get install libnss3-tools' ;;
    macos-git) echo 'xcode-select --install' ;;
    macos-*) echo "brew install $1" ;;
    fedora-*) echo "sudo dnf install $1" ;;
    debian-*) echo "sudo apt-get install $1" ;;
  esac
}

docker_info() { docker info --format "$1" 2>/dev/null; }
docker_cpus() { docker_info '{{.NCPU}}' | grep '[0-9]'; }
docker_memory() {
  local bytes
  bytes=$(docker_info '{{.MemTotal}}') && [ -n "$bytes" ] && echo $((bytes / 1024 / 1024))
}

need_program() {
  command -v "$1" >/dev/null || fail "$1 is missing." "Get it with: $(how_to_get "$1")" "Then run ./bootstrap.sh again."
}

check_docker() {
  need_program docker
  local why
  why=$(docker version --format '{{.Server.Version}}' 2>&1) && return
  case $why in
    *'permission denied'*) fail 'You may not use docker.' 'Run: sudo usermod -aG docker $USER, log in again, then ./bootstrap.sh again.' ;;
    *) fail 'docker does not run.' "Start it: $(docker_start)" "It says: $why" ;;
  esac
}

is_root() { [ "$(id -u)" = 0 ]; }

# As root minikube starts nothing unless it is told to by --force, see start_minikube. Its other commands do not ask.
say_root() {
  is_root || return 0
  if [ -n "${SUDO_USER:-}" ]; then
    warn "you are root, by sudo: the cluster and its files become root's, not $SUDO_USER's. Better without sudo: sudo usermod -aG docker $SUDO_USER, log in again, then ./bootstrap.sh"
  else
    warn "you are root: minikube is started with --force, and the cluster and its files are root's."
  fi
}

# As another user's, git looks at no folder: it would pass for one without a history.
check_owner() {
  local why
  why=$(LC_ALL=C git rev-parse --git-dir 2>&1) && return
  case $why in
    *'dubious ownership'*) fail "git does not trust this folder, since it belongs to another user." "If it is yours: git config --global --add safe.directory '$ROOT'" ;;
  esac
}

docker_start() {
  if [ "$(system)" = macos ]; then echo 'open -a Docker (or: colima start)'; else echo 'sudo systemctl start docker'; fi
}

# Sets CPUS and MEMORY (MiB): what the cluster is given.
size_cluster() {
  local cpus memory
  cpus=$(docker_cpus) && memory=$(docker_memory) || fail 'docker does not say how many CPUs and how much memory it has.' 'Ask it yourself: docker info'
  [ "$cpus" -ge 2 ] || fail "docker has $cpus CPU, and Kubernetes needs 2." "$(docker_resources)"
  [ "$memory" -ge "$MEMORY_LEAST" ] ||
    fail "docker has $memory MiB of memory, and three environments with Kafka need at least $MEMORY_LEAST." "$(docker_resources)"
  CPUS=$((cpus < 4 ? cpus : 4))
  MEMORY=$((memory - 512 < MEMORY_WANTED ? memory - 512 : MEMORY_WANTED))
  [ "$cpus" -ge 4 ] || warn "docker has $cpus CPUs: it works, and starts faster with 4."
  [ "$MEMORY" -ge "$MEMORY_WANTED" ] ||
    warn "docker has $memory MiB of memory: tight, $((MEMORY_WANTED + 512)) are better. If pods are killed, remove an environment: git rm -r overlays/prod"
}

docker_resources() {
  if [ "$(system)" = macos ]; then
    echo 'Docker Desktop: Settings > Resources. colima: colima stop && colima start --cpu 4 --memory 8'
  else
    echo 'Use a machine with 4 CPUs and 8 GiB.'
  fi
}
