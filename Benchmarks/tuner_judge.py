"""Judges `penstock tune`: is what it finds the best there is, and does --what-if tell the truth?

usage: tuner_judge.py --scenario NAME [--model RESNET50.onnx] [--results FILE.json]
       tuner_judge.py --summary [--results FILE.json] [--output docs/performance/tuner.md]

Scenarios: large (decode-heavy, 12-megapixel photographs), tiny (64-pixel images), heavy (ResNet-50, f32), light (shapes10),
onecore (one core), storage (an S3 server on loopback that answers after 150 ms). For each it lets `penstock tune` search, asks
--what-if about points of a grid of its own, and then times every point of that grid, the defaults and the tuned settings.

Nothing here is Penstock's arithmetic: a rate is images ÷ the time from the start of a `penstock classify` process to its end,
by this program's clock. In a round all contenders are under way at once, each with the whole machine for a tenth of a second
in its turn while the others are stopped (turns.py), so that a slow second hits all alike; each has a slow store of its own, whose
delays stand still meanwhile as well (slow_store.py). After the screening rounds those within 8 % of the
fastest go on for `--choosing` more, which tell the best point of the grid. Then that one, the defaults and the tuned settings run
`--repeats` times, and only these last rounds are compared, so that the fastest of many is not the luckiest of many; ratios are medians of
ratios within a round. What-if is about seconds of a whole run, and about how many times as fast as now it is: `--asking` times it is asked
about five points of the grid, and right after the answer they and the defaults run in turns, so that the answer and what it is compared
with are of the same minute; the error of a point is the median.

Results are appended, so scenarios can be judged one by one, and with `--only` the search or what-if alone; `--summary` takes the last of
each and writes the page.
"""

import argparse
import datetime
import itertools
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import turns
from machine import processor

HERE = pathlib.Path(__file__).resolve().parent
PACKAGE = HERE.parent
REALDATA = PACKAGE.parent / "shared" / "realdata"
SHAPES = PACKAGE / "Models" / "shapes10.onnx"
WITHIN, BELOW, TUNING_SECONDS, ERROR, SHARE = 0.97, 0.98, 92, 0.15, 0.8
TURN_SECONDS = 0.1


