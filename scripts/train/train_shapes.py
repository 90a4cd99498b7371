#!/usr/bin/env python3
"""Trains the small CNN of Models/shapes10.onnx on images drawn by `penstock samples`.

Usage: train_shapes.py --train DIR --validation DIR --test DIR --output Models/shapes10.onnx

Each DIR is an output folder of `penstock samples` (labels.txt, labels.csv and the images it names). README.md beside
this file has the whole recipe. Needs numpy, Pillow, torch, onnx and onnxruntime; runs on the CPU.
"""
import argparse
import csv
import hashlib
import os
import random
import time

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from PIL import Image, ImageOps
from torch import nn
from torch.nn import functional

RESIZE, CROP = 256, 224
MEAN = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
STD = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)

# (output channels, kernel, stride) of each convolution; batch normalisation and ReLU follow each.
LAYERS = [(16, 5, 4), (32, 3, 2), (48, 3, 1), (64, 3, 2), (80, 3, 1), (96, 3, 2), (128, 3, 1)]
CLASSES = 10


# --- data --------------------------------------------------------------------------------------------------------

def upright_rgb(path):
    """The image as people see it: EXIF orientation applied, three channels."""
    return ImageOps.exif_transpose(Image.open(path)).convert("RGB")


def resized(image):
    """torchvision's Resize(256): short side to 256, long side truncated, antialiased bilinear."""
    width, height = image.size
    short = min(width, height)
    size = (int(RESIZE * width / short), int(RESIZE * height / short))
    return image.resize(size, Image.Resampling.BILINEAR)


def center(image, side):
    """torchvision's CenterCrop: offsets rounded half to even."""
    left, top = round((image.width - side) / 2), round((image.height - side) / 2)
    return image.crop((left, top, left + side, top + side))


def load(folder, side):
    """All images of a samples folder as uint8 [n, side, side, 3], and their class indices."""
    with open(os.path.join(folder, "labels.csv"), newline="") as file:
        rows = list(csv.DictReader(file))
    pixels = np.empty((len(rows), side, side, 3), np.uint8)
    for place, row in enumerate(rows):
        pixels[place] = np.asarray(center(resized(upright_rgb(os.path.join(folder, row["file"]))), side))
    return torch.from_numpy(pixels), torch.tensor([int(row["index"]) for row in rows])


def normalized(pixels):
    """uint8 NHWC to normalised float NCHW."""
    return (pixels.permute(0, 3, 1, 2).float() / 255 - MEAN) / STD


def augmented(pixels):
    """A random 224 crop of each 256 image, mirrored and turned by quarter turns; light and contrast vary."""
    count, room = len(pixels), RESIZE - CROP
    crops = torch.empty((count, CROP, CROP, 3), dtype=torch.uint8)
    for place in range(count):
        top, left = random.randint(0, room), random.randint(0, room)
        crop = pixels[place, top:top + CROP, left:left + CROP]
        crop = torch.rot90(crop, random.randint(0, 3), (0, 1))
        crops[place] = crop.flip(1) if random.random() < 0.5 else crop
    batch = normalized(crops)
    gain = torch.empty(count, 1, 1, 1).uniform_(0.7, 1.3)
    shift = torch.empty(count, 3, 1, 1).uniform_(-0.3, 0.3)
    return batch * gain + shift


# --- model -------------------------------------------------------------------------------------------------------

