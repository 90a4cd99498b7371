#!/usr/bin/env bash
# The tour of the classic mistakes: sets up, builds, and measures on images and a model of our own what each mistake costs.
# The report is demo/tour.html. Arguments go to `penstock tour`: scripts/tour.sh --quick
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\ntour: %s\n' "$*"; }

say "1/3 native libraries"
scripts/bootstrap.sh

say "2/3 build (a few minutes the first time)"
swift build -c release --product penstock
penstock=$(swift build -c release --show-bin-path)/penstock

say "3/3 measure (minutes; other work on this machine would disturb it)"
mkdir -p demo
(set -x; "$penstock" tour --html demo/tour.html --json demo/tour.json "$@")