class Scenario:
    """A job, and the points that are tried by hand."""

    def __init__(self, name: str, options: argparse.Namespace, folder: pathlib.Path):
        self.name, self.model, self.flags, self.bound = name, SHAPES, [], []
        self.store: pathlib.Path | None = None
        # A slow store for each contender, and its port.
        self.servers: dict[str, tuple[subprocess.Popen, int]] = {}
        workers = [{}, {"model-workers": 1}, {"model-workers": 1, "threads-per-worker": 2},
                   {"model-workers": 4, "threads-per-worker": 1}]
        batches, decoders, readers = [1, 4, 16], [{}], [{}]

        def count(images: int) -> int:
            # Models are compiled for batches of up to 64: a padded last one would weigh in a job as small as these.
            return max(round(images * options.scale / 32), 1) * 32

        if name == "large":
            images, workers, batches = enlarged(options, folder, count(160)), workers[:3], [1, 4]
            decoders = [{}, {"decode-workers": 1}]
        elif name == "tiny":
            images, batches = links(tiny(options, folder), folder / "images", count(6000)), [4, 16, 64]
        elif name == "heavy":
            self.model, self.flags = pathlib.Path(options.model), ["--precision", "f32"]
            images = links(REALDATA / "images", folder / "images", count(128))
        elif name == "light":
            images, workers, batches = links(REALDATA / "images", folder / "images", count(2460)), workers[:3], [4, 16]
            decoders = [{}, {"decode-workers": 1}]
        elif name == "onecore":
            # Bound to a processor: with --cores 1 alone a second model worker would compute on another one.
            self.bound = ["taskset", "-c", str(min(os.sched_getaffinity(0)))]
            workers = [{}, {"model-workers": 2, "threads-per-worker": 1}]
            images, batches = links(REALDATA / "images", folder / "images", count(1230)), [1, 4, 16, 64]
        elif name == "storage":
            images, self.store = links(REALDATA / "images", folder / "store" / "photos", count(1920)), folder / "store"
            workers, readers = [{}], [{"read-workers": number} for number in (16, 32, 64, 128)]
        else:
            raise SystemExit(f"there is no scenario {name}")
        self.images, self.count = str(images), len(list(pathlib.Path(images).iterdir()))
        self.points = [{**a, "batch-size": b, **c, **d}
                       for a, b, c, d in itertools.product(workers, batches, decoders, readers)]

    def server(self, contender: str) -> tuple[subprocess.Popen, int] | None:
        if self.store is None:
            return None
        if contender not in self.servers:
            server = subprocess.Popen([sys.executable, str(HERE / "slow_store.py"), str(self.store), "1000", "0", "150"],
                                      text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            self.servers[contender] = server, int(server.stdout.readline())
        return self.servers[contender]

    def place(self, contender: str) -> str:
        """Where it reads the images."""
        if server := self.server(contender):
            return f"s3://anonymous@photos/photos/?endpoint_override=127.0.0.1:{server[1]}&scheme=http&region=us-east-1"
        return self.images

    def close(self) -> None:
        for server, _ in self.servers.values():
            server.stdin.close()
            server.wait()


# Data


def links(source: pathlib.Path, target: pathlib.Path, count: int) -> pathlib.Path:
    """A folder of so many links to the files of another, again from the first."""
    target.mkdir(parents=True)
    files = sorted(path for path in source.iterdir() if path.is_file())
    for index in range(count):
        path = files[index % len(files)]
        (target / f"{index:05}{path.suffix.lower()}").symlink_to(path)
    return target


def enlarged(options: argparse.Namespace, folder: pathlib.Path, count: int) -> pathlib.Path:
    """Photographs of 4000 × 3000 pixels, quality 90, made from the shared ones; they are kept for the next time."""
    kept = pathlib.Path(options.scratch) / "penstock-judge-large"
    if not kept.exists():
        part = kept.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        code = ("import pathlib, sys\nfrom PIL import Image\n"
                "for path in sorted(pathlib.Path(sys.argv[1]).iterdir())[:24]:\n"
                "    image = Image.open(path).convert('RGB').resize((4000, 3000), Image.BICUBIC)\n"
                "    image.save(pathlib.Path(sys.argv[2]) / (path.stem + '.jpg'), quality=90)\n")
        subprocess.run([options.pillow, "-c", code, str(REALDATA / "images"), str(part)], check=True)
        part.rename(kept)
    return links(kept, folder / "images", count)


def tiny(options: argparse.Namespace, folder: pathlib.Path) -> pathlib.Path:
    """Images of 64 × 48 pixels, made from the shared photographs."""
    small = folder / "small"
    small.mkdir()
    code = ("import pathlib, sys\nfrom PIL import Image\n"
            "for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):\n"
            "    Image.open(path).convert('RGB').resize((64, 48)).save(pathlib.Path(sys.argv[2]) / (path.stem + '.jpg'), quality=90)\n")
    subprocess.run([options.pillow, "-c", code, str(REALDATA / "images"), str(small)], check=True)
    return small


# Runs


class Judge:
    def __init__(self, options: argparse.Namespace, scenario: Scenario, folder: pathlib.Path):
        self.options, self.scenario, self.folder = options, scenario, folder
        self.environment = {**os.environ, "PENSTOCK_DATA": str(folder / "data"), "PENSTOCK_CACHE": str(folder / "cache")}

    def penstock(self, *words: str) -> tuple[float, str]:
        start = time.monotonic()
        done = subprocess.run([*self.scenario.bound, self.options.penstock, *words], env=self.environment, text=True, capture_output=True)
        seconds = time.monotonic() - start
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}")
        return seconds, done.stdout

    def job(self, contender: str = "tuned") -> list[str]:
        return [self.scenario.place(contender), "--model", str(self.scenario.model), *self.scenario.flags]

    def program(self, contender: str) -> turns.Program:
        """A process over the whole job: `tuned` with the profile, everything else without."""
        words = [] if contender == "tuned" else ["--no-profile"]
        if contender not in ("tuned", "default"):
            words += [word for setting in contender.split(",") for word in (f"--{setting.split('=')[0]}", setting.split("=")[1])]
        words += ["--output", str(self.folder / "out" / contender), "--overwrite", "--quiet", "--progress", "none"]
        command = [*self.scenario.bound, self.options.penstock, "classify", *self.job(contender), *words]
        server = self.scenario.server(contender)
        return turns.Program(command, self.environment, server[0].pid if server else None)

    def round(self, contenders: list[str]) -> dict[str, float]:
        """Images a second of each one's process, in turns."""
        programs = {name: self.program(name) for name in contenders}
        turns.run(list(programs.values()), TURN_SECONDS)
        for program in programs.values():
            program.text()
            program.close()
        shutil.rmtree(self.folder / "out")
        return {name: self.scenario.count / program.active_in_all() for name, program in programs.items()}

    def tune(self) -> dict:
        report = self.folder / "tuning.json"
        seconds, text = self.penstock("tune", *self.job(), "--time", str(self.options.time), "--json", str(report))
        print(text, flush=True)
        found = json.loads(report.read_text())
        return {"seconds": seconds, "settings": found["settings"], "speedup": found["speedup"],
                "conclusion": found["conclusion"], "runs": found["runs"], "trials": found["trials"]}

    def what_if(self, points: list[str]) -> dict[str, list[dict[str, tuple[float, float]]]]:
        """Seconds of the whole job and speed relative to the defaults for each point, predicted and measured right after."""
        report = self.folder / "answers.json"
        words = [word for point in points for word in ("--what-if", point)]
        pairs = {point: [] for point in points}
        for point in points:
            self.round([point])  # compiles the model for these threads, reads the images
        for _ in range(self.options.asking):
            self.penstock("tune", *self.job(), *words, "--json", str(report))
            answers = {answer["settings"]: answer for answer in json.loads(report.read_text())}
            rates = self.round(["default", *points])
            for point in points:
                answer = answers[point]
                speedup = answer["images_per_second"] / answer["base_images_per_second"]
                pairs[point].append({"seconds": (answer["seconds"], self.scenario.count / rates[point]),
                                     "speedup": (speedup, rates[point] / rates["default"])})
            print(f"{self.scenario.name}: asked about {len(points)} points", flush=True)
        return pairs

    def grid(self, points: list[str]) -> tuple[str, dict[str, list[list[float]]]]:
        """The best point, and rates by contender: those of the first rounds, and those of the last ones."""
        rates = {name: [[], []] for name in ["default", "tuned", *points]}
        for name in rates:
            self.round([name])  # compiles the model for these threads, reads the images
        self.rounds(["default", *points], rates, 0, self.options.screening)
        middle = {name: statistics.median(rates[name][0]) for name in points}
        near = [name for name in points if middle[name] >= 0.92 * max(middle.values())]
        self.rounds(["default", *near], rates, 0, self.options.choosing)
        best = max(near, key=lambda name: statistics.median(rates[name][0]))
        self.rounds(["default", "tuned", best], rates, 1, self.options.repeats)
        return best, rates

    def rounds(self, names: list[str], rates: dict[str, list[list[float]]], part: int, count: int) -> None:
        for number in range(count):
            for name, rate in self.round(names if number % 2 == 0 else names[::-1]).items():
                rates[name][part].append(rate)
            print(f"{self.scenario.name}: round {number + 1} of {len(names)} contenders", flush=True)


