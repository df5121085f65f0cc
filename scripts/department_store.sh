#!/usr/bin/env bash
# A store for a department: PostgreSQL for runs and models, and before it MLflow's server, which keeps
# their files too. It stays in the foreground until Ctrl-C, SIGTERM or `stop`.
#
#   scripts/department_store.sh [start] [FOLDER] [--port N] [--host ADDRESS] [--allowed-hosts NAMES] [--workers N]
#   scripts/department_store.sh stop [FOLDER]
#
# FOLDER (./department_store) is made the first time; one that is there is started again, on its port.
#   --port N               MLflow's port: the former one, or the first that is free from 5000 on
#   --host ADDRESS         127.0.0.1: this machine alone. MLflow asks nobody for a password: let others
#                          in behind a proxy that does
#   --allowed-hosts NAMES  the names and ports by which others ask, such as store.college.edu:*
#   --workers N            processes of MLflow's server (2)
#
# PostgreSQL (Debian: apt-get install postgresql) listens on a socket in FOLDER, which only its owner may
# enter. It refuses root: for root it runs as the user postgres.
# The Python (.venv of this clone, or $PYTHON, or python3) needs: pip install -c constraints.txt '.[store]'
set -euo pipefail

die() { printf 'error: %s\n' "$1" >&2; exit "${2:-1}"; }

command=start
case "${1:-}" in start | stop) command=$1; shift ;; esac
folder=department_store port='' host=127.0.0.1 allowed='' workers=2 named=''
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}"; exit 0 ;;
    --port | --host | --allowed-hosts | --workers)
      [ $# -gt 1 ] || die "$1 wants a value" 2
      case $1 in
        --port) port=$2 ;; --host) host=$2 ;; --allowed-hosts) allowed=$2 ;; --workers) workers=$2 ;;
      esac
      shift 2 ;;
    -*) die "no such option: $1 (--help shows them)" 2 ;;
    *) [ -z "$named" ] || die "one folder, not $named and $1" 2; folder=$1 named=$1; shift ;;
  esac
done
[[ $port =~ ^[0-9]*$ && $workers =~ ^[1-9][0-9]*$ ]] || die '--port and --workers are numbers' 2

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
[ "$command" = start ] || [ -d "$folder" ] || die "$folder: no such folder"
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
database=$folder/postgresql sockets=$folder/sockets
[ "${#sockets}" -le 85 ] || die "$folder: too long for the path of a socket; choose a shorter one"

binaries=$(find /usr/lib/postgresql/*/bin -name pg_ctl -printf '%h\n' 2>/dev/null | sort -V | tail -1) || true
PATH=${binaries:+$binaries:}$PATH
command -v pg_ctl >/dev/null || die 'PostgreSQL is not installed (on Debian: apt-get install postgresql)'

as_owner() { if [ "$(id -u)" = 0 ]; then (cd / && runuser -u postgres -- "$@"); else "$@"; fi; }
database_runs() { as_owner pg_ctl -D "$database" status >/dev/null 2>&1; }
server_runs() {  # the number may be another program's by now
  [ -f "$folder/server.pid" ] && ps -o args= -p "$(<"$folder/server.pid")" 2>/dev/null | grep -q mlflow
}
stop() {
  trap '' INT TERM
  if server_runs; then
    kill "$(<"$folder/server.pid")" 2>/dev/null || true
    for _ in {1..100}; do server_runs || break; sleep 0.1; done
    ! server_runs || kill -KILL "$(<"$folder/server.pid")"
  fi
  rm -f "$folder/server.pid"
  ! database_runs || as_owner pg_ctl -D "$database" -w -m fast stop >/dev/null
}
if [ "$command" = stop ]; then stop; exit 0; fi

python=${PYTHON:-}
for candidate in "$root/.venv/bin/python" python3; do
  [ -n "$python" ] || python=$(command -v "$candidate" || true)
done
[[ $python != [!/]*/* ]] || python=$PWD/$python
"$python" -c 'import importlib.util as u, sys; sys.exit(not (u.find_spec("mlflow") and u.find_spec("psycopg")))' ||
  die "$python lacks mlflow or psycopg: $python -m pip install -c $root/constraints.txt '${root}[store]'"

