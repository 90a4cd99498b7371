// WebP by libwebp: still images, and the first frame of animations on its canvas.
#include "../Internal.h"

#include <string.h>

#include <webp/decode.h>

static const char *status_name(VP8StatusCode status) {
  switch (status) {
  case VP8_STATUS_NOT_ENOUGH_DATA:
  case VP8_STATUS_SUSPENDED: return "the data ends too early";
  case VP8_STATUS_UNSUPPORTED_FEATURE: return "unsupported feature";
  case VP8_STATUS_OUT_OF_MEMORY: return "out of memory";
  default: return "the bitstream is broken";
  }
}

/// What libwebp allocates: ARGB for a lossless frame, an alpha plane, a few rows else.
static int charge_codec(const pimg_job *job, const pimg_webp_frame *frame) {
  uint64_t pixels = (uint64_t)frame->width * frame->height;
  uint64_t bytes = frame->is_lossless ? pixels * 4 : job->info->component_count == 4 ? pixels : 0;
  return pimg_charge(job->decoder, bytes + (uint64_t)frame->width * 256 + 65536, "the state of the WebP decoder",
                     job->error);
}

static int decode_frame(const pimg_job *job, const pimg_webp_frame *frame, uint8_t *out) {
  uint32_t width = job->info->width;
  uint32_t height = job->info->height;
  WebPDecoderConfig config;
  if (!WebPInitDecoderConfig(&config)) {
    return pimg_fail(job->error, PENSTOCK_IMAGE_UNSUPPORTED, "libwebp is of another version than its header");
  }
  if (WebPGetFeatures(frame->bitstream.data, frame->bitstream.size, &config.input) != VP8_STATUS_OK ||
      (uint32_t)config.input.width != frame->width || (uint32_t)config.input.height != frame->height) {
    return pimg_fail(job->error, PENSTOCK_IMAGE_DAMAGED, "WebP whose bitstream is not the %ux%u that its header says",
                     frame->width, frame->height);
  }
  uint8_t *start = out + ((size_t)frame->y * width + frame->x) * 3;
  config.output.colorspace = MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = start;
  config.output.u.RGBA.stride = (int)(width * 3); // width ≤ 2^24
  config.output.u.RGBA.size = (size_t)width * height * 3 - (size_t)(start - out);
  VP8StatusCode code = WebPDecode(frame->bitstream.data, frame->bitstream.size, &config);
  if (code != VP8_STATUS_OK) {
    return pimg_fail(job->error,
                     code == VP8_STATUS_OUT_OF_MEMORY ? PENSTOCK_IMAGE_OUT_OF_MEMORY : PENSTOCK_IMAGE_DAMAGED,
                     "damaged WebP data (%zu bytes): %s", job->bytes.size, status_name(code));
  }
  return PENSTOCK_IMAGE_OK;
}

int pimg_decode_webp(const pimg_job *job) {
  pimg_webp_frame frame;
  int status = pimg_find_webp_frame(job->bytes, &frame, job->error);
  if (status != PENSTOCK_IMAGE_OK) {
    return status;
  }
  uint32_t width = job->info->width;
  uint32_t height = job->info->height;
  if (frame.width > width || frame.x > width - frame.width || frame.height > height ||
      frame.y > height - frame.height) {
    return pimg_fail(job->error, PENSTOCK_IMAGE_DAMAGED,
                     "WebP frame of %ux%u at (%u, %u) is outside its canvas of %ux%u", frame.width, frame.height,
                     frame.x, frame.y, width, height);
  }
  status = charge_codec(job, &frame);
  if (status != PENSTOCK_IMAGE_OK) {
    return status;
  }
  uint8_t *out = pimg_sink_row(job->sink); // row 0: a frame sink, because WebP is not streamed
  if (frame.width != width || frame.height != height) {
    memset(out, 0, (size_t)width * height * 3); // the canvas is transparent black, whose colour is black
  }
  return decode_frame(job, &frame, out);
}
