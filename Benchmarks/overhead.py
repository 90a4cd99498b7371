"""Compares what Penstock's engine and Ray Data's cost when the work is next to nothing, alternating, in one run.

usage: overhead.py [--rows 1000000] [--rounds 5] [--blocks 100000] [--json FILE]

Builds Benchmarks/Overhead (release) and needs .deps-python (scripts/python-env.sh). Every round runs each program once, in
turn, so that a slow minute of the machine hits all alike. Two figures for each pipeline: `warm` is the pipeline alone, the
best of three repeats in one process; `whole` is one process from its start to its end, which for Ray is the start of its
cluster as well. Medians over rounds; the spread is (largest - smallest) / median. Engine overhead per block is the time of
a pipeline of so many blocks of one row through a transform that does nothing, divided by the number of blocks.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

from machine import processor

HERE = pathlib.Path(__file__).resolve().parent
OVERHEAD = HERE / "Overhead" / ".build" / "release" / "Overhead"
PYTHON = HERE.parent / ".deps-python" / "bin" / "python"


def lines_of(command: list[str]) -> tuple[list[dict], float]:
    """What a program measured, and how long it took from outside."""
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, timeout=900)
    seconds = time.perf_counter() - start
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\nended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")], seconds


def penstock(what: str, count: int) -> dict[str, float]:
    _, whole = lines_of([str(OVERHEAD), what, str(count), "1"])
    lines, _ = lines_of([str(OVERHEAD), what, str(count), "3"])
    return {"warm": min(line["seconds"] for line in lines), "whole": whole}


def ray(what: str, count: int) -> dict[str, float]:
    # The end of Ray's processes is left out of `whole`: what a user waits for is the result.
    lines, _ = lines_of([str(PYTHON), str(HERE / "overhead_ray.py"), what, str(count), "4"])
    return {"warm": min(line["seconds"] for line in lines[1:]), "whole": lines[0]["start"]}


def median_and_spread(values: list[float]) -> tuple[float, float]:
    median = statistics.median(values)
    return median, (max(values) - min(values)) / median


def versions() -> dict[str, str]:
    modules = "import ray, pyarrow, sys; print(sys.version.split()[0], ray.__version__, pyarrow.__version__)"
    found = subprocess.run([str(PYTHON), "-c", modules], capture_output=True, text=True).stdout.split()
    swift = subprocess.run(["swift", "--version"], capture_output=True, text=True).stdout.splitlines()[0]
    return dict(zip(("python", "ray", "pyarrow"), found)) | {"swift": swift}


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--rows", type=int, default=1_000_000)
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--blocks", type=int, default=100_000)
parser.add_argument("--json", type=pathlib.Path)
options = parser.parse_args()

if not PYTHON.exists():
    sys.exit("there is no .deps-python: run scripts/python-env.sh")
subprocess.run(["swift", "build", "-c", "release", "--package-path", str(HERE / "Overhead")], check=True, stdout=sys.stderr)

times: dict[str, list[float]] = {}
for number in range(options.rounds):
    for what in ("map", "map_batches"):
        for name, measure in (("penstock", penstock), ("ray", ray)):
            for kind, seconds in measure(what, options.rows).items():
                times.setdefault(f"{name} {what} {kind}", []).append(seconds)
    lines, _ = lines_of([str(OVERHEAD), "blocks", str(options.blocks), "3"])
    times.setdefault("penstock blocks", []).append(min(line["seconds"] for line in lines))
    print(f"round {number + 1} of {options.rounds}, load {os.getloadavg()[0]:.1f}", file=sys.stderr)

result = {"machine": f"{processor()}, {os.cpu_count()} cores", "versions": versions(), "rows": options.rows,
          "rounds": options.rounds, "load": os.getloadavg()[0], "seconds": times}
print(f"{result['machine']}; {', '.join(f'{name} {version}' for name, version in result['versions'].items())}")
print(f"{options.rows:,} rows, {options.rounds} rounds, load at the end {result['load']:.1f}")
print(f"{'pipeline':<20} {'Penstock rows/s':>18} {'Ray Data rows/s':>18} {'ratio':>7}   spread")
for what in ("map", "map_batches"):
    for kind in ("warm", "whole"):
        ours, our_spread = median_and_spread(times[f"penstock {what} {kind}"])
        theirs, their_spread = median_and_spread(times[f"ray {what} {kind}"])
        print(f"{what + ', ' + kind:<20} {options.rows / ours:>18,.0f} {options.rows / theirs:>18,.0f} {theirs / ours:>6.1f}x"
              f"   {our_spread:.0%} and {their_spread:.0%}")
seconds, spread = median_and_spread(times["penstock blocks"])
print(f"engine overhead per block: {seconds / options.blocks * 1e6:.1f} µs ({options.blocks:,} blocks of one row), spread {spread:.0%}")
if options.json:
    options.json.write_text(json.dumps(result, indent=1) + "\n")
