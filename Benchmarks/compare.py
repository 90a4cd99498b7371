"""Compares Penstock with the ceiling of this machine and with what people run instead, alternating, in one run.

usage: compare.py --images DIR --model FILE.onnx [--copies 8] [--repeats 3] [--precision bf16] [--peers PYTHON]
                  [--peer-scripts DIR] [--only NAME,NAME] [--json FILE]

--images     a folder of photographs; each is linked --copies times into a temporary folder that every program reads
--peers      the Python of an environment with ray, torch, torchvision, openvino, daft (see peer-scripts/README.md)
--peer-scripts  folder of the scripts, by default ../shared/peers

Every round runs each program once, in turn, so that a slow minute of the machine hits all alike. Ratios are of medians;
the spread is (largest - smallest) / median. Rates are each program's own `images ÷ time of processing`.
"""

import argparse
import json
import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
PENSTOCK = HERE.parent / ".build" / "release" / "penstock"


def output_of(command: list[str], timeout: float = 900, **environment: str) -> str:
    """What a program prints; stops everything when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, env=os.environ | environment)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\nended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


class Penstock:
    name = "penstock"

    def __init__(self, options: argparse.Namespace, images: pathlib.Path, scratch: pathlib.Path):
        self.options, self.images, self.scratch = options, images, scratch
        self.rss: list[int] = []

    def rate(self) -> float:
        report = self.scratch / "report.json"
        output_of([str(PENSTOCK), "classify", str(self.images), "--model", self.options.model, "--output",
                   str(self.scratch / "penstock"), "--overwrite", "--precision", self.options.precision, "--exif", "ignore",
                   "--report", str(report), "--quiet", *self.options.penstock_options.split()])
        content = json.loads(report.read_text())
        self.rss.append(content["peak_rss_bytes"])
        self.report = content
        return content["images_per_second"]


class Peer:
    """One of the peer scripts; prints `RESULT … img/s`."""

    def __init__(self, name: str, command: list[str], **environment: str):
        self.name, self.command, self.environment = name, command, environment

    def rate(self) -> float:
        text = output_of(self.command, **self.environment)
        return float(re.findall(r"([0-9.]+) img/s", text)[-1])


class ModelAlone:
    """The vendor's own benchmark at its throughput setting."""

    name = "model alone (benchmark_app)"

    def __init__(self, options: argparse.Namespace):
        app = pathlib.Path(options.peers).parent / "benchmark_app"
        self.command = [str(app), "-m", options.model, "-d", "CPU", "-hint", "throughput", "-infer_precision", options.precision,
                        "-shape", "[1,3,224,224]", "-t", "10"]

    def rate(self) -> float:
        return float(re.findall(r"Throughput:\s+([0-9.]+)", output_of(self.command))[-1])


class DecodeAlone:
    """libjpeg-turbo's bare decode, times the cores."""

    name = "decode alone (libjpeg-turbo)"

    def __init__(self, options: argparse.Namespace):
        self.command = [options.peers, str(pathlib.Path(options.peer_scripts) / "decode_only.py"), options.images, "123"]

    def rate(self) -> float:
        found = re.findall(r"decode-only libjpeg-turbo ([0-9.]+) img/s", output_of(self.command))
        return float(found[-1]) * len(os.sched_getaffinity(0))


def contenders(options: argparse.Namespace, images: pathlib.Path, scratch: pathlib.Path) -> list:
    scripts, precision = pathlib.Path(options.peer_scripts), options.precision
    python, source, model = options.peers, str(images), options.model

    def script(name: str, *arguments: str) -> list[str]:
        return [python, str(scripts / name), source, *arguments]

    everything = [
        Penstock(options, images, scratch),
        ModelAlone(options),
        DecodeAlone(options),
        Peer("ray + openvino, 1 actor, batch 64", script("ray_seed.py", str(scratch / "ray"), model, f"ov-{precision}", "1", "64")),
        Peer("handwritten openvino", script("handwritten.py", str(scratch / "hand.parquet"), model, precision, "8", "2")),
        Peer("dataloader + openvino", script("dataloader.py", str(scratch / "dl.parquet"), model, f"ov-{precision}", "2", "64")),
        Peer("daft + openvino", script("daft_job.py", str(scratch / "daft"), model, precision, "64")),
    ]
    wanted = options.only.split(",") if options.only else None
    return [one for one in everything if wanted is None or any(part in one.name for part in wanted)]


def link_copies(source: pathlib.Path, target: pathlib.Path, copies: int) -> int:
    target.mkdir()
    files = sorted(path for path in source.iterdir() if path.suffix.lower() in (".jpeg", ".jpg"))
    for copy in range(copies):
        for path in files:
            (target / f"{copy:03d}_{path.stem.encode('ascii', 'ignore').decode()}.JPEG").symlink_to(path.resolve())
    return len(files) * copies


def machine() -> str:
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    return f"{model.group(1) if model else platform.processor()}, {len(os.sched_getaffinity(0))} cores"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--copies", type=int, default=8)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--precision", default="bf16")
    parser.add_argument("--peers", default=sys.executable)
    parser.add_argument("--peer-scripts", default=str(HERE.parent.parent / "shared" / "peers"))
    parser.add_argument("--only", default="")
    parser.add_argument("--penstock-options", default="")
    parser.add_argument("--json", default="")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder)
        count = link_copies(pathlib.Path(options.images), scratch / "images", options.copies)
        everyone = contenders(options, scratch / "images", scratch)
        rates: dict[str, list[float]] = {one.name: [] for one in everyone}
        for round_number in range(options.repeats):
            for one in everyone:
                rates[one.name].append(one.rate())
                print(f"round {round_number + 1}: {one.name} {rates[one.name][-1]:.1f} images/s", file=sys.stderr, flush=True)
        report(options, rates, everyone, count)


def report(options: argparse.Namespace, rates: dict[str, list[float]], everyone: list, count: int) -> None:
    medians = {name: statistics.median(values) for name, values in rates.items()}
    own = medians.get("penstock", 0)
    lines = [f"{machine()}; {count} images; {options.precision}; n = {options.repeats}", "",
             "| | images/s (median) | spread | penstock is |", "|---|---|---|---|"]
    for name, values in rates.items():
        spread = (max(values) - min(values)) / medians[name]
        lines.append(f"| {name} | {medians[name]:.1f} | {spread:.0%} | {own / medians[name]:.2f} × |")
    alone = [medians.get(ModelAlone.name), medians.get(DecodeAlone.name)]
    if all(alone) and own:
        ceiling = 1 / sum(1 / rate for rate in alone)
        lines.append(f"| ceiling, 1 / (1/model + 1/decode) | {ceiling:.1f} | | {own / ceiling:.2f} × |")
    first = everyone[0]
    if isinstance(first, Penstock):
        lines += ["", f"penstock's peak memory: {max(first.rss) / 2**20:.0f} MiB; {first.report['verdict']['text']}"]
    print("\n".join(lines))
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps({"machine": machine(), "images": count, "rates": rates}, indent=1) + "\n")


if __name__ == "__main__":
    main()
