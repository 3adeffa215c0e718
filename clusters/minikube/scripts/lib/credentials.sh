# shellcheck shell=bash
# A private repository's key or token: in a Secret of Argo CD's, and nowhere else.
# https://argo-cd.readthedocs.io/en/stable/operator-manual/declarative-setup/#repositories

CREDENTIALS=hello-world-repository

# split_credentials URL: sets BARE, the URL without a user's secrets, and LOGIN, which is user:secret or empty
split_credentials() {
  local rest host
  BARE=$1 LOGIN=''
  case $1 in http://* | https://*) ;; *) return 0 ;; esac
  rest=${1#*://}
  host=${rest%%/*}
  case $host in *@*) ;; *) return 0 ;; esac
  BARE=${1%%://*}://${host##*@}${rest#"$host"}
  # A sign that means something in a URL is written %XX in there.
  LOGIN=$(printf '%b' "$(printf '%s' "${host%@*}" | sed 's/\\/\\\\/g; s/%\([0-9A-Fa-f][0-9A-Fa-f]\)/\\x\1/g')")
}

# keep_credentials URL KEY-FILE LOGIN: gives Argo CD a deploy key, or a user and a token
keep_credentials() {
  private write_credentials "$@" | kube apply --server-side --force-conflicts -f -
}

write_credentials() {
  printf '%s' "$1" >"$PRIVATE/url"
  printf git >"$PRIVATE/type"
  if [ -n "$2" ]; then
    # ssh takes a key that ends with a line, however it was copied.
    { cat "$2" && echo; } | sed '/^$/d' >"$PRIVATE/sshPrivateKey" || return 1
    set -- --from-file="$PRIVATE/sshPrivateKey"
  else
    case $3 in *:*) printf '%s' "${3%%:*}" ;; *) printf git ;; esac >"$PRIVATE/username"
    printf '%s' "${3#*:}" >"$PRIVATE/password"
    set -- --from-file="$PRIVATE/username" --from-file="$PRIVATE/password"
  fi
  argo create secret generic "$CREDENTIALS" --from-file="$PRIVATE/url" --from-file="$PRIVATE/type" "$@" --dry-run=client -o yaml |
    kube label --local -f - -o yaml argocd.argoproj.io/secret-type=repository
}

has_credentials() { [ "$(secret_value argocd "$CREDENTIALS" url 2>/dev/null)" = "$1" ]; }

# git_with_credentials ARGUMENT...: git on this machine, as Argo CD would be let in, whatever keys its user has. The
# secrets are in no argument.
git_with_credentials() { private run_git_with_credentials "$@"; }
run_git_with_credentials() {
  secret_value argocd "$CREDENTIALS" sshPrivateKey >"$PRIVATE/key" 2>/dev/null || true
  secret_value argocd "$CREDENTIALS" username >"$PRIVATE/username" 2>/dev/null || true
  secret_value argocd "$CREDENTIALS" password >"$PRIVATE/password" 2>/dev/null || true
  printf '#!/bin/sh\ncase $1 in User*) cat "%s" ;; *) cat "%s" ;; esac\n' "$PRIVATE/username" "$PRIVATE/password" >"$PRIVATE/askpass"
  chmod 700 "$PRIVATE/askpass"
  # The hosts that Argo CD knows, which is who is to read it.
  argo get configmap argocd-ssh-known-hosts-cm -o jsonpath='{.data.ssh_known_hosts}' >"$PRIVATE/known_hosts" 2>/dev/null || true
  GIT_TERMINAL_PROMPT=0 GIT_ASKPASS=$PRIVATE/askpass \
    GIT_SSH_COMMAND="ssh -F none -i '$PRIVATE/key' -o IdentitiesOnly=yes -o BatchMode=yes -o ConnectTimeout=10 -o UserKnownHostsFile='$PRIVATE/known_hosts'" \
    git -c credential.helper= -c http.lowSpeedLimit=1 -c http.lowSpeedTime=15 "$@"
}
