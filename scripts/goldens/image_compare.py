#!/usr/bin/env python3
"""Compares Sources/CPenstockImage with the installed Pillow over realdata and prints every difference.

    python3 scripts/goldens/image_compare.py [--regions N]

Five comparisons: whole frames, whole frames turned by EXIF, resize 256 + crop 224 of the photographs, and regions:
crops all over each image against the same crops of the library's own full decode, which checks that decoding only a
part of a JPEG gives the same bytes; and all of that for files that Pillow writes here. Exits with 1 if anything differs
that `image_decode.expectation` does not list.
"""

import argparse
import io
import random
import sys
import warnings

import numpy
import PIL
from PIL import Image, ImageOps

from image_decode import expectation, pillow_outcome
from image_library import Library, REALDATA, Target, images, torchvision_target


def ours(library: Library, data: bytes, apply_exif: bool) -> tuple[tuple[int, int, bytes] | None, str]:
    try:
        return library.decode(data, apply_exif), ""
    except RuntimeError as error:
        return None, str(error)


def as_expected(expected: str, kind: str, theirs, mine) -> bool:
    if kind in ("equal", "both refuse"):
        return True  # better than expected is no failure: a newer library may have closed the gap
    if expected in ("refused", "decoded"):
        return kind == ("only we refuse" if expected == "refused" else "only Pillow refuses")
    if ":" in expected and kind == "different" and theirs[:2] == mine[:2]:
        return largest_difference(theirs, mine) <= int(expected.split(":")[1])
    return False


def largest_difference(a: tuple[int, int, bytes], b: tuple[int, int, bytes]) -> int:
    return int(numpy.abs(numpy.frombuffer(a[2], numpy.uint8).astype(int) - numpy.frombuffer(b[2], numpy.uint8)).max())


def difference(a: tuple[int, int, bytes], b: tuple[int, int, bytes]) -> str:
    if a[:2] != b[:2]:
        return f"size {a[0]}x{a[1]} / {b[0]}x{b[1]}"
    delta = numpy.abs(numpy.frombuffer(a[2], numpy.uint8).astype(int) - numpy.frombuffer(b[2], numpy.uint8))
    return f"max {delta.max()} in {(delta > 0).mean():.2%} of the bytes"


def compare_frames(library: Library, apply_exif: bool) -> int:
    counts: dict[str, int] = {}
    unexpected = 0
    for path in images("images", "odd"):
        name = path.relative_to(REALDATA).as_posix()
        data = path.read_bytes()
        theirs, their_error = pillow_outcome(path, apply_exif)
        mine, my_error = ours(library, data, apply_exif)
        if theirs is None and mine is None:
            kind, note = "both refuse", ""
        elif theirs is None:
            kind, note = "only Pillow refuses", their_error
        elif mine is None:
            kind, note = "only we refuse", my_error
        elif theirs == mine:
            kind, note = "equal", ""
        else:
            kind, note = "different", difference(theirs, mine)
        counts[kind] = counts.get(kind, 0) + 1
        expected, reason = expectation(name)
        agrees = as_expected(expected, kind, theirs, mine)
        unexpected += not agrees
        if kind not in ("equal", "both refuse") or not agrees:
            mark = "" if agrees else "UNEXPECTED "
            print(f"  {mark}{kind}: {name}: {note}  [{expected}{': ' + reason if reason else ''}]")
    print(f"{'turned by EXIF' if apply_exif else 'as stored'}: {counts}")
    return unexpected


def compare_resized(library: Library) -> int:
    bad = count = 0
    for path in images("images"):
        data = path.read_bytes()
        for apply_exif in (False, True):
            image = Image.open(path).convert("RGB")
            image = ImageOps.exif_transpose(Image.open(path)).convert("RGB") if apply_exif else image
            target = torchvision_target(*image.size, apply_exif=apply_exif)
            crop = image.resize((target.resized_width, target.resized_height), Image.BILINEAR).crop(
                (target.crop_x, target.crop_y, target.crop_x + 224, target.crop_y + 224))
            count += 1
            if library.decode_resized(data, target) != crop.tobytes():
                bad += 1
                print("  resize differs:", path.name, image.size)
    print(f"resize 256, crop 224: {count - bad} of {count} equal")
    return bad


def random_target(width: int, height: int, chance: random.Random) -> Target:
    """Without resizing, half of the time: then every decoded byte shows."""
    rw, rh = (width, height) if chance.random() < 0.5 else (chance.randint(1, width * 2), chance.randint(1, height * 2))
    rw, rh = min(rw, 3000), min(rh, 3000)
    if rw != width or rh != height:
        cw, ch = chance.randint(1, min(rw, 200)), chance.randint(1, min(rh, 200))
    else:
        cw, ch = chance.randint(1, rw), chance.randint(1, rh)
    return Target(rw, rh, chance.randint(0, rw - cw), chance.randint(0, rh - ch), cw, ch, True, 0)


