"""Compares what the planner chooses with every setting of a grid, at each number of cores and precision.

usage: planner.py --images DIR --model FILE.onnx [--cores 1,2] [--precisions f32,bf16] [--repeats 3] [--json FILE]

Runs `penstock classify` with nothing set, and with each combination of model workers, threads of a worker and batch size that
uses the cores, in turn. The automatic choice and the settings that were among the best in the first round run again until
each has --repeats runs: the best of a grid is the largest of many numbers with noise, so it is judged by its median.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

PENSTOCK = pathlib.Path(__file__).resolve().parent.parent / ".build" / "release" / "penstock"
AUTOMATIC = "automatic"


class Job:
    def __init__(self, options: argparse.Namespace, scratch: str, cores: int, precision: str):
        self.scratch = pathlib.Path(scratch)
        self.words = [str(PENSTOCK), "classify", options.images, "--model", options.model, "--precision", precision, "--cores",
                      str(cores), "--output", str(self.scratch / "out"), "--overwrite", "--quiet", "--report",
                      str(self.scratch / "report.json")]
        # The library's own threads do not know of --cores, so that the process is kept on them as well.
        self.cpus = sorted(os.sched_getaffinity(0))[:cores]

    def rate(self, flags: list[str]) -> float:
        command = ["taskset", "-c", ",".join(map(str, self.cpus)), *self.words, *flags]
        done = subprocess.run(command, capture_output=True, text=True, timeout=900)
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)}\nended with {done.returncode}:\n{done.stderr[-2000:]}")
        return json.loads((self.scratch / "report.json").read_text())["images_per_second"]


def grid(cores: int, batches: list[int]) -> dict[str, list[str]]:
    """Settings by hand: workers x threads that fill the cores, and the number of decoders."""
    settings = {AUTOMATIC: []}
    for workers in range(1, cores + 1):
        if cores % workers == 0:
            for batch in batches:
                name = f"{workers} workers of {cores // workers} threads, batch {batch}"
                settings[name] = ["--model-workers", str(workers), "--threads-per-worker", str(cores // workers),
                                  "--batch-size", str(batch)]
    return settings


def compare(job: Job, settings: dict[str, list[str]], repeats: int) -> dict:
    rates = {name: [job.rate(flags)] for name, flags in settings.items()}
    best = sorted((name for name in rates if name != AUTOMATIC), key=lambda name: -rates[name][0])[:3]
    for _ in range(repeats - 1):
        for name in [AUTOMATIC, *best]:
            rates[name].append(job.rate(settings[name]))
    medians = {name: statistics.median(values) for name, values in rates.items()}
    winner = max(best, key=lambda name: medians[name])
    for name in rates:
        print(f"    {name}: {medians[name]:.1f} images/s ({len(rates[name])} run{'s' if len(rates[name]) > 1 else ''})")
    print(f"  automatic / best by hand ({winner}): {medians[AUTOMATIC] / medians[winner]:.3f}")
    return {"rates": rates, "best": winner, "ratio": medians[AUTOMATIC] / medians[winner]}


def numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--cores", type=numbers, default=[1, 2])
    parser.add_argument("--precisions", default="f32,bf16")
    parser.add_argument("--batches", type=numbers, default=[1, 2, 4, 8, 16])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json")
    options = parser.parse_args()
    result = {}
    with tempfile.TemporaryDirectory() as scratch:
        for cores in options.cores:
            for precision in options.precisions.split(","):
                print(f"{cores} core{'s' if cores > 1 else ''}, {precision}")
                job = Job(options, scratch, cores, precision)
                result[f"{cores} {precision}"] = compare(job, grid(cores, options.batches), options.repeats)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
