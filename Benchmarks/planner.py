"""Compares what the planner chooses with every setting of a grid, at each number of cores and precision.

usage: planner.py --images DIR --model FILE.onnx [--int8-model FILE.onnx] [--cores 1,2] [--precisions f32,bf16,int8] [--count 1107] [--repeats 5]
                  [--json FILE]

Runs `penstock classify` with nothing set, and with each combination of model workers, threads of a worker and batch size that
uses the cores, in turns of a tenth of a second (turns.py), so that a slow second of the machine hits all alike. The automatic
choice and the three settings that were the best in a first round, of 256 images each, run again --repeats times over all --count images,
and only these runs are compared: the best of a grid is the largest of many numbers with noise. A ratio is the median of those of the
rounds. The photographs are linked as often as makes --count; `int8` is --int8-model, with the precision left to penstock.
"""

import argparse
import json
import os
import pathlib
import statistics
import tempfile

import turns
from scaling import linked

PENSTOCK = pathlib.Path(__file__).resolve().parent.parent / ".build" / "release" / "penstock"
AUTOMATIC = "automatic"
TURN_SECONDS = 0.1
FIRST_IMAGES = 256


class Job:
    def __init__(self, options: argparse.Namespace, images: pathlib.Path, scratch: pathlib.Path, cores: int, precision: str):
        self.scratch = scratch
        model = ["--model", options.int8_model] if precision == "int8" else ["--model", options.model, "--precision", precision]
        self.words = [str(PENSTOCK), "classify", str(images), *model, "--overwrite", "--quiet", "--no-profile"]
        # A mask, as the library's own threads do not know of --cores.
        self.cpus = sorted(os.sched_getaffinity(0))[:cores]

    def program(self, name: str, flags: list[str]) -> turns.Program:
        return turns.Program(["taskset", "-c", ",".join(map(str, self.cpus)), *self.words, "--output", str(self.scratch / name),
                              "--report", str(self.scratch / f"{name}.json"), *flags])

    def round(self, settings: dict[str, list[str]]) -> dict[str, float]:
        """Images a second of a process with each of these settings."""
        programs = {name: self.program(name, flags) for name, flags in settings.items()}
        turns.run(list(programs.values()), TURN_SECONDS)
        rates = {}
        for name, program in programs.items():
            program.text()
            program.close()
            rows = json.loads((self.scratch / f"{name}.json").read_text())["rows_written"]
            rates[name] = rows / program.active_in_all()
        return rates


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
    for name, flags in settings.items():
        job.round({name: [*flags, "--limit", "16"]})  # compiles the model for these threads
    first = job.round({name: [*flags, "--limit", str(FIRST_IMAGES)] for name, flags in settings.items()})
    best = sorted((name for name in first if name != AUTOMATIC), key=lambda name: -first[name])[:3]
    rounds = [job.round({name: settings[name] for name in [AUTOMATIC, *best]}) for _ in range(repeats)]
    for name in settings:
        later = [rates[name] for rates in rounds if name in rates]
        after = f", then {statistics.median(later):.1f} (median of {len(later)})" if later else ""
        print(f"    {name}: {first[name]:.1f} images/s{after}")
    ratios = {name: [rates[AUTOMATIC] / rates[name] for rates in rounds] for name in best}
    winner = min(best, key=lambda name: statistics.median(ratios[name]))
    ratio = statistics.median(ratios[winner])
    print(f"  automatic / best by hand ({winner}): {ratio:.3f} ({min(ratios[winner]):.3f} to {max(ratios[winner]):.3f})", flush=True)
    return {"first": first, "rounds": rounds, "best": winner, "ratio": ratio}


def numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--int8-model", default="")
    parser.add_argument("--cores", type=numbers, default=[1, 2])
    parser.add_argument("--precisions", default="f32,bf16")
    parser.add_argument("--batches", type=numbers, default=[1, 2, 4, 8, 16])
    parser.add_argument("--count", type=int, default=1107)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json")
    options = parser.parse_args()
    if "int8" in options.precisions.split(",") and not options.int8_model:
        parser.error("the precision int8 needs --int8-model")
    result = {}
    with tempfile.TemporaryDirectory() as name:
        scratch = pathlib.Path(name)
        images = linked(pathlib.Path(options.images), options.count, scratch / "images")
        for cores in options.cores:
            for precision in options.precisions.split(","):
                print(f"{cores} core{'s' if cores > 1 else ''}, {precision}")
                job = Job(options, images, scratch, cores, precision)
                result[f"{cores} {precision}"] = compare(job, grid(cores, options.batches), options.repeats)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
