// PNG by rows; an interlaced one through a frame in its own pixels.
#include "../Internal.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <png.h>

typedef struct png_run {
  const pimg_job *job;
  png_structp png;
  png_infop header;
  size_t offset; // into the data
  jmp_buf escape;
  int status;
  char message[160];
  uint8_t color_type;
  uint8_t bit_depth;
  uint8_t palette[256 * 3];
  uint8_t *frame; // interlaced: all rows as stored
  uint8_t *row;   // else: one
} png_run;

static void on_error(png_structp png, png_const_charp reason) {
  png_run *run = png_get_error_ptr(png);
  run->status = PENSTOCK_IMAGE_DAMAGED;
  snprintf(run->message, sizeof run->message, "damaged PNG data at byte %zu of %zu: %s", run->offset,
           run->job->bytes.size, reason);
  longjmp(run->escape, 1);
}

static void on_warning(png_structp png, png_const_charp reason) {
  (void)png;
  (void)reason;
}

static void read_bytes(png_structp png, png_bytep out, size_t count) {
  png_run *run = png_get_io_ptr(png);
  pimg_bytes bytes = run->job->bytes;
  if (count > bytes.size - run->offset) {
    run->status = PENSTOCK_IMAGE_DAMAGED;
    snprintf(run->message, sizeof run->message, "premature end of PNG data at byte %zu of %zu: %u of %u rows decoded",
             bytes.size, bytes.size, run->job->sink->next_row, run->job->info->height);
    longjmp(run->escape, 1);
  }
  memcpy(out, bytes.data + run->offset, count);
  run->offset += count;
}

