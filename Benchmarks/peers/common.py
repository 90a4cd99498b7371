"""What the peers share: which photographs, torchvision's preprocessing, the rows they write, and the line they end with.

Each peer is one program of its own, as a user would write it. It reads a folder of photographs, writes Parquet with
`path, predicted_class, confidence`, and prints one line of JSON that `compare.py` reads:
`seconds` is the time of processing, as each peer's own documentation would measure it (`started` says what is left out).
"""

import importlib.metadata
import json
import pathlib
import platform
import sys
import time

PROGRAM_START = time.perf_counter()
SUFFIXES = {".jpeg", ".jpg", ".png"}
# What PyTorch would forget with its last reference.
KEPT: list = []
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def photographs(folder: str) -> list[str]:
    """Paths of a folder's photographs, sorted."""
    return sorted(str(path) for path in pathlib.Path(folder).iterdir() if path.suffix.lower() in SUFFIXES)


def torchvision():
    """The module. PyPI has it for CUDA only; beside a PyTorch without CUDA its own operators cannot be loaded, and importing
    it fails over their names. They are for detecting objects: neither a transform nor a ResNet uses them."""
    import torch
    try:
        import torchvision
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
        for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            del sys.modules[name]
        KEPT.append(torch.library.Library("torchvision", "FRAGMENT"))
        for name in ("nms", "qnms"):
            KEPT[-1].define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        import torchvision
    from torchvision import models, transforms  # so that both are there as attributes
    return torchvision


def torchvision_steps(*first: str):
    """Resize(256), CenterCrop(224), ToTensor, Normalize: what the reference answers were made with.

    `first`: names of transforms that come before, such as ToPILImage.
    """
    transforms = torchvision().transforms
    first = [getattr(transforms, name)() for name in first]
    return transforms.Compose([*first, transforms.Resize(256), transforms.CenterCrop(224), transforms.ToTensor(),
                               transforms.Normalize(MEAN, STD)])


def write_rows(path: str, paths: list[str], classes: list[int], confidences: list[float]) -> None:
    """One Parquet file of predictions."""
    import pyarrow
    import pyarrow.parquet
    table = pyarrow.table({"path": paths, "predicted_class": classes, "confidence": confidences})
    pyarrow.parquet.write_table(table, path)


def finish(images: int, seconds: float, leaves_out: str, *packages: str) -> None:
    """Prints what was measured; the last line of every peer."""
    versions = {"python": platform.python_version()} | {name: importlib.metadata.version(name) for name in packages}
    print(json.dumps({"images": images, "seconds": seconds, "images_per_second": images / seconds,
                      "program_seconds": time.perf_counter() - PROGRAM_START, "leaves_out": leaves_out,
                      "versions": versions}))
    sys.stdout.flush()
