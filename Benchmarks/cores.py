"""How throughput grows with cores, and what share of the ceiling is reached at each number of them.

usage: cores.py --images DIR --model FILE [--cores 1,2,4,8,16] [--images-per-core 500] [--repeats 3] [--precision bf16]
                [--penstock FILE] [--json FILE]

Each round runs every number of cores once, in turn. The images are linked as often as is needed for --images-per-core images
a core, so that every run takes about as long. The ceiling is that of `penstock ceiling` with the same number of cores.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

from machine import processor

HERE = pathlib.Path(__file__).resolve().parent


def run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=900)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\nended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def links(source: pathlib.Path, target: pathlib.Path, count: int) -> pathlib.Path:
    """A folder of `count` links to the images, round and round."""
    target.mkdir()
    files = sorted(path for path in source.iterdir() if path.suffix.lower() in (".jpeg", ".jpg", ".png"))
    for number in range(count):
        path = files[number % len(files)]
        (target / f"{number:06d}{path.suffix}").symlink_to(path.resolve())
    return target


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", required=True, type=pathlib.Path)
    parser.add_argument("--model", required=True)
    parser.add_argument("--cores", default="")
    parser.add_argument("--images-per-core", type=int, default=500)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--precision", default="bf16")
    parser.add_argument("--penstock", default=str(HERE.parent / ".build" / "release" / "penstock"))
    parser.add_argument("--json")
    options = parser.parse_args()
    most = len(os.sched_getaffinity(0))
    powers = [2**power for power in range(12) if 2**power <= most]
    cores = [int(text) for text in options.cores.split(",")] if options.cores else sorted({*powers, most})
    common = ["--model", options.model, "--precision", options.precision]
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder)
        folders = {count: links(options.images, scratch / f"images{count}", count * options.images_per_core) for count in cores}
        rates = {count: [] for count in cores}
        shares = {count: [] for count in cores}
        for _ in range(options.repeats):
            for count in cores:
                report = scratch / "report.json"
                run([options.penstock, "classify", str(folders[count]), "--output", str(scratch / "out"), "--overwrite", "--quiet",
                     "--cores", str(count), "--report", str(report), *common])
                rate = json.loads(report.read_text())["images_per_second"]
                rates[count].append(rate)
                ceiling = scratch / "ceiling.json"
                run([options.penstock, "ceiling", str(folders[count]), "--cores", str(count), "--images", "256", "--seconds", "0.5", "--repeats", "2",
                     "--json", str(ceiling), *common])
                shares[count].append(rate / json.loads(ceiling.read_text())["images_per_second"])
                print(f"{count} cores: {rate:.1f} images/s, {shares[count][-1]:.2f} of the ceiling", file=sys.stderr, flush=True)
    print(f"{processor()}; {options.precision}; n = {options.repeats}\n")
    print("| cores | images/s (median) | spread | per core, of one core's | of the ceiling |\n|---|---|---|---|---|")
    single = statistics.median(rates[cores[0]]) / cores[0]
    for count in cores:
        middle = statistics.median(rates[count])
        spread = (max(rates[count]) - min(rates[count])) / middle
        print(f"| {count} | {middle:.1f} | {spread:.0%} | {middle / count / single:.2f} | {statistics.median(shares[count]):.2f} |")
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps({"rates": rates, "of_ceiling": shares}, indent=1) + "\n")


if __name__ == "__main__":
    main()
