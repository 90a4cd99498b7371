#!/usr/bin/env bash
# Makes the native libraries available: codec libraries from the system's package manager, OpenVINO and Arrow C++ from
# pinned, hash-checked wheels unpacked into a cache outside the checkout. `.deps` becomes a link to that cache.
# A second run, or a second clone, finds everything in place and takes well under a second.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'bootstrap: %s\n' "$*"; }
need() { say "missing: $1. Install it with: $2" >&2; exit 1; }

command -v swift >/dev/null || need "Swift 6.3" "see https://www.swift.org/install"
command -v python3 >/dev/null || need "Python 3 with pip" "apt-get install python3 python3-pip"
python3 -m pip --version >/dev/null 2>&1 || need "pip for python3" "apt-get install python3-pip"

# --- codec libraries ---------------------------------------------------------------------------------------------
case "$(uname -s)" in
Linux)
    packages=(pkg-config libjpeg62-turbo-dev libpng-dev libwebp-dev libgif-dev libtiff-dev libsqlite3-dev)
    if ! dpkg-query --version >/dev/null 2>&1; then need "a Debian or Ubuntu system" "your package manager: ${packages[*]}"; fi
    if grep -qi ubuntu /etc/os-release; then packages[1]=libjpeg-turbo8-dev; fi
    missing=()
    for package in "${packages[@]}"; do
        dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' || missing+=("$package")
    done
    if [ ${#missing[@]} -gt 0 ]; then
        sudo=""
        if [ "$(id -u)" != 0 ]; then
            sudo -n true 2>/dev/null || need "${missing[*]}" "sudo apt-get install -y ${missing[*]}"
            sudo="sudo -n"
        fi
        say "installing ${missing[*]}"
        $sudo apt-get update -qq
        $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}" >/dev/null
    fi
    platform=manylinux_2_28_$(uname -m) ;;
Darwin)
    command -v brew >/dev/null || need "Homebrew" "see https://brew.sh"
    brew list jpeg-turbo libpng webp giflib libtiff pkgconf >/dev/null 2>&1 ||
        brew install --quiet jpeg-turbo libpng webp giflib libtiff pkgconf
    platform=macosx_12_0_$(uname -m) ;;
*) need "Linux or macOS" "nothing: this system is not supported" ;;
esac

# --- OpenVINO and Arrow C++ --------------------------------------------------------------------------------------
pins="scripts/wheels-$platform.txt"
[ -f "$pins" ] || need "pinned wheels for $platform ($pins)" "nothing: this platform has not been tried"
key=$( (cat "$pins"; cat scripts/unpack_wheels.py) | (sha256sum 2>/dev/null || shasum -a 256) | cut -c1-16)
cache="${PENSTOCK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/penstock}/deps-$key"
if [ ! -f "$cache/complete" ]; then
    say "unpacking OpenVINO and Arrow C++ into $cache"
    mkdir -p "$cache"
    wheels=$(mktemp -d "$cache/wheels.XXXXXX")
    trap 'rm -rf "$wheels"' EXIT
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --require-hashes \
        --python-version 3.11 --implementation cp --abi cp311 --platform "$platform" -d "$wheels" -r "$pins"
    python3 scripts/unpack_wheels.py "$wheels" "$cache"
    touch "$cache/complete"
fi
if [ "$(readlink .deps 2>/dev/null || true)" != "$cache" ]; then rm -rf .deps && ln -s "$cache" .deps; fi
say "ready: .deps -> $cache"
