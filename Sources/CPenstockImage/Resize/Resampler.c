// Resizes rows as they arrive, in two passes that each round to bytes: horizontally at once and vertically as soon as
// the last row of an output is there, or the other way round.
#include "../Internal.h"

#include <string.h>

static pimg_axis_request x_request(const pimg_source_size *source, const penstock_image_target *target) {
  return (pimg_axis_request){.source_size = source->width,
                             .box_size = source->box_width,
                             .resized_size = target->resized_width,
                             .crop_first = target->crop_x,
                             .crop_count = target->crop_width};
}

static pimg_axis_request y_request(const pimg_source_size *source, const penstock_image_target *target) {
  return (pimg_axis_request){.source_size = source->height,
                             .box_size = source->box_height,
                             .resized_size = target->resized_height,
                             .crop_first = target->crop_y,
                             .crop_count = target->crop_height};
}

/// Pillow 13 blends rows first when the height shrinks by more than twice the pixels that the width does (earlier
/// versions never). The order shows in the last bit, so it is followed.
static bool is_vertical_first(const pimg_source_size *source, const penstock_image_target *target) {
  int64_t lost_rows = (int64_t)source->height - target->resized_height;
  int64_t lost_columns = (int64_t)source->width - target->resized_width;
  return lost_rows > 0 && lost_rows > 2 * lost_columns;
}

static size_t rounded_up_to_64(size_t bytes) { return (bytes + 63) / 64 * 64; }

static int take_axes(penstock_image_decoder *decoder, const pimg_source_size *source,
                     const penstock_image_target *target, pimg_resampler *resampler, const pimg_error *error) {
  pimg_axis_request x = x_request(source, target);
  pimg_axis_request y = y_request(source, target);
  const pimg_kernels *kernels = resampler->kernels;
  uint64_t x_bytes = pimg_axis_bytes(&x, kernels);
  uint64_t y_bytes = pimg_axis_bytes(&y, NULL);
  uint64_t bytes = x_bytes > UINT64_MAX / 2 || y_bytes > UINT64_MAX / 4 ? UINT64_MAX : x_bytes + y_bytes + 64;
  uint8_t *memory;
  int status = pimg_take(decoder, PIMG_SCRATCH_AXES, bytes, "filter weights", &memory, error);
  if (status == PENSTOCK_IMAGE_OK) {
    pimg_axis_make(&x, kernels, memory, &resampler->x);
    pimg_axis_make(&y, NULL, memory + rounded_up_to_64((size_t)x_bytes), &resampler->y);
  }
  return status;
}

/// Bytes of a source row that the crop looks at.
static size_t source_bytes(const pimg_axis *x) { return (size_t)(x->source_end - x->source_begin) * 3; }

static int take_rows(penstock_image_decoder *decoder, pimg_resampler *resampler, const pimg_error *error) {
  const pimg_axis *x = &resampler->x;
  size_t resized_bytes = rounded_up_to_64(resampler->out_stride + 16); // the kernels write 16 bytes too many
  size_t blended_bytes = 0;
  resampler->ring_stride = resized_bytes;
  if (resampler->is_vertical_first) {
    size_t read_bytes = pimg_axis_read_bytes(x, x->source_begin);
    resampler->ring_stride = rounded_up_to_64(source_bytes(x));
    blended_bytes = rounded_up_to_64(read_bytes > source_bytes(x) ? read_bytes : source_bytes(x));
  }
  uint64_t ring_bytes = (uint64_t)resampler->ring_stride * resampler->y.max_taps; // both < 2^32
  uint64_t bytes = ring_bytes + blended_bytes + resized_bytes + (uint64_t)resampler->y.max_taps * sizeof(uint8_t *);
  int status = pimg_take(decoder, PIMG_SCRATCH_RING, bytes, "rows between two passes", &resampler->ring, error);
  if (status == PENSTOCK_IMAGE_OK) {
    resampler->blended = resampler->ring + ring_bytes;
    resampler->resized = resampler->blended + blended_bytes;
    resampler->tap_rows = (const uint8_t **)(void *)(resampler->resized + resized_bytes);
  }
  return status;
}

int pimg_resampler_begin(penstock_image_decoder *decoder, const pimg_source_size *source,
                         const penstock_image_target *target, uint8_t *out, pimg_resampler *resampler,
                         const pimg_error *error) {
  *resampler = (pimg_resampler){.kernels = pimg_kernels_for_this_cpu(),
                                .is_vertical_first = is_vertical_first(source, target),
                                .out = out,
                                .out_stride = (size_t)target->crop_width * 3};
  int status = take_axes(decoder, source, target, resampler, error);
  return status != PENSTOCK_IMAGE_OK ? status : take_rows(decoder, resampler, error);
}

/// The horizontal pass. `row` is the pixel at column `origin`.
static void resize_row(const pimg_resampler *resampler, const uint8_t *row, uint32_t origin, uint8_t *out) {
  if (resampler->x.is_identity) {
    memcpy(out, row + (size_t)(resampler->x.source_begin - origin) * 3, resampler->out_stride);
  } else {
    resampler->kernels->resize_row(row, &resampler->x, origin, out);
  }
}

static uint8_t *ring_row(const pimg_resampler *resampler, uint32_t y) {
  return resampler->ring + (size_t)(y % resampler->y.max_taps) * resampler->ring_stride;
}

/// The vertical pass for the next output, over rows of `byte_count` bytes in the ring.
static void blend_rows(pimg_resampler *resampler, size_t byte_count, uint8_t *out) {
  const pimg_axis *axis = &resampler->y;
  uint32_t output = resampler->next_output;
  uint32_t first = axis->first[output];
  if (axis->is_identity) {
    memcpy(out, ring_row(resampler, first), byte_count);
    return;
  }
  uint32_t tap_count = axis->tap_count[output];
  for (uint32_t tap = 0; tap < tap_count; tap++) {
    resampler->tap_rows[tap] = ring_row(resampler, first + tap);
  }
  resampler->kernels->blend_rows(resampler->tap_rows, axis->weights + (size_t)output * axis->tap_stride, tap_count,
                                 byte_count, out);
}

static void emit_next_output(pimg_resampler *resampler) {
  uint8_t *out = resampler->out + resampler->next_output * resampler->out_stride;
  if (resampler->is_vertical_first) {
    blend_rows(resampler, source_bytes(&resampler->x), resampler->blended);
    resize_row(resampler, resampler->blended, resampler->x.source_begin, resampler->resized);
    memcpy(out, resampler->resized, resampler->out_stride);
  } else {
    blend_rows(resampler, resampler->out_stride, out);
  }
  resampler->next_output++;
}

void pimg_resampler_push(pimg_resampler *resampler, uint32_t y, const uint8_t *row) {
  const pimg_axis *axis = &resampler->y;
  if (pimg_resampler_is_done(resampler) || y < axis->first[resampler->next_output]) {
    return;
  }
  // The row that is replaced is no longer needed: every output that ends before `y` is done, and those that are not
  // begin at most max_taps - 1 rows above.
  uint8_t *kept = ring_row(resampler, y);
  if (resampler->is_vertical_first) {
    memcpy(kept, row + (size_t)(resampler->x.source_begin - resampler->origin_x) * 3, source_bytes(&resampler->x));
  } else {
    resize_row(resampler, row, resampler->origin_x, kept);
  }
  while (!pimg_resampler_is_done(resampler) &&
         axis->first[resampler->next_output] + axis->tap_count[resampler->next_output] <= y + 1) {
    emit_next_output(resampler);
  }
}
