"""Runs the benchmarks of Benchmarks/Suite, and fails when one takes more instructions or allocations than it may.

usage: bench.py [--update] [--only TEXT] [--repeats 5] [--json FILE]

Builds the suite (release) first. Instructions and heap allocations of an iteration are the difference between a long and a
short run of the same benchmark, so start-up is not in them. They are compared with Benchmarks/Thresholds/SWIFT-VERSION.json:
more than 5 % above is a failure, more than 5 % below a hint to run --update, which writes what was measured. Wall clock is
printed for people and never judged: it says as much about the machine and its neighbours.

Instructions are counted by the processor (perf) where the kernel allows it, else by valgrind, which runs programs as on a
processor with AVX2; the two differ, and each has thresholds of its own. Where neither can run the suite they are not counted.
Allocations are counted on Linux; those of pipelines three times, of which the median counts, as they depend on how tasks fall.
"""

import argparse
import json
import os
import pathlib
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
SUITE = HERE / "Suite" / ".build" / "release" / "Suite"
TOLERANCE = 0.05
# Below this a difference is a matter of a few calls, such as a growing array.
ALLOCATION_SLACK = 0.5
KINDS = {"instructions": 0.0, "allocations": ALLOCATION_SLACK}
# Hash tables in the same order in every run.
STEADY = {"SWIFT_DETERMINISTIC_HASHING": "1"}


def output_of(command: list[str], **environment: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, env=os.environ | environment)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\nended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout + done.stderr


class Suite:
    """The benchmarks' program, and ways to run it."""

    def __init__(self, scratch: pathlib.Path):
        self.scratch = scratch
        self.counter = self.built_counter()
        self.program = scratch / "Suite"
        # Valgrind gives up over debug information that it does not know (3.19 over DWARF 5).
        output_of(["strip", "--strip-debug", "-o", str(self.program), str(SUITE)])
        self.method = "perf" if self.has_perf() else "valgrind" if self.has_valgrind() else ""

    def benchmarks(self) -> list[dict]:
        return [json.loads(line) for line in output_of([str(self.program), "list"]).splitlines()]

    def command(self, name: str, iterations: int, repeats: int = 1) -> list[str]:
        place = pathlib.Path(tempfile.mkdtemp(dir=self.scratch))
        return [str(self.program), "run", name, str(iterations), str(repeats), str(HERE.parent), str(place)]

    def seconds(self, one: dict, repeats: int) -> list[float]:
        """Of an iteration, in each repeat but the first."""
        text = output_of(self.command(one["name"], one["long"], repeats + 1))
        lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
        return [line["seconds"] / line["iterations"] for line in lines][1:]

    def per_iteration(self, one: dict, count) -> float:
        return (count(one["name"], one["long"]) - count(one["name"], one["short"])) / (one["long"] - one["short"])

    def instructions(self, name: str, iterations: int) -> int:
        command = self.command(name, iterations)
        if self.method == "perf":
            text = output_of(["perf", "stat", "-x,", "-e", "instructions:u", *command], **STEADY)
            return int(re.findall(r"^(\d+),.*instructions", text, re.MULTILINE)[-1])
        text = output_of(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *command], **STEADY)
        return int(re.findall(r"Collected : (\d+)", text)[-1])

    def allocations(self, name: str, iterations: int) -> int:
        counts = self.scratch / "allocations"
        output_of(self.command(name, iterations), LD_PRELOAD=str(self.counter), ALLOCATION_COUNTS=str(counts), **STEADY)
        return sum(int(line.split()[0]) for line in counts.read_text().splitlines())

    def built_counter(self) -> pathlib.Path | None:
        if platform.system() != "Linux":
            return None
        library = self.scratch / "libcount.so"
        output_of(["cc", "-O2", "-fPIC", "-shared", str(HERE / "Allocations" / "count_allocations.c"), "-o", str(library), "-ldl"])
        return library

    def has_valgrind(self) -> bool:
        """Whether it is there and can run the suite; what it says otherwise is printed, and instructions are not counted."""
        if not shutil.which("valgrind"):
            return False
        try:
            done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", str(self.program), "list"],
                                  capture_output=True, text=True, timeout=60)
        except subprocess.TimeoutExpired:
            print("valgrind cannot run the suite: its list of benchmarks took more than a minute", file=sys.stderr)
            return False
        if done.returncode != 0:
            print(f"valgrind cannot run the suite: {done.stderr[-600:]}", file=sys.stderr)
        return done.returncode == 0

    @staticmethod
    def has_perf() -> bool:
        if not shutil.which("perf"):
            return False
        text = subprocess.run(["perf", "stat", "-x,", "-e", "instructions:u", "true"], capture_output=True, text=True).stderr
        return bool(re.search(r"^\d+,", text, re.MULTILINE))


