#!/usr/bin/env bash
# The main job on images of our own: sets up, builds, draws 2,000 labelled sample images, classifies them with the small
# model in Models/, and shows the predictions. Everything it makes is under demo/. A second run reuses the images.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\ndemo: %s\n' "$*"; }

count=2000
samples=demo/samples
predictions=demo/predictions
model=Models/shapes10.onnx
[ -f "$model" ] || { say "missing: $model. It is part of the repository; restore it with: git checkout -- Models" >&2; exit 1; }

say "1/5 native libraries"
scripts/bootstrap.sh

say "2/5 build (a few minutes the first time)"
swift build -c release --product penstock
penstock=$(swift build -c release --show-bin-path)/penstock

# labels.csv is written last, with a header and one line per image: where it is whole, so is the set.
if [ -f "$samples/labels.csv" ] && [ "$(wc -l <"$samples/labels.csv")" -eq $((count + 1)) ]; then
    say "3/5 sample images: $count are in $samples already"
else
    say "3/5 sample images: drawing $count into $samples"
    "$penstock" samples "$samples" --count "$count" --overwrite
fi

say "4/5 classify"
(set -x; "$penstock" classify "$samples/images" --model "$model" --labels "${model%.onnx}.labels.txt" \
    --truth "$samples/labels.csv" --output "$predictions" --overwrite)

say "5/5 look at the predictions"
(set -x; "$penstock" show "$predictions")
