#!/usr/bin/env bash
# 20 GB of synthetic blocks through a run of 512 MiB into a slow consumer: the process must stay below 512 MiB + 10 %.
#
#     Benchmarks/memory.sh [GIGABYTES [MEBIBYTES [BLOCK_MEBIBYTES]]]
set -euo pipefail
cd "$(dirname "$0")/Memory"
gigabytes=${1:-20}
limit=${2:-512}
block=${3:-4}
swift build -c release --quiet
log=$(mktemp)
trap 'rm -f "$log"' EXIT
/usr/bin/time -v .build/release/Memory "$gigabytes" "$limit" "$block" 2>"$log" || { cat "$log" >&2; exit 1; }
resident=$(sed -n 's/.*Maximum resident set size (kbytes): //p' "$log")
allowed=$((limit * 1024 * 11 / 10))
echo "most resident: $((resident / 1024)) MiB; allowed: $((allowed / 1024)) MiB"
if ((resident > allowed)); then
    echo "too much memory: $resident KiB resident, $allowed KiB allowed" >&2
    exit 1
fi
