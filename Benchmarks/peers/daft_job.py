"""The same job as Daft expressions on its native runner: download, decode, one stateful batch function, write_parquet.

usage: daft_job.py IMAGES OUTPUT MODEL [--precision f32|bf16] [--batch N]
"""

import argparse
import shutil
import time

import common

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("images")
parser.add_argument("output")
parser.add_argument("model")
parser.add_argument("--precision", default="f32")
parser.add_argument("--batch", type=int, default=64)
options = parser.parse_args()

import daft
import numpy
import torch
from daft import DataType, col

ROW = DataType.struct({"predicted_class": DataType.int64(), "confidence": DataType.float64()})


@daft.cls(max_concurrency=1)
class Classify:
    """Transforms and classifies a batch of decoded images; the model is loaded once."""

    def __init__(self):
        import openvino
        core = openvino.Core()
        self.steps = common.torchvision_steps("ToPILImage")
        self.model = core.compile_model(core.read_model(options.model), "CPU", {
            "INFERENCE_PRECISION_HINT": options.precision, "PERFORMANCE_HINT": "THROUGHPUT"})

    @daft.method.batch(return_dtype=ROW, batch_size=options.batch)
    def __call__(self, images):
        tensors = torch.stack([self.steps(numpy.asarray(image)) for image in images.to_pylist()])
        confidences, classes = torch.softmax(torch.from_numpy(self.model(tensors.numpy())[0]), 1).max(1)
        return [{"predicted_class": int(found), "confidence": float(best)} for found, best in zip(classes, confidences)]


shutil.rmtree(options.output, ignore_errors=True)
start = time.perf_counter()
rows = daft.from_glob_path(options.images + "/*.JPEG").select("path")
rows = rows.with_column("image", col("path").download().decode_image(mode="RGB"))
rows = rows.with_column("row", Classify()(col("image")))
rows = rows.select("path", col("row").get("predicted_class").alias("predicted_class"), col("row").get("confidence").alias("confidence"))
rows.write_parquet(options.output)
count = daft.read_parquet(options.output + "/*.parquet").count_rows()
seconds = time.perf_counter() - start
common.finish(count, seconds, "imports", "daft", "torch", "torchvision", "openvino")
