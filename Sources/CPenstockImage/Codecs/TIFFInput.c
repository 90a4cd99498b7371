// libtiff over a buffer, without its global message handlers where the version allows.
#include "TIFFInput.h"

#include <stdio.h>
#include <string.h>

static tmsize_t read_bytes(thandle_t handle, void *out, tmsize_t count) {
  pimg_tiff *run = handle;
  pimg_bytes bytes = run->job->bytes;
  size_t left = run->offset < bytes.size ? bytes.size - run->offset : 0;
  size_t size = (size_t)count < left ? (size_t)count : left;
  memcpy(out, bytes.data + (size > 0 ? run->offset : 0), size);
  run->offset += size;
  return (tmsize_t)size;
}

static tmsize_t write_bytes(thandle_t handle, void *data, tmsize_t count) {
  (void)handle;
  (void)data;
  (void)count;
  return 0;
}

static toff_t seek(thandle_t handle, toff_t offset, int whence) {
  pimg_tiff *run = handle;
  uint64_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? run->offset : run->job->bytes.size;
  run->offset = (size_t)(base + offset);
  return run->offset;
}

static int close_nothing(thandle_t handle) {
  (void)handle;
  return 0;
}

static toff_t size_of(thandle_t handle) { return ((pimg_tiff *)handle)->job->bytes.size; }

static int map(thandle_t handle, void **base, toff_t *size) {
  pimg_bytes bytes = ((pimg_tiff *)handle)->job->bytes;
  *base = (void *)(uintptr_t)bytes.data; // opened for reading: libtiff does not write there
  *size = bytes.size;
  return 1;
}

static void unmap(thandle_t handle, void *base, toff_t size) {
  (void)handle;
  (void)base;
  (void)size;
}

#if TIFFLIB_VERSION >= 20221213 // 4.5.0

static int on_error(TIFF *tiff, void *user, const char *module, const char *format, va_list arguments) {
  (void)tiff;
  (void)module;
  pimg_tiff *run = user;
  vsnprintf(run->message, sizeof run->message, format, arguments);
  return 1;
}

static int on_warning(TIFF *tiff, void *user, const char *module, const char *format, va_list arguments) {
  (void)tiff;
  (void)user;
  (void)module;
  (void)format;
  (void)arguments;
  return 1;
}

static TIFF *open_in_memory(pimg_tiff *run) {
  TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
  if (options == NULL) {
    return NULL;
  }
  uint64_t limit = run->job->decoder->limits.max_scratch_bytes;
  TIFFOpenOptionsSetMaxSingleMemAlloc(options, limit < INT64_MAX ? (tmsize_t)limit : INT64_MAX);
  TIFFOpenOptionsSetErrorHandlerExtR(options, on_error, run);
  TIFFOpenOptionsSetWarningHandlerExtR(options, on_warning, run);
  TIFF *tiff =
      TIFFClientOpenExt("image", "r", run, read_bytes, write_bytes, seek, close_nothing, size_of, map, unmap, options);
  TIFFOpenOptionsFree(options);
  return tiff;
}

#else

static TIFF *open_in_memory(pimg_tiff *run) {
  TIFFSetErrorHandler(NULL); // process-wide, and the only way in this version to keep libtiff from writing to stderr
  TIFFSetWarningHandler(NULL);
  return TIFFClientOpen("image", "r", run, read_bytes, write_bytes, seek, close_nothing, size_of, map, unmap);
}

#endif

int pimg_tiff_damaged(const pimg_tiff *run, const char *what) {
  return pimg_fail(run->job->error, PENSTOCK_IMAGE_DAMAGED, "damaged TIFF data (%zu bytes): %s%s%s",
                   run->job->bytes.size, what, run->message[0] != '\0' ? ": " : "", run->message);
}

