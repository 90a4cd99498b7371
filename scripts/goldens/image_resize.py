#!/usr/bin/env python3
"""Writes Tests/PenstockStagesTests/Goldens/image_resize.csv: what Pillow's BILINEAR resize and crop give.

The source image of a case is made from (width, height, seed) by integer arithmetic alone, pixel after pixel in
row-major order, channels red, green, blue:

    state = seed                                    64 bits, wrapping
    for y in 0..<height, x in 0..<width, c in 0..<3:
        state = state * 6364136223846793005 + 1442695040888963407
        noise = state >> 56                         0...255
        gradient = (x * (c + 1) * 5 + y * (3 - c) * 3 + seed) & 255
        pixel = noise if (x / 16 + y / 16 + seed) % 3 == 0 else (gradient * 3 + noise) / 4     (integer divisions)

so that there are patches of pure noise, where every weight counts, and smooth ones, where rounding shows.
`hash` is 64-bit FNV-1a over the crop's bytes, RGB, row-major.
"""

import PIL
from PIL import Image

from image_library import GOLDENS, fnv1a64

# source w, h; resized w, h; crop x, y, w, h
CASES = [
    # the usual: photographs to 256, crop 224
    (500, 375, 341, 256, 58, 16, 224, 224), (375, 500, 256, 341, 16, 58, 224, 224),
    (640, 480, 341, 256, 58, 16, 224, 224), (400, 400, 256, 256, 16, 16, 224, 224),
    (1024, 768, 341, 256, 58, 16, 224, 224), (333, 500, 256, 384, 16, 80, 224, 224),
    (257, 255, 258, 256, 17, 16, 224, 224), (300, 200, 384, 256, 80, 16, 224, 224),
    (150, 113, 339, 256, 58, 16, 224, 224), (500, 375, 309, 232, 42, 4, 224, 224),
    (500, 332, 385, 256, 80, 16, 224, 224), (499, 333, 383, 256, 80, 16, 224, 224),
    # heights that shrink by more than twice the pixels that widths do: the vertical pass comes first
    (300, 900, 256, 768, 16, 272, 224, 224), (260, 700, 256, 689, 16, 232, 224, 224), (90, 200, 80, 60, 5, 7, 70, 50),
    (64, 333, 100, 111, 13, 11, 77, 88), (50, 61, 50, 31, 0, 0, 50, 31),
    # whole, shrinking by integers, fractions, a lot
    (256, 256, 128, 128, 0, 0, 128, 128), (256, 256, 64, 64, 0, 0, 64, 64), (300, 300, 100, 100, 0, 0, 100, 100),
    (255, 255, 128, 128, 0, 0, 128, 128), (127, 129, 64, 63, 0, 0, 64, 63), (100, 80, 99, 79, 0, 0, 99, 79),
    (500, 400, 17, 13, 0, 0, 17, 13), (513, 511, 7, 5, 0, 0, 7, 5), (640, 360, 2, 2, 0, 0, 2, 2),
    (97, 89, 31, 29, 0, 0, 31, 29), (211, 199, 150, 50, 0, 0, 150, 50), (199, 211, 50, 150, 0, 0, 50, 150),
    (333, 77, 222, 51, 0, 0, 222, 51), (1000, 10, 250, 10, 0, 0, 250, 10), (10, 1000, 10, 250, 0, 0, 10, 250),
    # enlarging
    (64, 64, 128, 128, 0, 0, 128, 128), (63, 65, 200, 190, 0, 0, 200, 190), (50, 40, 51, 41, 0, 0, 51, 41),
    (16, 16, 256, 256, 0, 0, 256, 256), (5, 7, 99, 101, 0, 0, 99, 101), (3, 3, 224, 224, 0, 0, 224, 224),
    (2, 2, 7, 7, 0, 0, 7, 7), (10, 20, 100, 30, 0, 0, 100, 30), (31, 33, 32, 32, 0, 0, 32, 32),
    # one axis only, or none
    (120, 90, 120, 45, 0, 0, 120, 45), (120, 90, 60, 90, 0, 0, 60, 90), (120, 90, 120, 90, 0, 0, 120, 90),
    (120, 90, 120, 91, 0, 0, 120, 91), (120, 90, 121, 90, 0, 0, 121, 90), (120, 90, 120, 90, 13, 7, 50, 60),
    (120, 90, 120, 45, 11, 3, 99, 41), (120, 90, 60, 90, 7, 11, 41, 66),
    # one pixel wide or high, before or after
    (1, 1, 1, 1, 0, 0, 1, 1), (1, 1, 9, 9, 0, 0, 9, 9), (1, 1, 224, 1, 0, 0, 224, 1), (9, 9, 1, 1, 0, 0, 1, 1),
    (1, 100, 1, 37, 0, 0, 1, 37), (100, 1, 37, 1, 0, 0, 37, 1), (1, 100, 50, 37, 0, 0, 50, 37),
    (100, 1, 37, 50, 0, 0, 37, 50), (640, 480, 1, 1, 0, 0, 1, 1), (640, 480, 1, 480, 0, 0, 1, 480),
    (640, 480, 640, 1, 0, 0, 640, 1), (2, 1, 3, 5, 0, 0, 3, 5), (1, 2, 5, 3, 0, 0, 5, 3), (7, 1, 1, 7, 0, 0, 1, 7),
    # extreme shapes
    (2000, 3, 256, 1, 0, 0, 256, 1), (3, 2000, 1, 256, 0, 0, 1, 256), (2000, 3, 3, 2000, 0, 990, 3, 20),
    (4000, 2, 31, 2, 0, 0, 31, 2), (2, 4000, 2, 31, 0, 0, 2, 31), (1500, 20, 19200, 256, 9488, 16, 224, 224),
    (20, 1500, 256, 19200, 16, 9488, 224, 224), (5000, 1, 1, 1, 0, 0, 1, 1), (1, 5000, 1, 1, 0, 0, 1, 1),
    # crops: corners, edges, single pixels, odd widths around the vector sizes
    (300, 200, 150, 100, 0, 0, 10, 10), (300, 200, 150, 100, 140, 90, 10, 10), (300, 200, 150, 100, 140, 0, 10, 10),
    (300, 200, 150, 100, 0, 90, 10, 10), (300, 200, 150, 100, 149, 99, 1, 1), (300, 200, 150, 100, 0, 0, 1, 1),
    (300, 200, 150, 100, 71, 33, 11, 9), (300, 200, 150, 100, 71, 33, 10, 9), (300, 200, 150, 100, 3, 5, 21, 7),
    (300, 200, 150, 100, 3, 5, 43, 7), (300, 200, 450, 300, 401, 201, 33, 77), (300, 200, 50, 33, 49, 0, 1, 33),
    (300, 200, 50, 33, 0, 32, 50, 1), (731, 517, 362, 256, 69, 16, 224, 224), (517, 731, 256, 361, 16, 68, 224, 224),
]


