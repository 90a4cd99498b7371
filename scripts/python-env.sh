#!/usr/bin/env bash
# Makes the Python that tests and benchmarks compare Penstock with (pyarrow, DuckDB, Ray Data, an S3 server): pinned,
# hash-checked wheels in a virtual environment in the cache outside the checkout. `.deps-python` becomes a link to it.
# A second run, or a second clone, finds it in place; of two runs at once, one waits for the other.
#
# Without it everything else works, and the tests that need it are skipped with the reason.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'python-env: %s\n' "$*"; }
need() { say "missing: $1. Install it with: $2" >&2; exit 1; }

command -v python3 >/dev/null || need "Python 3.11 or later" "apt-get install python3 python3-venv"
version=$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || need "Python 3.11 or later (this is $version)" "see https://www.python.org"
python3 -c 'import ensurepip, venv' 2>/dev/null || need "venv for python3" "apt-get install python3-venv"

pins=scripts/python-requirements.txt
key=$( (cat "$pins"; printf '%s %s' "$version" "$(uname -sm)") | (sha256sum 2>/dev/null || shasum -a 256) | cut -c1-16)
cache="${PENSTOCK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/penstock}/python-$key"
if [ ! -f "$cache/complete" ]; then
    mkdir -p "$(dirname "$cache")"
    # The lock is the open file's, so it stays with this shell after the one that took it; it ends with this shell.
    exec 9>"$cache.lock"
    python3 -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX)'
    if [ ! -f "$cache/complete" ]; then
        say "installing pyarrow, DuckDB, Ray Data and moto into $cache"
        rm -rf "$cache"
        python3 -m venv "$cache"
        "$cache/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
            --require-hashes -r "$pins"
        touch "$cache/complete"
    fi
fi
if [ "$(readlink .deps-python 2>/dev/null || true)" != "$cache" ]; then rm -rf .deps-python && ln -s "$cache" .deps-python; fi
say "ready: .deps-python -> $cache"
