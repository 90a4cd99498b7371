"""Runs Penstock and what people run instead, alternating, over the same photographs; appends what it measured to a file.

usage: compare.py [--model FILE.onnx] [--images DIR] [--peers NAME,NAME] [--precision bf16] [--rounds 3] [--results FILE.json]

Every round runs, for each peer, Penstock and that peer in turns of half a second (--slice): each has the whole machine while
the other is stopped, so that a slow second of the machine hits both. With --slice 0 they run one after the other,
turned round every other time. Run it in pieces, with a few peers each; `summary.py` compares only what ran side by side.
A rate is images ÷ time of processing, of a program's own turns. Penstock's time is that of its whole process, with the
loading of its model and the commit of its output; what a peer's leaves out stands in its result (`leaves_out`), to the
peer's advantage. Only beside the model alone and bare decoding, whose rates have no start, a run of 8 images takes turns as well and is
taken off.
Before the first round the photographs are read once and Penstock runs once unmeasured: it keeps compiled models in a cache.

Penstock runs with `--exif ignore`, as peers do not turn photographs, with the precision asked for, and its defaults.
The peers are the programs in Benchmarks/peers; scripts/peers-env.sh makes the Python that they need.
"""

import argparse
import datetime
import json
import lzma
import os
import pathlib
import platform
import re
import subprocess
import sys
import tempfile

import turns
import vendor
from machine import processor
from turns import Failed

HERE = pathlib.Path(__file__).resolve().parent
REALDATA = HERE.parent.parent / "shared" / "realdata"
JOBS = HERE / "peers"
START_IMAGES = 8


class Setting:
    """What a piece measures: which photographs, model and precision, and where programs may write."""

    def __init__(self, options: argparse.Namespace, images: pathlib.Path, scratch: pathlib.Path):
        self.options, self.images, self.scratch = options, images, scratch
        self.python, self.model = options.python, str(pathlib.Path(options.model).resolve())
        # Of Penstock's last run.
        self.penstock_seconds = 0.0
        # What the peers know: Penstock's `auto` is whatever its guard allows.
        self.precision = "bf16" if options.precision == "auto" else options.precision


class Contender:
    """A program that takes its turn."""

    def __init__(self, name: str, precision: str):
        self.name, self.precision = name, precision

    def output(self, setting: Setting) -> pathlib.Path | None:
        """Where its predictions lie; None for one that makes none."""
        return None

    def command(self, setting: Setting) -> list[str]:
        raise NotImplementedError

    def result(self, setting: Setting, program: turns.Program) -> dict:
        """What it did, once it has ended: at least `images_per_second`, of its own turns."""
        raise NotImplementedError


class Penstock(Contender):
    def __init__(self, name: str, precision: str, *flags: str):
        super().__init__(name, precision)
        self.flags = flags

    def output(self, setting: Setting) -> pathlib.Path:
        return setting.scratch / self.name

    def report(self, setting: Setting) -> pathlib.Path:
        return setting.scratch / f"{self.name}-report.json"

    def command(self, setting: Setting, *more: str) -> list[str]:
        precision = [] if setting.options.precision == "auto" else ["--precision", setting.options.precision]
        return [setting.options.penstock, "classify", str(setting.images), "--model", setting.model, "--output",
                str(self.output(setting)), "--overwrite", "--exif", "ignore", "--quiet", "--report", str(self.report(setting)),
                *precision, *self.flags, *setting.options.penstock_options.split(), *more]

    def result(self, setting: Setting, program: turns.Program) -> dict:
        program.text()
        content = json.loads(self.report(setting).read_text())
        self.precision = content["model"]["precision"] or self.precision
        keys = ("peak_rss_bytes", "cpu_seconds", "versions")
        return {"images": content["rows_written"], "images_per_second": content["rows_written"] / program.active_in_all(),
                "verdict": content["verdict"]["text"]} | {key: content[key] for key in keys}


