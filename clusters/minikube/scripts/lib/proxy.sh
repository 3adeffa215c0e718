# shellcheck shell=bash
# A proxy of the user's environment, on its way to minikube, into docker's build and into Argo CD; and a company's
# authority, which does not get there. What a proxy's URL holds of a user and a password is never printed, see redacted
# in console.sh.

# What does not go through a proxy: this machine, and the cluster's services, pods and node.
NOT_BY_PROXY=localhost,127.0.0.1,.svc,.cluster.local,10.96.0.0/12,10.244.0.0/16,192.168.0.0/16,git.argocd.svc

# lines "NAME VALUE": the proxies. curl, and so git, prefers the small letters, and Go's programs the capitals; here
# both are the same.
proxies() {
  local http=${http_proxy:-${HTTP_PROXY:-}} https=${https_proxy:-${HTTPS_PROXY:-}}
  [ -z "$http" ] || echo "HTTP_PROXY $http"
  [ -z "$https" ] || echo "HTTPS_PROXY $https"
}

# Whether that proxy is at this machine's localhost, which is not that of a container.
is_local_proxy() {
  local host=${1#*://}
  host=${host##*@}
  case $host in localhost | localhost[:/]* | 127.* | '[::1]'* | 0.0.0.0*) ;; *) return 1 ;; esac
}

# without_proxy: the user's exceptions, and the cluster's
without_proxy() {
  local users=${no_proxy:-${NO_PROXY:-}}
  case ",$users," in
    *",$NOT_BY_PROXY,"*) echo "$users" ;;
    *) echo "${users:+$users,}$NOT_BY_PROXY" ;;
  esac
}

# both_cases NAME VALUE: two lines NAME=VALUE
both_cases() { printf '%s=%s\n' "$1" "$2" "$(echo "$1" | tr '[:upper:]' '[:lower:]')" "$2"; }

# proxy_environment: lines NAME=VALUE, for what runs in a container; none where no proxy leads out of there
proxy_environment() {
  local name value some=''
  while read -r name value; do
    ! is_local_proxy "$value" || continue
    both_cases "$name" "$value"
    some=yes
  done < <(proxies)
  [ -z "$some" ] || both_cases NO_PROXY "$(without_proxy)"
}

# For `docker build`, which takes the values from the environment, so that no list of processes has them.
proxy_build_arguments() { proxy_environment | sed 's/=.*//; s/^/--build-arg /'; }

# The programs that are called from here, minikube and kubectl first of all, ask no proxy for the node.
export_proxies() {
  local line name value
  [ -n "$(proxies)" ] || return 0
  while read -r line; do
    export "${line?}"
  done < <(proxies | while read -r name value; do both_cases "$name" "$value"; done; both_cases NO_PROXY "$(without_proxy)")
}

# Lines: what must not be printed, the user and the password of each proxy.
proxy_secrets() {
  local name value
  proxies | while read -r name value; do
    value=${value#*://}
    case $value in *:*@*) echo "${value%@*}" ;; esac
  done
}

say_proxy() {
  local name value local_ones='' others=''
  while read -r name value; do
    if is_local_proxy "$value"; then local_ones="$local_ones $name"; else others="$others $name"; fi
  done < <(proxies)
  [ -z "$others" ] || note "the proxy of$others is given to $(is_elsewhere || echo 'minikube, to ')docker's build and to Argo CD; the cluster itself is reached without it"
  [ -z "$local_ones" ] || warn "the proxy of$local_ones is at localhost, where neither the cluster's node nor docker's build finds it: they go without. Give it by an address of this machine that containers reach."
}

# The folder of minikube, as it finds it.
minikube_home() {
  case ${MINIKUBE_HOME:-$HOME} in */.minikube) echo "$MINIKUBE_HOME" ;; *) echo "${MINIKUBE_HOME:-$HOME}/.minikube" ;; esac
}
# Whether minikube has that file among the authorities that it gives to its node.
node_trusts() {
  local file
  for file in "$(minikube_home)"/certs/*.pem "$(minikube_home)"/certs/*.crt; do
    [ -f "$file" ] && diff "$1" "$file" >/dev/null 2>&1 && return
  done
  return 1
}

# A company that opens TLS on its way out has an authority of its own, which this user's programs are told by these.
say_own_authority() {
  local name names='' file=''
  for name in SSL_CERT_FILE NODE_EXTRA_CA_CERTS CURL_CA_BUNDLE GIT_SSL_CAINFO; do
    [ -z "${!name:-}" ] || { names="$names $name" file=${!name}; }
  done
  [ -n "$names" ] || return 0
  warn "the authorities of$names do not reach the cluster by themselves. Where a proxy opens TLS with one of them, it must be told:"
  is_elsewhere || node_trusts "$file" || note "to the node, which pulls images: its certificate alone, as PEM, in $(minikube_home)/certs/, before ./bootstrap.sh starts the cluster"
  ! is_elsewhere || note "to the cluster's nodes, which pull images, by who runs them"
  note "to docker, which pulls and builds: in this system's trust store, then restart docker; npm, in the build, knows none but its own"
  note "to Argo CD: for a repository in its ConfigMap argocd-tls-certs-cm; for the registry of Kafka's chart not at all"
  note 'Or let the proxy pass those as they are: git, npm, and the registries of the images and of the chart.'
}

export_proxies
