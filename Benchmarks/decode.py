"""Compares what decoding, resizing and cropping cost on one core, alternating, in one run.

usage: decode.py --images DIR [--model FILE.onnx] [--repeats 5] [--least 1000] [--large 6] [--json FILE]

--images   a folder of JPEG photographs
--model    a classifier; with it, the share of images whose best class is the same for `fast` as for `exact` is measured too
--least    images of each program in a round, in passes over the pictures: of every program on the photographs, of `exact`, `fast`
           and the least decoding there is on enlarged ones, after one pass of all programs
--large    so many of the photographs are enlarged to 4000x3000, quality 90, and three times as many to 1365x1024, and timed as well

Needs the Python of the peers (simplejpeg, torchvision, openvino) and a C compiler with libjpeg's headers. Our decoder is
Sources/CPenstockImage, compiled here with the flags of the release build and called without Swift. Programs take turns in every
pass, so that a slow minute of the machine hits all alike; rates are medians, ratios are of medians, the spread is
(largest - smallest) / median. `libjpeg-turbo` decodes the whole picture and does nothing else: simplejpeg's wheel brings a
library of its own, of another version than the system's, so both are timed. Decoded at an eighth of its size a picture costs little but
Huffman decoding, which every scale needs: no `fast` can be faster than that.
"""

import argparse
import ctypes
import io
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import types

from machine import processor

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCES = ROOT / "Sources" / "CPenstockImage"
ERROR_SIZE = 1024
LEAST = "an eighth (simplejpeg)"


class Limits(ctypes.Structure):
    _fields_ = [("max_pixels", ctypes.c_uint64), ("max_scratch_bytes", ctypes.c_uint64)]


class Target(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in ("resized_width", "resized_height", "crop_x", "crop_y", "crop_width",
                                                     "crop_height")] + [("apply_exif", ctypes.c_bool),
                                                                        ("quality", ctypes.c_int32)]


def built_library(folder: str) -> ctypes.CDLL:
    """CPenstockImage as a shared library."""
    compiler = shutil.which("clang") or shutil.which("cc") or sys.exit("decode.py needs clang or cc.")
    library = os.path.join(folder, "libpenstockimage.so")
    sources = [str(path) for path in sorted(SOURCES.rglob("*.c"))]
    flags = ["-std=c17", "-O2", "-fPIC", "-shared", "-I", str(SOURCES / "include"), "-I/usr/include/libpng16"]
    links = ["-ljpeg", "-lpng", "-lwebp", "-lwebpdemux", "-lgif", "-ltiff", "-lm"]
    subprocess.run([compiler, *flags, *sources, "-o", library, *links], check=True)
    return ctypes.CDLL(library)


class Penstock:
    """Decodes to the 224x224 pixels that a model sees: torchvision's Resize(256) and CenterCrop(224)."""

    def __init__(self, library: ctypes.CDLL):
        import numpy

        self.library, self.handle = library, ctypes.c_void_p()
        self.message = ctypes.create_string_buffer(ERROR_SIZE)
        self.check(library.penstock_image_decoder_create(Limits(0, 0), ctypes.byref(self.handle), self.message,
                                                         ctypes.c_size_t(ERROR_SIZE)))
        self.out = numpy.empty((224, 224, 3), numpy.uint8)
        self.whole = numpy.empty(4096 * 4096 * 3, numpy.uint8)

    def check(self, status: int) -> None:
        if status != 0:
            sys.exit(f"decode.py: our decoder says {self.message.value.decode()}")

    def target(self, size: tuple[int, int], quality: int) -> Target:
        width, height = size
        resized = (256, int(256 * height / width)) if width <= height else (int(256 * width / height), 256)
        corner = [round((side - 224) / 2) for side in resized]
        return Target(*resized, *corner, 224, 224, False, quality)

    def resized(self, picture: "Picture", quality: int):
        target = self.target(picture.size, quality)
        self.check(self.library.penstock_image_decode_resized(
            self.handle, picture.data, ctypes.c_size_t(len(picture.data)), ctypes.byref(target),
            ctypes.c_void_p(self.out.ctypes.data), ctypes.c_size_t(self.out.nbytes), self.message,
            ctypes.c_size_t(ERROR_SIZE)))
        return self.out

    def whole_frame(self, picture: "Picture") -> None:
        self.check(self.library.penstock_image_decode_rgb(
            self.handle, picture.data, ctypes.c_size_t(len(picture.data)), False, ctypes.c_void_p(self.whole.ctypes.data),
            ctypes.c_size_t(self.whole.nbytes), None, None, self.message, ctypes.c_size_t(ERROR_SIZE)))


class Picture:
    def __init__(self, data: bytes):
        from PIL import Image

        self.data = data
        self.size = Image.open(io.BytesIO(data)).size


def photographs(folder: str) -> list[Picture]:
    paths = [path for path in sorted(pathlib.Path(folder).iterdir()) if path.suffix.lower() in (".jpeg", ".jpg")]
    if not paths:
        sys.exit(f"decode.py: there are no .jpg or .jpeg files in {folder}.")
    return [Picture(path.read_bytes()) for path in paths]


def enlarged(picture: Picture, size: tuple[int, int]) -> Picture:
    """The same photograph as a camera of more pixels would have written it."""
    from PIL import Image

    wanted = size if picture.size[0] >= picture.size[1] else size[::-1]
    file = io.BytesIO()
    Image.open(io.BytesIO(picture.data)).convert("RGB").resize(wanted, Image.BICUBIC).save(file, "JPEG", quality=90)
    return Picture(file.getvalue())


