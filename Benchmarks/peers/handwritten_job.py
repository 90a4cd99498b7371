"""What somebody who knows all the libraries writes by hand in one process: the strongest peer on one machine.

usage: handwritten_job.py IMAGES OUTPUT.parquet MODEL [--precision f32|bf16] [--batch N] [--threads N]

Pillow decodes and resizes in threads (it lets go of Python's lock while it does), u8 images go to OpenVINO in batches,
normalisation and layout are folded into the graph, requests are asynchronous so that decoding and inference overlap,
two streams without pinned threads since decoding shares the cores.
"""

import argparse
import collections
import time
from concurrent.futures import Future, ThreadPoolExecutor

import common

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("images")
parser.add_argument("output")
parser.add_argument("model")
parser.add_argument("--precision", default="f32")
parser.add_argument("--batch", type=int, default=8)
parser.add_argument("--threads", type=int, default=2)
options = parser.parse_args()

import numpy
import openvino
from openvino import Layout, Type
from openvino.preprocess import PrePostProcessor
from PIL import Image

SHORT_SIDE, CROP, REQUESTS = 256, 224, 3


def compiled_model() -> openvino.CompiledModel:
    core = openvino.Core()
    model = core.read_model(options.model)
    model.reshape([options.batch, 3, CROP, CROP])
    steps = PrePostProcessor(model)
    steps.input().tensor().set_element_type(Type.u8).set_layout(Layout("NHWC"))
    steps.input().model().set_layout(Layout("NCHW"))
    steps.input().preprocess().convert_element_type(Type.f32).mean([255 * mean for mean in common.MEAN]).scale(
        [255 * std for std in common.STD])
    return core.compile_model(steps.build(), "CPU", {
        "INFERENCE_PRECISION_HINT": options.precision, "NUM_STREAMS": 2, "ENABLE_CPU_PINNING": False})


def load(path: str) -> numpy.ndarray:
    """A photograph as u8 [224, 224, 3], as torchvision's Resize and CenterCrop give it."""
    image = Image.open(path).convert("RGB")
    width, height = image.size
    long_side = int(SHORT_SIDE * max(width, height) / min(width, height))
    width, height = (SHORT_SIDE, long_side) if width <= height else (long_side, SHORT_SIDE)
    image = image.resize((width, height), Image.BILINEAR)
    left, top = round((width - CROP) / 2), round((height - CROP) / 2)
    return numpy.asarray(image.crop((left, top, left + CROP, top + CROP)))


class Job:
    """Loaded photographs on one side, requests under way on the other."""

    def __init__(self, compiled: openvino.CompiledModel):
        self.queue = openvino.AsyncInferQueue(compiled, REQUESTS)
        self.queue.set_callback(self.done)
        self.loading: collections.deque[tuple[str, Future]] = collections.deque()
        self.rows: dict[str, tuple[int, float]] = {}

    def done(self, request, paths: list[str]) -> None:
        scores = request.get_output_tensor().data[:len(paths)].astype(numpy.float32)
        exponentials = numpy.exp(scores - scores.max(1, keepdims=True))
        probabilities = exponentials / exponentials.sum(1, keepdims=True)
        for path, best, row in zip(paths, probabilities.argmax(1), probabilities):
            self.rows[path] = (int(best), float(row[best]))

    def start_batch(self) -> None:
        count = min(options.batch, len(self.loading))
        taken = [self.loading.popleft() for _ in range(count)]
        images = numpy.stack([image.result() for _, image in taken])
        if count < options.batch:
            images = numpy.concatenate([images, numpy.zeros((options.batch - count, CROP, CROP, 3), numpy.uint8)])
        self.queue.start_async({0: images}, [path for path, _ in taken])

    def run(self, paths: list[str]) -> None:
        with ThreadPoolExecutor(options.threads) as pool:
            for path in paths:
                self.loading.append((path, pool.submit(load, path)))
                if len(self.loading) >= 4 * options.batch:
                    self.start_batch()
            while self.loading:
                self.start_batch()
        self.queue.wait_all()


paths = common.photographs(options.images)
job = Job(compiled_model())
start = time.perf_counter()
job.run(paths)
common.write_rows(options.output, list(job.rows), [row[0] for row in job.rows.values()], [row[1] for row in job.rows.values()])
seconds = time.perf_counter() - start
common.finish(len(job.rows), seconds, "imports and loading the model", "openvino", "pillow", "numpy", "pyarrow")
