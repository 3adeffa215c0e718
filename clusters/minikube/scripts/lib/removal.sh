# shellcheck shell=bash
# An environment goes with all that it has: on purpose, and in the one order in which Argo CD does not bring it back.

# uncommitted_in NAME: what of its folder would be lost, or stay behind. What was deleted there already is neither.
uncommitted_in() { git status --porcelain -- "overlays/$1" | grep -v '^ \{0,1\}D' || true; }

# The names in the accounts of an environment, with spaces between.
account_names() {
  secret_value "hello-$1" accounts accounts.json 2>/dev/null | grep -o '"name": *"[^"]*"' | sed 's/.*"\([^"]*\)"$/\1/' | xargs || true
}

# has_namespace and has_application: a cluster that does not answer is no answer
has_namespace() { [ -n "$(kube get namespace "hello-$1" --ignore-not-found -o name)" ]; }
namespace_gone() {
  local found
  found=$(kube get namespace "hello-$1" --ignore-not-found -o name) && [ -z "$found" ]
}
has_application() { argo get applications -o name | grep "/hello-$1\$" >/dev/null; }
application_gone() {
  local found
  found=$(argo get applications -o name) && ! echo "$found" | grep "/hello-$1\$" >/dev/null
}

# say_removal NAME CLUSTER: what goes
say_removal() {
  local accounts port
  say "${BOLD}This removes $1 for good:${PLAIN}"
  if [ -n "$2" ] && has_namespace "$1"; then
    port=$(value_of "$(node_ports)" "hello-$1")
    note "the namespace hello-$1$([ "$port" = - ] || echo ", $(page_url "$1" "$port")"), $(what_is_lost "$1")"
    accounts=$(account_names "$1")
    [ -z "$accounts" ] || note "its accounts: $accounts"
  fi
  say_readers "$1"
  say_account_left "$1"
  [ -z "$2" ] || say_other_commits
  ! committed_folder "$1" || note "the folder overlays/$1, by a commit$([ -z "$2" ] || echo ', which is pushed')"
}

# Where its Kafka is another's, it holds no messages.
what_is_lost() {
  if has_environment "$1" && ! lists "$1" kafka; then
    echo 'and no messages: they stay where its Kafka is'
  elif ! kept_environments | grep -x -e "$1" >/dev/null; then
    echo 'in which nothing runs'
  else
    echo "with $(messages_of "$1")"
  fi
}

# Who is without topics then: environments that have their Kafka from it, and who else has an account there.
say_readers() {
  local name inside='' outside=''
  for name in $(environments); do [ "$name" = "$1" ] || ! has_kafka_of "$name" "$1" || inside="$inside $name"; done
  for name in $(readers_of "$1"); do case "$inside " in *" $name "*) ;; *) outside="$outside $name" ;; esac; done
  [ -z "$inside" ] || note "its topics, which these environments read:$inside"
  [ -z "$outside" ] || note "its topics, which these accounts of overlays/$1/readers.env read:$outside"
}

# What it may do at another's Kafka is said there, not in its own folder.
say_account_left() {
  local name line
  for name in $(environments); do
    ! has_environment "$1" || reads_from "$1" "$name" || continue
    readers_of "$name" | grep -x -e "$1" >/dev/null || continue
    line=$(grep -n "^[[:blank:]]*$1=" "overlays/$name/readers.env" | head -n 1)
    note "and leaves its account at the Kafka of $name, until line ${line%%:*} of overlays/$name/readers.env is gone: ${line#*:}"
  done
}

# What is pushed with it.
say_other_commits() {
  local commit
  commit=$(deployed_commit)
  [ -n "$commit" ] || return 0
  git log --format='  and deploys the commit %h, %s' "$commit..HEAD" | head -n 10
}

# The name is typed again, so that it is not another one.
agree_to_removal() {
  local typed
  typed=$(answer "To remove it, type its name:") || fail 'Nothing was removed: nobody answered.' "For scripts: npm run environment -- remove $1 --yes"
  [ "$typed" = "$1" ] || fail "Nothing was removed: you typed ${typed:-nothing}, and its name is $1."
}

commit_removal() {
  git rm -r --quiet --ignore-unmatch -- "overlays/$1"
  # What was pulled for it, which git does not know of.
  rm -rf "overlays/$1/charts"
  rmdir "overlays/$1" 2>/dev/null || true
  committed_folder "$1" || return 0
  commit -m "Remove environment $1" -- "overlays/$1" || fail "git did not commit the removal of overlays/$1." 'Nothing was pushed, and nothing is removed from the cluster.'
  done_line "committed: Remove environment $1"
}

# Argo CD first: while it has the environment, it puts back what is deleted, and hangs where a namespace is on its way
# out.
remove_from_cluster() {
  refresh
  step "Argo CD has let go of $1" 120 until_true application_gone "$1" || {
    troubles | head -n 5 | cut -c 1-300 | sed 's/^/  │ /' >&2
    fail "Argo CD still has $1, so nothing is deleted." 'See: ./bootstrap.sh status' "Then again: npm run environment -- remove $1"
  }
  has_namespace "$1" || { namespace_gone "$1" && return; }
  step "hello-$1 marked for removal, and deleted" 60 delete_namespace "$1" || fail "hello-$1 was not deleted." "Try again: npm run environment -- remove $1"
  note_accounts "hello-$1" no || true
  step "hello-$1 is gone" 300 until_true namespace_gone "$1" || fail "hello-$1 is still on its way out." \
    "$(kube get namespace "hello-$1" -o go-template='{{range .status.conditions}}{{if eq .status "True"}}{{.message}}{{"\n"}}{{end}}{{end}}' 2>/dev/null)" \
    "Wait, or again: npm run environment -- remove $1"
}

# The mark is what policies/remove-on-purpose.yaml wants.
delete_namespace() {
  kube annotate --overwrite namespace "hello-$1" hello-world/remove=yes && kube delete namespace "hello-$1" --wait=false --ignore-not-found
}
