#!/usr/bin/env bash
# Two network namespaces of this machine as two hosts: one training on both, and one whose link is cut.
#
#   scripts/two_hosts.sh [--rows N] [--timeout SECONDS]
#
# First the two, joined by a virtual cable, train one model on the same file: its coefficients must be
# those of one process, to 1e-10. Then they train for long, and the link is taken down: each rank must
# end with an error that says so, --timeout (20) seconds later and a little more.
# Wants root and `ip netns` (Debian: iproute2). Exit 1 where anything fails, 77 where it cannot be tried.
set -euo pipefail

rows=20000 timeout=20
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}"; exit 0 ;;
    --rows) rows=${2:?--rows wants a number}; shift 2 ;;
    --timeout) timeout=${2:?--timeout wants seconds}; shift 2 ;;
    *) printf 'error: no such option: %s (--help shows them)\n' "$1" >&2; exit 2 ;;
  esac
done
skip() { printf 'not tried: %s\n' "$1"; exit 77; }
fail() { printf 'FAILED: %s\n' "$1"; exit 1; }

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
python=${PYTHON:-$root/.venv/bin/python}
command -v "$python" >/dev/null || python=python3
export PYTHONPATH=$root OMP_NUM_THREADS=1
command -v ip >/dev/null || skip 'ip is not installed (on Debian: apt-get install iproute2)'
names=("placement-$$-a" "placement-$$-b") started=()
refusal=$(ip netns add "${names[0]}" 2>&1) || skip "no namespace can be made here: $refusal"

scratch=$(mktemp -d)
tidy() {
  local process
  trap '' INT TERM
  for process in "${started[@]}"; do kill -KILL -- "-$process" 2>/dev/null || true; done
  ip netns del "${names[0]}" 2>/dev/null || true
  ip netns del "${names[1]}" 2>/dev/null || true
  rm -rf "$scratch"
}
trap tidy EXIT
trap 'exit 130' INT TERM
ip netns add "${names[1]}"
refusal=$(ip link add link0 netns "${names[0]}" type veth peer name link0 netns "${names[1]}" 2>&1) ||
  skip "no virtual cable can be made here: $refusal"
for host in 0 1; do
  ip -n "${names[$host]}" address add "10.77.0.$((host + 1))/24" dev link0
  ip -n "${names[$host]}" link set link0 up
  ip -n "${names[$host]}" link set lo up
done

on_both() {  # name of the training, its words: starts it on both hosts
  local training=$1 host
  shift
  started=()
  for host in 0 1; do
    GLOO_SOCKET_IFNAME=link0 setsid ip netns exec "${names[$host]}" \
      "$python" -m torch.distributed.run --nnodes 2 --nproc-per-node 1 --rdzv-backend c10d \
      --rdzv-endpoint 10.77.0.1:29400 --rdzv-conf "is_host=$((1 - host))" --rdzv-id "$training" --local-addr "10.77.0.$((host + 1))" \
      -m placement train "$scratch/table.csv" --no-track "$@" \
      >"$scratch/$training-$host.out" 2>"$scratch/$training-$host.err" &
    started+=("$!")
  done
}
received() { ip netns exec "${names[1]}" cat /sys/class/net/link0/statistics/rx_bytes; }

cd "$scratch"
"$python" "$root/scripts/make_large.py" "$rows" table.csv
"$python" -m placement train table.csv --no-track --out one --quiet >one.out
on_both alike --out two --quiet
for host in 0 1; do
  wait "${started[$host]}" || { tail -5 "alike-$host.err"; fail "host $host could not train"; }
done
"$python" - <<'END' || fail 'the model of two hosts is another than that of one process'
import sys

import placement

one, two = (placement.load(name) for name in ("one", "two"))
pairs = zip(one.coefficients, two.coefficients, strict=True)
gap = max(abs(a.coefficient - b.coefficient) for a, b in pairs)
gap = max(gap, abs(one.natural_intercept - two.natural_intercept))
print(f"two hosts: {len(one.coefficients)} coefficients as on one, largest difference {gap:.1e}")
sys.exit(gap > 1e-10)
END

on_both cut --optimizer gd --lr 1e-9 --epochs 10000000 --rank-timeout "$timeout" --out never --quiet
quiet=$(received)
until [ $(($(received) - quiet)) -gt 500000 ]; do  # they meet with much less
  for host in 0 1; do
    kill -0 "${started[$host]}" 2>/dev/null || { tail -5 "cut-$host.err"; fail "host $host did not train"; }
  done
  sleep 0.5
done
ip -n "${names[0]}" link set link0 down
before=$SECONDS
for host in 0 1; do  # torchrun itself may wait longer for the other host's: the rank is what is timed
  until grep -q 'error: rank' "cut-$host.err"; do
    [ $((SECONDS - before)) -le $((timeout + 60)) ] || fail "host $host did not say why"
    sleep 0.5
  done
  printf 'link cut: host %s after %s s:\n' "$host" "$((SECONDS - before))"
  grep -m 1 -A 2 'error: rank' "cut-$host.err"
done
[ ! -e never ] || fail 'a model was saved'
