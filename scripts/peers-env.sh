#!/usr/bin/env bash
# Makes the Python of the programs that Benchmarks/compare.py runs beside Penstock (Ray Data, PyTorch, Daft, OpenVINO, about
# 2 GB): pinned packages in a virtual environment in the cache outside the checkout. A second run finds it in place; of two
# runs at once, one waits for the other. Prints the path of its Python on stdout and everything else on stderr.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'peers-env: %s\n' "$*" >&2; }
need() { say "missing: $1. Install it with: $2"; exit 1; }

command -v python3 >/dev/null || need "Python 3.11 or later" "apt-get install python3 python3-venv"
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || need "Python 3.11 or later" "see https://www.python.org"
python3 -c 'import ensurepip, venv' 2>/dev/null || need "venv for python3" "apt-get install python3-venv"

pins=Benchmarks/peers/requirements.txt
torch=2.13.0
cache="${PENSTOCK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/penstock}/peers"
python="$cache/bin/python"

# Whether every package of the list, and torch, is there in its version.
complete() {
    [ -x "$python" ] && "$python" - "$pins" "$torch" <<'PYTHON'
import importlib.metadata, sys
pins = dict(line.split("==") for line in open(sys.argv[1]).read().split() if "==" in line) | {"torch": sys.argv[2]}
try:
    wrong = [name for name, version in pins.items() if importlib.metadata.version(name).split("+")[0] != version]
except importlib.metadata.PackageNotFoundError as missing:
    wrong = [str(missing)]
sys.exit(bool(wrong))
PYTHON
}

install() { "$python" -m pip install --quiet --disable-pip-version-check --only-binary=:all: "$@" >&2; }

if ! complete; then
    mkdir -p "$(dirname "$cache")"
    # The lock is the open file's, so it stays with this shell after the one that took it; it ends with this shell.
    exec 9>"$cache.lock"
    python3 -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX)'
    if ! complete; then
        say "installing Ray Data, PyTorch, Daft and OpenVINO into $cache"
        rm -rf "$cache"
        python3 -m venv "$cache"
        install --no-deps -r "$pins"
        # PyPI's build of torch for Linux brings CUDA along (several GB), which nothing here uses.
        install --no-deps --extra-index-url https://download.pytorch.org/whl/cpu "torch==$torch+cpu" 2>/dev/null ||
            install "torch==$torch" setuptools
        complete || { say "the packages in $cache are not those of $pins"; exit 1; }
    fi
fi
say "ready: $cache"
printf '%s\n' "$python"
