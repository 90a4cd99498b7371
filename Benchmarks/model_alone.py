"""Compares the model run by Penstock with the vendor's benchmark_app at its best setting.

usage: model_alone.py --model FILE.onnx [--int8-model FILE.onnx] [--peers FOLDER] [--repeats 5] [--seconds 8] [--json FILE]

--peers    the folder of programs of an environment with the openvino wheel: benchmark_app is there
First benchmark_app's settings (streams and batch size) are tried, for f32, bf16 and, with --int8-model, int8. Then the best one
and Penstock take turns of half a second, --repeats times (turns.py): each has the whole machine while the other is stopped, so that a slow
second of the machine hits both. Penstock classifies bitmaps that have the model's size already, which cost next to nothing to decode; a
run of --start images takes turns as well, and its time is taken off. What is left holds reading, scheduling and writing,
and the conversion and normalising of pixels; benchmark_app is given numbers that are ready.
The ratio is the median of the rounds'; the spread of a rate is (largest - smallest) / median.
"""

import argparse
import json
import os
import pathlib
import random
import re
import statistics
import struct
import tempfile

import turns

PENSTOCK = pathlib.Path(__file__).resolve().parent.parent / ".build" / "release" / "penstock"
PEERS = pathlib.Path.home() / ".cache" / "penstock" / "peers" / "bin"
SIDE, TURN_SECONDS = 224, 0.5


class Vendor:
    def __init__(self, program: pathlib.Path, model: str, precision: str):
        self.program, self.model, self.precision = program, model, precision

    def start(self, setting: tuple[int, int], seconds: float) -> turns.Program:
        streams, batch = setting
        command = [str(self.program), "-m", self.model, "-hint", "none", "-nstreams", str(streams), "-nthreads",
                   str(os.cpu_count()), "-data_shape", f"[{batch},3,{SIDE},{SIDE}]", "-shape", f"[{batch},3,{SIDE},{SIDE}]", "-t",
                   str(max(1, round(seconds)))]
        return turns.Program(command + ([] if self.precision == "int8" else ["-infer_precision", self.precision]))

    @staticmethod
    def rate(program: turns.Program, setting: tuple[int, int]) -> float:
        """Images a second of its own turns while it measured; its report comes right after that."""
        text = program.text()
        end = next(moment for moment, line in program.lines if "Count:" in line)
        batches, milliseconds = (float(re.findall(rf"{word}:\s+([0-9.]+)", text)[-1]) for word in ("Count", "Duration"))
        program.close()
        return setting[1] * batches / program.active(end - milliseconds / 1e3, end)

    def best_setting(self, batches: list[int]) -> tuple[int, int]:
        """Streams and batch size of the highest rate, all in turns."""
        cores = os.cpu_count() or 1
        settings = [(streams, batch) for streams in sorted({1, cores}) for batch in batches]
        programs = [self.start(setting, 2 * len(settings)) for setting in settings]
        turns.run(programs, TURN_SECONDS)
        rates = {setting: self.rate(program, setting) for setting, program in zip(settings, programs)}
        for (streams, batch), rate in rates.items():
            print(f"  benchmark_app {self.precision}, {streams} streams, batch {batch}: {rate:.1f} images/s")
        return max(rates, key=lambda setting: rates[setting])


def bitmap(numbers: random.Random) -> bytes:
    """A picture of random pixels, 24 bits each, without compression."""
    pixels = numbers.randbytes(3 * SIDE * SIDE)
    head = struct.pack("<2sIHHI", b"BM", 54 + len(pixels), 0, 0, 54)
    return head + struct.pack("<IiiHHIIiiII", 40, SIDE, SIDE, 1, 24, 0, len(pixels), 2835, 2835, 0, 0) + pixels


class Pictures:
    """64 bitmaps, and folders of links to them."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        numbers = random.Random(1)
        for index in range(64):
            (folder / f"{index}.master").write_bytes(bitmap(numbers))

    def of(self, count: int) -> pathlib.Path:
        images = self.folder / f"{count}"
        if not images.exists():
            images.mkdir()
            for index in range(count):
                (images / f"{index:06}.bmp").symlink_to(self.folder / f"{index % 64}.master")
        return images

    def classified(self, count: int, model: str, precision: str) -> turns.Program:
        words = [] if precision == "int8" else ["--precision", precision]
        return turns.Program([str(PENSTOCK), "classify", str(self.of(count)), "--model", model, "--resize", str(SIDE), "--crop",
                              str(SIDE), "--output", str(self.folder / f"out{count}"), "--overwrite", "--quiet", "--no-profile", *words])


def round_of(options: argparse.Namespace, images: Pictures, vendor: Vendor, setting: tuple[int, int], count: int) -> tuple[float, float]:
    """Images a second of Penstock and of benchmark_app."""
    programs = [images.classified(count, vendor.model, vendor.precision), vendor.start(setting, 3 * options.seconds),
                images.classified(options.start, vendor.model, vendor.precision)]
    turns.run(programs, TURN_SECONDS)
    long, theirs, short = programs
    long.text(), short.text()
    long.close(), short.close()
    ours = (count - options.start) / (long.active_in_all() - short.active_in_all())
    return ours, vendor.rate(theirs, setting)


def compare(options: argparse.Namespace, images: Pictures, model: str, precision: str) -> dict:
    vendor = Vendor(options.peers / "benchmark_app", model, precision)
    setting = vendor.best_setting(options.batches)
    for limit in (options.start, 256):  # compiles the model, and says how many pictures take so many seconds
        warm = images.classified(limit, model, precision)
        turns.run([warm], 60)
        warm.text()
        warm.close()
    count = min(options.most, max(256, round(options.seconds * 256 / warm.active_in_all() / 64) * 64))
    rounds = [round_of(options, images, vendor, setting, count) for _ in range(options.repeats)]
    ours, theirs = zip(*rounds)
    ratios = [one / other for one, other in rounds]
    spreads = [(max(rates) - min(rates)) / statistics.median(rates) for rates in (ours, theirs)]
    print(f"{precision}: penstock {statistics.median(ours):.1f} (spread {spreads[0]:.0%}), benchmark_app {statistics.median(theirs):.1f} "
          f"(spread {spreads[1]:.0%}; {setting[0]} streams, batch {setting[1]}): {statistics.median(ratios):.3f} "
          f"({min(ratios):.3f} to {max(ratios):.3f}, n = {len(ratios)}, {count} images)", flush=True)
    return {"penstock": ours, "benchmark_app": theirs, "setting": setting, "ratio": statistics.median(ratios), "ratios": ratios}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--int8-model")
    parser.add_argument("--peers", type=pathlib.Path, default=PEERS)
    parser.add_argument("--batches", type=lambda text: [int(part) for part in text.split(",")], default=[1, 4, 8, 16])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=8, help="of Penstock's run, about")
    parser.add_argument("--start", type=int, default=16, help="images of the run that is taken off")
    parser.add_argument("--most", type=int, default=6400, help="the most pictures of a run")
    parser.add_argument("--precisions", default="f32,bf16,int8")
    parser.add_argument("--json")
    options = parser.parse_args()
    models = {"f32": options.model, "bf16": options.model, "int8": options.int8_model}
    wanted = [name for name in options.precisions.split(",") if models.get(name)]
    with tempfile.TemporaryDirectory() as folder:
        images = Pictures(pathlib.Path(folder))
        result = {precision: compare(options, images, models[precision], precision) for precision in wanted}
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
