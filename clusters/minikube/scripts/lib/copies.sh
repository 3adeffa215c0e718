# shellcheck shell=bash
# A new environment begins as a copy of another's folder.

# copy_environment FROM NAME: the copy has a name at the door, and no port of its own
copy_environment() {
  local file copy
  git -c core.quotePath=false ls-files "overlays/$1" | while IFS= read -r file; do
    copy=overlays/$2/${file#overlays/*/}
    mkdir -p "$(dirname "$copy")" && cp -p "$file" "$copy" || exit 1
  done
  # Charts that were pulled already are in no commit.
  [ ! -d "overlays/$1/charts" ] || cp -R "overlays/$1/charts" "overlays/$2/charts"
  git -c core.quotePath=false ls-files "overlays/$1" | sed "s,^overlays/[^/]*,overlays/$2," | grep '\.yaml$' |
    while IFS= read -r file; do set_after namespace "hello-$1" "hello-$2" "$file" || exit 1; done
  edit "overlays/$2/kustomization.yaml" without_patch node-port.yaml
  # One that is named in another way stays, and is refused as a port that two have.
  grep -F node-port.yaml "overlays/$2/kustomization.yaml" >/dev/null || rm -f "overlays/$2/node-port.yaml"
  set_setting "overlays/$2/producer.env" ENVIRONMENT "$2"
  set_setting "overlays/$2/consumer.env" ENVIRONMENT "$2"
  set_setting "overlays/$2/consumer.env" BANNER "$(banner_of "$2" "$1")"
}

# set_after KEY OLD NEW FILE: in YAML, each KEY: OLD becomes KEY: NEW, with quotes and comments as they are
set_after() {
  edit "$4" awk -v key="$1" -v old="$2" -v new="$3" '{
    head = ""; tail = $0
    while (match(tail, key "[\"\047]? *: *[\"\047]?")) {
      head = head substr(tail, 1, RSTART + RLENGTH - 1)
      tail = substr(tail, RSTART + RLENGTH)
      if (index(tail, old) == 1 && substr(tail, length(old) + 1, 1) !~ /[a-z0-9-]/) { head = head new; tail = substr(tail, length(old) + 1) }
    }
    print head tail
  }'
}

# without_patch PATH FILE: a kustomization without the patch in that file, and without patches if it was the only one
without_patch() {
  awk -v line="- path: $1" '
    /^patches:$/ { held = $0; next }
    { text = $0; sub(/^ +/, "", text) }
    text == line { column = length($0) - length(text); skipping = 1; next }
    skipping && match($0, /^ */) && RLENGTH > column { next }
    { skipping = 0 }
    held != "" { if (/^[ -]/) print held; held = "" }
    { print }' "$2"
}

# set_setting FILE KEY VALUE: in a file of KEY=VALUE
set_setting() {
  # From the environment, where awk takes no backslash for more than that.
  KEY=$2 VALUE=$3 edit "$1" awk '
    index($0, ENVIRON["KEY"] "=") == 1 { if (!found++) print ENVIRON["KEY"] "=" ENVIRON["VALUE"]; next }
    { print }
    END { if (!found) print ENVIRON["KEY"] "=" ENVIRON["VALUE"] }'
}

# edit FILE COMMAND...: the file becomes what the command makes of it. No `sed -i`: macOS and Linux want it differently.
edit() {
  local file=$1
  shift
  [ -f "$file" ] || return 0
  "$@" "$file" >"$file.new" && cat "$file.new" >"$file" && rm "$file.new"
}

# banner_of NAME FROM: what FROM's banner is, with the other name in it
banner_of() {
  BANNER=$(sed -n 's/^BANNER=//p' "overlays/$2/consumer.env" 2>/dev/null) NEW=$(title "$1") OLD=$(title "$2") awk 'BEGIN {
    banner = ENVIRON["BANNER"]; old = ENVIRON["OLD"]
    at = index(" " banner " ", " " old)
    if (at && substr(banner, at + length(old), 1) !~ /[A-Za-z0-9]/)
      print substr(banner, 1, at - 1) ENVIRON["NEW"] substr(banner, at + length(old))
    else print "Hello World " ENVIRON["NEW"] "!"
  }'
}

title() { # title NAME: Night Shift for night-shift
  echo "$1" | awk -F - '{ for (i = 1; i <= NF; i++) { $i = toupper(substr($i, 1, 1)) substr($i, 2) } print }'
}
