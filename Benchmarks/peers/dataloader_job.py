"""A PyTorch DataLoader whose worker processes decode and transform; the main process runs the model and writes Parquet.

usage: dataloader_job.py IMAGES OUTPUT.parquet MODEL [--engine torch|openvino] [--precision f32|bf16] [--workers N] [--batch N]
"""

import argparse
import time

import common

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("images")
parser.add_argument("output")
parser.add_argument("model")
parser.add_argument("--engine", choices=("torch", "openvino"), default="torch")
parser.add_argument("--precision", default="f32")
parser.add_argument("--workers", type=int, default=2)
parser.add_argument("--batch", type=int, default=64)
options = parser.parse_args()

import torch
from PIL import Image


class Photographs(torch.utils.data.Dataset):
    """Photographs as normalised tensors, each with its number."""

    def __init__(self, paths: list[str]):
        self.paths, self.steps = paths, common.torchvision_steps()

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, number: int):
        return self.steps(Image.open(self.paths[number]).convert("RGB")), number


def loaded_model():
    if options.engine == "torch":
        from onnx_weights import torch_resnet50
        model = torch_resnet50(options.model).to(memory_format=torch.channels_last)
        return lambda images: model(images.to(memory_format=torch.channels_last))
    import openvino
    core = openvino.Core()
    compiled = core.compile_model(core.read_model(options.model), "CPU", {
        "INFERENCE_PRECISION_HINT": options.precision, "PERFORMANCE_HINT": "THROUGHPUT"})
    return lambda images: torch.from_numpy(compiled(images.numpy())[0])


paths = common.photographs(options.images)
model = loaded_model()
start = time.perf_counter()
numbers, classes, confidences = [], [], []
loader = torch.utils.data.DataLoader(Photographs(paths), batch_size=options.batch, num_workers=options.workers)
with torch.inference_mode():
    for images, which in loader:
        best, found = torch.softmax(model(images), 1).max(1)
        numbers += which.tolist()
        classes += found.tolist()
        confidences += best.tolist()
common.write_rows(options.output, [paths[number] for number in numbers], classes, confidences)
seconds = time.perf_counter() - start
common.finish(len(numbers), seconds, "imports and loading the model", "torch", "torchvision", "pillow", options.engine)