def competitors(ours: Penstock) -> dict:
    import simplejpeg
    import torch
    from PIL import Image

    torch.set_num_threads(1)
    # A wheel of torchvision whose compiled operators do not fit this torch can't be imported with the module that describes
    # them; transforms use none.
    sys.modules["torchvision._meta_registrations"] = types.ModuleType("torchvision._meta_registrations")
    from torchvision import transforms

    transform = transforms.Compose([transforms.Resize(256), transforms.CenterCrop(224), transforms.ToTensor(),
                                    transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])])
    return {
        "penstock exact": lambda picture: ours.resized(picture, 0),
        "penstock fast": lambda picture: ours.resized(picture, 1),
        "torchvision": lambda picture: transform(Image.open(io.BytesIO(picture.data)).convert("RGB")),
        "libjpeg-turbo (simplejpeg)": lambda picture: simplejpeg.decode_jpeg(picture.data, "RGB"),
        "libjpeg-turbo (system)": ours.whole_frame,
        # Only the mean of each block: next to nothing but Huffman decoding, which no scale saves.
        LEAST: lambda picture: simplejpeg.decode_jpeg(picture.data, "RGB", min_height=1, min_width=1),
    }


def milliseconds(pictures: list[Picture], programs: dict, repeats: int, passes: int) -> dict[str, list[float]]:
    """For each program, what a picture costs, once for each round of so many passes over the pictures."""
    times: dict[str, list[float]] = {}
    for round in range(repeats + 1):  # the first one warms up, with one pass
        seconds = dict.fromkeys(programs, 0.0)
        for _ in range(passes if round > 0 else 1):
            for name, decode in programs.items():
                start = time.perf_counter()
                for picture in pictures:
                    decode(picture)
                seconds[name] += time.perf_counter() - start
        if round > 0:
            for name, total in seconds.items():
                times.setdefault(name, []).append(total / (passes * len(pictures)) * 1e3)
    return times


# Of two programs the second one's time is divided by the first one's.
RATIOS = {
    "exact / torchvision": ("penstock exact", "torchvision"),
    "exact / bare decode (simplejpeg)": ("penstock exact", "libjpeg-turbo (simplejpeg)"),
    "exact / bare decode (system)": ("penstock exact", "libjpeg-turbo (system)"),
    "fast / exact": ("penstock fast", "penstock exact"),
    "the least decoding there is / exact": (LEAST, "penstock exact"),
}


def summary(title: str, times: dict[str, list[float]]) -> dict:
    medians = {name: statistics.median(values) for name, values in times.items()}
    print(f"{title}: ms per picture, one core")
    for name, values in times.items():
        spread = (max(values) - min(values)) / medians[name]
        print(f"  {name:28} {medians[name]:8.3f}   spread {spread:.0%}")
    ratios = {name: medians[other] / medians[own] for name, (own, other) in RATIOS.items() if own in medians and other in medians}
    for name, ratio in ratios.items():
        print(f"  speed of {name}: {ratio:.2f}", flush=True)
    return {"milliseconds": medians, "ratios": ratios, "rounds": times}


def agreement(pictures: list[Picture], ours: Penstock, model: str) -> dict:
    """How often the best class is the same, decoded `fast` and `exact`."""
    import numpy
    import openvino

    network = openvino.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})

    def best(picture: Picture, quality: int) -> tuple[int, float]:
        pixels = ours.resized(picture, quality).astype(numpy.float32)
        scaled = (pixels - [123.675, 116.28, 103.53]) / [58.395, 57.12, 57.375]
        scores = network(scaled.transpose(2, 0, 1)[None].astype(numpy.float32))[0][0]
        odds = numpy.exp(scores - scores.max())
        ordered = numpy.sort(odds / odds.sum())
        return int(scores.argmax()), float(ordered[-1] - ordered[-2])

    pairs = [(best(picture, 0), best(picture, 1)) for picture in pictures]
    differing = [exact[1] for exact, fast in pairs if exact[0] != fast[0]]
    share = 1 - len(differing) / len(pairs)
    print(f"top-1 of fast equals that of exact on {len(pairs) - len(differing)} of {len(pairs)} pictures: {share:.2%}")
    if differing:
        print("  margins of exact where not:", ", ".join(f"{margin:.4f}" for margin in differing))
    return {"share": share, "pictures": len(pairs), "margins": differing}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", required=True)
    parser.add_argument("--model")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--least", type=int, default=1000)
    parser.add_argument("--large", type=int, default=6)
    parser.add_argument("--json")
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    originals = photographs(options.images)
    with tempfile.TemporaryDirectory() as folder:
        ours = Penstock(built_library(folder))
        result = {"machine": processor(), "repeats": options.repeats, "least": options.least}
        programs = competitors(ours)

        def measure(title: str, pictures: list[Picture], some: dict, passes: int) -> None:
            result[title] = summary(title, milliseconds(pictures, some, options.repeats, passes))

        def enough(pictures: list[Picture]) -> int:
            return max(1, -(-options.least // len(pictures)))

        measure(f"{len(originals)} photographs", originals, programs, enough(originals))
        for size, count in (((1365, 1024), 3 * options.large), ((4000, 3000), options.large)):
            chosen = originals[:: max(1, len(originals) // max(count, 1))][:count]
            if not chosen:
                continue
            pictures = [enlarged(one, size) for one in chosen]
            title = f"{len(chosen)} photographs at {size[0]}x{size[1]}"
            measure(title, pictures, programs, 1)
            few = {name: programs[name] for name in ("penstock exact", "penstock fast", LEAST)}
            measure(f"{title}, fast beside exact", pictures, few, enough(pictures))
        if options.model:
            sizes = [(1024, 768), (1280, 960), (2048, 1536), (4000, 3000)]
            pictures = [enlarged(one, size) for size in sizes for one in originals]
            result["agreement"] = agreement(pictures, ours, options.model)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
