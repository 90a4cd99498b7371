"""Compares the model alone, run by Penstock's backend, with the vendor's benchmark_app at its best setting.

usage: model_alone.py --images DIR --model FILE.onnx [--int8-model FILE.onnx] [--peers FOLDER] [--repeats 9] [--seconds 1]
                      [--json FILE]

--peers    the folder of programs of an environment with the openvino wheel: benchmark_app is there
First benchmark_app's settings (streams and batch size) are tried twice each, for f32, bf16 and, with --int8-model, int8. Then
the best one and `penstock ceiling`, which runs the model as the planner would, on pixels of real photographs, alternate in
short pieces, every other pair turned round: many short pairs, since a machine may be slow for some seconds. The ratio is the
median of the pairs'; the spread of a rate is (largest - smallest) / median. benchmark_app is given numbers that are ready;
ours also converts and normalises pixels.
"""

import argparse
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

PENSTOCK = pathlib.Path(__file__).resolve().parent.parent / ".build" / "release" / "penstock"
PEERS = pathlib.Path.home() / ".cache" / "penstock" / "peers" / "bin"


def output_of(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\nended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


class BenchmarkApp:
    def __init__(self, program: pathlib.Path, model: str, precision: str):
        self.program, self.model, self.precision = program, model, precision

    def rate(self, setting: tuple[int, int], seconds: float) -> float:
        streams, batch = setting
        command = [str(self.program), "-m", self.model, "-hint", "none", "-nstreams", str(streams), "-nthreads",
                   str(os.cpu_count()), "-data_shape", f"[{batch},3,224,224]", "-shape", f"[{batch},3,224,224]", "-t",
                   str(max(1, round(seconds)))]
        if self.precision != "int8":
            command += ["-infer_precision", self.precision]
        found = re.search(r"Throughput:\s*([\d.]+) FPS", output_of(command))
        return float(found.group(1)) if found else sys.exit(f"{' '.join(command)}\ngave no throughput.")

    def best_setting(self, batches: list[int]) -> tuple[int, int]:
        """Streams and batch size of the highest rate; of each the better of two tries of a second counts."""
        cores = os.cpu_count() or 1
        settings = [(streams, batch) for streams in sorted({1, cores}) for batch in batches]
        rates = {setting: self.rate(setting, 1) for setting in settings}
        for setting in reversed(settings):
            rates[setting] = max(rates[setting], self.rate(setting, 1))
        for (streams, batch), rate in rates.items():
            print(f"  benchmark_app {self.precision}, {streams} streams, batch {batch}: {rate:.1f} images/s")
        return max(rates, key=lambda setting: rates[setting])


def penstock_rate(options: argparse.Namespace, model: str, precision: str) -> float:
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "ceiling.json"
        output_of([str(PENSTOCK), "ceiling", options.images, "--model", model, "--precision", precision, "--seconds",
                   str(options.seconds), "--repeats", "1", "--images", "64", "--json", str(file)])
        models = json.loads(file.read_text())["models"]
    return next(model["rate"]["images_per_second"] for model in models if model["is_planned"])


def compare(options: argparse.Namespace, model: str, precision: str) -> dict:
    vendor = BenchmarkApp(options.peers / "benchmark_app", model, precision)
    setting = vendor.best_setting(options.batches)
    ours, theirs = [], []
    for number in range(options.repeats):
        if number % 2 == 0:
            theirs.append(vendor.rate(setting, options.seconds))
        ours.append(penstock_rate(options, model, precision))
        if number % 2 == 1:
            theirs.append(vendor.rate(setting, options.seconds))
    ratios = [one / other for one, other in zip(ours, theirs)]
    medians = statistics.median(ours), statistics.median(theirs)
    spreads = [(max(rates) - min(rates)) / statistics.median(rates) for rates in (ours, theirs)]
    print(f"{precision}: penstock {medians[0]:.1f} (spread {spreads[0]:.0%}), benchmark_app {medians[1]:.1f} "
          f"(spread {spreads[1]:.0%}; {setting[0]} streams, batch {setting[1]}): {statistics.median(ratios):.3f} "
          f"({min(ratios):.3f} to {max(ratios):.3f}, n = {len(ratios)})", flush=True)
    return {"penstock": ours, "benchmark_app": theirs, "setting": setting, "ratio": statistics.median(ratios), "ratios": ratios}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--int8-model")
    parser.add_argument("--peers", type=pathlib.Path, default=PEERS)
    parser.add_argument("--batches", type=lambda text: [int(part) for part in text.split(",")], default=[1, 2, 4, 8, 16])
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--precisions", default="f32,bf16,int8")
    parser.add_argument("--json")
    options = parser.parse_args()
    models = {"f32": options.model, "bf16": options.model, "int8": options.int8_model}
    wanted = [name for name in options.precisions.split(",") if models.get(name)]
    result = {precision: compare(options, models[precision], precision) for precision in wanted}
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
