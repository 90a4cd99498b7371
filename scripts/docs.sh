#!/usr/bin/env bash
# Builds the reference and the guides with the toolchain's own docc, into .build-docs/Penstock.doccarchive; a warning is an
# error. The guides are those of docs/guides, so that there is one of each.
#
# usage: scripts/docs.sh        after a build; look at it with: docc preview, or any web server on .build-docs/site
set -euo pipefail
cd "$(dirname "$0")/.."

built=$PWD/.build/debug
out=$PWD/.build-docs
catalogue=$out/Penstock.docc
[ -f "$built/Modules/Penstock.swiftmodule" ] || swift build
rm -rf "$out"
mkdir -p "$out/symbols"

# PenstockCore and PenstockPlan are re-exported, so their symbols are Penstock's.
maps=()
for map in "$built"/*.build/module.modulemap; do maps+=(-Xcc "-fmodule-map-file=$map"); done
swift symbolgraph-extract -module-name Penstock -I "$built/Modules" "${maps[@]}" -target "$(uname -m)-unknown-linux-gnu" \
    -output-dir "$out/symbols" -minimum-access-level public -skip-synthesized-members \
    -experimental-allowed-reexported-modules=PenstockCore,PenstockPlan

# Links between guides are links between articles; those to other files of the repository become plain words.
cp -r Sources/Penstock/Penstock.docc "$catalogue"
for guide in docs/guides/*.md; do
    sed -E -e '/^<!-- snippet: .*-->$/d' -e 's#\[[^]]*\]\(([a-z-]+)\.md\)#<doc:\1>#g' -e 's#\[([^]]*)\]\(\.\./[^)]*\)#\1#g' \
        "$guide" >"$catalogue/$(basename "$guide")"
done
docc convert "$catalogue" --additional-symbol-graph-dir "$out/symbols" --output-path "$out/Penstock.doccarchive" \
    --fallback-display-name Penstock --fallback-bundle-identifier penstock --warnings-as-errors
docc process-archive transform-for-static-hosting "$out/Penstock.doccarchive" --output-path "$out/site"
echo "docs: $out/site"
