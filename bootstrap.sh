#!/usr/bin/env bash
# Brings everything up in minikube: a cluster, Argo CD, Kafka and the application, in the environments under overlays/.
# Or in a cluster that is there already.
#
# Usage: ./bootstrap.sh [up] [OPTION]...   bring it up, or bring it up to date; can be run again at any time
#        ./bootstrap.sh status             what runs where
#        ./bootstrap.sh trust              makes this user's browsers trust the certificates of secured environments
#        ./bootstrap.sh rotate             gives secured environments new certificates, passwords and session keys
#        ./bootstrap.sh doctor             what is missing on this machine and how to get it; changes nothing but .bin/
#        ./bootstrap.sh down               remove the cluster and all that `up` made
#
#   --repo URL      the repository that Argo CD reads; by default origin, if the cluster can read it and it has this
#                   commit, otherwise one in the cluster, for `git push minikube`
#   --key FILE      what lets Argo CD into a private one: a deploy key. It is kept in the cluster
#   --token-stdin   or a token, on stdin
#   --observe       Prometheus too, with alerts: http://prometheus.localhost:8000. From then on it stays
#
#   --context NAME  a cluster that is there already, by its kube-context, in place of minikube's: kind, k3s, a cloud's
#   --registry REGISTRY/NAME
#                   where images for it are pushed, and pulled by it. This clone works with that cluster from then on
#
# What is chosen when the cluster is made, and stays:
#   --pages PORT    the first of nine ports of this machine for the pages; by default 8001
#   --argocd PORT   the port of this machine for Argo CD's UI; by default 8080
#   --cni NAME      the cluster's network, such as calico, where minikube's own enforces no NetworkPolicies, as in WSL2

set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
PROGRAM=./bootstrap.sh
cd "$ROOT"
. clusters/minikube/scripts/lib/all.sh

up() {
  say_root
  say_proxy
  say_own_authority
  need_program git
  check_owner
  need_program openssl
  check_docker
  prepare_cluster "$asked_cni" "$asked_pages" "$asked_argocd" "$asked_observe"
  make_repository
  say_uncommitted

  # Much at once: images are built, loaded and pulled while the cluster starts, and Secrets are made while Argo CD comes
  # up.
  begin built build_images
  run_cluster "$asked_observe"
  # They stay as they are from now on, and are asked for often.
  BINDINGS=$(bindings)
  begin loaded load_what_is_built
  step 'Argo CD applied' 300 apply_argocd || give_up
  # shellcheck disable=SC2046 # one word for each environment
  begin secrets make_what_is_missing $(environments_to_fill)
  begin door open_door
  [ -n "$asked_observe" ] || ! is_observed || asked_observe=yes
  [ -z "$asked_observe" ] || begin observe observe
  REASONS=troubles step 'Argo CD' 900 argocd_runs || give_up
  # First, so that nothing that fails leaves passwords of which not everybody knows.
  step 'namespaces, certificates and passwords' 180 ended secrets || give_up
  step 'images built' 1200 ended built || give_up
  step 'images in the cluster' 600 ended loaded || give_up
  save_authority || true
  say_ending
  say_unsigned
  choose_repository "$asked_repo" "$asked_key" "$login"
  local applied=''
  if [ "$REPO" = "$IN_CLUSTER" ]; then
    step 'git server in the cluster' 300 git_runs || give_up
    configure_remote
    # What a push may do is settled before it comes.
    [ -z "$(deployed_url)" ] || { apply_root_or_fail && applied=yes; }
    step 'what it is to deploy' 120 push_to_cluster || give_up
    [ ! -s "$LOG.kept" ] || warn "$(cat "$LOG.kept")"
  fi
  done_line "repository: $REPO, branch $REVISION ($WHY)"
  [ -n "$applied" ] || apply_root_or_fail
  find_commit
  REASONS=troubles step 'the door' 120 ended door || warn "Names such as $(door_url dev http) lead nowhere yet. The pages that have a port are there: ./bootstrap.sh status"
  [ -z "$asked_observe" ] || REASONS=troubles step 'Prometheus' 300 ended observe || warn 'Nothing is measured, and no alert fires, until Prometheus runs: ./bootstrap.sh status'
  # shellcheck disable=SC2046 # one word for each environment
  tell_door $(wanted_environments) >>"$LOG" 2>&1 || true
  REASONS=troubles step "every environment in sync and healthy${COMMIT:+, at $(echo "$COMMIT" | cut -c 1-7)}" 900 come_up || give_up
  begin status print_status
  say_network
  say
  ended status
  say_shadows
  first_accounts
  say_password
  say_viewer
  say
  say "Change an environment: edit overlays/, commit, $(push_command). More: README.md"
}