class ShapesNet(nn.Module):
    """Convolutions with batch normalisation and ReLU, global average pooling, one linear layer."""

    def __init__(self):
        super().__init__()
        self.convolutions, self.norms = nn.ModuleList(), nn.ModuleList()
        channels = 3
        for width, kernel, stride in LAYERS:
            self.convolutions.append(nn.Conv2d(channels, width, kernel, stride, kernel // 2, bias=False))
            self.norms.append(nn.BatchNorm2d(width))
            channels = width
        self.head = nn.Linear(channels, CLASSES)

    def forward(self, batch):
        for convolution, norm in zip(self.convolutions, self.norms):
            batch = functional.relu(norm(convolution(batch)))
        return self.head(functional.dropout(batch.mean((2, 3)), 0.2, self.training))


def top1(model, pixels, labels):
    """Share of images whose largest logit is their label's."""
    model.eval()
    with torch.no_grad():
        correct = sum((model(normalized(center_crop(part))).argmax(1) == truth).sum().item()
                      for part, truth in zip(pixels.split(100), labels.split(100)))
    return correct / len(labels)


def center_crop(pixels):
    """The 224 pixels in the middle, of images that may still have 256."""
    start = (pixels.shape[1] - CROP) // 2
    return pixels[:, start:start + CROP, start:start + CROP]


def train(model, pixels, labels, validation, options):
    """One-cycle training; prints the validation accuracy after each epoch."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=options.rate, weight_decay=0.02)
    steps = len(pixels) // options.batch
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, options.rate, options.epochs * steps, pct_start=0.2)
    for epoch in range(options.epochs):
        model.train()
        started, total = time.monotonic(), 0.0
        order = torch.randperm(len(pixels))
        for step in range(steps):
            chosen = order[step * options.batch:(step + 1) * options.batch]
            loss = functional.cross_entropy(model(augmented(pixels[chosen])), labels[chosen], label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        print(f"epoch {epoch + 1}/{options.epochs}: loss {total / steps:.4f}, validation top-1 "
              f"{top1(model, *validation):.4f}, {time.monotonic() - started:.0f} s", flush=True)


# --- export ------------------------------------------------------------------------------------------------------

def folded(convolution, norm):
    """The convolution's weights and bias with its batch normalisation multiplied in."""
    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    return convolution.weight * scale.view(-1, 1, 1, 1), norm.bias - norm.running_mean * scale


def export(model, path):
    """Writes fp32 ONNX, opset 13, built by hand: no exporter's version shows in the bytes."""
    nodes, tensors, name = [], [], "input"

    def tensor(label, value):
        tensors.append(numpy_helper.from_array(value.detach().numpy().astype(np.float32), label))
        return label

    for index, (convolution, norm) in enumerate(zip(model.convolutions, model.norms)):
        weight, bias = folded(convolution, norm)
        kernel, stride = convolution.kernel_size[0], convolution.stride[0]
        inputs = [name, tensor(f"conv{index}.weight", weight), tensor(f"conv{index}.bias", bias)]
        nodes.append(helper.make_node("Conv", inputs, [f"conv{index}"], f"conv{index}", kernel_shape=[kernel] * 2,
                                      strides=[stride] * 2, pads=[kernel // 2] * 4))
        nodes.append(helper.make_node("Relu", [f"conv{index}"], [f"relu{index}"], f"relu{index}"))
        name = f"relu{index}"
    nodes.append(helper.make_node("GlobalAveragePool", [name], ["pool"], "pool"))
    nodes.append(helper.make_node("Flatten", ["pool"], ["flat"], "flat", axis=1))
    head = ["flat", tensor("head.weight", model.head.weight), tensor("head.bias", model.head.bias)]
    nodes.append(helper.make_node("Gemm", head, ["output"], "head", transB=1))
    graph = helper.make_graph(
        nodes, "shapes10",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 3, CROP, CROP])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["N", CLASSES])], tensors)
    written = helper.make_model(graph, producer_name="penstock train_shapes.py",
                                opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(written, full_check=True)
    onnx.save(written, path)


def check(path, pixels, labels):
    """Top-1 of the written file by ONNX Runtime, which is what its users will see."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    correct = 0
    for part, truth in zip(pixels.split(100), labels.split(100)):
        logits = session.run(["output"], {"input": normalized(center_crop(part)).numpy()})[0]
        correct += int((logits.argmax(1) == truth.numpy()).sum())
    return correct


def multiply_adds():
    """Multiplications of one image, convolutions only."""
    total, channels, side = 0, 3, CROP
    for width, kernel, stride in LAYERS:
        side = (side + stride - 1) // stride
        total += side * side * width * channels * kernel * kernel
        channels = width
    return total


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for part in ("train", "validation", "test"):
        parser.add_argument(f"--{part}", required=True, metavar="DIR", help=f"samples folder for {part}")
    parser.add_argument("--output", default="Models/shapes10.onnx", metavar="FILE")
    parser.add_argument("--epochs", type=int, default=22)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rate", type=float, default=4e-3, help="highest learning rate")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(7)
    random.seed(7)

    model = ShapesNet()
    parameters = sum(value.numel() for value in model.parameters())
    print(f"{parameters} parameters, {multiply_adds() / 1e6:.1f} million multiply-adds an image")
    validation = load(options.validation, CROP)
    train(model, *load(options.train, RESIZE), validation, options)
    model.eval()
    export(model, options.output)
    with open(os.path.join(options.test, "labels.txt")) as source:
        names = source.read()
    with open(os.path.splitext(options.output)[0] + ".labels.txt", "w") as target:
        target.write(names)
    for part, data in (("validation", validation), ("test", load(options.test, CROP))):
        correct = check(options.output, *data)
        print(f"{part}: {correct} of {len(data[1])} right = {100 * correct / len(data[1]):.2f} %")
    digest = hashlib.sha256(open(options.output, "rb").read()).hexdigest()
    print(f"{options.output}: {os.path.getsize(options.output)} bytes, sha256 {digest}")


if __name__ == "__main__":
    main()
