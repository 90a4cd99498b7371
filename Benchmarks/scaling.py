"""What an image costs when there are ten times as many: time, memory, heap allocations, and the engine's share.

usage: scaling.py --images DIR --model FILE.onnx [--precision bf16] [--count 984] [--factor 10] [--repeats 3] [--json FILE]

--images   a folder of photographs, linked into temporary folders of --count and --count x --factor files
One large run, --factor small ones and as many of --start images, one after the other, are under way at the same time and take turns of half a
second (turns.py), so that a slow second of the machine hits all alike. An image of the small runs costs their time less
that of the tiny ones, which is starting; an image of the large run costs its time less one start. Allocations are counted by a library that
is loaded before the program (Allocations/count_allocations.c), by the library that asks for memory: a difference as well,
of --count images and of four times as many, since counting is slow, the median of three. The engine's share is of `perf` samples: a sample belongs to
the innermost of our modules on its stack, and to the engine when that is PenstockEngine; without perf it is left out.
"""

import argparse
import collections
import collections.abc
import json
import os
import pathlib
import re
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile

import turns

HERE = pathlib.Path(__file__).resolve().parent
PENSTOCK = HERE.parent / ".build" / "release" / "penstock"


def linked(images: pathlib.Path, count: int, folder: pathlib.Path) -> pathlib.Path:
    """A folder of `count` links to the photographs, whose names differ."""
    originals = sorted(path for path in images.iterdir() if path.suffix.lower() in (".jpeg", ".jpg", ".png"))
    if not originals:
        sys.exit(f"scaling.py: there are no photographs in {images}.")
    folder.mkdir()
    for number in range(count):
        original = originals[number % len(originals)]
        (folder / f"{number:07}-{original.name}").symlink_to(original.resolve())
    return folder


def command(options: argparse.Namespace, images: pathlib.Path, scratch: pathlib.Path) -> list[str]:
    return [str(PENSTOCK), "classify", str(images), "--model", options.model, "--precision", options.precision, "--output",
            str(scratch / "predictions"), "--overwrite", "--report", str(scratch / "report.json"), "--quiet"]


def run(words: list[str], **environment: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True, timeout=1800, env=os.environ | environment)
    if done.returncode != 0:
        sys.exit(f"{' '.join(words)}\nended with {done.returncode}:\n{done.stderr[-2000:]}")


def report(options: argparse.Namespace, images: pathlib.Path, scratch: pathlib.Path) -> dict:
    run(command(options, images, scratch))
    return json.loads((scratch / "report.json").read_text())


def costs(options: argparse.Namespace, few: pathlib.Path, many: pathlib.Path, scratch: pathlib.Path) -> tuple[float, float]:
    """Seconds of an image among few, and among many."""
    def program(images: pathlib.Path, name: str, times: int, *more: str) -> turns.Program:
        folder = scratch / name
        folder.mkdir(exist_ok=True)
        line = shlex.join([*command(options, images, folder), *more])
        return turns.Program(["sh", "-e", "-c", f"for run in $(seq {times}); do {line}; done"])

    programs = [program(few, "small", options.factor), program(many, "large", 1),
                program(few, "tiny", options.factor, "--limit", str(options.start))]
    turns.run(programs, 0.5)
    for one in programs:
        one.text()
        one.close()
    small, large, tiny = (one.active_in_all() for one in programs)
    base = (small - tiny) / (options.factor * (options.count - options.start))
    return base, (large - tiny / options.factor) / (options.factor * options.count - options.start)


# MARK: Allocations


def module(library: str) -> str:
    """Whose code asks for memory."""
    name = os.path.basename(library)
    if name == "penstock" or name.startswith(("libswift", "libdispatch", "libFoundation", "lib_Foundation")):
        return "penstock and Swift"
    for word, owner in (("openvino", "OpenVINO"), ("tbb", "OpenVINO"), ("arrow", "Arrow"), ("parquet", "Arrow"),
                        ("jpeg", "codecs"), ("png", "codecs"), ("webp", "codecs"), ("tiff", "codecs")):
        if word in name:
            return owner
    return "C and C++ run time (called by any of these)"


def allocations(options: argparse.Namespace, images: pathlib.Path, scratch: pathlib.Path) -> collections.Counter:
    counts = scratch / "allocations.txt"
    run(command(options, images, scratch), LD_PRELOAD=str(scratch / "libcount.so"), ALLOCATION_COUNTS=str(counts))
    total: collections.Counter = collections.Counter()
    for line in counts.read_text().splitlines():
        calls, _, library = line.split(" ", 2)
        total[module(library)] += int(calls)
    return total