apply_root_or_fail() { apply_root >>"$LOG" 2>&1 || fail 'Argo CD did not take the root application.' "See $LOG"; }
push_command() { if [ "$REPO" != "$IN_CLUSTER" ]; then echo 'git push'; else echo 'git push minikube'; fi; }

load_what_is_built() { ended built >/dev/null && load_images; }

# Sets COMMIT, what is to be deployed, and ALONE, where the repository cannot be read now, as on a train: then what runs
# is what was deployed last.
find_commit() {
  local attempt
  ALONE=''
  # Right after a start it may not answer yet.
  for attempt in 1 2 3 4 5 6; do
    COMMIT=$(remote_commit "$REPO" "$REVISION")
    [ -z "$COMMIT" ] || return 0
    sleep 2
  done
  COMMIT=$(synced_commit)
  [ -n "$COMMIT" ] || return 0
  ALONE=yes
  warn "$REPO cannot be read now: what was deployed last goes on, $(echo "$COMMIT" | cut -c 1-7)."
}

# What is up already is not compared anew.
come_up() {
  all_up && return
  take_off_stuck "$COMMIT"
  refresh
  clear_until "$COMMIT" all_up
}

wanted_environments() { environments "$COMMIT" 2>/dev/null || environments; }

all_up() {
  if [ -n "$ALONE" ]; then
    # shellcheck disable=SC2046 # one word for each environment
    all_healthy $(environments) && all_served $(environments)
    return
  fi
  [ -n "$COMMIT" ] || COMMIT=$(remote_commit "$REPO" "$REVISION")
  [ -n "$COMMIT" ] || return 1
  local names
  names=$(wanted_environments)
  # shellcheck disable=SC2086 # one word for each environment
  all_at "$COMMIT" $names && [ -z "$(troubles_of $names)" ] && all_served $names
}

give_up() {
  local what
  # Where the cluster does not answer, it says nothing of its troubles.
  what=$(troubles | head -n 12) || true
  [ -z "$what" ] || printf '%s\n' "$what" | cut -c 1-300 | sed 's/^/  │ /' >&2
  fail 'It is not up.' "The whole story: $LOG" \
    'Run ./bootstrap.sh again: it goes on where it stopped. What is missing on this machine: ./bootstrap.sh doctor' \
    'From the beginning: ./bootstrap.sh down && ./bootstrap.sh'
}

status() {
  need_cluster
  # Asked once: every URL comes from there.
  BINDINGS=$(bindings) || true
  print_status
}

# The environments one after the other, each step by step: nothing that comes in or goes out meanwhile is lost.
rotate() {
  local name
  need_program openssl
  need_cluster
  [ -n "$(environments_with_secrets)" ] || fail 'No environment is secured, so there is nothing to rotate.' "Secured is one whose kustomization.yaml lists base/secured or base/kafka/secured."
  for name in $(environments_with_secrets); do rotate_environment "$name"; done
  say 'Everything runs with new certificates, passwords and session keys. Accounts and their passwords are as they were.'
}

trust() {
  local name
  need_program openssl
  need_cluster
  save_authority || fail 'No environment is secured, so there is no certificate to trust.' 'Make what is missing: ./bootstrap.sh'
  trust_authority
  for name in $(secured_environments); do
    note "With curl: curl --cacert $CA_FILE $(page_url "$name" "$(value_of "$(node_ports)" "hello-$name")")/healthz"
  done
}

doctor() {
  local ok=0
  report() { # report NAME VERSION: what is there, or how to get it
    if [ -n "$2" ]; then done_line "$1 $2"; else ok=1; printf '%s✗ %s is missing%s: %s\n' "$RED" "$1" "$PLAIN" "$(how_to_get "$1")"; fi
  }
  report git "$(git --version 2>/dev/null | sed 's/git version //')"
  report curl "$(curl --version 2>/dev/null | head -n 1 | cut -d ' ' -f 2)"
  report openssl "$(openssl version 2>/dev/null | cut -d ' ' -f 2)"
  ! command -v git >/dev/null || (check_owner) || ok=1
  say_root
  say_proxy
  say_own_authority
  report docker "$(docker --version 2>/dev/null | sed 's/Docker version \([^,]*\).*/\1/')"
  if command -v docker >/dev/null; then
    (check_docker && examine_docker && done_line "docker runs, with $(docker_cpus) CPUs and $(docker_memory) MiB") || ok=1
  fi
  examine_cluster || ok=1
  [ "$ok" = 0 ] || fail 'Something is missing, see above.'
  say "Nothing is missing. Next: ./bootstrap.sh${asked_context:+ --context $asked_context --registry $asked_registry}"
}

