#!/usr/bin/env bash
# Builds and runs the packages in Examples/ as somebody who uses Penstock as a library would, and checks that each prints what
# it promises. Penstock is compiled once for all of them, in .build-examples.
#
# usage: scripts/examples.sh [NAME]...      all of them when none is named
set -euo pipefail
cd "$(dirname "$0")/.."

scratch=$PWD/.build-examples
work=$scratch/work
examples=("$@")
if [ ${#examples[@]} -eq 0 ]; then examples=(OriginPipeline Tables OwnStage Embeddings); fi

say() { printf '\nexamples: %s\n' "$*"; }

# run NAME "line that must be printed (extended regular expression)"... -- ARGUMENT...
run() {
    local name=$1 wanted=() line
    shift
    while [ "$1" != -- ]; do wanted+=("$1"); shift; done
    shift
    say "$name: build"  # without the cached manifest, which is that of the example before
    swift build --package-path "Examples/$name" --scratch-path "$scratch" --disable-build-manifest-caching
    say "$name: run"
    "$scratch/debug/$name" "$@" | tee "$work/$name.txt"
    for line in "${wanted[@]}"; do
        grep -Eq -- "$line" "$work/$name.txt" || { say "$name did not print: $line" >&2; exit 1; }
    done
}

rm -rf "$work"
mkdir -p "$work"
images=$work/samples/images model=Models/shapes10.onnx
for example in "${examples[@]}"; do
    case "$example" in OriginPipeline | Embeddings)
        [ -d "$images" ] || swift run penstock samples "$work/samples" --count 60 ;;
    esac
    case "$example" in
    OriginPipeline)
        run "$example" '^60 images in [0-9]+ blocks' '^60 images in .* images/s$' 'predicted_class: [0-9]' -- \
            "$images" "$model" "${model%.onnx}.labels.txt" "$work/predictions" ;;
    Tables)
        run "$example" 'only order, country, euros are read' 'fused: .*large → cents' '^2500 of 10000 rows are large$' \
            '^they are worth 436250 euros$' -- "$work/tables" ;;
    OwnStage) run "$example" '^be: 2000$' '^not: 1000$' '^5000 of 6000 rows$' -- ;;
    Embeddings)
        run "$example" '^columns: path: string, .*list<float>$' '^60 vectors$' 'is most like .*, of 10 numbers each$' -- \
            "$images" "$model" "$work/vectors" ;;
    *) say "there is no example \"$example\" in Examples/" >&2; exit 2 ;;
    esac
done
say "passed: ${examples[*]}"
