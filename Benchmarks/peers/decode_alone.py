"""Rates of the usual ways to decode, resize to 256 and crop 224, on one core: photographs are in memory, one thread.

usage: decode_alone.py IMAGES [--count N] [--rounds N]

The ways take turns, round by round; a rate is the best of the rounds, of CPU time: the program may be stopped meanwhile.
"""

import argparse
import io
import json
import pathlib
import time

import common

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("images")
parser.add_argument("--count", type=int, default=300)
parser.add_argument("--rounds", type=int, default=3)
options = parser.parse_args()

import cv2
import numpy
import simplejpeg
import torch
from PIL import Image

cv2.setNumThreads(1)
torch.set_num_threads(1)
STEPS = common.torchvision_steps()
FILES = [pathlib.Path(path).read_bytes() for path in common.photographs(options.images)[:options.count]]


def resized(width: int, height: int) -> tuple[int, int]:
    long_side = int(256 * max(width, height) / min(width, height))
    return (256, long_side) if width <= height else (long_side, 256)


def pillow_decode(data: bytes):
    return Image.open(io.BytesIO(data)).convert("RGB")


def pillow_resize_crop(data: bytes):
    image = pillow_decode(data)
    width, height = resized(*image.size)
    left, top = (width - 224) // 2, (height - 224) // 2
    return numpy.asarray(image.resize((width, height), Image.BILINEAR).crop((left, top, left + 224, top + 224)))


def libjpeg_turbo_decode(data: bytes):
    return simplejpeg.decode_jpeg(data, "RGB")


def libjpeg_turbo_opencv(data: bytes):
    pixels = simplejpeg.decode_jpeg(data, "RGB")
    return cv2.resize(pixels, resized(pixels.shape[1], pixels.shape[0]), interpolation=cv2.INTER_AREA)


def torchvision_full(data: bytes):
    return STEPS(pillow_decode(data))


WAYS = {"libjpeg-turbo decode": libjpeg_turbo_decode, "pillow decode": pillow_decode,
        "pillow decode, resize, crop": pillow_resize_crop, "libjpeg-turbo decode, opencv resize": libjpeg_turbo_opencv,
        "torchvision transform": torchvision_full}
best = dict.fromkeys(WAYS, 0.0)
for way in WAYS.values():
    for data in FILES[:10]:
        way(data)
start = time.perf_counter()
for _ in range(options.rounds):
    for name, way in WAYS.items():
        begin = time.process_time()
        for data in FILES:
            way(data)
        best[name] = max(best[name], len(FILES) / (time.process_time() - begin))
print(json.dumps({"images": len(FILES), "seconds": time.perf_counter() - start, "images_per_second_per_core": best}))