static int open_png(png_run *run) {
  run->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, run, on_error, on_warning);
  run->header = run->png != NULL ? png_create_info_struct(run->png) : NULL;
  if (run->header == NULL) {
    png_destroy_read_struct(&run->png, NULL, NULL);
    return pimg_fail(run->job->error, PENSTOCK_IMAGE_OUT_OF_MEMORY, "out of memory for PNG state");
  }
  png_set_read_fn(run->png, run, read_bytes);
  png_set_user_limits(run->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX); // limits were checked before
  // Profiles, texts and other side data are walked over, whatever is in them.
  png_set_keep_unknown_chunks(run->png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
  // As Pillow: a wrong checksum before the pixels is an error, those of the pixels are not looked at.
  png_set_crc_action(run->png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  return PENSTOCK_IMAGE_OK;
}

static void read_palette(png_run *run) {
  png_colorp colors = NULL;
  int count = 0;
  pimg_gray_palette(run->palette);
  png_get_PLTE(run->png, run->header, &colors, &count);
  for (int index = 0; index < count && index < 256; index++) {
    run->palette[index * 3] = colors[index].red;
    run->palette[index * 3 + 1] = colors[index].green;
    run->palette[index * 3 + 2] = colors[index].blue;
  }
}

static void read_header(png_run *run) {
  png_read_info(run->png, run->header);
  png_set_crc_action(run->png, PNG_CRC_QUIET_USE, PNG_CRC_QUIET_USE);
  run->color_type = png_get_color_type(run->png, run->header);
  run->bit_depth = png_get_bit_depth(run->png, run->header);
  if (run->color_type == PNG_COLOR_TYPE_PALETTE) {
    read_palette(run);
  }
  if (run->bit_depth < 8) {
    png_set_packing(run->png); // one sample per byte, not scaled
  }
}

static void spread_gray(const uint8_t *row, uint32_t width, uint8_t bit_depth, uint8_t *out) {
  uint8_t scale = (uint8_t)(255 / ((1 << bit_depth) - 1));
  for (uint32_t x = 0; x < width; x++, out += 3) {
    out[0] = out[1] = out[2] = (uint8_t)(row[x] * scale);
  }
}

/// Pillow reads 16-bit gray into a 16-bit mode and clips it to a byte when it converts to RGB.
static void clip_gray_16(const uint8_t *row, uint32_t width, uint8_t *out) {
  for (uint32_t x = 0; x < width; x++, out += 3, row += 2) {
    out[0] = out[1] = out[2] = row[0] != 0 ? 255 : row[1];
  }
}

/// Picks samples out of pixels of `stride` bytes; every `step`th byte is the one that counts (16 bits: the high one).
static void pick(const uint8_t *row, uint32_t width, size_t stride, size_t step, bool is_gray, uint8_t *out) {
  size_t green = is_gray ? 0 : step;
  for (uint32_t x = 0; x < width; x++, out += 3, row += stride) {
    out[0] = row[0];
    out[1] = row[green];
    out[2] = row[2 * green];
  }
}

/// One row as stored to RGB: alpha is dropped, as by `convert("RGB")`.
static void convert_row(const png_run *run, const uint8_t *row, uint8_t *out) {
  uint32_t width = run->job->info->width;
  size_t sample = run->bit_depth == 16 ? 2 : 1;
  switch (run->color_type) {
  case PNG_COLOR_TYPE_PALETTE: pimg_indices_to_rgb(row, width, run->palette, out); break;
  case PNG_COLOR_TYPE_GRAY:
    if (run->bit_depth == 16) {
      clip_gray_16(row, width, out);
    } else {
      spread_gray(row, width, run->bit_depth, out);
    }
    break;
  case PNG_COLOR_TYPE_GRAY_ALPHA: pick(row, width, 2 * sample, sample, true, out); break;
  case PNG_COLOR_TYPE_RGB: pick(row, width, 3 * sample, sample, false, out); break;
  default: pick(row, width, 4 * sample, sample, false, out); break;
  }
}

static int take_rows(png_run *run, size_t row_bytes) {
  const pimg_job *job = run->job;
  int status = pimg_charge(job->decoder, (uint64_t)row_bytes * 2 + 65536, "the state of the PNG decoder", job->error);
  if (status != PENSTOCK_IMAGE_OK) {
    return status;
  }
  if (png_get_interlace_type(run->png, run->header) != PNG_INTERLACE_NONE) {
    return pimg_take(job->decoder, PIMG_SCRATCH_RAW, (uint64_t)row_bytes * job->info->height,
                     "the frame of an interlaced PNG", &run->frame, job->error);
  }
  return pimg_take(job->decoder, PIMG_SCRATCH_RAW_ROW, row_bytes, "a row of the PNG", &run->row, job->error);
}

static void read_interlaced(png_run *run, int pass_count, size_t row_bytes) {
  uint32_t height = run->job->info->height;
  for (int pass = 0; pass < pass_count; pass++) {
    for (uint32_t y = 0; y < height; y++) {
      png_read_row(run->png, run->frame + y * row_bytes, NULL);
    }
  }
}

/// True if the data ends as a PNG does, so that it is not cut short.
static bool is_terminated(pimg_bytes bytes) {
  static const uint8_t end_chunk[12] = {0, 0, 0, 0, 'I', 'E', 'N', 'D', 0xae, 0x42, 0x60, 0x82};
  return bytes.size >= sizeof end_chunk &&
         memcmp(bytes.data + bytes.size - sizeof end_chunk, end_chunk, sizeof end_chunk) == 0;
}

/// Pillow decodes every row and so refuses a file that is cut short anywhere. Here rows below the crop are decompressed
/// only when the file lacks its end.
static void check_rest(png_run *run) {
  uint32_t rows_left = run->job->info->height - run->job->sink->next_row;
  for (; run->frame == NULL && rows_left > 0 && !is_terminated(run->job->bytes); rows_left--) {
    png_read_row(run->png, run->row, NULL);
  }
}

static int decode(png_run *run) {
  read_header(run);
  const pimg_job *job = run->job;
  if (png_get_image_width(run->png, run->header) != job->info->width ||
      png_get_image_height(run->png, run->header) != job->info->height) {
    return pimg_fail(job->error, PENSTOCK_IMAGE_DAMAGED, "PNG with two headers");
  }
  int pass_count = png_set_interlace_handling(run->png);
  png_read_update_info(run->png, run->header);
  size_t row_bytes = png_get_rowbytes(run->png, run->header);
  int status = take_rows(run, row_bytes);
  if (status != PENSTOCK_IMAGE_OK) {
    return status;
  }
  if (run->frame != NULL) {
    read_interlaced(run, pass_count, row_bytes);
  }
  while (!pimg_sink_is_done(job->sink)) {
    const uint8_t *row = run->frame != NULL ? run->frame + job->sink->next_row * row_bytes : run->row;
    if (run->frame == NULL) {
      png_read_row(run->png, run->row, NULL);
    }
    convert_row(run, row, pimg_sink_row(job->sink));
    pimg_sink_row_written(job->sink);
  }
  check_rest(run);
  return PENSTOCK_IMAGE_OK;
}

int pimg_decode_png(const pimg_job *job) {
  png_run run = {.job = job};
  int status = open_png(&run);
  if (status != PENSTOCK_IMAGE_OK) {
    return status;
  }
  // `run` is changed after setjmp, but only through pointers that the callees got: it lives in memory, not in
  // registers.
  if (setjmp(run.escape)) {
    png_destroy_read_struct(&run.png, &run.header, NULL);
    return pimg_fail(job->error, run.status, "%s", run.message);
  }
  int outcome = decode(&run);
  png_destroy_read_struct(&run.png, &run.header, NULL);
  return outcome;
}
