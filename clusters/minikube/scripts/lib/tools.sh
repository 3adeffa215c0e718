# shellcheck shell=bash
# minikube and kubectl: what is on PATH where it fits, otherwise pinned releases in .bin/.
# https://minikube.sigs.k8s.io/docs/start, https://kubernetes.io/docs/tasks/tools

KUBERNETES=v1.35.1
MINIKUBE=v1.38.1
# The oldest minikube that knows that Kubernetes: 1.38.0 knows v1.35.0 at most.
MINIKUBE_OLDEST=1.38.1
export PATH=$ROOT/.bin:$PATH

# at_least VERSION OTHER: whether VERSION is OTHER or newer, by major, minor and patch
at_least() {
  awk -v a="${1#v}" -v b="${2#v}" 'BEGIN {
    split(a, x, /[.+-]/); split(b, y, /[.+-]/)
    for (i = 1; i <= 3; i++) if (x[i] + 0 != y[i] + 0) exit !(x[i] + 0 > y[i] + 0)
  }'
}

platform() { # linux-amd64, darwin-arm64, ...
  local os machine
  os=$(uname -s | tr '[:upper:]' '[:lower:]')
  machine=$(uname -m)
  # A shell under Rosetta is told that Apple's silicon is Intel's.
  [ "$os" != darwin ] || [ "$(sysctl -n hw.optional.arm64 2>/dev/null)" != 1 ] || machine=arm64
  case $machine in
    x86_64) machine=amd64 ;;
    aarch64) machine=arm64 ;;
  esac
  case $os-$machine in
    linux-amd64 | linux-arm64 | darwin-amd64 | darwin-arm64) echo "$os-$machine" ;;
    *) fail "There is no minikube for this machine: $os-$machine." ;;
  esac
}

minikube_version() { minikube version --short 2>/dev/null | tail -n 1; }

# A kubectl may be one minor version away from its cluster. https://kubernetes.io/releases/version-skew-policy/#kubectl
kubectl_version() { kubectl version --client 2>/dev/null | sed -n 's/^Client Version: //p'; }

minikube_fits() { command -v minikube >/dev/null && at_least "$(minikube_version)" "$MINIKUBE_OLDEST"; }
kubectl_fits() {
  command -v kubectl >/dev/null || return 1
  case $(kubectl_version) in
    v1.34.* | v1.35.* | v1.36.*) ;;
    *) return 1 ;;
  esac
}

sha256() {
  if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi | cut -d ' ' -f 1
}

# pinned NAME VERSION PLATFORM: the checksum that stands in this repository, if it does
pinned() { awk -v wanted="$1 $2 $3" '$1 " " $2 " " $3 == wanted { print $4 }' clusters/minikube/scripts/lib/checksums; }

# published URL: the checksum that its makers publish beside it. It tells a broken download from a whole one, not a
# false one.
published() {
  curl -fsSL --retry 3 --max-time 30 "$1.sha256" | cut -d ' ' -f 1 | grep '^[0-9a-f]\{64\}$' || { echo "cannot download $1.sha256" >&2; return 1; }
}

# download NAME VERSION PLATFORM URL: into .bin/, if it has its checksum
download() {
  local name=$1 version=$2 platform=$3 url=$4 file=$ROOT/.bin/$1.part expected actual
  command -v curl >/dev/null || { echo "curl is missing: $(how_to_get curl)"; return 1; }
  mkdir -p "$ROOT/.bin" || return 1
  expected=$(pinned "$name" "$version" "$platform") || return 1
  [ -n "$expected" ] || expected=$(published "$url") || return 1
  curl -fsSL --retry 3 --max-time 300 -o "$file" "$url" || { echo "cannot download $url"; return 1; }
  actual=$(sha256 <"$file") || return 1
  if [ "$actual" != "$expected" ]; then
    rm -f "$file"
    echo "$name $version from $url is not what its makers published:"
    echo "its SHA-256 is $actual, not $expected. Nothing was installed. Try again, or another network."
    return 1
  fi
  chmod +x "$file" && mv "$file" "$ROOT/.bin/$name"
}

install_tools() {
  local platform
  platform=$(platform) || stop
  minikube_fits || step "minikube $MINIKUBE, into .bin/" 600 download minikube "$MINIKUBE" "$platform" \
    "https://github.com/kubernetes/minikube/releases/download/$MINIKUBE/minikube-$platform" || stop
  install_kubectl
}

install_kubectl() {
  local platform
  platform=$(platform) || stop
  kubectl_fits || step "kubectl $KUBERNETES, into .bin/" 600 download kubectl "$KUBERNETES" "$platform" \
    "https://dl.k8s.io/release/$KUBERNETES/bin/${platform%-*}/${platform#*-}/kubectl" || stop
  hash -r
}
