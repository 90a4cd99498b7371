"""Shared by the image golden scripts: the C target as a ctypes library, the test images, FNV-1a."""

import ctypes
import hashlib
import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "Sources" / "CPenstockImage"
REALDATA = Path(os.environ.get("PENSTOCK_REALDATA", ROOT.parent / "shared" / "realdata"))
GOLDENS = ROOT / "Tests" / "PenstockStagesTests" / "Goldens"
STATUS = ["ok", "damaged", "unsupported", "too large", "not an image", "out of memory", "invalid argument"]


def fnv1a64(data: bytes) -> int:
    """64-bit FNV-1a. Over megabytes this loop is slow; `Library.fnv` is the same in C."""
    value = 0xCBF29CE484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value


def images(*folders: str) -> list[Path]:
    """All files of folders of realdata, in a stable order; models are no images but are named like what people pass."""
    return sorted(p for folder in folders for p in (REALDATA / folder).rglob("*") if p.is_file())


class Info(ctypes.Structure):
    _fields_ = [("format", ctypes.c_int32), ("width", ctypes.c_uint32), ("height", ctypes.c_uint32),
                ("orientation", ctypes.c_uint8), ("components", ctypes.c_uint8), ("bits", ctypes.c_uint8),
                ("progressive", ctypes.c_bool)]


class Limits(ctypes.Structure):
    _fields_ = [("max_pixels", ctypes.c_uint64), ("max_scratch_bytes", ctypes.c_uint64)]


class Target(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in
                ("resized_width", "resized_height", "crop_x", "crop_y", "crop_width", "crop_height")] + [
                    ("apply_exif", ctypes.c_bool), ("quality", ctypes.c_int32)]


FNV_SOURCE = r"""
#include <stddef.h>
#include <stdint.h>
uint64_t fast_fnv1a64(const uint8_t *p, size_t n) {
  uint64_t h = 0xcbf29ce484222325ull;
  for (size_t i = 0; i < n; i++) h = (h ^ p[i]) * 0x100000001b3ull;
  return h;
}
"""


def build(extra_flags: str = "") -> Path:
    """Compiles the target into a temporary shared library; kept while the sources stay the same."""
    sources = sorted(SOURCES.rglob("*.c"))
    headers = sorted(SOURCES.rglob("*.h"))
    digest = hashlib.sha256(extra_flags.encode() + b"".join(p.read_bytes() for p in sources + headers)).hexdigest()[:16]
    output = Path(tempfile.gettempdir()) / f"penstock-image-{digest}.so"
    if output.exists():
        return output
    compiler = os.environ.get("CC") or shutil.which("clang") or "cc"
    fnv = Path(tempfile.gettempdir()) / "penstock-fnv.c"
    fnv.write_text(FNV_SOURCE)
    command = [compiler, "-std=c17", "-O2", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-shared", "-fPIC",
               *shlex.split(extra_flags), "-o", str(output), *map(str, sources), str(fnv),
               "-ljpeg", "-lpng", "-lwebp", "-lgif", "-ltiff", "-lm"]
    subprocess.run(command, check=True)
    return output


class Library:
    """One decoder of the C target."""

    def __init__(self, extra_flags: str = "", max_pixels: int = 0, max_scratch_bytes: int = 0):
        self.lib = ctypes.CDLL(str(build(extra_flags)))
        self.lib.fast_fnv1a64.restype = ctypes.c_uint64
        self.lib.penstock_image_format_name.restype = ctypes.c_char_p
        self.lib.penstock_image_decoder_scratch_bytes.restype = ctypes.c_size_t
        self.decoder = ctypes.c_void_p()
        self.error = ctypes.create_string_buffer(512)
        self.check(self.lib.penstock_image_decoder_create(Limits(max_pixels, max_scratch_bytes),
                                                          ctypes.byref(self.decoder), self.error, 512))

    def check(self, status: int) -> None:
        if status != 0:
            raise RuntimeError(f"{STATUS[status]}: {self.error.value.decode(errors='replace')}")

    def fnv(self, data: bytes) -> int:
        return self.lib.fast_fnv1a64(bytes(data), ctypes.c_size_t(len(data)))

    def info(self, data: bytes) -> Info:
        info = Info()
        self.check(self.lib.penstock_image_read_info(
            data, ctypes.c_size_t(len(data)), ctypes.byref(info), self.error, 512))
        return info

    def decode(self, data: bytes, apply_exif: bool = False) -> tuple[int, int, bytes]:
        info = self.info(data)
        size = info.width * info.height * 3
        out = (ctypes.c_uint8 * (size if size < 2**30 else 16))()
        width, height = ctypes.c_uint32(), ctypes.c_uint32()
        self.check(self.lib.penstock_image_decode_rgb(
            self.decoder, data, ctypes.c_size_t(len(data)), ctypes.c_bool(apply_exif), out, ctypes.c_size_t(size),
            ctypes.byref(width), ctypes.byref(height), self.error, 512))
        return width.value, height.value, bytes(out)

    def decode_resized(self, data: bytes, target: Target) -> bytes:
        out = (ctypes.c_uint8 * (target.crop_width * target.crop_height * 3))()
        self.check(self.lib.penstock_image_decode_resized(
            self.decoder, data, ctypes.c_size_t(len(data)), ctypes.byref(target), out, ctypes.c_size_t(len(out)),
            self.error, 512))
        return bytes(out)

    def resize(self, pixels: bytes, width: int, height: int, target: Target) -> bytes:
        out = (ctypes.c_uint8 * (target.crop_width * target.crop_height * 3))()
        self.check(self.lib.penstock_image_resize_rgb(
            self.decoder, pixels, ctypes.c_size_t(len(pixels)), ctypes.c_uint32(width), ctypes.c_uint32(height),
            ctypes.byref(target), out, ctypes.c_size_t(len(out)), self.error, 512))
        return bytes(out)


def torchvision_target(width: int, height: int, resize: int = 256, crop: int = 224, apply_exif: bool = False,
                       quality: int = 0) -> Target:
    """Short side to `resize`, long side truncated; centre crop with ties to even, as torchvision does."""
    if width <= height:
        resized = (resize, int(resize * height / width))
    else:
        resized = (int(resize * width / height), resize)
    left = int(round((resized[0] - crop) / 2.0))
    top = int(round((resized[1] - crop) / 2.0))
    return Target(*resized, left, top, crop, crop, apply_exif, quality)
