// The public entry points: arguments and limits are checked here, then a codec fills a sink.
#include "Internal.h"

#include <stdlib.h>
#include <string.h>

int penstock_image_decoder_create(penstock_image_limits limits, penstock_image_decoder **decoder, char *error,
                                  size_t error_size) {
  *decoder = calloc(1, sizeof **decoder);
  if (*decoder == NULL) {
    pimg_error target = {error, error_size};
    return pimg_fail(&target, PENSTOCK_IMAGE_OUT_OF_MEMORY, "out of memory: %zu bytes for a decoder", sizeof **decoder);
  }
  (*decoder)->limits = limits;
  if (limits.max_pixels == 0) {
    (*decoder)->limits.max_pixels = PENSTOCK_IMAGE_DEFAULT_MAX_PIXELS;
  }
  if (limits.max_scratch_bytes == 0) {
    (*decoder)->limits.max_scratch_bytes = PENSTOCK_IMAGE_DEFAULT_MAX_SCRATCH_BYTES;
  }
  return PENSTOCK_IMAGE_OK;
}

void penstock_image_decoder_destroy(penstock_image_decoder *decoder) {
  if (decoder == NULL) {
    return;
  }
  pimg_jpeg_destroy(decoder->jpeg);
  for (int slot = 0; slot < PIMG_SCRATCH_SLOT_COUNT; slot++) {
    free(decoder->scratch[slot].bytes);
  }
  free(decoder);
}

size_t penstock_image_decoder_scratch_bytes(const penstock_image_decoder *decoder) {
  size_t bytes = 0;
  for (int slot = 0; slot < PIMG_SCRATCH_SLOT_COUNT; slot++) {
    bytes += decoder->scratch[slot].capacity;
  }
  return bytes;
}

// MARK: Steps that both ways of decoding share

/// What is to be decoded, with everything known before the first pixel.
typedef struct plan {
  penstock_image_info info;
  uint8_t orientation; // to apply: 1 when it is to be ignored
} plan;

static int make_plan(const penstock_image_decoder *decoder, pimg_bytes bytes, bool apply_exif, plan *plan,
                     const pimg_error *error) {
  int status = pimg_read_info(bytes, &plan->info, error);
  if (status != PENSTOCK_IMAGE_OK) {
    return status;
  }
  bool applies = apply_exif || plan->info.format == PENSTOCK_IMAGE_FORMAT_TIFF; // as Pillow: part of that format
  plan->orientation = applies ? plan->info.orientation : 1;
  uint64_t pixels = (uint64_t)plan->info.width * plan->info.height; // 32 bits each
  if (pixels > decoder->limits.max_pixels) {
    return pimg_fail(error, PENSTOCK_IMAGE_TOO_LARGE, "%ux%u = %llu pixels exceeds the limit of %llu", plan->info.width,
                     plan->info.height, (unsigned long long)pixels, (unsigned long long)decoder->limits.max_pixels);
  }
  if (pixels > UINT64_MAX / 64 || (uint64_t)plan->info.width * 3 > UINT32_MAX || plan->info.height > INT32_MAX) {
    return pimg_fail(error, PENSTOCK_IMAGE_TOO_LARGE, "%ux%u pixels: a row or the frame is too large to be addressed",
                     plan->info.width, plan->info.height);
  }
  return PENSTOCK_IMAGE_OK;
}

static int decode_into(const pimg_job *job) {
  switch (job->info->format) {
  case PENSTOCK_IMAGE_FORMAT_JPEG: return pimg_decode_jpeg(job);
  case PENSTOCK_IMAGE_FORMAT_PNG: return pimg_decode_png(job);
  case PENSTOCK_IMAGE_FORMAT_WEBP: return pimg_decode_webp(job);
  case PENSTOCK_IMAGE_FORMAT_GIF: return pimg_decode_gif(job);
  case PENSTOCK_IMAGE_FORMAT_BMP: return pimg_decode_bmp(job);
  default: return pimg_decode_tiff(job);
  }
}

/// A frame of scratch, with room for what the resampler's kernels read past its last pixel.
static int take_frame(penstock_image_decoder *decoder, uint32_t width, uint32_t height, uint64_t padding,
                      uint8_t **frame, const pimg_error *error) {
  return pimg_take(decoder, PIMG_SCRATCH_FRAME, (uint64_t)width * height * 3 + padding, "a frame", frame, error);
}

