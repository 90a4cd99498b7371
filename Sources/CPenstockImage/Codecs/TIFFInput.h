/// A TIFF in memory, opened with libtiff, and what its first directory says about pixels.
#ifndef PENSTOCK_IMAGE_TIFF_INPUT_H
#define PENSTOCK_IMAGE_TIFF_INPUT_H

#include "../Internal.h"

#include <tiffio.h>

typedef struct pimg_tiff {
  const pimg_job *job;
  TIFF *tiff;
  size_t offset;
  char message[200]; // libtiff's last error
  uint32_t width, height;
  uint16_t photometric, bits, samples, format, compression, planar, extra;
  bool is_alpha_premultiplied;
  uint8_t palette[256 * 3];
} pimg_tiff;

/// Opens and reads the tags; closes again on failure.
int pimg_tiff_open(pimg_tiff *run);
/// A status with libtiff's message.
int pimg_tiff_damaged(const pimg_tiff *run, const char *what);
/// Bytes of `width` pixels with their samples side by side.
uint64_t pimg_tiff_row_bytes(const pimg_tiff *run, uint32_t width);
/// Pixels in native byte order to RGB.
void pimg_tiff_convert_row(const pimg_tiff *run, const uint8_t *row, uint32_t width, uint8_t *out);

#endif
