// Where the codecs put their rows, and how a stored frame is turned the right way up.
#include "Internal.h"

#include <string.h>

void pimg_sink_to_frame(pimg_sink *sink, uint32_t width, uint32_t height, uint8_t *frame) {
  *sink = (pimg_sink){.width = width, .height = height, .frame = frame};
}

int pimg_sink_to_resampler(penstock_image_decoder *decoder, pimg_sink *sink, uint32_t width, uint32_t height,
                           pimg_resampler *resampler, const pimg_error *error) {
  *sink = (pimg_sink){.width = width, .height = height, .resampler = resampler};
  // A codec may begin its rows at any column up to source_begin; reading from column 0 is the longest.
  uint64_t read_bytes = pimg_axis_read_bytes(&resampler->x, 0);
  uint64_t row_bytes = (uint64_t)width * 3;
  int status = pimg_take(decoder, PIMG_SCRATCH_ROW, (read_bytes > row_bytes ? read_bytes : row_bytes) + 64,
                         "a row of pixels", &sink->row, error);
  if (status == PENSTOCK_IMAGE_OK) {
    // libjpeg-turbo writes aligned rows past the cache (vmovntdq), which is wrong for a row that is read at once: the
    // horizontal pass then took 4 times as long. Its test is for 32 and 16 bytes, so 8 keeps the row in the cache.
    sink->row += 8;
  }
  return status;
}

uint8_t *pimg_sink_row(const pimg_sink *sink) {
  return sink->frame != NULL ? sink->frame + (size_t)sink->next_row * sink->width * 3 : sink->row;
}

void pimg_sink_row_written(pimg_sink *sink) {
  if (sink->resampler != NULL) {
    pimg_resampler_push(sink->resampler, sink->next_row, sink->row);
  }
  sink->next_row++;
}

bool pimg_sink_is_done(const pimg_sink *sink) {
  return sink->next_row >= sink->height || (sink->resampler != NULL && pimg_resampler_is_done(sink->resampler));
}

/// The stored pixel at the top left of the picture, and the steps in stored pixels along its columns and rows.
typedef struct orientation_walk {
  size_t start;
  ptrdiff_t column_step;
  ptrdiff_t row_step;
} orientation_walk;

static orientation_walk walk_of(uint32_t width, uint32_t height, uint8_t orientation) {
  size_t last_column = width - 1;
  size_t last_row = (size_t)(height - 1) * width;
  ptrdiff_t down = (ptrdiff_t)width;
  switch (orientation) {
  case 2: return (orientation_walk){last_column, -1, down};
  case 3: return (orientation_walk){last_row + last_column, -1, -down};
  case 4: return (orientation_walk){last_row, 1, -down};
  case 5: return (orientation_walk){0, down, 1};
  case 6: return (orientation_walk){last_row, -down, 1};
  case 7: return (orientation_walk){last_row + last_column, -down, -1};
  case 8: return (orientation_walk){last_column, down, -1};
  default: return (orientation_walk){0, 1, down};
  }
}

/// When columns of the picture are rows of the frame, a tile of 16 × 16 keeps both in the nearest cache.
static const uint32_t tile_side = 16;

static void copy_tile(const uint8_t *frame, orientation_walk walk, uint32_t picture_width, uint32_t column,
                      uint32_t first_row, uint32_t row, uint32_t row_end, uint8_t *out) {
  uint32_t column_end = picture_width - column < tile_side ? picture_width : column + tile_side;
  for (uint32_t y = row; y < row_end; y++) {
    ptrdiff_t pixel = (ptrdiff_t)walk.start + (ptrdiff_t)y * walk.row_step + (ptrdiff_t)column * walk.column_step;
    uint8_t *target = out + ((size_t)(y - first_row) * picture_width + column) * 3;
    for (uint32_t x = column; x < column_end; x++, pixel += walk.column_step, target += 3) {
      const uint8_t *source = frame + pixel * 3;
      target[0] = source[0];
      target[1] = source[1];
      target[2] = source[2];
    }
  }
}

void pimg_copy_oriented(const uint8_t *frame, uint32_t width, uint32_t height, uint8_t orientation, uint32_t first_row,
                        uint32_t row_count, uint8_t *out) {
  orientation_walk walk = walk_of(width, height, orientation);
  uint32_t picture_width = pimg_orientation_swaps_sides(orientation) ? height : width;
  uint32_t end = first_row + row_count;
  for (uint32_t row = first_row; row < end; row += tile_side) {
    uint32_t row_end = end - row < tile_side ? end : row + tile_side;
    for (uint32_t column = 0; column < picture_width; column += tile_side) {
      copy_tile(frame, walk, picture_width, column, first_row, row, row_end, out);
    }
  }
}
