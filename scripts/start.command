#!/bin/sh
# Opens the pages of placement in a browser: double-click it on a Mac, or run it on Linux.
# The first time it makes an environment beside itself; where that was cut off, it goes on.
set -eu
cd "$(dirname "$0")/.."

pause() { printf '%s\n' "$1"; printf 'Press Enter to close. '; read -r _ || true; exit 1; }

python=""
for name in python3.13 python3.12 python3.11 python3; do
  if command -v "$name" >/dev/null 2>&1 \
    && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    python="$name"
    break
  fi
done

venv=.venv-app
if [ ! -f "$venv/.installed" ] || [ pyproject.toml -nt "$venv/.installed" ]; then
  [ -n "$python" ] || pause "Python 3.11 or newer is needed: get it at python.org/downloads, then start this again."
  echo "1 of 3: making an environment with $("$python" --version)"
  "$venv/bin/python" -c 'import pip' 2>/dev/null || {
    rm -rf "$venv"
    "$python" -m venv "$venv" || pause "The environment cannot be made. On Debian or Ubuntu: apt install python3-venv"
  }
  echo "2 of 3: installing placement and what it needs (about 2 minutes, more on a slow line)"
  "$venv/bin/python" -m pip --disable-pip-version-check install -c constraints.txt -e '.[serve]' \
    || pause "It was cut off: start this again, it goes on from here."
  : > "$venv/.installed"
fi
echo "3 of 3: opening the pages; this window has to stay open while you use them"
"$venv/bin/python" -m placement app "$@" || pause "The pages have ended; what they said stands above."
