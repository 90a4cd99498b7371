"""Reads the weights of an ONNX file without the onnx package, so that PyTorch runs the very model that the others run.

ONNX is protobuf. Of a model only field 7 (graph) is followed, of the graph field 5 (initializer), of a tensor its
dimensions (1), element type (2), name (8) and raw bytes (9). Only float32 tensors are kept.
"""

import math
import pathlib
from collections.abc import Iterator

import numpy

MODEL_GRAPH, GRAPH_INITIALIZER = 7, 5
TENSOR_DIMENSIONS, TENSOR_TYPE, TENSOR_NAME, TENSOR_RAW = 1, 2, 8, 9
FLOAT32 = 1


def number(data: memoryview, at: int) -> tuple[int, int]:
    """A variable-length number and the position after it."""
    value = shift = 0
    while True:
        byte = data[at]
        at, value, shift = at + 1, value | (byte & 0x7F) << shift, shift + 7
        if not byte & 0x80:
            return value, at
        if shift > 63:
            raise ValueError("a number of more than 64 bits: this is not an ONNX file")


def fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Field numbers and values of a message."""
    at = 0
    while at < len(data):
        key, at = number(data, at)
        kind = key & 7
        if kind == 0:
            value, at = number(data, at)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
            value, at = data[at:at + size], at + size
        elif kind == 2:
            size, at = number(data, at)
            if size > len(data) - at:
                raise ValueError("a field runs past the end: this is not a whole ONNX file")
            value, at = data[at:at + size], at + size
        else:
            raise ValueError(f"wire type {kind}: this is not an ONNX file")
        yield key >> 3, value


def tensor(data: memoryview) -> tuple[str, numpy.ndarray | None]:
    """Name and values of an initialiser; None for other types than float32."""
    name, kind, shape, raw = "", 0, [], None
    for field, value in fields(data):
        if field == TENSOR_DIMENSIONS:
            shape += [value] if isinstance(value, int) else packed(value)
        elif field == TENSOR_TYPE:
            kind = value
        elif field == TENSOR_NAME:
            name = bytes(value).decode()
        elif field == TENSOR_RAW:
            raw = value
    if kind != FLOAT32 or raw is None or len(raw) != 4 * math.prod(shape):
        return name, None
    return name, numpy.frombuffer(raw, numpy.float32).reshape(shape).copy()


def packed(data: memoryview) -> list[int]:
    """Numbers that are stored one after the other."""
    values, at = [], 0
    while at < len(data):
        value, at = number(data, at)
        values.append(value)
    return values


def weights(path: str) -> dict[str, numpy.ndarray]:
    """Every float32 initialiser of a model, by name."""
    content = memoryview(pathlib.Path(path).read_bytes())
    graphs = [value for field, value in fields(content) if field == MODEL_GRAPH]
    found = (tensor(value) for graph in graphs for field, value in fields(graph) if field == GRAPH_INITIALIZER)
    return {name: values for name, values in found if values is not None}


def torch_resnet50(path: str):
    """torchvision's ResNet-50 with the weights of an ONNX file that keeps its names and its batch normalisation."""
    import torch

    import common
    found = {name: torch.from_numpy(values) for name, values in weights(path).items()}
    model = common.torchvision().models.resnet50(weights=None)
    missing, unknown = model.load_state_dict(found, strict=False)
    lost = [name for name in missing if not name.endswith("num_batches_tracked")]  # counts training steps; not used here
    if lost or unknown:
        raise SystemExit(f"{path} is not a ResNet-50 with torchvision's names: missing {lost[:3]}, unknown {unknown[:3]}")
    return model.eval()
