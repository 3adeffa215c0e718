# shellcheck shell=bash
# What people see: a line for each step with its seconds, and on failure what was wrong and what to do.

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
  GREEN=$'\033[32m' RED=$'\033[31m' YELLOW=$'\033[33m' BOLD=$'\033[1m' PLAIN=$'\033[0m'
else
  GREEN='' RED='' YELLOW='' BOLD='' PLAIN=''
fi

# What the steps' commands print, in a folder that only this user can read. It stays when something failed.
LOG=$(mktemp -d "${TMPDIR:-/tmp}/hello-world.XXXXXX")/log
: >"$LOG"
forget_log() { rm -rf "${LOG%/*}"; }

say() { printf '%s\n' "$*"; }
note() { printf '  %s\n' "$*"; }
done_line() { printf '%s✓%s %s\n' "$GREEN" "$PLAIN" "$*"; }
warn() { printf '%s! %s%s\n' "$YELLOW" "$*" "$PLAIN" >&2; }

# fail WHAT [WHAT TO DO]...: ends the program
fail() {
  EXPLAINED=yes
  printf '%s✗ %s%s\n' "$RED" "$1" "$PLAIN" >&2
  shift
  local line
  for line in "$@"; do [ -z "$line" ] || printf '  %s\n' "$line" >&2; done
  exit 1
}

# stop: ends the program where a step or a command has said itself what went wrong
stop() {
  EXPLAINED=yes
  [ ! -s "$LOG" ] || note "The whole story: $LOG" >&2
  exit 1
}

# wrong_use WHAT: what was typed makes no sense
wrong_use() {
  printf '%s✗ %s%s\n  See: %s --help\n' "$RED" "$1" "$PLAIN" "${PROGRAM:-$0}" >&2
  case ${PROGRAM:-} in *" --") echo "  Options come after --: npm keeps those before it to itself." >&2 ;; esac
  finish 2
}

# finish [STATUS]: the only way a program comes to its end. Whoever ends otherwise has failed, also with status 0: bash
# 3.2, which is macOS' own, ends with 0 where `set -u` finds a variable that is not set, if there is a trap for the
# exit.
FINISHED=''
finish() {
  FINISHED=yes
  exit "${1:-0}"
}

# Nothing ends without a word.
EXPLAINED=''
unexplained() {
  [ -n "$EXPLAINED" ] || printf '%s✗ It stopped where it should not.%s The whole story: %s\n' "$RED" "$PLAIN" "$LOG" >&2
}
# Who has read enough, as head has, goes: that is no accident. Only what is written finds out, for a shell that this
# ends does not tell why.
nobody_reads() { ! (echo) 2>/dev/null; }
on_exit() { # on_exit STATUS
  local process
  for process in $(jobs -pr); do end_tree "$process"; done
  if [ -n "$FINISHED" ]; then
    forget_log
  else
    if [ -z "$EXPLAINED" ] && nobody_reads; then forget_log; else unexplained; fi
    [ "$1" != 0 ] || exit 1
  fi
}
trap 'on_exit $?' EXIT