def compare_regions(library: Library, per_image: int) -> int:
    bad = count = 0
    chance = random.Random(1)
    for path in images("images", "odd"):
        data = path.read_bytes()
        whole, _ = ours(library, data, True)
        if whole is None:
            continue
        width, height, pixels = whole
        for _ in range(per_image if width * height < 2_000_000 else 1):
            target = random_target(width, height, chance)
            count += 1
            try:
                region = library.decode_resized(data, target)
            except RuntimeError as error:
                region, note = b"", str(error)
            if region != library.resize(pixels, width, height, target):
                bad += 1
                values = [getattr(target, name) for name, _ in Target._fields_[:6]]
                print("  region differs:", path.relative_to(REALDATA), (width, height), values, "" if region else note)
    print(f"regions: {count - bad} of {count} equal to the crop of the whole frame")
    return bad


def variants() -> dict[str, bytes]:
    """Files of every kind that Pillow writes, from two photographs' pixels: what realdata has too little of."""
    photo = Image.open(images("images")[4]).convert("RGB").resize((157, 101))
    alpha = photo.convert("L").resize((157, 101))
    rgba, la = photo.copy(), photo.convert("LA")
    rgba.putalpha(alpha)
    wide = Image.fromarray((numpy.asarray(alpha).astype(numpy.uint16) * 3 + 5).astype(numpy.uint16))
    kinds = {"1": photo.convert("1"), "L": alpha, "LA": la, "P": photo.quantize(200), "P16": photo.quantize(11),
             "P2": photo.quantize(2), "P4": photo.quantize(4), "RGB": photo, "RGBA": rgba, "I;16": wide,
             "CMYK": photo.convert("CMYK"), "F": alpha.convert("F"), "I": wide.convert("I"),
             "YCbCr": photo.convert("YCbCr")}
    compressions = ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "group3", "group4", "zstd", "webp", "lzma")
    made: dict[str, bytes] = {}

    def save(name: str, kind: str, form: str, **options) -> None:
        output = io.BytesIO()
        try:
            kinds[kind].save(output, form, **options)
            made[name] = output.getvalue()
        except (OSError, ValueError, KeyError, TypeError):
            pass  # a kind that the format cannot hold

    for kind in kinds:
        for form in ("PNG", "GIF", "BMP", "TIFF"):
            save(f"{kind}.{form}", kind, form)
        save(f"{kind}.interlaced.GIF", kind, "GIF", interlace=1)
        save(f"{kind}.transparent.GIF", kind, "GIF", transparency=3)
        for compression in compressions:
            save(f"{kind}.{compression}.TIFF", kind, "TIFF", compression=compression)
        save(f"{kind}.tiled.TIFF", kind, "TIFF", compression="tiff_lzw", tiffinfo={322: 64, 323: 32})
        for orientation in range(1, 9):
            save(f"{kind}.orientation{orientation}.TIFF", kind, "TIFF", tiffinfo={274: orientation})
        for quality, subsampling in ((30, 0), (85, 1), (95, 2)):
            for progressive in (False, True):
                save(f"{kind}.{quality}.{subsampling}.{progressive}.JPEG", kind, "JPEG", quality=quality,
                     subsampling=subsampling, progressive=progressive)
        save(f"{kind}.lossy.WEBP", kind, "WEBP", quality=60)
        save(f"{kind}.lossless.WEBP", kind, "WEBP", lossless=True)
        save(f"{kind}.animated.WEBP", kind, "WEBP", save_all=True, append_images=[photo.rotate(90)])
        save(f"{kind}.animated.GIF", kind, "GIF", save_all=True, append_images=[photo.rotate(90)])
    exif = Image.Exif()
    for orientation in range(1, 9):
        exif[274] = orientation
        for form in ("JPEG", "PNG", "WEBP"):
            save(f"exif{orientation}.{form}", "RGB", form, exif=exif)
    return made


def compare_variants(library: Library, per_image: int) -> int:
    bad = near = count = 0
    chance = random.Random(2)
    for name, data in variants().items():
        for apply_exif in (False, True):
            count += 1
            theirs, their_error = pillow_outcome(io.BytesIO(data), apply_exif)
            mine, my_error = ours(library, data, apply_exif)
            # Pillow converts a TIFF stored as YCbCr with tables of its own, libtiff (which we use) rounds differently.
            if name.startswith("YCbCr.") and name.endswith("TIFF") and largest_difference(theirs, mine) <= 1:
                near += 1
            elif theirs != mine:
                bad += 1
                print(f"  made by Pillow, {name}:", my_error or their_error or difference(theirs, mine))
        for _ in range(per_image if mine is not None else 0):
            target = random_target(mine[0], mine[1], chance)
            count += 1
            if library.decode_resized(data, target) != library.resize(mine[2], mine[0], mine[1], target):
                bad += 1
                print("  region differs:", name, [getattr(target, field) for field, _ in Target._fields_])
    print(f"files made by Pillow: {count - bad - near} of {count} equal, {near} YCbCr TIFFs within 1 level")
    return bad


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--flags", default="", help="more compiler flags")
    parser.add_argument("--regions", type=int, default=12, help="random regions per image")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    library = Library(arguments.flags)
    print(f"Pillow {PIL.__version__}, realdata at {REALDATA}")
    bad = compare_frames(library, False) + compare_frames(library, True)
    bad += compare_resized(library) + compare_regions(library, arguments.regions)
    bad += compare_variants(library, arguments.regions)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