def allocations_per_image(options: argparse.Namespace, scratch: pathlib.Path, few: pathlib.Path, many: pathlib.Path) -> dict:
    subprocess.run(["cc", "-O2", "-fPIC", "-shared", str(HERE / "Allocations" / "count_allocations.c"), "-o",
                    str(scratch / "libcount.so")], check=True)
    first, second = allocations(options, few, scratch), allocations(options, many, scratch)
    between = len(os.listdir(many)) - len(os.listdir(few))
    return {name: (second[name] - first[name]) / between for name in second}


def usual(counts: collections.abc.Iterable[dict]) -> dict:
    """The median of each owner's: how many tasks there are at the start is not the same in each run."""
    counts = list(counts)
    return {name: statistics.median(count.get(name, 0) for count in counts) for name in counts[0]}


# MARK: The engine's share


def owner_of(frames: list[str]) -> str:
    """Innermost first; Swift's mangled names hold the module's."""
    for frame in frames:
        found = re.search(r"\d+(Penstock[A-Z]\w*?)\d", frame) or re.search(r"(penstock_|pimg_)", frame)
        if found:
            return "PenstockEngine" if found.group(1).startswith("PenstockEngine") else "stages"
        if re.search(r"openvino|libjpeg|libarrow|libparquet|libtbb|\[unknown\]", frame):
            return "stages"
    return "other"


def engine_share(options: argparse.Namespace, images: pathlib.Path, scratch: pathlib.Path) -> dict[str, float] | None:
    if shutil.which("perf") is None:
        return None
    data = scratch / "perf.data"
    run(["perf", "record", "-q", "-F", "499", "-g", "-o", str(data), *command(options, images, scratch)])
    text = subprocess.run(["perf", "script", "-i", str(data), "--no-demangle", "-F", "ip,sym,dso"], capture_output=True,
                          text=True, check=True).stdout
    samples = [sample.strip().splitlines() for sample in text.split("\n\n") if sample.strip()]
    owners = collections.Counter(owner_of(sample) for sample in samples)
    return {name: count / len(samples) for name, count in owners.most_common()}


# MARK: Main


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", required=True, type=pathlib.Path)
    parser.add_argument("--model", required=True)
    parser.add_argument("--precision", default="bf16")
    parser.add_argument("--count", type=int, default=984)
    parser.add_argument("--factor", type=int, default=10)
    parser.add_argument("--start", type=int, default=16, help="images of a run that does little more than start")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        scratch = pathlib.Path(name)
        few = linked(options.images, options.count, scratch / "few")
        many = linked(options.images, options.count * options.factor, scratch / "many")
        fourfold = linked(options.images, options.count * 4, scratch / "four")
        report(options, few, scratch)  # fills the caches
        pairs, memory = [], []
        for _ in range(options.repeats):
            pairs.append(costs(options, few, many, scratch))
            reports = [json.loads((scratch / name / "report.json").read_text()) for name in ("small", "large")]
            memory.append([content["peak_rss_bytes"] for content in reports])
        base, more = (statistics.median(pair[index] for pair in pairs) for index in (0, 1))
        ratios = [large / small for small, large in pairs]
        least, most = (statistics.median(pair[index] for pair in memory) for index in (0, 1))
        result = {"seconds_per_image": [base, more], "pairs": pairs, "peak_rss_bytes": [least, most],
                  "allocations_per_image": usual(allocations_per_image(options, scratch, few, fourfold) for _ in range(3)),
                  "share_of_samples": engine_share(options, few, scratch)}
    print(f"per image: {base * 1e3:.3f} ms among {options.count}, {more * 1e3:.3f} ms among "
          f"{options.count * options.factor}: {statistics.median(ratios) - 1:+.1%} ({min(ratios) - 1:+.1%} to {max(ratios) - 1:+.1%})")
    print(f"peak memory: {least / 2**20:.0f} MiB, then {most / 2**20:.0f} MiB: {most / least - 1:+.1%}")
    for owner, count in sorted(result["allocations_per_image"].items(), key=lambda item: -item[1]):
        print(f"allocations per image by {owner}: {count:.2f}")
    for owner, share in (result["share_of_samples"] or {"perf is not installed; share": 0.0}).items():
        print(f"CPU samples of {owner}: {share:.2%}")
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