down() {
  check_docker
  find_cluster
  distrust_authority
  remove_cluster
  step 'images deleted' 60 delete_images || true
  forget_repository
  rm -rf .bin overlays/*/charts "$ARGOCD_MANIFEST" "$ARGOCD_MANIFEST.part"
  done_line 'everything that ./bootstrap.sh made is gone'
}

# take OPTION VALUE
take() {
  case $1 in
    --repo) [ -n "$2" ] || wrong_use '--repo needs a URL.'; asked_repo=$2 ;;
    --key) [ -n "$2" ] && [ -r "$2" ] || wrong_use "--key needs a file that can be read${2:+, and $2 is none}."; asked_key=$2 ;;
    --pages) need_port "$1" "$2" 65527; asked_pages=$2 ;;
    --argocd) need_port "$1" "$2" 65535; asked_argocd=$2 ;;
    --cni) need_network "$2"; asked_cni=$2 ;;
    --context) [ -n "$2" ] || wrong_use '--context needs the name of a kube-context. There are: kubectl config get-contexts'; asked_context=$2; return ;;
    --registry) need_repository "$2"; asked_registry=$2; return ;;
  esac
  option=$1
}
need_port() { # need_port OPTION PORT LAST
  case $2 in
    '' | 0* | *[!0-9]* | ??????*) ;;
    *) [ "$2" -gt "$3" ] || return 0 ;;
  esac
  wrong_use "$1 needs a port, from 1 to $3${2:+, not $2}."
}

command='' option='' asked_repo='' asked_key='' login='' asked_pages='' asked_argocd='' asked_cni='' asked_observe='' asked_context='' asked_registry=''
while [ $# -gt 0 ]; do
  case $1 in
    up | status | trust | rotate | doctor | down)
      [ -z "$command" ] || wrong_use "One command at a time, not $command and $1."
      command=$1
      ;;
    --repo | --key | --pages | --argocd | --cni | --context | --registry) take "$1" "${2:-}"; shift ;;
    --repo=* | --key=* | --pages=* | --argocd=* | --cni=* | --context=* | --registry=*) take "${1%%=*}" "${1#*=}" ;;
    --token-stdin) IFS= read -r login && [ -n "$login" ] || wrong_use 'There is no token on stdin.' ;;
    --observe) option=$1 asked_observe=yes ;;
    --observe=*) wrong_use "--observe takes nothing, and not ${1#*=}." ;;
    -h | --help) help_of "$0"; finish ;;
    *) wrong_use "There is no command or option $1." ;;
  esac
  shift
done
split_credentials "$asked_repo"
[ -z "$LOGIN" ] || { asked_repo=$BARE login=$LOGIN; }
case $asked_repo in
  '' | git://?*/?* | http://?*/?* | https://?*/?*) ;;
  ssh://?*/?* | ?*@?*:?*) [ -n "$asked_key" ] || wrong_use "--repo $asked_repo needs --key FILE, a deploy key that may read it." ;;
  *) wrong_use "--repo needs a URL that the cluster can read, http, https, git or ssh: $asked_repo is none." ;;
esac
[ -z "$asked_key$login" ] || [ -n "$asked_repo" ] || wrong_use '--key and --token-stdin have a meaning with --repo only.'
[ -z "$option" ] || [ "${command:-up}" = up ] || wrong_use "$option has a meaning with up only, not with $command."
case $asked_context$asked_registry-${command:-up} in -* | *-up | *-doctor) ;; *) wrong_use "--context and --registry have a meaning with up and doctor only: $command acts on the cluster that this clone works with." ;; esac
choose_cluster "$asked_context" "$asked_registry"
! is_elsewhere || [ -z "$asked_pages$asked_argocd$asked_cni" ] || wrong_use '--pages, --argocd and --cni are of minikube. Another cluster has a network already, and no ports of this machine.'
# The defaults, where the other was chosen.
case $((${asked_argocd:-$DEFAULT_ARGOCD} - ${asked_pages:-$DEFAULT_PAGES})) in
  [0-8]) wrong_use "Argo CD's port ${asked_argocd:-$DEFAULT_ARGOCD} is one of the pages' nine, from ${asked_pages:-$DEFAULT_PAGES} on. Choose others, with --pages and --argocd." ;;
esac
"${command:-up}"
finish
