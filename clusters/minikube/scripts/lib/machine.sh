# shellcheck shell=bash
# What this machine has, and what it lacks and how to get it.

# In MiB. All environments together stay under 6 GiB, see docs/figures.md; docker's own needs, 512, come on top.
MEMORY_WANTED=6144
# What the cluster was measured to hold, 3.6 GiB, and docker's 512, and 500 for what comes and goes: the pods of a
# rollout, which run beside those that they replace, and helm, which renders Kafka's chart.
MEMORY_LEAST=4700

system() {
  local each
  case $(uname -s) in Darwin) echo macos; return ;; esac
  # apt-get first: Debian has a game named pacman.
  for each in apt-get:debian dnf:fedora zypper:suse pacman:arch apk:alpine; do
    ! command -v "${each%:*}" >/dev/null || { echo "${each#*:}"; return; }
  done
  echo other
}

# how_to_get PROGRAM: one line
how_to_get() {
  local system join='sudo usermod -aG docker $USER, then log in again'
  system=$(system)
  case $system-$1 in
    macos-docker) echo 'install Docker Desktop (https://docs.docker.com/desktop/setup/install/mac-install/) or: brew install colima docker && colima start --cpu 4 --memory 8' ;;
    macos-git) echo 'xcode-select --install' ;;
    other-docker) echo 'https://docs.docker.com/engine/install/' ;;
    debian-docker) echo "$(install_with debian docker.io) && $join" ;;
    fedora-docker) echo "$(install_with fedora moby-engine) && sudo systemctl enable --now docker && $join" ;;
    alpine-docker) echo "$(install_with alpine docker) && sudo rc-update add docker && sudo rc-service docker start && sudo addgroup \$USER docker, then log in again" ;;
    *-docker) echo "$(install_with "$system" docker) && sudo systemctl enable --now docker && $join" ;;
    debian-certutil) install_with debian libnss3-tools ;;
    suse-certutil) install_with suse mozilla-nss-tools ;;
    arch-certutil | macos-certutil) install_with "$system" nss ;;
    fedora-certutil | alpine-certutil) install_with "$system" nss-tools ;;
    *) install_with "$system" "$1" ;;
  esac
}

install_with() { # install_with SYSTEM PACKAGE
  case $1 in
    macos) echo "brew install $2" ;;
    debian) echo "sudo apt-get install $2" ;;
    fedora) echo "sudo dnf install $2" ;;
    suse) echo "sudo zypper install $2" ;;
    arch) echo "sudo pacman -S $2" ;;
    alpine) echo "sudo apk add $2" ;;
    *) echo "install $2 as your system installs programs" ;;
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
  local answer
  case $(docker --version 2>&1) in *[Pp]odman*) refuse_podman ;; esac
  answer=$(docker version --format '{{.Server.Version}} {{range .Server.Components}}{{.Name}} {{end}}' 2>&1) || case $answer in
    *'permission denied'*) fail 'You may not use docker.' 'Run: sudo usermod -aG docker $USER, log in again, then ./bootstrap.sh again.' ;;
    *WSL*) fail 'Docker Desktop does not let this Linux use its docker.' 'Allow it: Docker Desktop > Settings > Resources > WSL integration, then ./bootstrap.sh again.' ;;
    *) fail 'docker does not run.' "Start it: $(docker_start)" "It says: $answer" ;;
  esac
  # The docker command, and podman's service behind it.
  case $answer in *[Pp]odman*) refuse_podman ;; esac
  check_rootless
}

refuse_podman() {
  fail 'This docker is podman, and this cluster needs docker itself: its node and its ports are made by minikube for docker.' \
    "Remove the package podman-docker, or another DOCKER_HOST, and: $(how_to_get docker)"
}

# https://minikube.sigs.k8s.io/docs/drivers/docker, and https://github.com/kubernetes/minikube/issues/14871 for what
# happens otherwise
check_rootless() {
  local able
  case $(docker_info '{{.SecurityOptions}}') in
    *name=userns*) warn "docker maps users (userns-remap), which minikube does not support with docker. If the cluster does not start, that is why." ;;
    *name=rootless*)
      able=$(docker_info '{{.CgroupVersion}} {{.CPUCfsQuota}} {{.CPUSet}} {{.MemoryLimit}} {{.PidsLimit}}') || true
      [ "$able" = '2 true true true true' ] || fail 'docker is rootless, and may not bound CPUs, memory and processes, which Kubernetes must.' \
        'It works with cgroup v2 and the controllers cpu, cpuset, memory and pids delegated to you:' \
        'https://rootlesscontaine.rs/getting-started/common/cgroup2/' \
        "It says: ${able:-nothing} (cgroup version; cpu, cpuset, memory, pids)"
      at_least "$(docker_info '{{.KernelVersion}}')" 5.11 || fail "docker is rootless, which needs Linux 5.11 for the cluster. This one is $(docker_info '{{.KernelVersion}}')." \
        'Use docker with root: docker context use default'
      ;;
  esac
}

# What all of it takes of docker's disk, in MiB: the node's volume 3700 (measured, with three environments), the node's
# image 1300, and 1000 to build the application's. What is better leaves room for more images, environments and
# messages.
DISK_LEAST=6000
DISK_WANTED=10000
# What a cluster that is there needs on top: another image, messages, logs.
DISK_MORE=1000

# How much docker's disk has left, in MiB. Nothing where it is another machine's, as behind Docker Desktop or colima.
docker_disk() {
  local folder
  [ "$(docker_info '{{.Name}}')" = "$(uname -n)" ] && folder=$(docker_info '{{.DockerRootDir}}') && [ -d "$folder" ] || return 0
  df -Pk "$folder" | awk 'NR == 2 { print int($4 / 1024) }'
}

# What takes its time to fail is said at once.
check_disk() {
  local left
  left=$(docker_disk) && [ -n "$left" ] || return 0
  if is_made; then
    [ "$left" -ge "$DISK_MORE" ] || warn "docker's disk has only $left MiB left: what is written next may fail. See: docker system df"
  elif [ "$left" -lt "$DISK_LEAST" ]; then
    fail "docker's disk has $left MiB left, and the cluster and its images take at least $DISK_LEAST." "It is at $(docker_info '{{.DockerRootDir}}'). What docker can give back: docker system df, docker system prune"
  elif [ "$left" -lt "$DISK_WANTED" ]; then
    warn "docker's disk has $left MiB left: tight, $DISK_WANTED are better. See: docker system df"
  fi
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
  case $(system) in
    macos) echo 'open -a Docker (or: colima start)' ;;
    alpine) echo 'sudo rc-service docker start' ;;
    *) echo 'sudo systemctl start docker (without systemd: sudo service docker start)' ;;
  esac
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
    warn "docker has $memory MiB of memory: tight, $((MEMORY_WANTED + 512)) are better. If pods are killed, remove an environment: npm run environment -- remove prod"
}

docker_resources() {
  if [ "$(system)" = macos ]; then
    echo 'Docker Desktop: Settings > Resources. colima: colima stop && colima start --cpu 4 --memory 8'
  else
    echo 'Use a machine with 4 CPUs and 8 GiB.'
  fi
}