// MARK: Whole frame

static int decode_whole_frame(penstock_image_decoder *decoder, pimg_bytes bytes, const plan *plan, uint8_t *out,
                              const pimg_error *error) {
  uint32_t width = plan->info.width;
  uint32_t height = plan->info.height;
  uint8_t *frame = out;
  if (plan->orientation != 1) {
    int status = take_frame(decoder, width, height, 0, &frame, error);
    if (status != PENSTOCK_IMAGE_OK) {
      return status;
    }
  }
  pimg_sink sink;
  pimg_sink_to_frame(&sink, width, height, frame);
  pimg_job job = {
      .decoder = decoder, .bytes = bytes, .info = &plan->info, .sink = &sink, .scale_eighths = 8, .error = error};
  int status = decode_into(&job);
  if (status == PENSTOCK_IMAGE_OK && plan->orientation != 1) {
    uint32_t row_count = pimg_orientation_swaps_sides(plan->orientation) ? width : height;
    pimg_copy_oriented(frame, width, height, plan->orientation, 0, row_count, out);
  }
  return status;
}

int penstock_image_decode_rgb(penstock_image_decoder *decoder, const uint8_t *data, size_t size, bool apply_exif,
                              uint8_t *out, size_t out_size, uint32_t *out_width, uint32_t *out_height, char *error,
                              size_t error_size) {
  pimg_error target = {error, error_size};
  pimg_bytes bytes = {data, size};
  plan plan;
  int status = make_plan(decoder, bytes, apply_exif, &plan, &target);
  if (status != PENSTOCK_IMAGE_OK) {
    return status;
  }
  uint64_t needed = (uint64_t)plan.info.width * plan.info.height * 3;
  if (out_size < needed) {
    return pimg_fail(&target, PENSTOCK_IMAGE_INVALID_ARGUMENT, "%ux%u pixels need %llu bytes; the buffer has %zu",
                     plan.info.width, plan.info.height, (unsigned long long)needed, out_size);
  }
  bool swaps = pimg_orientation_swaps_sides(plan.orientation);
  if (out_width != NULL) {
    *out_width = swaps ? plan.info.height : plan.info.width;
  }
  if (out_height != NULL) {
    *out_height = swaps ? plan.info.width : plan.info.height;
  }
  pimg_begin_image(decoder);
  status = decode_whole_frame(decoder, bytes, &plan, out, &target);
  pimg_end_image(decoder);
  return status;
}

// MARK: Resized

static int check_target(const penstock_image_target *target, size_t out_size, const pimg_error *error) {
  if (target->resized_width == 0 || target->resized_height == 0 || target->crop_width == 0 ||
      target->crop_height == 0 || target->resized_width > INT32_MAX / 4 || target->resized_height > INT32_MAX / 4) {
    return pimg_fail(error, PENSTOCK_IMAGE_INVALID_ARGUMENT, "resize to %ux%u, crop %ux%u: sizes must be 1…%d",
                     target->resized_width, target->resized_height, target->crop_width, target->crop_height,
                     INT32_MAX / 4);
  }
  if (target->crop_width > target->resized_width || target->crop_x > target->resized_width - target->crop_width ||
      target->crop_height > target->resized_height || target->crop_y > target->resized_height - target->crop_height) {
    return pimg_fail(error, PENSTOCK_IMAGE_INVALID_ARGUMENT, "crop %ux%u at (%u, %u) is not inside the resized %ux%u",
                     target->crop_width, target->crop_height, target->crop_x, target->crop_y, target->resized_width,
                     target->resized_height);
  }
  uint64_t needed = (uint64_t)target->crop_width * target->crop_height * 3; // < 2^61
  if (out_size < needed) {
    return pimg_fail(error, PENSTOCK_IMAGE_INVALID_ARGUMENT,
                     "a crop of %ux%u pixels needs %llu bytes; the buffer has %zu", target->crop_width,
                     target->crop_height, (unsigned long long)needed, out_size);
  }
  return PENSTOCK_IMAGE_OK;
}

/// What is left of a picture has sides of at least 7/4 of those asked for: nearer to them a picture in a hundred changes
/// its class (measured with ResNet-50, docs/performance/NOTES.md).
enum { MARGIN_NUMERATOR = 7, MARGIN_DENOMINATOR = 4 };