# What is printed, without the passwords of its URLs and of the proxies.
redacted() {
  LC_ALL=C SECRETS=$(proxy_secrets) awk '
    BEGIN { count = split(ENVIRON["SECRETS"], secrets, "\n") }
    {
      for (i = 1; i <= count; i++) while (length(secrets[i]) && (at = index($0, secrets[i]))) $0 = substr($0, 1, at - 1) "***" substr($0, at + length(secrets[i]))
      rest = $0; line = ""
      while (match(rest, /:\/\/[^\/@: ]*:[^\/ ]*@/)) {
        user = substr(rest, RSTART, RLENGTH); sub(/^:\/\//, "", user); sub(/:.*/, "", user)
        line = line substr(rest, 1, RSTART - 1) "://" user ":***@"
        rest = substr(rest, RSTART + RLENGTH)
      }
      print line rest
    }'
}

# The comment at the top of a command is its help.
help_of() { sed -n '2,/^[^#]/{/^#/!d;s/^# \{0,1\}//;p;}' "$1"; }

# A process and its children, so that nothing goes on behind a step that is given up. macOS has no setsid.
end_tree() {
  local child
  for child in $(pgrep -P "$1" 2>/dev/null || true); do end_tree "$child"; done
  kill "$1" 2>/dev/null || true
}

# step TEXT SECONDS COMMAND...: runs the command, in a process of its own, for at most so many seconds
step() {
  local text=$1 limit=$2 began=$SECONDS status=0 pid
  shift 2
  : >"$LOG.step"
  "$@" >>"$LOG.step" 2>&1 </dev/null &
  pid=$!
  # shellcheck disable=SC2064 # the process of this step
  trap "end_tree $pid; EXPLAINED=yes; exit 130" INT TERM
  while kill -0 "$pid" 2>/dev/null; do
    if [ $((SECONDS - began)) -ge "$limit" ]; then
      end_tree "$pid"
      echo "it was given up after $limit seconds" >>"$LOG.step"
      break
    fi
    [ -z "${REASONS:-}" ] || [ $((SECONDS - began)) -lt 10 ] || say_reasons
    [ -t 1 ] && printf '\r… %s  %s s' "$text" $((SECONDS - began))
    sleep 0.2
  done
  wait "$pid" 2>/dev/null || status=$?
  trap - INT TERM
  [ -t 1 ] && printf '\r\033[K'
  redacted <"$LOG.step" >"$LOG.shown"
  mv "$LOG.shown" "$LOG.step"
  { echo "== $text"; cat "$LOG.step"; } >>"$LOG"
  if [ "$status" -ne 0 ]; then
    printf '%s✗ %s%s  %s s\n' "$RED" "$text" "$PLAIN" $((SECONDS - began)) >&2
    tail -n 15 "$LOG.step" | sed 's/^/  │ /' >&2
    return "$status"
  fi
  printf '%s✓%s %-58s %4s s\n' "$GREEN" "$PLAIN" "$text" $((SECONDS - began))
}

# begin NAME COMMAND...: runs it beside what follows, and until the program ends at most
begin() {
  local name=$1
  shift
  rm -f "$LOG.$name.status"
  (
    set +e
    (set -e; "$@") 2>&1 </dev/null | redacted >"$LOG.$name"
    echo "${PIPESTATUS[0]}" >"$LOG.$name.status"
  ) &
  echo "$!" >"$LOG.$name.pid"
}

# ended NAME: waits for what was begun, and is as if it had run here
ended() {
  while [ ! -s "$LOG.$1.status" ]; do
    # It may have ended since it was looked for.
    kill -0 "$(cat "$LOG.$1.pid")" 2>/dev/null || [ -s "$LOG.$1.status" ] || { echo 'it was killed'; return 1; }
    sleep 0.2
  done
  cat "$LOG.$1"
  return "$(cat "$LOG.$1.status")"
}

# say_reasons: what keeps a step waiting, by the command in REASONS, when that has changed
REASONS_TOLD='' REASONS_NEXT=0
say_reasons() {
  [ "$SECONDS" -ge "$REASONS_NEXT" ] || return 0
  local now
  now=$($REASONS | cut -c 1-400 | head -n 12) || true
  REASONS_NEXT=$((SECONDS + 3))
  [ "$now" != "$REASONS_TOLD" ] || return 0
  [ -t 1 ] && printf '\r\033[K'
  printf '%s\n' "$now" | while IFS= read -r line; do
    [ -z "$line" ] || case $REASONS_TOLD in *"$line"*) ;; *) printf '  │ %s\n' "$line" ;; esac
  done
  REASONS_TOLD=$now
}

# until_true COMMAND...: asks each second; the step's limit ends it
until_true() {
  until "$@"; do sleep 1; done
}