class Peer(Contender):
    """A program of Benchmarks/peers; its last line is JSON."""

    def __init__(self, name: str, precision: str, script: str, *flags: str):
        super().__init__(name, precision)
        self.script, self.flags = script, flags

    def output(self, setting: Setting) -> pathlib.Path:
        return setting.scratch / (self.name + ("" if self.script in ("ray_job.py", "daft_job.py") else ".parquet"))

    def command(self, setting: Setting) -> list[str]:
        return [setting.python, str(JOBS / self.script), str(setting.images), str(self.output(setting)),
                setting.model, "--precision", self.precision, *self.flags]

    def result(self, setting: Setting, program: turns.Program) -> dict:
        end, found = last_line(program)
        seconds = program.active(end - found["seconds"], end)
        return found | {"seconds": seconds, "images_per_second": found["images"] / seconds}


class ModelAlone(Contender):
    """OpenVINO's own benchmark at the setting that is fastest here: the model without reading and decoding."""

    batch = 8

    def command(self, setting: Setting) -> list[str]:
        app = pathlib.Path(setting.python).parent / "benchmark_app"
        # Its clock goes on while it is stopped. What it measures without Penstock beside it is of another time.
        turns_of_both = 2 if setting.options.slice > 0 else 1
        seconds = setting.options.model_seconds or turns_of_both * setting.penstock_seconds
        return vendor.benchmark_app(app, setting.model, self.precision, core_count(), self.batch, seconds)

    def result(self, setting: Setting, program: turns.Program) -> dict:
        return {"images_per_second": vendor.rate(program, self.batch)}


class DecodeAlone(Contender):
    """libjpeg-turbo's bare decode, one thread, times the cores: without resize and crop."""

    def command(self, setting: Setting) -> list[str]:
        return [setting.python, str(JOBS / "decode_alone.py"), str(setting.options.images), "--count", "123"]

    def result(self, setting: Setting, program: turns.Program) -> dict:
        _, found = last_line(program)
        per_core = found["images_per_second_per_core"]
        return {"images_per_second": per_core["libjpeg-turbo decode"] * core_count(), "per_core": per_core}


def contenders(precision: str) -> dict[str, Contender]:
    """Everything that can take part, by name. PyTorch computes in f32 on CPUs unless its user changes the program."""
    everyone = [
        Penstock("penstock", precision),
        Penstock("penstock-fast", precision, "--resize-quality", "fast"),
        Peer("ray-torch", "f32", "ray_job.py", "--engine", "torch", "--actors", "2", "--batch", "64"),
        Peer("ray-openvino", precision, "ray_job.py", "--engine", "openvino", "--actors", "1", "--batch", "64"),
        Peer("ray-onnxruntime", "f32", "ray_job.py", "--engine", "onnxruntime", "--actors", "1", "--batch", "64"),
        Peer("dataloader-torch", "f32", "dataloader_job.py", "--engine", "torch", "--workers", "2", "--batch", "64"),
        Peer("dataloader-openvino", precision, "dataloader_job.py", "--engine", "openvino", "--workers", "2", "--batch", "64"),
        Peer("daft-openvino", precision, "daft_job.py", "--batch", "64"),
        Peer("handwritten", precision, "handwritten_job.py", "--batch", "8", "--threads", "2"),
        ModelAlone("model-alone", precision),
        DecodeAlone("decode-alone", ""),
    ]
    return {one.name: one for one in everyone}


def last_line(program: turns.Program) -> tuple[float, dict]:
    """When the last line of JSON came, and what it says."""
    text = program.text()
    lines = [(moment, line) for moment, line in program.lines if line.startswith("{")]
    if not lines:
        raise Failed(f"{' '.join(program.command)}\nprinted no result:\n{text[-2000:]}")
    return lines[-1][0], json.loads(lines[-1][1])


