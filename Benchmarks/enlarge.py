"""Makes 12-megapixel photographs: those of a folder stretched to 4000×3000 (3000×4000 where upright), JPEG quality 90.

usage: enlarge.py [--images DIR] [--output DIR] [--count N]         needs Pillow: run it with the peers' Python

They stand for a camera's photographs where none may be passed on: size, subsampling (4:2:0) and bytes per pixel are like
theirs, details are not. Prints the folder, which is in the cache outside the checkout unless --output says otherwise. What
is there already is kept.
"""

import argparse
import os
import pathlib

from PIL import Image

REALDATA = pathlib.Path(__file__).resolve().parents[2] / "shared" / "realdata"
CACHE = os.environ.get("PENSTOCK_CACHE") or os.path.join(
    os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "penstock")

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--images", type=pathlib.Path, default=REALDATA / "images")
parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path(CACHE) / "photographs-12mp")
parser.add_argument("--count", type=int, default=123)
options = parser.parse_args()

options.output.mkdir(parents=True, exist_ok=True)
for source in sorted(path for path in options.images.iterdir() if path.suffix.lower() in (".jpeg", ".jpg"))[:options.count]:
    target = options.output / source.name
    if target.exists():
        continue
    image = Image.open(source).convert("RGB")
    size = (4000, 3000) if image.width >= image.height else (3000, 4000)
    part = target.with_suffix(".part")
    image.resize(size, Image.BICUBIC).save(part, "JPEG", quality=90)
    part.replace(target)
print(options.output)