def written(point: dict) -> str:
    return ",".join(f"{name}={value}" for name, value in sorted(point.items()))


def judged(options: argparse.Namespace) -> dict:
    folder = pathlib.Path(tempfile.mkdtemp(prefix="penstock-judge-", dir=options.scratch))
    scenario = Scenario(options.scenario, options, folder)
    try:
        judge = Judge(options, scenario, folder)
        points = [written(point) for point in scenario.points]
        result = {"scenario": scenario.name, "images": scenario.count, "date": datetime.date.today().isoformat(),
                  "machine": f"{processor()}, {len(os.sched_getaffinity(0))} CPUs", "version": judge.penstock("--version")[1].strip()}
        if options.only != "what-if":
            result["tuning"] = judge.tune()
            result["best"], rates = judge.grid(points)
            result["points"] = {name: {"first": first, "later": later} for name, (first, later) in rates.items()}
        if options.only != "search":
            # Held back: five points from all over the grid, none of them one that the probe runs.
            result["what_if"] = judge.what_if([points[index * (len(points) - 1) // 4] for index in range(5)])
        return result
    finally:
        scenario.close()
        shutil.rmtree(folder)


# The page


def ratio(result: dict, name: str, other: str) -> float:
    points = result["points"]
    return statistics.median(a / b for a, b in zip(points[name]["later"], points[other]["later"], strict=True))


def row(result: dict) -> dict:
    points = result["points"]
    later = {name: statistics.median(entry["later"]) for name, entry in points.items() if entry["later"]}
    best = result["best"]
    return {"best": best, "later": later, "to_best": ratio(result, "tuned", best), "to_default": ratio(result, "tuned", "default")}


def summary(results: list[dict], output: pathlib.Path) -> None:
    last: dict[str, dict] = {}
    for result in results:
        last.setdefault(result["scenario"], {}).update(result)
    some = next(iter(last.values()))
    lines = ["# The tuner, judged", "",
             "Written by `Benchmarks/tuner_judge.py --summary`; that file says how it judges. "
             f"{'; '.join(sorted({r['machine'] for r in results}))}; {some['version']}, {', '.join(sorted({r['date'] for r in results}))}.", "",
             "Rates are images ÷ seconds of a whole process, start to end. \"Best\" is the fastest point of the judge's own grid; ratios are "
             "medians of ratios within a round. Where the tuned settings are the defaults, the two ran the same command, and \"tuned ÷ default\" "
             "shows what two runs alike differ by.", "",
             "| Scenario | Images | Points | Default | Best of the grid | Tuned | Tuned ÷ best | Tuned ÷ default | Tuning took | n |",
             "|---|---|---|---|---|---|---|---|---|---|"]
    searched = {name: result for name, result in last.items() if "points" in result}
    rows = {name: row(result) for name, result in searched.items()}
    for name, result in searched.items():
        data = rows[name]
        settings = written(result["tuning"]["settings"]) or "the defaults"
        lines.append(f"| {name} | {result['images']:,} | {len(result['points']) - 2} | {data['later']['default']:.1f} | "
                     f"{data['later'].get(data['best'], 0):.1f} ({data['best']}) | {data['later']['tuned']:.1f} ({settings}) | "
                     f"**{data['to_best']:.3f}** | {data['to_default']:.3f} | {result['tuning']['seconds']:.0f} s | "
                     f"{len(result['points']['tuned']['later'])} |")
    every = [" ".join([name, *(f"{row(result)['to_best']:.3f}" for result in results if result["scenario"] == name and "points" in result)])
             for name in searched]
    errors = {part: {(name, point): statistics.median(said / found for said, found in (pair[part] for pair in pairs)) - 1
                     for name, result in last.items() for point, pairs in result.get("what_if", {}).items()}
              for part in ("seconds", "speedup")}
    close = {part: sum(abs(error) <= ERROR for error in found.values()) for part, found in errors.items()}
    asked = len(errors["seconds"])
    near = sum(data["to_best"] >= WITHIN for data in rows.values())
    changed = {name: data for name, data in rows.items() if searched[name]["tuning"]["settings"]}
    above = sum(data["to_default"] >= BELOW for data in changed.values())
    lines += ["", f"Within 3 % of the best point: {near} of {len(rows)}. Of {len(changed)} with other settings than the "
              f"defaults, not below these (beyond the 2 % that two runs differ by): {above}. "
              f"Tuning within {TUNING_SECONDS} s: {sum(r['tuning']['seconds'] <= TUNING_SECONDS for r in searched.values())} of {len(rows)}.", "",
              f"All searches in the same file of results, of which the table has the last, tuned ÷ best: {'; '.join(every)}.", "",
              "## What-if", "",
              f"Predicted ÷ measured − 1; the wanted share within ± 15 % is {SHARE:.0%} of the points. Seconds of a whole job, those of the "
              f"process from its start to its end: **{close['seconds']} of {asked}**. Times as fast as with the settings as they are: "
              f"**{close['speedup']} of {asked}**.", "",
              "| Scenario | Settings | Error of the seconds | Error of the speedup |", "|---|---|---|---|"]
    lines += [f"| {name} | {point} | {errors['seconds'][name, point]:+.1%} | {errors['speedup'][name, point]:+.1%} |"
              for name, point in errors["seconds"]]
    output.write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--scenario", choices=["large", "tiny", "heavy", "light", "onecore", "storage"])
    parser.add_argument("--only", choices=["search", "what-if"])
    parser.add_argument("--summary", action="store_true")
    parser.add_argument("--model", default="resnet50.onnx", help="ResNet-50, fp32")
    parser.add_argument("--penstock", default=str(PACKAGE / ".build" / "release" / "penstock"))
    parser.add_argument("--pillow", default=sys.executable, help="a Python that has Pillow")
    parser.add_argument("--results", default="tuner_judge.json")
    parser.add_argument("--output", default=str(PACKAGE / "docs" / "performance" / "tuner.md"))
    parser.add_argument("--choosing", type=int, default=3, help="rounds that tell the best of the points that are near it")
    parser.add_argument("--repeats", type=int, default=13, help="rounds that compare it with the tuned settings")
    parser.add_argument("--screening", type=int, default=2, help="rounds of all points")
    parser.add_argument("--asking", type=int, default=2, help="times that --what-if is asked")
    parser.add_argument("--scale", type=float, default=1, help="of the numbers of images; other than 1 to try the judge out")
    parser.add_argument("--time", type=float, default=88, help="seconds that the tuner gets")
    parser.add_argument("--scratch", default=tempfile.gettempdir())
    options = parser.parse_args()
    path = pathlib.Path(options.results)
    results = json.loads(path.read_text()) if path.exists() else []
    if options.scenario:
        results.append(judged(options))
        path.write_text(json.dumps(results, indent=1) + "\n")
    if options.summary:
        summary(results, pathlib.Path(options.output))


if __name__ == "__main__":
    main()