def measured(suite: Suite, one: dict, repeats: int) -> dict:
    seconds = suite.seconds(one, repeats)
    middle = statistics.median(seconds)
    result = {"unit": one["unit"], "seconds": middle, "spread": (max(seconds) - min(seconds)) / middle}
    if "instructions" in one["counts"] and suite.method:
        result["instructions"] = suite.per_iteration(one, suite.instructions)
    if "allocations" in one["counts"] and suite.counter:
        # What is as steady as its instructions needs to be counted only once.
        counts = 1 if "instructions" in one["counts"] else 3
        result["allocations"] = statistics.median(suite.per_iteration(one, suite.allocations) for _ in range(counts))
    return result


def key_of(kind: str, method: str) -> str:
    """Whose thresholds these are: what instructions there are depends on who counts them."""
    return f"{method} {platform.machine()}" if kind == "instructions" else platform.machine()


def allowed_for(name: str, known: dict, method: str) -> dict:
    kinds = {kind: known.get(key_of(kind, method), {}).get(name, {}).get(kind) for kind in KINDS}
    return {kind: value for kind, value in kinds.items() if value is not None}


def keep(results: dict, known: dict, method: str) -> None:
    """Makes thresholds of what was measured; those of other ways of counting stay."""
    for name, result in results.items():
        for kind in KINDS:
            if kind in result:
                known.setdefault(key_of(kind, method), {}).setdefault(name, {})[kind] = round(result[kind], 1)


def verdict(result: dict, allowed: dict) -> tuple[str, bool]:
    """What the thresholds say, and whether they are kept."""
    words, kept = [], True
    for kind, slack in KINDS.items():
        if kind not in result:
            continue
        if kind not in allowed:
            words.append(f"no threshold for {kind}")
            continue
        change = result[kind] - allowed[kind]
        if change > allowed[kind] * TOLERANCE + slack:
            words.append(f"{kind} above {allowed[kind]:,.1f}")
            kept = False
        elif change < -allowed[kind] * TOLERANCE - slack:
            words.append(f"{kind} below {allowed[kind]:,.1f}: make bench-update keeps that")
    return "; ".join(words) or "as before", kept


def swift_version() -> str:
    found = re.search(r"Swift version (\S+)", output_of(["swift", "--version"]))
    return found.group(1) if found else "unknown"


def row(name: str, result: dict) -> str:
    instructions = f"{result['instructions']:>14,.0f}" if "instructions" in result else " " * 14
    allocations = f"{result['allocations']:>11,.1f}" if "allocations" in result else " " * 11
    return (f"{name:<32} {1 / result['seconds']:>11,.0f} {result['unit'] + '/s':<12} {result['spread']:>5.0%} "
            f"{instructions} {allocations}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--update", action="store_true", help="write what was measured as thresholds")
    parser.add_argument("--only", default="", help="benchmarks whose name contains this")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    subprocess.run(["swift", "build", "-c", "release", "--package-path", str(HERE / "Suite")], check=True, stdout=sys.stderr)
    version = swift_version()
    thresholds = HERE / "Thresholds" / f"{version}.json"
    known = json.loads(thresholds.read_text()) if thresholds.exists() else {}
    with tempfile.TemporaryDirectory() as folder:
        suite = Suite(pathlib.Path(folder))
        how = f"{suite.method or 'not counted'} {platform.machine()}"
        print(f"swift {version}; instructions: {how}; wall clock: median of {options.repeats}, spread (largest - smallest) / median")
        print(f"{'':<32} {'rate':>11} {'':<12} {'':>5} {'instructions':>14} {'allocations':>11}")
        results, failures = {}, []
        for one in (one for one in suite.benchmarks() if options.only in one["name"]):
            result = results[one["name"]] = measured(suite, one, options.repeats)
            text, kept = verdict(result, allowed_for(one["name"], known, suite.method))
            print(f"{row(one['name'], result)}  {text}", flush=True)
            failures += [] if kept else [one["name"]]
    if options.json:
        options.json.write_text(json.dumps({"swift": version, "how": how, "results": results}, indent=1) + "\n")
    if options.update:
        keep(results, known, suite.method)
        thresholds.parent.mkdir(exist_ok=True)
        thresholds.write_text(json.dumps(known, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
        print(f"wrote {thresholds}")
    elif failures:
        sys.exit(f"more than {TOLERANCE:.0%} above the thresholds of {thresholds.name}: {', '.join(failures)}. "
                 "Undo what costs that, or accept it with make bench-update and say why in the commit.")


if __name__ == "__main__":
    main()
