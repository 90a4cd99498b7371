// TIFF samples to RGB, each kind as Pillow's `convert("RGB")` gives it.
#include "TIFFInput.h"

#include <string.h>

uint64_t pimg_tiff_row_bytes(const pimg_tiff *run, uint32_t width) {
  return ((uint64_t)width * run->samples * run->bits + 7) / 8;
}

static uint8_t clipped(double value) { return (uint8_t)(value <= 0 ? 0 : value >= 255 ? 255 : value); }

/// One sample of wide gray, clipped to a byte. Pillow does not invert these, whatever the photometric interpretation.
static uint8_t wide_gray(const pimg_tiff *run, const uint8_t *row, uint32_t x) {
  if (run->bits == 12) {
    const uint8_t *pair = row + (size_t)x / 2 * 3;
    uint32_t value = x % 2 == 0 ? (uint32_t)pair[0] << 4 | pair[1] >> 4 : (uint32_t)(pair[1] & 15) << 8 | pair[2];
    return (uint8_t)(value < 255 ? value : 255);
  }
  if (run->bits == 16) {
    uint16_t value;
    memcpy(&value, row + (size_t)x * 2, 2);
    return run->format == SAMPLEFORMAT_INT ? clipped((int16_t)value) : (uint8_t)(value < 255 ? value : 255);
  }
  uint32_t word;
  memcpy(&word, row + (size_t)x * 4, 4);
  if (run->format == SAMPLEFORMAT_IEEEFP) {
    float number;
    memcpy(&number, &word, 4);
    return number == number ? clipped((double)number) : 0;
  }
  return clipped((int32_t)word); // unsigned ones too: Pillow's mode "I" is signed
}

static void convert_gray(const pimg_tiff *run, const uint8_t *row, uint32_t width, uint8_t *out) {
  uint32_t bits = run->bits;
  uint8_t flip = run->photometric == PHOTOMETRIC_MINISWHITE ? 255 : 0;
  for (uint32_t x = 0; x < width; x++, out += 3) {
    uint8_t value;
    if (bits > 8) {
      value = wide_gray(run, row, x);
    } else if (bits == 8) {
      value = row[(size_t)x * run->samples] ^ flip;
    } else {
      size_t bit = (size_t)x * bits;
      uint32_t mask = (1U << bits) - 1;
      value = (uint8_t)((row[bit / 8] >> (8 - bits - bit % 8) & mask) * (255 / mask)) ^ flip;
    }
    out[0] = out[1] = out[2] = value;
  }
}

static void convert_palette(const pimg_tiff *run, const uint8_t *row, uint32_t width, uint8_t *out) {
  uint32_t bits = run->bits;
  for (uint32_t x = 0; x < width; x++, out += 3) {
    size_t bit = (size_t)x * bits * run->samples;
    uint32_t index = row[bit / 8] >> (8 - bits - bit % 8) & ((1U << bits) - 1);
    memcpy(out, run->palette + (size_t)index * 3, 3);
  }
}

/// The byte that counts of sample `index`: of 16 bits in native order, the high one.
static uint8_t high_byte(const pimg_tiff *run, const uint8_t *pixel, uint32_t index) {
  if (run->bits == 8) {
    return pixel[index];
  }
  uint16_t value;
  memcpy(&value, pixel + (size_t)index * 2, 2);
  return (uint8_t)(value >> 8);
}

static uint8_t without_alpha(uint8_t color, uint8_t alpha) {
  uint32_t value = alpha == 0 ? 0 : (uint32_t)color * 255 / alpha;
  return (uint8_t)(value < 255 ? value : 255);
}

static void convert_rgb(const pimg_tiff *run, const uint8_t *row, uint32_t width, uint8_t *out) {
  size_t step = (size_t)run->samples * run->bits / 8;
  bool divides = run->samples >= 4 && run->is_alpha_premultiplied;
  for (uint32_t x = 0; x < width; x++, row += step, out += 3) {
    for (uint32_t color = 0; color < 3; color++) {
      uint8_t value = high_byte(run, row, color);
      out[color] = divides ? without_alpha(value, high_byte(run, row, 3)) : value;
    }
  }
}

static void convert_cmyk(const pimg_tiff *run, const uint8_t *row, uint32_t width, uint8_t *out) {
  size_t step = (size_t)run->samples * run->bits / 8;
  for (uint32_t x = 0; x < width; x++, row += step, out += 3) {
    uint8_t inks[4];
    for (uint32_t ink = 0; ink < 4; ink++) {
      inks[ink] = high_byte(run, row, ink);
    }
    pimg_cmyk_to_rgb(inks, 1, false, out);
  }
}

void pimg_tiff_convert_row(const pimg_tiff *run, const uint8_t *row, uint32_t width, uint8_t *out) {
  switch (run->photometric) {
  case PHOTOMETRIC_PALETTE: convert_palette(run, row, width, out); break;
  case PHOTOMETRIC_RGB: convert_rgb(run, row, width, out); break;
  case PHOTOMETRIC_SEPARATED: convert_cmyk(run, row, width, out); break;
  case PHOTOMETRIC_YCBCR: // libjpeg has made RGB of it
    if (run->samples == 3) {
      convert_rgb(run, row, width, out);
      break;
    }
    convert_gray(run, row, width, out);
    break;
  default: convert_gray(run, row, width, out); break;
  }
}
