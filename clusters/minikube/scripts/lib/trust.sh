# shellcheck shell=bash
# The authority in this user's trust stores, and out of them again. It is good for this machine's own names only, see
# certificates.sh.

KEYCHAIN=$HOME/Library/Keychains/login.keychain-db

# The databases of Chromium, Chrome and Edge, and of Firefox's profiles.
databases() {
  local folder
  echo "$HOME/.pki/nssdb"
  # Ubuntu's Chromium has a home of its own.
  [ ! -d "$HOME/snap/chromium/current" ] || echo "$HOME/snap/chromium/current/.pki/nssdb"
  for folder in "$HOME"/.mozilla/firefox/*/ "$HOME"/snap/firefox/common/.mozilla/firefox/*/; do
    [ ! -f "$folder/cert9.db" ] || echo "${folder%/}"
  done
}

in_database() { certutil -L -d "sql:$1" -n "$AUTHORITY" >/dev/null 2>&1; }
leave_database() { while in_database "$1"; do certutil -D -d "sql:$1" -n "$AUTHORITY" || return 1; done; }
# The database of a browser that has not run yet is made, without a password, as the browser would.
enter_database() {
  [ -f "$1/cert9.db" ] || { mkdir -p "$1" && chmod 700 "$1" && certutil -N -d "sql:$1" --empty-password; } || return 1
  leave_database "$1" && certutil -A -d "sql:$1" -n "$AUTHORITY" -t C,, -i "$CA_FILE"
}

in_keychain() { security find-certificate -c "$AUTHORITY" "$KEYCHAIN" >/dev/null 2>&1; }
leave_keychain() { while in_keychain; do security delete-certificate -c "$AUTHORITY" -t "$KEYCHAIN" || return 1; done; }
enter_keychain() { leave_keychain && security add-trusted-cert -r trustRoot -p ssl -k "$KEYCHAIN" "$CA_FILE"; }

trust_authority() {
  local folder
  if [ "$(system)" = macos ]; then
    enter_keychain || fail 'The keychain did not take the certificate.' 'It asks for your password: try again, and allow it.'
    done_line 'Safari, Chrome and Edge trust it: in the login keychain'
    note 'Firefox takes it from there when security.enterprise_roots.enabled is true in about:config.'
    return
  fi
  command -v certutil >/dev/null || fail 'certutil is missing, which changes the trust store of a browser.' "Get it with: $(how_to_get certutil)" 'Then run ./bootstrap.sh trust again.'
  while read -r folder <&3; do
    enter_database "$folder" || fail "$folder did not take the certificate." 'If that browser runs, end it and try again.'
    done_line "trusted by the browsers that use $folder"
  done 3< <(databases)
  note 'Restart a browser that runs.'
}

# Nothing is said where nothing was done.
distrust_authority() {
  local folder
  if [ "$(system)" = macos ]; then
    in_keychain || return 0
    leave_keychain || fail 'The certificate could not be taken out of the login keychain.' "Take it out in Keychain Access: $AUTHORITY"
    done_line 'no longer trusted: out of the login keychain'
    return
  fi
  command -v certutil >/dev/null || {
    [ ! -f "$HOME/.pki/nssdb/cert9.db" ] || note 'Whether a browser trusts the certificate cannot be seen without certutil. It ends with its key, which is gone.'
    return 0
  }
  while read -r folder <&3; do
    [ -f "$folder/cert9.db" ] && in_database "$folder" || continue
    leave_database "$folder" || fail "$folder still trusts the certificate." 'If that browser runs, end it and try again.'
    done_line "no longer trusted by the browsers that use $folder"
  done 3< <(databases)
}
