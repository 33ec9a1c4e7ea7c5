# shellcheck shell=bash
# What the scripts that deal with PostgreSQL share. To be sourced, after common.sh.

# The folder with PostgreSQL's programs: of a version, else the newest. Debian's folders come first, then the search path.
postgres_bin() {
  local version=${1:-} folder newest=
  for folder in /usr/lib/postgresql/*/bin; do
    [ -x "$folder/postgres" ] || continue
    [ "$folder" = "/usr/lib/postgresql/$version/bin" ] && { echo "$folder"; return 0; }
    newest=$folder
  done
  [ -z "$version" ] && [ -n "$newest" ] && echo "$newest"
}

# Sets the command prefix that makes a process the server's user: as root, PostgreSQL refuses to run and RabbitMQ need not.
# A user of the packages may be unable to enter the folder (a clone under /root). PostgreSQL's then keeps the one capability that lets it
# through; RabbitMQ, which judges by the folder's mode bits, stays root.
become() {
  prefix=()
  [ "$(id -u)" -eq 0 ] || return 0
  local user=(setpriv --reuid="$1" --regid="$1" --init-groups)
  if "${user[@]}" --inh-caps=-all test -x "$data"; then
    prefix=("${user[@]}" --inh-caps=-all)
  elif [ "$1" = postgres ]; then
    prefix=("${user[@]}" --inh-caps=-all,+dac_override --ambient-caps=-all,+dac_override)
  fi
}

# Sets PGHOST and the like, which PostgreSQL's programs read, from FLASHCALL_POSTGRES, if there is one.
postgres_environment() {
  local part
  local -a parts
  IFS=';' read -ra parts <<<"${FLASHCALL_POSTGRES:-}"
  for part in "${parts[@]}"; do
    case ${part%%=*} in
      Host) export PGHOST=${part#*=} ;;
      Port) export PGPORT=${part#*=} ;;
      Username) export PGUSER=${part#*=} ;;
      Password) export PGPASSWORD=${part#*=} ;;
    esac
  done
  if [ -z "${PGPASSWORD:-}" ] && [ -r "${POSTGRES_PASSWORD_FILE:-}" ]; then
    PGPASSWORD=$(<"$POSTGRES_PASSWORD_FILE")
    export PGPASSWORD
  fi
}
