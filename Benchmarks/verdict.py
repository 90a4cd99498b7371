"""Injects a delay or a throttle into one stage at a time, from outside, and checks that the verdict names that stage.

usage: verdict.py [--only PATTERN] [--strengths weak,medium,strong] [--json FILE] [--markdown FILE]

Builds Benchmarks/Verdict (release). Needs Pillow, for large images, and Linux for what is throttled by the system. Ways:
  sleep, burn  a wrapping stage, through the public protocols, that waits or computes
  store        an S3 store on loopback that answers late, for lists or for reads
  pixels       larger images
  model        a heavier model
  core, quota  the whole process on one core, or with half of the CPU time by a control group; the heaviest stage stays it
  none         nothing is injected: stages cost the same, or wait the same. `balanced` must be said

Exit status 1 when fewer than 95 % of the injected stages are named, or a stage is named where nothing limits.
"""

import argparse
import datetime
import io
import json
import os
import pathlib
import platform
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

from machine import processor

HERE = pathlib.Path(__file__).resolve().parent
PACKAGE = HERE.parent
PROGRAM = HERE / "Verdict" / ".build" / "release" / "Verdict"
SECONDS = 1.8
STRENGTHS = {"weak": 1.3, "medium": 2.5, "strong": 6.0}
WORKERS = (1, 2, 4)
# Milliseconds of a row: computing, waiting. The stages that compute cost the same, so that nothing limits by itself.
BASE = {"list": (0.02, 0.0), "read": (0.03, 0.1), "decode": (0.3, 0.0), "resize": (0.3, 0.0), "infer": (0.3, 0.0),
        "write": (0.02, 0.0)}
QUOTA = pathlib.Path("/sys/fs/cgroup/cpu")
PAGE = 10


class Failure(Exception):
    """A pipeline that did not run."""


def run(arguments: list, prefix: tuple = ()) -> dict:
    process = subprocess.run([*prefix, str(PROGRAM), *map(str, arguments)], text=True, capture_output=True, timeout=120)
    if process.returncode != 0:
        raise Failure(process.stderr.strip()[:300])
    return json.loads(process.stdout)


# Stages of our own: six, each with work of its own.

