// BMP: 1 to 32 bits, bit fields, run lengths. Read here, because every pixel of it is one load and one table: a library
// would bring other roundings of 5-bit colours than Pillow's, and no run lengths (stb_image).
#include "../Internal.h"

#include <string.h>

/// Where the colours stand in a pixel.
typedef enum layout {
  LAYOUT_INDEXED,
  LAYOUT_555,
  LAYOUT_565,
  LAYOUT_BYTES, // 24 and 32 bits: red, green and blue are bytes
} layout;

typedef struct bmp_run {
  const pimg_job *job;
  pimg_bmp_header header;
  layout layout;
  size_t red, green, blue; // LAYOUT_BYTES: offsets in a pixel
  size_t stride;           // bytes of a stored row
  uint8_t palette[256 * 3];
} bmp_run;

static bool has_masks(const bmp_run *run, uint32_t red, uint32_t green, uint32_t blue) {
  const uint32_t *masks = run->header.masks;
  return masks[0] == red && masks[1] == green && masks[2] == blue;
}

static void set_byte_order(bmp_run *run, size_t red, size_t green, size_t blue) {
  run->layout = LAYOUT_BYTES;
  run->red = red;
  run->green = green;
  run->blue = blue;
}

/// The layouts that Pillow knows.
static bool choose_layout(bmp_run *run) {
  bool has_fields = run->header.compression == 3;
  uint32_t bits = run->header.bits;
  if (bits <= 8) {
    run->layout = LAYOUT_INDEXED;
  } else if (bits == 16) {
    run->layout = has_fields && has_masks(run, 0xf800, 0x7e0, 0x1f) ? LAYOUT_565 : LAYOUT_555;
    return !has_fields || run->layout == LAYOUT_565 || has_masks(run, 0x7c00, 0x3e0, 0x1f);
  } else if (bits == 24 || !has_fields || has_masks(run, 0xff0000, 0xff00, 0xff) || has_masks(run, 0, 0, 0)) {
    set_byte_order(run, 2, 1, 0);
    return bits == 32 || !has_fields || has_masks(run, 0xff0000, 0xff00, 0xff);
  } else if (has_masks(run, 0xff000000, 0xff0000, 0xff00)) {
    set_byte_order(run, 3, 2, 1);
  } else if (has_masks(run, 0xff000000, 0xff00, 0xff)) {
    set_byte_order(run, 3, 1, 0);
  } else if (has_masks(run, 0xff, 0xff00, 0xff0000)) {
    set_byte_order(run, 0, 1, 2);
  } else {
    return false;
  }
  return true;
}

static void read_palette(bmp_run *run) {
  const pimg_bmp_header *header = &run->header;
  pimg_bytes bytes = run->job->bytes;
  pimg_gray_palette(run->palette);
  for (uint32_t index = 0; index < header->palette_count && index < 256; index++) {
    size_t offset = header->palette_offset + (size_t)index * header->palette_entry_bytes;
    if (offset + 3 > bytes.size) {
      break;
    }
    const uint8_t *entry = bytes.data + offset;
    run->palette[index * 3] = entry[2];
    run->palette[index * 3 + 1] = entry[1];
    run->palette[index * 3 + 2] = entry[0];
  }
}

static uint8_t spread(uint32_t value, uint32_t maximum) { return (uint8_t)(value * 255 / maximum); }

static void convert_16(const uint8_t *row, uint32_t width, bool is_565, uint8_t *out) {
  for (uint32_t x = 0; x < width; x++, row += 2, out += 3) {
    uint32_t pixel = pimg_u16_le(row);
    out[0] = spread(is_565 ? pixel >> 11 : pixel >> 10 & 31, 31);
    out[1] = is_565 ? spread(pixel >> 5 & 63, 63) : spread(pixel >> 5 & 31, 31);
    out[2] = spread(pixel & 31, 31);
  }
}

static void convert_indexed(const bmp_run *run, const uint8_t *row, uint8_t *out) {
  uint32_t bits = run->header.bits;
  uint32_t mask = (1U << bits) - 1;
  for (uint32_t x = 0; x < run->header.width; x++, out += 3) {
    size_t bit = (size_t)x * bits;
    uint32_t index = row[bit / 8] >> (8 - bits - bit % 8) & mask;
    memcpy(out, run->palette + (size_t)index * 3, 3);
  }
}

static void convert_row(const bmp_run *run, const uint8_t *row, uint8_t *out) {
  size_t step = run->header.bits / 8;
  switch (run->layout) {
  case LAYOUT_INDEXED: convert_indexed(run, row, out); break;
  case LAYOUT_555: convert_16(row, run->header.width, false, out); break;
  case LAYOUT_565: convert_16(row, run->header.width, true, out); break;
  case LAYOUT_BYTES:
    for (uint32_t x = 0; x < run->header.width; x++, row += step, out += 3) {
      out[0] = row[run->red];
      out[1] = row[run->green];
      out[2] = row[run->blue];
    }
    break;
  }
}

// MARK: Run lengths

typedef struct run_length_output {
  uint8_t *indices; // in the order of the file: the lowest row first
  size_t width;
  size_t size;
  size_t position;
  size_t x; // as the codes count it: behind a full row it stays at the width until a code ends the row
} run_length_output;

static void put(run_length_output *output, const uint8_t *source, size_t count, bool is_nibbles, bool repeats) {
  for (size_t index = 0; index < count && output->position < output->size; index++) {
    uint8_t byte = source[repeats ? 0 : is_nibbles ? index / 2 : index];
    uint8_t value = !is_nibbles ? byte : index % 2 == 0 ? byte >> 4 : byte & 15;
    output->indices[output->position++] = value;
  }
}

