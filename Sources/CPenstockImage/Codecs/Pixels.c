// Small conversions to RGB that several codecs share, each as Pillow does it.
#include "../Internal.h"

#include <string.h>

/// a * b / 255, rounded, for bytes.
static uint32_t product_of_fractions(uint32_t a, uint32_t b) {
  uint32_t product = a * b + 128;
  return ((product >> 8) + product) >> 8;
}

void pimg_cmyk_to_rgb(const uint8_t *pixels, uint32_t count, bool inverted, uint8_t *out) {
  uint8_t flip = inverted ? 255 : 0;
  for (uint32_t index = 0; index < count; index++, pixels += 4, out += 3) {
    uint32_t paper = 255U - (pixels[3] ^ flip);
    for (int ink = 0; ink < 3; ink++) {
      out[ink] = (uint8_t)(paper - product_of_fractions(pixels[ink] ^ flip, paper)); // the product is at most `paper`
    }
  }
}

void pimg_gray_to_rgb(const uint8_t *pixels, uint32_t count, uint8_t *out) {
  for (uint32_t index = 0; index < count; index++, out += 3) {
    out[0] = out[1] = out[2] = pixels[index];
  }
}

void pimg_indices_to_rgb(const uint8_t *pixels, uint32_t count, const uint8_t *palette, uint8_t *out) {
  for (uint32_t index = 0; index < count; index++, out += 3) {
    memcpy(out, palette + (size_t)pixels[index] * 3, 3);
  }
}

void pimg_gray_palette(uint8_t *palette) {
  for (int value = 0; value < 256; value++) {
    memset(palette + value * 3, value, 3);
  }
}