def own(stage: str | None, way: str, strength: float, workers: int) -> dict:
    """The base with something added to one stage, so many times what would limit without it."""
    loads = dict(BASE)
    cores = os.cpu_count() or 1
    bound = max(sum(compute for compute, _ in BASE.values()) / cores, BASE["decode"][0] / min(workers, cores))
    seconds = bound
    if stage:
        # Workers share the cores when they compute. When they wait, all wait side by side: more workers than cores say that
        # they need less of one.
        side_by_side = 1 if stage in ("list", "write") else min(workers, cores) if way == "burn" else workers
        added = strength * bound * side_by_side
        compute, wait = loads[stage]
        loads[stage] = (compute + added, wait) if way == "burn" else (compute, wait + added)
        seconds = bound * (1 + strength)
    rows = max(160, int(SECONDS * 1000 / seconds) // 8 * 8)
    return run(["own", rows, workers, *(f"{name}={compute:.4f},{wait:.4f}" for name, (compute, wait) in loads.items())])


def even(loads: dict, workers: int) -> dict:
    """Nothing limits: what is given costs the same."""
    cores = os.cpu_count() or 1
    bound = max(sum(compute for compute, _ in loads.values()) / cores,
                *(max(compute, wait) / (min(workers, cores) if name in ("decode", "resize", "infer") else 1)
                  for name, (compute, wait) in loads.items()))
    rows = max(160, int(SECONDS * 1000 / bound) // 8 * 8)
    return run(["own", rows, workers, *(f"{name}={compute:.4f},{wait:.4f}" for name, (compute, wait) in loads.items())])


# The real pipeline.

class Images:
    """Folders of 50 JPEGs, links to a few files of a size; as many folders as a run needs."""

    def __init__(self, root: pathlib.Path) -> None:
        self.root, self.made = root, {}

    def folders(self, size: int, count: int) -> list[str]:
        from PIL import Image
        top = self.root / f"px{size}"
        if size not in self.made:
            top.mkdir()
            small = Image.effect_noise((max(8, size // 16),) * 2, 90).convert("RGB")
            for number in range(5):
                buffer = io.BytesIO()
                small.rotate(90 * number).resize((size, size)).save(buffer, "JPEG", quality=85)
                (top / f"{number}.master").write_bytes(buffer.getvalue())
            self.made[size] = 0
        for folder in range(self.made[size], -(-count // 50)):
            (top / f"{folder:03}").mkdir()
            for number in range(50):
                os.link(top / f"{number % 5}.master", top / f"{folder:03}" / f"{number:02}.jpg")
            self.made[size] = folder + 1
        return [str(top / f"{folder:03}") for folder in range(-(-count // 50))]


class Real:
    """The real pipeline over drawn images, with the model that comes with Penstock or a heavier one."""

    def __init__(self, root: pathlib.Path, heavy: str) -> None:
        self.root, self.images, self.heavy, self.number = root, Images(root), heavy, 0
        self.light = str(PACKAGE / "Models" / "shapes10.onnx")
        self.rates = {}

    def classify(self, paths: list[str], workers: int, model: str | None = None, precision: str = "f32",
                 prefix: tuple = ()) -> dict:
        self.number += 1
        output = self.root / f"out{self.number}"
        try:
            return run(["classify", model or self.light, precision, output, self.root / "cache", workers, *paths], prefix)
        finally:
            shutil.rmtree(output, ignore_errors=True)

    def rate(self, workers: int) -> float:
        """Images per second from a store that answers at once."""
        if workers not in self.rates:
            report = self.served(self.images.folders(96, 700), (1000, 0, 0), workers)
            self.rates[workers] = report["rows_written"] / max(report["wall_seconds"] - 0.15, 0.1)
        return self.rates[workers]

    def store(self, stage: str, strength: float, workers: int) -> dict:
        """A store that takes so many times as long as an image takes from one that answers at once."""
        seconds = (1 if stage == "list" else workers) * strength / self.rate(workers)
        folders = self.images.folders(96, max(200, int(SECONDS * self.rate(workers) / strength)))
        return self.served(folders, (PAGE, seconds * PAGE * 1000, 0) if stage == "list" else (1000, 0, seconds * 1000), workers)

    def served(self, folders: list[str], delays: tuple, workers: int) -> dict:
        with tempfile.TemporaryDirectory(dir=self.root) as served:
            for folder in folders:
                shutil.copytree(folder, pathlib.Path(served) / pathlib.Path(folder).name, copy_function=os.link)
            server = subprocess.Popen([sys.executable, str(HERE / "slow_store.py"), served, *map(str, delays)],
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            try:
                place = f"endpoint_override=127.0.0.1:{int(server.stdout.readline())}&scheme=http&region=us-east-1"
                return self.classify([f"s3://key:secret@photos?{place}"], workers)
            finally:
                server.stdin.close()
                server.wait(timeout=30)

    def pixels(self, strength: str, workers: int, prefix: tuple = ()) -> dict:
        size, count = {"weak": (700, 500), "medium": (1200, 250), "strong": (2400, 100)}[strength]
        return self.classify(self.images.folders(size, count), workers, prefix=prefix)

    def model(self, strength: str, workers: int, prefix: tuple = ()) -> dict:
        if strength == "weak":
            return self.classify(self.images.folders(96, 1500), workers, prefix=prefix)
        precision, count = {"medium": ("bf16", 150), "strong": ("f32", 100)}[strength]
        return self.classify(self.images.folders(96, count), workers, self.heavy, precision, prefix)


def cases(real: Real, strengths: list[str]) -> list[tuple]:
    """(stage or `balanced`, way, strength, workers, what runs it)."""
    found = []
    for stage in BASE:
        for row, strength in enumerate(STRENGTHS):
            for column, workers in enumerate(WORKERS):
                way = ("sleep", "burn")[(row + column) % 2]
                found.append((stage, way, strength, workers,
                              lambda s=stage, y=way, f=STRENGTHS[strength], w=workers: own(s, y, f, w)))
    for strength in STRENGTHS:
        for workers in WORKERS:
            for stage in ("list", "read"):
                found.append((stage, "store", strength, workers,
                              lambda s=stage, f=STRENGTHS[strength], w=workers: real.store(s, f, w)))
            found.append(("decode", "pixels", strength, workers, lambda s=strength, w=workers: real.pixels(s, w)))
            found.append(("model", "model", strength, workers, lambda s=strength, w=workers: real.model(s, w)))
    one = ("taskset", "-c", "0")
    found.append(("decode", "core", "medium", 2, lambda: real.pixels("medium", 2, one)))
    found.append(("model", "core", "medium", 2, lambda: real.model("medium", 2, one)))
    if os.access(QUOTA / "cpu.cfs_quota_us" if (QUOTA / "cpu.cfs_quota_us").exists() else QUOTA / "cgroup.procs", os.W_OK):
        found.append(("decode", "quota", "strong", 2, lambda: real.pixels("strong", 2, half())))
        found.append(("model", "quota", "strong", 2, lambda: real.model("strong", 2, half())))
    found = [case for case in found if case[2] in strengths]
    for workers in WORKERS:
        even_compute = {name: (0.3, 0.0) for name in ("decode", "resize", "infer")}
        found.append(("balanced", "none", "cpu", workers, lambda w=workers, l=even_compute: even(l, w)))
        found.append(("balanced", "none", "base", workers, lambda w=workers: even(BASE, w)))
        waits = {"list": (0.0, 1.0), "read": (0.0, 1.0 * workers), "write": (0.0, 1.0)}
        found.append(("balanced", "none", "wait", workers, lambda w=workers, l=waits: even(l, w)))
        mixed = {"list": (0.0, 0.6), "decode": (0.4, 0.0), "resize": (0.4, 0.0), "infer": (0.4, 0.0)}
        if workers > 1:
            found.append(("balanced", "none", "mixed", workers, lambda w=workers, l=mixed: even(l, w)))
    return found


def half() -> tuple:
    """A prefix that runs a command with half of the CPU time, by a control group (version 1)."""
    group = QUOTA / "penstock-verdict"
    group.mkdir(exist_ok=True)
    (group / "cpu.cfs_period_us").write_text("50000")
    (group / "cpu.cfs_quota_us").write_text(str(25000 * (os.cpu_count() or 1)))
    return ("bash", "-c", f'echo $$ > {group}/cgroup.procs; exec "$@"', "half")


def judge(case: tuple) -> dict:
    stage, way, strength, workers, work = case
    try:
        report = work()
    except Failure as failure:
        return {"expected": stage, "way": way, "strength": strength, "workers": workers, "named": "failed", "ok": False,
                "text": str(failure)}
    verdict = report["verdict"]
    return {"expected": stage, "way": way, "strength": strength, "workers": workers, "named": verdict["limiting_stage"],
            "ok": verdict["limiting_stage"] == stage, "text": verdict["text"], "verdict": verdict,
            "seconds": round(report["wall_seconds"], 2), "stages": report["stages"], "cpu": report["cpu_seconds"]}


def markdown(results: list[dict], seconds: float, command: str) -> str:
    injected = [result for result in results if result["expected"] != "balanced"]
    quiet = [result for result in results if result["expected"] == "balanced"]
    right = sum(result["ok"] for result in injected)
    lines = [
        "# Is the verdict right?", "",
        f"Written by `{command}` on {datetime.date.today()}:",
        f"{processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, {len(results)} runs in {seconds:.0f} s.", "",
        f"- **{right} of {len(injected)}** injected stages were named ({100 * right / max(1, len(injected)):.1f} %).",
        f"- **{sum(result['ok'] for result in quiet)} of {len(quiet)}** runs in which nothing limits were called balanced.", "",
        "Something is injected into one stage, from outside of what is judged: engine and advisor do not know of it. `sleep`",
        "and `burn`: a stage of the pipeline's own waits or computes longer, through the public protocols. `store`: the real",
        "pipeline reads from an S3 store on loopback that answers late, to lists or to reads. `pixels`: larger images, for",
        "which decoding, resizing and cropping are one stage, `decode`. `model`: a heavier model. `core`, `quota`: the whole",
        "process has one core, or half of the time of all; what is heaviest must still be named. `none`: stages cost the same.",
        f"Strengths of `sleep`, `burn` and `store` are {', '.join(f'{name} {value}' for name, value in STRENGTHS.items())}: what is added, in units of",
        "the time that a row takes without it (`store`: from a store that answers at once). Those of `pixels` are images of 700, 1,200 and 2,400 pixels; those of `model`",
        "are the small model on small images, ResNet-50 in bf16 and in f32. Each case runs once, for about two seconds.", "",
        "| Stage | Way | Strength | Workers | Named | Right |", "|---|---|---|---|---|---|",
    ]
    for result in results:
        lines.append(f"| {result['expected']} | {result['way']} | {result['strength']} | {result['workers']} | "
                     f"{result['named']} | {'yes' if result['ok'] else '**no**'} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1])
    parser.add_argument("--only", help="cases whose line, such as `read sleep weak 2`, matches this regular expression")
    parser.add_argument("--strengths", default=",".join(STRENGTHS))
    parser.add_argument("--heavy", help="a heavy model; default: ResNet-50 with random weights, made by penstock model")
    parser.add_argument("--json")
    parser.add_argument("--markdown")
    options = parser.parse_args()
    subprocess.run(["swift", "build", "-c", "release", "--package-path", str(HERE / "Verdict"), "--product", "Verdict"],
                   check=True, stdout=subprocess.DEVNULL)
    started = datetime.datetime.now()
    results = []
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        heavy = options.heavy or str(root / "resnet50.onnx")
        real = Real(root, heavy)
        for case in cases(real, options.strengths.split(",")):
            label = f"{case[0]:9} {case[1]:7} {case[2]:7} {case[3]}"
            if options.only and not re.search(options.only, " ".join(label.split())):
                continue
            if case[0] == "model" and not pathlib.Path(heavy).exists():
                subprocess.run([str(penstock()), "model", "resnet50", "--output", heavy], check=True,
                               stdout=subprocess.DEVNULL)
            result = judge(case)
            results.append(result)
            print(f"{label}  {'ok   ' if result['ok'] else 'WRONG'} {result['text']}", flush=True)
            keep(options, results, (datetime.datetime.now() - started).total_seconds())
    if (group := QUOTA / "penstock-verdict").exists():
        group.rmdir()
    seconds = (datetime.datetime.now() - started).total_seconds()
    injected = [result for result in results if result["expected"] != "balanced"]
    right = sum(result["ok"] for result in injected)
    false = [result for result in results if result["expected"] == "balanced" and not result["ok"]]
    print(f"\n{right} of {len(injected)} injected stages named, {len(false)} stages named where nothing limits; {seconds:.0f} s")
    if right < 0.95 * len(injected) or false:
        sys.exit(1)


def keep(options: argparse.Namespace, results: list[dict], seconds: float) -> None:
    """Writes what is known so far, so that a run that is ended early leaves its cases."""
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(results, indent=1) + "\n")
    if options.markdown:
        command = shlex.join(["python3", *(word.removeprefix(f"{PACKAGE}/") for word in sys.argv)])
        pathlib.Path(options.markdown).write_text(markdown(results, seconds, command))


def penstock() -> pathlib.Path:
    for build in ("release", "debug"):
        if (program := PACKAGE / ".build" / build / "penstock").exists():
            return program
    sys.exit("no .build/release/penstock to make a model with: run make build, or give --heavy MODEL")


if __name__ == "__main__":
    main()