static void put_zeros(run_length_output *output, size_t count) {
  size_t left = output->size - output->position;
  count = count < left ? count : left;
  memset(output->indices + output->position, 0, count);
  output->position += count;
}

/// The steps of a code whose first byte is 0. Returns false at the end of the picture or of the data.
static bool apply_escape(run_length_output *output, pimg_bytes bytes, size_t *offset, uint8_t code, bool is_nibbles) {
  const uint8_t *data = bytes.data + *offset;
  size_t left = bytes.size - *offset;
  if (code == 0) { // end of the row
    put_zeros(output, (output->width - output->position % output->width) % output->width);
    output->x = 0;
    return true;
  }
  if (code == 1) {
    return false;
  }
  if (code == 2) { // a step to the right and up
    if (left < 2) {
      return false;
    }
    put_zeros(output, data[0] + data[1] * output->width);
    output->x = output->position % output->width;
    *offset += 2;
    return true;
  }
  size_t byte_count = is_nibbles ? ((size_t)code + 1) / 2 : code;
  size_t there = byte_count < left ? byte_count : left;
  size_t pixel_count = is_nibbles && there * 2 < code ? there * 2 : is_nibbles ? code : there;
  put(output, data, pixel_count, is_nibbles, false);
  output->x += code;
  *offset += there;
  *offset += *offset & 1; // Pillow aligns to the file, not to the pixels; the same where pixels begin at an even byte
  return there == byte_count;
}

static void expand_run_lengths(const bmp_run *run, run_length_output *output) {
  pimg_bytes bytes = run->job->bytes;
  bool is_nibbles = run->header.compression == 2;
  size_t offset = run->header.pixel_offset;
  while (output->position < output->size && offset < bytes.size && bytes.size - offset >= 2) {
    uint8_t count = bytes.data[offset];
    const uint8_t *value = bytes.data + offset + 1;
    offset += 2;
    if (count == 0) {
      if (!apply_escape(output, bytes, &offset, *value, is_nibbles) || offset > bytes.size) {
        return;
      }
      continue;
    }
    size_t row_left = output->x < output->width ? output->width - output->x : 0;
    size_t fitting = count < row_left ? count : row_left;
    put(output, value, fitting, is_nibbles, true);
    output->x += fitting;
  }
}

static int decode_run_lengths(bmp_run *run) {
  const pimg_job *job = run->job;
  uint32_t width = run->header.width;
  uint32_t height = run->header.height;
  run_length_output output = {.width = width, .size = (size_t)width * height};
  int status =
      pimg_take(job->decoder, PIMG_SCRATCH_RAW, output.size, "the indices of a BMP", &output.indices, job->error);
  if (status != PENSTOCK_IMAGE_OK) {
    return status;
  }
  expand_run_lengths(run, &output);
  if (output.position < output.size) {
    return pimg_fail(job->error, PENSTOCK_IMAGE_DAMAGED, "premature end of BMP data: %zu of %zu pixels in %zu bytes",
                     output.position, output.size, job->bytes.size);
  }
  while (!pimg_sink_is_done(job->sink)) {
    uint32_t y = job->sink->next_row;
    size_t stored = run->header.is_top_down ? y : height - 1 - y;
    pimg_indices_to_rgb(output.indices + stored * width, width, run->palette, pimg_sink_row(job->sink));
    pimg_sink_row_written(job->sink);
  }
  return PENSTOCK_IMAGE_OK;
}

// MARK: Plain rows

static int decode_rows(bmp_run *run) {
  const pimg_job *job = run->job;
  uint64_t height = run->header.height;
  uint64_t row_bytes = ((uint64_t)run->header.width * run->header.bits + 7) / 8;
  uint64_t needed = (height - 1) * run->stride + row_bytes; // the last row's padding may be missing
  size_t start = run->header.pixel_offset;
  if (start > job->bytes.size || job->bytes.size - start < needed) {
    return pimg_fail(job->error, PENSTOCK_IMAGE_DAMAGED,
                     "premature end of BMP data: the pixels end at byte %llu, the data at %zu",
                     (unsigned long long)(start + needed), job->bytes.size);
  }
  while (!pimg_sink_is_done(job->sink)) {
    uint64_t y = job->sink->next_row;
    uint64_t stored = run->header.is_top_down ? y : height - 1 - y;
    convert_row(run, job->bytes.data + start + stored * run->stride, pimg_sink_row(job->sink));
    pimg_sink_row_written(job->sink);
  }
  return PENSTOCK_IMAGE_OK;
}

int pimg_decode_bmp(const pimg_job *job) {
  bmp_run run = {.job = job};
  int status = pimg_read_bmp_header(job->bytes, &run.header, job->error);
  if (status != PENSTOCK_IMAGE_OK) {
    return status;
  }
  if (!choose_layout(&run)) {
    return pimg_fail(job->error, PENSTOCK_IMAGE_UNSUPPORTED, "BMP with bit masks %08x %08x %08x is not supported",
                     run.header.masks[0], run.header.masks[1], run.header.masks[2]);
  }
  run.stride = ((size_t)run.header.width * run.header.bits + 31) / 32 * 4;
  if (run.layout == LAYOUT_INDEXED) {
    read_palette(&run);
  }
  bool is_run_length = run.header.compression == 1 || run.header.compression == 2;
  return is_run_length ? decode_run_lengths(&run) : decode_rows(&run);
}