def agreement(setting: Setting, one: Contender) -> dict:
    """How its predictions compare with Penstock's and with the reference answers."""
    ours, theirs = setting.scratch / "penstock", one.output(setting)
    if theirs is None or not ours.exists():
        return {}
    golden = ["--golden", setting.options.golden] if setting.options.golden else []
    return last_line(turns.run_alone([setting.python, str(JOBS / "agreement.py"), str(ours), str(theirs), *golden]))[1]


def link_copies(source: pathlib.Path, target: pathlib.Path, copies: int) -> int:
    """Links to every photograph, so many times, with names that every program can read."""
    target.mkdir()
    files = sorted(path for path in source.iterdir() if path.suffix.lower() in (".jpeg", ".jpg"))
    if not files:
        sys.exit(f"there is no JPEG in {source}; name a folder of photographs with --images")
    for copy in range(copies):
        for path in files:
            (target / f"{copy:03d}_{path.stem.encode('ascii', 'ignore').decode()}.JPEG").symlink_to(path.resolve())
    for path in files:
        path.read_bytes()  # from the disk into the page cache, for all alike
    return len(files) * copies


def model_file(name: str) -> str:
    """A model's path; a packed one of ../shared/realdata is unpacked into the cache, once."""
    packed = REALDATA / "models" / f"{name}.xz"
    if pathlib.Path(name).exists() or not packed.exists():
        return name
    cache = os.environ.get("PENSTOCK_CACHE") or os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "penstock")
    plain = pathlib.Path(cache) / "models" / name
    if not plain.exists():
        plain.parent.mkdir(parents=True, exist_ok=True)
        part = plain.with_suffix(".part")
        part.write_bytes(lzma.decompress(packed.read_bytes()))
        part.replace(plain)
    return str(plain)


def core_count() -> int:
    return len(os.sched_getaffinity(0))


def machine() -> dict:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    flags = set(re.search(r"flags\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text()).group(1).split())
    known = [flag for flag in ("amx_bf16", "amx_int8", "avx512_bf16", "avx512_vnni", "avx2") if flag in flags]
    return {"cpu": processor(), "cores": core_count(), "memory_bytes": memory,
            "instructions": known, "system": platform.platform()}


def save(path: pathlib.Path, piece: dict) -> None:
    """Replaces the piece of the same time in the file, or appends it."""
    pieces = json.loads(path.read_text())["pieces"] if path.exists() else []
    pieces = [other for other in pieces if other["started"] != piece["started"]] + [piece]
    fresh = path.with_suffix(".part")
    fresh.write_text(json.dumps({"pieces": pieces}, indent=1) + "\n")
    fresh.replace(path)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="resnet50.onnx",
                        help="an ONNX file, or the name of one in ../shared/realdata/models; int8 layers stay int8 in all")
    parser.add_argument("--images", type=pathlib.Path, default=REALDATA / "images", help="a folder of photographs")
    parser.add_argument("--image-set", default="", help="their name in the tables; the folder's name unless given")
    parser.add_argument("--copies", type=int, default=9, help="each photograph so many times (9 × 123 = 1,107)")
    parser.add_argument("--rounds", type=int, default=3, help="pairs of Penstock and each peer")
    parser.add_argument("--slice", type=float, default=0.5, help="seconds of a turn; 0: Penstock and a peer run one after the other")
    parser.add_argument("--model-seconds", type=float, default=0,
                        help="of the model alone, by the clock; unless given as long as Penstock's last run, in turns twice that, as its clock goes on while it is stopped")
    parser.add_argument("--precision", choices=("f32", "bf16", "auto"), default="bf16")
    parser.add_argument("--peers", default="ray-torch,ray-openvino,dataloader-openvino,daft-openvino,handwritten",
                        help="names, also penstock-fast, ray-onnxruntime, dataloader-torch, model-alone, decode-alone")
    parser.add_argument("--python", default="", help="the peers' Python; made by scripts/peers-env.sh unless given")
    parser.add_argument("--penstock", default=str(HERE.parent / ".build" / "release" / "penstock"))
    parser.add_argument("--penstock-options", default="", help="more options of penstock classify, in one text")
    parser.add_argument("--golden", default="", help="reference answers; found beside the photographs unless given")
    parser.add_argument("--results", type=pathlib.Path, default=HERE / "results.json")
    options = parser.parse_args()
    options.image_set = options.image_set or options.images.resolve().name
    found = options.images.resolve().parent / "golden.csv"
    options.golden = options.golden or (str(found) if found.exists() else "")
    if not pathlib.Path(options.penstock).exists():
        sys.exit(f"there is no {options.penstock}: run make build, or name the program with --penstock")
    options.model = model_file(options.model)
    if not pathlib.Path(options.model).exists():
        sys.exit(f"there is no model {options.model}; name an ONNX file with --model")
    options.python = options.python or turns.run_alone([str(HERE.parent / "scripts" / "peers-env.sh")]).text().strip()
    return options


def main() -> None:
    options = arguments()
    known = contenders("bf16" if options.precision == "auto" else options.precision)
    names = [name for name in options.peers.split(",") if name]
    if unknown := [name for name in names if name not in known]:
        sys.exit(f"there is no peer {', '.join(unknown)}; the peers are {', '.join(known)}")
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder)
        count = link_copies(options.images, scratch / "images", options.copies)
        setting = Setting(options, scratch / "images", scratch)
        # With the model alone all of it, as its time is needed.
        first = turns.run_alone(known["penstock"].command(setting, *([] if "model-alone" in names else ["--limit", "32"])))
        setting.penstock_seconds = first.active_in_all()
        piece = {"started": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"), "machine": machine(),
                 "image_set": options.image_set, "images": count, "model": pathlib.Path(options.model).name,
                 "precision": options.precision, "penstock_options": options.penstock_options, "rounds": []}
        for number in range(options.rounds):
            for name in names:
                pair = [known["penstock"], known[name]] if name != "penstock" else [known["penstock"]]
                piece["rounds"].append(one_pair(setting, pair if number % 2 == 0 else pair[::-1]))
                save(options.results, piece)
    subprocess.run([sys.executable, str(HERE / "summary.py"), str(options.results), "--started", piece["started"]], check=True)


