# shellcheck shell=bash
# What is asked of a person.

# answer QUESTION: one line, from the terminal or from stdin. Fails where nobody answers.
answer() {
  local line=''
  printf '%s ' "$1" >&2
  IFS= read -r line || [ -n "$line" ] || { echo >&2; return 1; }
  printf '%s\n' "$line"
}

# agreed QUESTION: whether somebody at a terminal says yes
agreed() {
  [ -t 0 ] || return 1
  case $(answer "$1 [y/N]") in y | Y | yes) ;; *) return 1 ;; esac
}

# What is refused otherwise.
on_purpose() { [ "${ON_PURPOSE:-}" = yes ]; }
