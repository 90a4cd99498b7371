#!/usr/bin/env python3
"""Writes Tests/PenstockStagesTests/Goldens/image_decode.csv: what Pillow makes of every file of realdata.

Columns: path (relative to realdata), width, height, hash (64-bit FNV-1a of `convert("RGB")`), resized_hash (of resize
256 + crop 224 as torchvision places them; photographs of images/ only), pillow_error (class, where Pillow refuses; then
the columns before are empty), expectation and reason: what Penstock is expected to do. EXIF orientation is ignored,
except that of a TIFF, which Pillow always applies.

    equal       the same bytes, or refused by both
    within:N    at most N levels off
    differs:N   at most N levels off, for a reason that is not ours
    decoded     decoded by us though Pillow refuses it
    refused     refused by us though Pillow decodes it
"""

import csv
import io
import warnings

import PIL
from PIL import Image, ImageOps, features

from image_library import GOLDENS, REALDATA, Library, images, torchvision_target

_SUITE = "odd/jpeg-decoder/crashtest/images/imagetestsuite/"
_NOT_DECODED = "a format that is recognised and named, and not decoded"
_END_MARKER = "only the end marker is broken, into a frame header: libjpeg-turbo 3 reads on and refuses, 2.1.5 stops"
EXCEPTIONS: dict[str, tuple[str, str]] = {
    _SUITE + "8e5e74dbf9b68a322fbb9512db837329.jpg": (
        "differs:128", "damaged data: libjpeg-turbo 2.1.5 here and 3.2 in Pillow recover differently"),
    _SUITE + "f6b4389c3cf0f5997b2e5a4b905aea8d.jpg": (
        "differs:2", "damaged data: libjpeg-turbo 2.1.5 here and 3.2 in Pillow recover differently"),
    _SUITE + "8a9cc8eeed66aeb423a91c44111d9450.jpg": ("decoded", _END_MARKER),
    "odd/jpeg-decoder/fuzz-afl-in/id_000831,sync_jpeg9,src_000903.jpg": ("decoded", _END_MARKER),
    "odd/jpeg-decoder/fuzz-afl-in/id_000903,src_000177,op_havoc,rep_2.jpg": ("decoded", _END_MARKER),
    "odd/jpeg-decoder/fuzz-afl-in/relax-jpeg2000.jp2": ("refused", _NOT_DECODED + ": JPEG 2000"),
    "odd/sharp/relax.jp2": ("refused", _NOT_DECODED + ": JPEG 2000"),
    "odd/sharp/relax_tileparts.jp2": ("refused", _NOT_DECODED + ": JPEG 2000"),
    "odd/sharp/pitm.avif": ("refused", _NOT_DECODED + ": AVIF"),
    "odd/sharp/testimgl.jpg": ("refused", "lossless JPEG (SOF3): libjpeg-turbo has it from version 3 on"),
}


def expectation(name: str) -> tuple[str, str]:
    return EXCEPTIONS.get(name, ("equal", ""))


def pillow_outcome(path, apply_exif: bool = False) -> tuple[tuple[int, int, bytes] | None, str]:
    """Pillow's limit for bombs stands; nothing else is refused by us on its behalf."""
    try:
        with Image.open(path) as image:
            if apply_exif:
                image = ImageOps.exif_transpose(image)
            rgb = image.convert("RGB")
            return (rgb.width, rgb.height, rgb.tobytes()), ""
    except Exception as error:  # noqa: BLE001: whatever Pillow raises is the outcome
        return None, type(error).__name__


def resized_hash(library: Library, outcome: tuple[int, int, bytes]) -> str:
    width, height, pixels = outcome
    target = torchvision_target(width, height)
    image = Image.frombytes("RGB", (width, height), pixels)
    crop = image.resize((target.resized_width, target.resized_height), Image.BILINEAR).crop(
        (target.crop_x, target.crop_y, target.crop_x + 224, target.crop_y + 224))
    return f"{library.fnv(crop.tobytes()):016x}"


def row(library: Library, path) -> list[str]:
    name = path.relative_to(REALDATA).as_posix()
    outcome, error = pillow_outcome(path)
    expected, reason = expectation(name)
    if outcome is None:
        return [name, "", "", "", "", error, expected, reason]
    resized = resized_hash(library, outcome) if name.startswith("images/") else ""
    return [name, str(outcome[0]), str(outcome[1]), f"{library.fnv(outcome[2]):016x}", resized, "", expected, reason]


def main() -> None:
    warnings.simplefilter("ignore")
    library = Library()
    output = io.StringIO()
    turbo = features.version("libjpeg_turbo")
    output.write(f"# scripts/goldens/image_decode.py, Pillow {PIL.__version__}, libjpeg-turbo {turbo}; see there\n")
    writer = csv.writer(output, lineterminator="\n")
    writer.writerow(["path", "width", "height", "hash", "resized_hash", "pillow_error", "expectation", "reason"])
    paths = images("images", "odd")
    for path in paths:
        writer.writerow(row(library, path))
    (GOLDENS / "image_decode.csv").write_text(output.getvalue())
    print(f"{len(paths)} files -> {GOLDENS / 'image_decode.csv'}")


if __name__ == "__main__":
    main()