def one_pair(setting: Setting, pair: list[Contender]) -> dict:
    """One measurement of Penstock and of a peer, with how the machine was loaded before; a peer that fails is named."""
    load = os.getloadavg()[0]
    programs = {one.name: turns.Program(one.command(setting)) for one in pair}
    start = None
    if any(isinstance(one, (ModelAlone, DecodeAlone)) for one in pair):
        start = turns.Program(Penstock("start", "").command(setting, "--limit", str(START_IMAGES)))
    turns.run([*programs.values(), *([start] if start else [])], setting.options.slice)
    results = {one.name: outcome(setting, one, programs[one.name]) for one in pair}
    if start:
        start.text()
        start.close()
        seconds = start.active_in_all()
        ours = results["penstock"]
        setting.penstock_seconds = ours["process_seconds"]
        ours |= {"start_seconds": seconds,
                 "images_per_second": (ours["images"] - START_IMAGES) / (ours["process_seconds"] - seconds)}
    for one in pair:
        if "failed" not in results[one.name]:
            results[one.name] |= {"answers": agreement(setting, one)}
    return {"load": load, "slice": setting.options.slice, "results": results}


def outcome(setting: Setting, one: Contender, program: turns.Program) -> dict:
    try:
        result = one.result(setting, program) | {"process_seconds": program.active_in_all(), "precision": one.precision}
        print(f"{one.name}: {result['images_per_second']:.1f} images/s", file=sys.stderr, flush=True)
        return result
    except Failed as failure:
        if one.name == "penstock":
            sys.exit(str(failure))
        print(f"{one.name} failed: {failure}", file=sys.stderr, flush=True)
        return {"failed": str(failure)[-500:]}
    finally:
        program.close()


if __name__ == "__main__":
    main()
