"""Makes a folder of many small files and measures how fast Penstock lists it and reads its first file.

usage: listing.py [--files 200000] [--rounds 5]

The files are written just before, so their entries are in the page cache: figures are for a warm listing.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
PROGRAM = HERE / "Overhead" / ".build" / "release" / "Listing"

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--files", type=int, default=200_000)
parser.add_argument("--rounds", type=int, default=5)
options = parser.parse_args()

subprocess.run(["swift", "build", "-c", "release", "--package-path", str(HERE / "Overhead"), "--product", "Listing"], check=True)
with tempfile.TemporaryDirectory() as folder:
    for number in range(options.files):
        (pathlib.Path(folder) / f"file-{number:06}.bin").write_bytes(b"x" * 100)
    lines = [json.loads(subprocess.run([PROGRAM, folder], check=True, capture_output=True, text=True).stdout)
             for _ in range(options.rounds)]
for key in ("seconds_to_first_read", "files_per_second"):
    values = [line[key] for line in lines]
    print(f"{key}: median {statistics.median(values):.4g}, from {min(values):.4g} to {max(values):.4g}, "
          f"{lines[0]['files']} files, {len(values)} rounds")