static bool is_large_enough(uint64_t pixels, unsigned eighths, uint64_t asked) {
  return pixels * eighths * MARGIN_DENOMINATOR >= asked * 8 * MARGIN_NUMERATOR; // < 2^45
}

/// The fewest eighths that leave both sides large enough, of those that libjpeg-turbo has vector code for: 3, 5, 6 or 7
/// eighths take longer than the whole size (measured: 839 images/s instead of 989).
static unsigned eighths_for(const plan *plan, const penstock_image_target *target) {
  if (target->quality != PENSTOCK_IMAGE_QUALITY_FAST || plan->info.format != PENSTOCK_IMAGE_FORMAT_JPEG) {
    return 8;
  }
  bool swaps = pimg_orientation_swaps_sides(plan->orientation);
  uint64_t width = swaps ? target->resized_height : target->resized_width;
  uint64_t height = swaps ? target->resized_width : target->resized_height;
  unsigned eighths = 1;
  while (eighths < 8 && !(is_large_enough(plan->info.width, eighths, width) &&
                          is_large_enough(plan->info.height, eighths, height))) {
    eighths *= 2;
  }
  return eighths;
}

/// Size after decoding at `eighths`: libjpeg rounds up, and the picture ends a fraction before the last pixel does.
static pimg_source_size scaled_size(const penstock_image_info *info, unsigned eighths) {
  return (pimg_source_size){.width = (uint32_t)(((uint64_t)info->width * eighths + 7) / 8),
                            .height = (uint32_t)(((uint64_t)info->height * eighths + 7) / 8),
                            .box_width = (double)info->width * eighths / 8.0,
                            .box_height = (double)info->height * eighths / 8.0};
}

static pimg_source_size transposed(pimg_source_size size) {
  return (pimg_source_size){
      .width = size.height, .height = size.width, .box_width = size.box_height, .box_height = size.box_width};
}

/// Formats whose rows come in order, without a frame in memory.
static bool can_stream(const penstock_image_info *info) {
  return info->format == PENSTOCK_IMAGE_FORMAT_JPEG || info->format == PENSTOCK_IMAGE_FORMAT_PNG ||
         info->format == PENSTOCK_IMAGE_FORMAT_BMP;
}

/// Rows of the picture that are turned together.
static const uint32_t strip_rows = 16;

/// Hands the needed rows of a stored frame to the resampler, turned the right way up. The frame has padding behind it.
static int push_frame(penstock_image_decoder *decoder, const uint8_t *frame, const pimg_source_size *stored,
                      uint8_t orientation, pimg_resampler *resampler, const pimg_error *error) {
  uint32_t begin = resampler->y.source_begin;
  uint32_t end = resampler->y.source_end;
  size_t stride = (size_t)stored->width * 3;
  if (orientation == 1) {
    for (uint32_t y = begin; y < end; y++) {
      pimg_resampler_push(resampler, y, frame + y * stride);
    }
    return PENSTOCK_IMAGE_OK;
  }
  stride = (size_t)(pimg_orientation_swaps_sides(orientation) ? stored->height : stored->width) * 3;
  uint64_t strip_bytes = (uint64_t)stride * strip_rows + pimg_axis_read_bytes(&resampler->x, 0);
  uint8_t *strip;
  int status = pimg_take(decoder, PIMG_SCRATCH_STRIP, strip_bytes, "turned rows", &strip, error);
  for (uint32_t y = begin; status == PENSTOCK_IMAGE_OK && y < end; y += strip_rows) {
    uint32_t count = end - y < strip_rows ? end - y : strip_rows;
    pimg_copy_oriented(frame, stored->width, stored->height, orientation, y, count, strip);
    for (uint32_t row = 0; row < count; row++) {
      pimg_resampler_push(resampler, y + row, strip + row * stride);
    }
  }
  return status;
}