static int read_palette(pimg_tiff *run) {
  uint16_t *colors[3];
  if (!TIFFGetField(run->tiff, TIFFTAG_COLORMAP, &colors[0], &colors[1], &colors[2])) {
    return pimg_tiff_damaged(run, "no colour map");
  }
  pimg_gray_palette(run->palette);
  for (uint32_t index = 0; index < 1U << run->bits; index++) {
    for (int color = 0; color < 3; color++) {
      run->palette[index * 3 + (uint32_t)color] = (uint8_t)(colors[color][index] / 256);
    }
  }
  return PENSTOCK_IMAGE_OK;
}

static bool is_gray_supported(const pimg_tiff *run) {
  bool is_integer = run->format == SAMPLEFORMAT_UINT || run->format == SAMPLEFORMAT_INT;
  uint16_t bits = run->bits;
  bool known = bits == 1 || bits == 2 || bits == 4 || bits == 8 || bits == 12 || bits == 16;
  bool alone = run->samples == 1 && ((is_integer && known) || bits == 32);
  return alone || (run->samples == 2 && bits == 8 && is_integer);
}

/// The kinds of pixels that Pillow reads.
static bool is_supported(const pimg_tiff *run) {
  bool is_byte = run->bits == 8;
  bool is_whole = run->format == SAMPLEFORMAT_UINT && (is_byte || run->bits == 16);
  switch (run->photometric) {
  case PHOTOMETRIC_MINISWHITE:
  case PHOTOMETRIC_MINISBLACK: return is_gray_supported(run);
  case PHOTOMETRIC_RGB: return is_whole && run->samples >= 3 && run->samples <= (is_byte ? 6 : 4);
  case PHOTOMETRIC_PALETTE: return run->bits <= 8 && (run->samples == 1 || (run->samples == 2 && is_byte));
  case PHOTOMETRIC_SEPARATED: return is_whole && run->samples >= 4 && run->samples <= (is_byte ? 6 : 4);
  case PHOTOMETRIC_YCBCR: return is_byte && (run->samples == 1 || run->samples == 3);
  default: return false;
  }
}

static void read_tags(pimg_tiff *run) {
  TIFF *tiff = run->tiff;
  uint16_t extra_count = 0;
  uint16_t *extras = NULL;
  TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &run->width);
  TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &run->height);
  TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &run->photometric); // 0 when absent, as Pillow
  TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &run->bits);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &run->samples);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &run->format);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_COMPRESSION, &run->compression);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_PLANARCONFIG, &run->planar);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_EXTRASAMPLES, &extra_count, &extras);
  run->is_alpha_premultiplied = extra_count > 0 && extras[0] == EXTRASAMPLE_ASSOCALPHA;
  run->format = run->format == SAMPLEFORMAT_VOID ? SAMPLEFORMAT_UINT : run->format;
}

int pimg_tiff_open(pimg_tiff *run) {
  run->tiff = open_in_memory(run);
  if (run->tiff == NULL) {
    return pimg_tiff_damaged(run, "the directory");
  }
  read_tags(run);
  int status = PENSTOCK_IMAGE_OK;
  if (run->width != run->job->info->width || run->height != run->job->info->height) {
    status = pimg_tiff_damaged(run, "two sizes in one directory");
  } else if (!is_supported(run)) {
    status =
        pimg_fail(run->job->error, PENSTOCK_IMAGE_UNSUPPORTED,
                  "TIFF with photometric interpretation %u, %u samples of %u bits in sample format %u is not supported",
                  run->photometric, run->samples, run->bits, run->format);
  } else if (!TIFFIsCODECConfigured(run->compression)) {
    status = pimg_fail(run->job->error, PENSTOCK_IMAGE_UNSUPPORTED,
                       "TIFF with compression %u is not supported by libtiff", run->compression);
  } else if (run->photometric == PHOTOMETRIC_PALETTE) {
    status = read_palette(run);
  }
  if (status != PENSTOCK_IMAGE_OK) {
    TIFFClose(run->tiff);
  }
  return status;
}