def source(width: int, height: int, seed: int) -> bytes:
    pixels = bytearray(width * height * 3)
    state, index = seed, 0
    for y in range(height):
        for x in range(width):
            is_noise = (x // 16 + y // 16 + seed) % 3 == 0
            for c in range(3):
                state = (state * 6364136223846793005 + 1442695040888963407) & 0xFFFFFFFFFFFFFFFF
                noise = state >> 56
                gradient = (x * (c + 1) * 5 + y * (3 - c) * 3 + seed) & 255
                pixels[index] = noise if is_noise else (gradient * 3 + noise) // 4
                index += 1
    return bytes(pixels)


def main() -> None:
    lines = [f"# scripts/goldens/image_resize.py, Pillow {PIL.__version__}, BILINEAR then crop; sources as told there",
             "src_w,src_h,seed,resized_w,resized_h,crop_x,crop_y,crop_w,crop_h,hash"]
    for seed, (w, h, rw, rh, x, y, cw, ch) in enumerate(CASES, start=1):
        image = Image.frombytes("RGB", (w, h), source(w, h, seed))
        crop = image.resize((rw, rh), Image.BILINEAR).crop((x, y, x + cw, y + ch))
        lines.append(f"{w},{h},{seed},{rw},{rh},{x},{y},{cw},{ch},{fnv1a64(crop.tobytes()):016x}")
    (GOLDENS / "image_resize.csv").write_text("\n".join(lines) + "\n")
    print(f"{len(CASES)} cases -> {GOLDENS / 'image_resize.csv'}")


if __name__ == "__main__":
    main()