static int decode_and_resize(penstock_image_decoder *decoder, pimg_bytes bytes, const plan *plan,
                             const penstock_image_target *target, uint8_t *out, const pimg_error *error) {
  unsigned eighths = eighths_for(plan, target);
  pimg_source_size stored = scaled_size(&plan->info, eighths);
  pimg_source_size picture = pimg_orientation_swaps_sides(plan->orientation) ? transposed(stored) : stored;
  pimg_resampler resampler;
  int status = pimg_resampler_begin(decoder, &picture, target, out, &resampler, error);
  if (status != PENSTOCK_IMAGE_OK) {
    return status;
  }
  pimg_sink sink;
  pimg_job job = {
      .decoder = decoder, .bytes = bytes, .info = &plan->info, .sink = &sink, .scale_eighths = eighths, .error = error};
  if (plan->orientation == 1 && can_stream(&plan->info)) {
    status = pimg_sink_to_resampler(decoder, &sink, stored.width, stored.height, &resampler, error);
    return status != PENSTOCK_IMAGE_OK ? status : decode_into(&job);
  }
  uint8_t *frame;
  status = take_frame(decoder, stored.width, stored.height, pimg_axis_read_bytes(&resampler.x, 0), &frame, error);
  if (status != PENSTOCK_IMAGE_OK) {
    return status;
  }
  pimg_sink_to_frame(&sink, stored.width, stored.height, frame);
  status = decode_into(&job);
  return status != PENSTOCK_IMAGE_OK ? status
                                     : push_frame(decoder, frame, &stored, plan->orientation, &resampler, error);
}

int penstock_image_decode_resized(penstock_image_decoder *decoder, const uint8_t *data, size_t size,
                                  const penstock_image_target *target, uint8_t *out, size_t out_size, char *error,
                                  size_t error_size) {
  pimg_error message = {error, error_size};
  pimg_bytes bytes = {data, size};
  int status = check_target(target, out_size, &message);
  plan plan;
  if (status == PENSTOCK_IMAGE_OK) {
    status = make_plan(decoder, bytes, target->apply_exif, &plan, &message);
  }
  if (status != PENSTOCK_IMAGE_OK) {
    return status;
  }
  pimg_begin_image(decoder);
  status = decode_and_resize(decoder, bytes, &plan, target, out, &message);
  pimg_end_image(decoder);
  return status;
}

// MARK: Pixels in memory

static int resize_pixels(penstock_image_decoder *decoder, const uint8_t *source, const pimg_source_size *size,
                         const penstock_image_target *target, uint8_t *out, const pimg_error *error) {
  pimg_resampler resampler;
  pimg_sink sink;
  int status = pimg_resampler_begin(decoder, size, target, out, &resampler, error);
  if (status == PENSTOCK_IMAGE_OK) {
    status = pimg_sink_to_resampler(decoder, &sink, size->width, size->height, &resampler, error);
  }
  if (status != PENSTOCK_IMAGE_OK) {
    return status;
  }
  size_t stride = (size_t)size->width * 3;
  size_t end = stride * size->height;
  for (uint32_t y = resampler.y.source_begin; y < resampler.y.source_end; y++) {
    const uint8_t *row = source + y * stride;
    if (y * stride + pimg_axis_read_bytes(&resampler.x, 0) > end) { // the kernels would read past the caller's buffer
      row = memcpy(sink.row, row, stride);
    }
    pimg_resampler_push(&resampler, y, row);
  }
  return PENSTOCK_IMAGE_OK;
}

int penstock_image_resize_rgb(penstock_image_decoder *decoder, const uint8_t *source, size_t source_size,
                              uint32_t source_width, uint32_t source_height, const penstock_image_target *target,
                              uint8_t *out, size_t out_size, char *error, size_t error_size) {
  pimg_error message = {error, error_size};
  int status = check_target(target, out_size, &message);
  if (status != PENSTOCK_IMAGE_OK) {
    return status;
  }
  uint64_t pixels = (uint64_t)source_width * source_height;
  if (pixels == 0 || pixels > UINT64_MAX / 3 || source_width > INT32_MAX / 3 || source_height > INT32_MAX ||
      source_size < pixels * 3) {
    return pimg_fail(&message, PENSTOCK_IMAGE_INVALID_ARGUMENT, "a source of %ux%u pixels does not fit its %zu bytes",
                     source_width, source_height, source_size);
  }
  pimg_source_size size = {
      .width = source_width, .height = source_height, .box_width = source_width, .box_height = source_height};
  pimg_begin_image(decoder);
  status = resize_pixels(decoder, source, &size, target, out, &message);
  pimg_end_image(decoder);
  return status;
}
