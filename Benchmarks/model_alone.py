"""Compares the model run by Penstock with the vendor's benchmark_app at its best setting.

usage: model_alone.py --model FILE.onnx [--int8-model FILE.onnx] [--peers FOLDER] [--repeats 5] [--seconds 8] [--images 1024] [--json FILE]

--peers    the folder of programs of an environment with the openvino wheel: benchmark_app is there
Needs Overhead (`swift build -c release --package-path Benchmarks/Overhead`): its ModelAlone classifies images that lie decoded in memory
with a classifier of the library as it comes, through planner, scheduler, OpenVINO backend and a sink that counts. Its pixels are u8 and are
converted and normalised in the model's graph; benchmark_app is given numbers that are ready.
First benchmark_app's settings (streams and batch size) are tried, for f32, bf16 and, with --int8-model, int8. Then the best one
and Penstock take turns of a tenth of a second, --repeats times (turns.py): each has the whole machine while the other is stopped, so that a slow
second of the machine hits both. Their start is left out on both sides.
The ratio is the median of the rounds'; the spread of a rate is (largest - smallest) / median.
"""

import argparse
import json
import os
import pathlib
import statistics

import turns
import vendor
from vendor import SIDE

PENSTOCK = pathlib.Path(__file__).resolve().parent / "Overhead" / ".build" / "release" / "ModelAlone"
PEERS = pathlib.Path.home() / ".cache" / "penstock" / "peers" / "bin"
TURN_SECONDS = 0.1


class Vendor:
    def __init__(self, program: pathlib.Path, model: str, precision: str):
        self.program, self.model, self.precision = program, model, precision

    def start(self, setting: tuple[int, int], seconds: float) -> turns.Program:
        return turns.Program(vendor.benchmark_app(self.program, self.model, self.precision, *setting, seconds))

    @staticmethod
    def rate(program: turns.Program, setting: tuple[int, int]) -> float:
        rate = vendor.rate(program, setting[1])
        program.close()
        return rate

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


def ours(model: str, precision: str, count: int) -> turns.Program:
    # The int8 layers of a quantised model are what they are; the others compute in bf16, as with benchmark_app.
    return turns.Program([str(PENSTOCK), model, "bf16" if precision == "int8" else precision, str(count), str(SIDE)])


def rate_of_ours(program: turns.Program) -> float:
    """Images a second of its own turns, from the first twentieth of its images to the last one."""
    program.text()
    seen = [(moment, int(line)) for moment, line in program.lines]
    program.close()
    begin, before = next(one for one in seen if one[1] >= seen[-1][1] / 20)
    end, all_of_it = seen[-1]
    return (all_of_it - before) / program.active(begin, end)


def compare(options: argparse.Namespace, model: str, precision: str) -> dict:
    theirs = Vendor(options.peers / "benchmark_app", model, precision)
    setting = theirs.best_setting(options.batches)
    trial = ours(model, precision, 256)
    turns.run([trial], 0)
    rate = rate_of_ours(trial)
    count = max(options.images, round(options.seconds * rate / 64) * 64)
    seconds = max(options.seconds, count / rate)
    rounds = []
    for _ in range(options.repeats):
        # benchmark_app's clock goes on while it is stopped.
        programs = [ours(model, precision, count), theirs.start(setting, 2 * seconds)]
        turns.run(programs, TURN_SECONDS)
        rounds.append((rate_of_ours(programs[0]), theirs.rate(programs[1], setting)))
    rates, others = zip(*rounds)
    ratios = [one / other for one, other in rounds]
    spreads = [(max(some) - min(some)) / statistics.median(some) for some in (rates, others)]
    print(f"{precision}: penstock {statistics.median(rates):.1f} (spread {spreads[0]:.0%}), benchmark_app {statistics.median(others):.1f} "
          f"(spread {spreads[1]:.0%}; {setting[0]} streams, batch {setting[1]}): {statistics.median(ratios):.3f} "
          f"({min(ratios):.3f} to {max(ratios):.3f}, n = {len(ratios)}, {count} images)", flush=True)
    return {"penstock": rates, "benchmark_app": others, "setting": setting, "ratio": statistics.median(ratios), "ratios": ratios}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--int8-model")
    parser.add_argument("--peers", type=pathlib.Path, default=PEERS)
    parser.add_argument("--batches", type=lambda text: [int(part) for part in text.split(",")], default=[1, 4, 8, 16])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=8, help="of each program in a round, about")
    parser.add_argument("--images", type=int, default=1024, help="of each program in a round, at least; for a slow model that takes longer")
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
