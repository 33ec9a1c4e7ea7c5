# shellcheck shell=bash
# What the scripts that start things share: saying what goes on, ports, and who a process is. To be sourced.

# Scripts that a script calls count the seconds from its beginning.
if [ -n "${FLASHCALL_BEGAN:-}" ]; then SECONDS=$(($(date +%s) - FLASHCALL_BEGAN)); else FLASHCALL_BEGAN=$(date +%s); fi
export FLASHCALL_BEGAN

# One line about what goes on, and when: seconds since the first script began.
say() { printf '%4d s  %s\n' "$SECONDS" "$*" >&2; }

# One line that says what is wrong and what to do, then the end.
die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# Whether something listens on a port of this machine: listening tcp|udp PORT.
listening() {
  local state=0A
  [ "$1" = udp ] && state=07
  awk -v port="$(printf '%04X' "$2")" -v state="$state" '
    { split($2, address, ":"); if (address[2] == port && $4 == state) { found = 1; exit } }
    END { exit !found }' /proc/net/"$1" /proc/net/"${1}6" 2>/dev/null
}

# A port below the range that outgoing connections take theirs from, on which nothing listens, over TCP or UDP, and none of those given.
free_port() {
  local port
  for _ in {1..200}; do
    port=$((20000 + (RANDOM << 1 ^ RANDOM) % 12000))
    [[ " $* " != *" $port "* ]] || continue
    listening tcp "$port" || listening udp "$port" || { echo "$port"; return 0; }
  done
  die "found no free port between 20000 and 32000"
}

# Whether a process lives and its command line has the text in it: process ids are used again, so the number alone says nothing.
is_running() {
  [ -n "${1:-}" ] && [ -r "/proc/$1/cmdline" ] && lives "$1" && tr '\0' ' ' <"/proc/$1/cmdline" 2>/dev/null | grep -qF -- "$2"
}

# Whether a process has not ended yet.
lives() { [ -n "$1" ] && [ -d "/proc/$1" ] && [ "$(ps_state "$1")" != Z ]; }

ps_state() { sed 's/.*) //; s/ .*//' "/proc/$1/stat" 2>/dev/null; }

# Ends a process and waits for it: end_process PID SECONDS. What does not end in time is killed.
end_process() {
  local until=$((SECONDS + $2))
  kill -TERM "$1" 2>/dev/null || return 0
  while lives "$1"; do
    if [ "$SECONDS" -ge "$until" ]; then
      kill -KILL "$1" 2>/dev/null || true
      return 0
    fi
    sleep 0.05
  done
}

# The commands that must exist before anything can be done: need COMMAND 'what to do'.
need() { command -v "$1" >/dev/null || die "'$1' is missing. $2"; }

# The .NET SDK that global.json asks for.
need_dotnet() {
  need dotnet "Install the .NET 10 SDK: https://dotnet.microsoft.com/download/dotnet/10.0"
  dotnet --version >/dev/null 2>&1 || die "no .NET SDK here fits global.json (10.0): install it from https://dotnet.microsoft.com/download/dotnet/10.0"
  export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
  # No build processes that stay behind for the next build.
  export MSBUILDDISABLENODEREUSE=1
}

# Restores and builds a solution, a line for each project that is done: build FILE LOG. On failure its errors follow.
build() {
  mkdir -p "${2%/*}"
  local code=0
  # One compiler for all projects, warm after the first: a build from nothing takes three fifths of the time. It ends with the build.
  dotnet build "$1" --configuration Release -p:UseSharedCompilation=true 2>&1 | tee "$2" | while IFS= read -r line; do
    case $line in *' -> '*.dll) line=${line%% -> *} && say "built ${line##* }" ;; esac
  done
  code=${PIPESTATUS[0]}
  dotnet build-server shutdown --vbcscompiler >/dev/null 2>&1 || true
  [ "$code" -eq 0 ] || { grep -E ': error |error MSB|error NU' "$2" | sort -u | head -n 30 >&2; return "$code"; }
}
