"""The pipeline that people begin with, on Ray Data: read_images, one stateful map_batches, write_parquet.

usage: ray_job.py IMAGES OUTPUT MODEL [--engine torch|openvino|onnxruntime] [--precision f32|bf16] [--actors N] [--batch N]

Preprocessing and model run in actors of one CPU, as in Ray's guides to batch inference. Ray counts CPUs rather than using
them: two actors on two cores leave none for the reader, and Ray then waits for ever. So it is told of twice as many as
there are; RAY_CPUS says otherwise. Each actor computes with its share of the cores.
"""

import argparse
import os
import shutil
import time

import common

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("images")
parser.add_argument("output")
parser.add_argument("model")
parser.add_argument("--engine", choices=("torch", "openvino", "onnxruntime"), default="torch")
parser.add_argument("--precision", default="f32")
parser.add_argument("--actors", type=int, default=1)
parser.add_argument("--batch", type=int, default=64)
options = parser.parse_args()

import numpy
import pyarrow.parquet
import ray
import torch

cores = len(os.sched_getaffinity(0))
threads = max(1, cores // options.actors)
here = os.path.dirname(os.path.abspath(__file__))
shutil.rmtree(options.output, ignore_errors=True)
ray.init(logging_level="ERROR", num_cpus=int(os.environ.get("RAY_CPUS", 2 * cores)),
         runtime_env={"env_vars": {"PYTHONPATH": here}})


class Classify:
    """Transforms and classifies a batch; the model is loaded once per actor."""

    def __init__(self, model: str, engine: str, precision: str, threads: int):
        self.steps = common.torchvision_steps("ToPILImage")
        torch.set_num_threads(threads)
        self.run = {"torch": self.torch, "openvino": self.openvino, "onnxruntime": self.onnxruntime}[engine](
            model, precision, threads)

    def torch(self, path: str, precision: str, threads: int):
        from onnx_weights import torch_resnet50
        return torch_resnet50(path)

    def openvino(self, path: str, precision: str, threads: int):
        import openvino
        core = openvino.Core()
        compiled = core.compile_model(core.read_model(path), "CPU", {
            "INFERENCE_PRECISION_HINT": precision, "NUM_STREAMS": 1, "INFERENCE_NUM_THREADS": threads})
        return lambda images: torch.from_numpy(compiled(images.numpy())[0])

    def onnxruntime(self, path: str, precision: str, threads: int):
        import onnxruntime
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = threads
        session = onnxruntime.InferenceSession(path, settings)
        name = session.get_inputs()[0].name
        return lambda images: torch.from_numpy(session.run(None, {name: images.numpy()})[0])

    def __call__(self, batch: dict[str, numpy.ndarray]) -> dict[str, numpy.ndarray]:
        images = torch.stack([self.steps(image) for image in batch["image"]])
        with torch.no_grad():
            confidences, classes = torch.softmax(self.run(images), 1).max(1)
        return {"path": batch["path"], "predicted_class": classes.numpy(), "confidence": confidences.numpy()}


start = time.perf_counter()
images = ray.data.read_images(options.images, mode="RGB", include_paths=True, override_num_blocks=4)
predictions = images.map_batches(
    Classify, fn_constructor_args=(os.path.abspath(options.model), options.engine, options.precision, threads),
    batch_size=options.batch, compute=ray.data.ActorPoolStrategy(size=options.actors), num_cpus=1)
predictions.write_parquet(options.output)
seconds = time.perf_counter() - start
rows = pyarrow.parquet.read_table(options.output, columns=["path"]).num_rows
common.finish(rows, seconds, "imports and the start of Ray", "ray", "torch", "torchvision", options.engine)