answers() {  # whether there is somebody at the port, and with a path whether it is ready
  (exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
    [ -n "${2:-}" ] || exit 0
    printf 'GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n' "$2" >&3
    read -r -t 5 line <&3 && [[ $line == *' 200 '* ]]) 2>/dev/null
}
! server_runs || die "the store in $folder runs already; end it: ${BASH_SOURCE[0]} stop $folder"
[ -n "$port" ] || [ ! -f "$folder/port" ] || port=$(<"$folder/port")
if [ -z "$port" ]; then
  port=5000
  while answers "$port"; do port=$((port + 1)); done
fi
! answers "$port" || die "port $port is taken; choose another: --port $((port + 1))"
printf '%s\n' "$port" >"$folder/port"

chmod 711 "$folder"
mkdir -p "$sockets" "$folder/artifacts"
chmod 700 "$sockets" "$folder/artifacts"
if [ "$(id -u)" = 0 ]; then
  runuser -u postgres -- test -x "$folder" ||
    die "PostgreSQL, which refuses root, runs as the user postgres, who cannot enter $folder; choose another folder"
  touch "$folder/postgresql.log"
  chown postgres "$sockets" "$folder/postgresql.log"
  install -d -o postgres -m 700 "$folder/new"
else
  mkdir -p "$folder/new"
fi
if [ ! -d "$database" ]; then  # made elsewhere first: one that was cut off is not taken for one
  rm -rf "$folder/new/postgresql"
  as_owner initdb -D "$folder/new/postgresql" --username=placement --auth=trust --encoding=UTF8 \
    --locale=C.UTF-8 >"$folder/initdb.log" 2>&1 || die "initdb failed; see $folder/initdb.log"
  mv "$folder/new/postgresql" "$database"
fi
rmdir "$folder/new"

trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
# Each process of MLflow's server keeps up to 15 connections for runs, and as many for models.
database_runs || as_owner pg_ctl -D "$database" -w -l "$folder/postgresql.log" -o \
  "-k $(printf %q "$sockets") -c listen_addresses='' -c max_connections=$((40 + 30 * workers))" start >/dev/null ||
  die "PostgreSQL did not start; see $folder/postgresql.log"

quoted=$("$python" -c 'import sys, urllib.parse; print(urllib.parse.quote(sys.argv[1], safe=""))' "$sockets")
names=()
[ -z "$allowed" ] || names=(--allowed-hosts "$allowed")
# A process that a busy machine lets answer late must not be ended with the requests it is at.
options="--timeout-worker-healthcheck 120"
cd "$folder"  # MLflow makes folders where it is started
MLFLOW_DISABLE_TELEMETRY=true MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false PATH="$(dirname "$python"):$PATH" \
  "$python" -m mlflow server --host "$host" --port "$port" --workers "$workers" "${names[@]}" \
  --uvicorn-opts "$options" \
  --backend-store-uri "postgresql+psycopg://placement@/postgres?host=$quoted" \
  --serve-artifacts --artifacts-destination "$folder/artifacts" >>"$folder/server.log" 2>&1 &
server=$!
printf '%s\n' "$server" >"$folder/server.pid"
printf 'starting: a new database takes half a minute …\n' >&2
until answers "$port" /health; do
  kill -0 "$server" 2>/dev/null || die "MLflow's server did not start; see $folder/server.log"
  sleep 0.3
done
cat >&2 <<END
The store is ready. Ctrl-C ends it, or: ${BASH_SOURCE[0]} stop $folder
Runs and models are in $database, files in $folder/artifacts, logs beside them.
Where somebody trains:
END
shown=$host
[ "$host" != 0.0.0.0 ] || shown=$(hostname)
printf 'export MLFLOW_TRACKING_URI=http://%s:%s\n' "$shown" "$port"
wait "$server" || die "MLflow's server ended; see $folder/server.log"
