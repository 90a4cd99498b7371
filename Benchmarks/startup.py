"""How long Penstock takes from the start of the process to the first prediction on the disk.

usage: startup.py --images DIR --model FILE.onnx [--precision bf16] [--repeats 5] [--json FILE]

Runs `penstock classify --limit 1` with a cache folder of its own: `cold` without the compile cache of OpenVINO, `warm` with
it. The files of program and model are in the machine's page cache both times. `committed` is the time until the output file
is there under its final name; `ended` until the process has ended. Medians, with the smallest and largest.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

PENSTOCK = pathlib.Path(__file__).resolve().parent.parent / ".build" / "release" / "penstock"


def first_prediction(options: argparse.Namespace, folder: pathlib.Path) -> tuple[float, float]:
    """Seconds from the start of the process to the first committed file, and to its end."""
    output = folder / "predictions"
    shutil.rmtree(output, ignore_errors=True)
    command = [str(PENSTOCK), "classify", options.images, "--model", options.model, "--precision", options.precision,
               "--limit", "1", "--output", str(output), "--quiet"]
    environment = os.environ | {"XDG_CACHE_HOME": str(folder / "cache")}
    started, start = time.time(), time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment)
    ended = time.perf_counter() - start
    parts = list(output.glob("part-*"))
    if done.returncode != 0 or not parts:
        sys.exit(f"{' '.join(command)}\nended with {done.returncode}:\n{done.stderr[-2000:]}")
    return parts[0].stat().st_ctime - started, ended  # the change time is that of the rename


def help_seconds() -> float:
    start = time.perf_counter()
    subprocess.run([str(PENSTOCK), "--help"], capture_output=True, check=True)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--precision", default="bf16")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json")
    options = parser.parse_args()
    times: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        first_prediction(options, folder)
        for _ in range(options.repeats):
            shutil.rmtree(folder / "cache", ignore_errors=True)
            for state in ("cold", "warm"):
                committed, ended = first_prediction(options, folder)
                times.setdefault(f"{state}: first prediction committed", []).append(committed)
                times.setdefault(f"{state}: process ended", []).append(ended)
            times.setdefault("penstock --help", []).append(help_seconds())
    for name, values in times.items():
        print(f"{name:36} {statistics.median(values):6.3f} s   ({min(values):.3f} … {max(values):.3f})")
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(times, indent=2) + "\n")


if __name__ == "__main__":
    main()
