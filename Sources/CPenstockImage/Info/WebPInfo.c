// WebP: a RIFF file of chunks. Still images hold a bitstream; animations hold frames, each with its own.
#include "../Internal.h"

#include <string.h>

enum { RIFF_BYTES = 12, CHUNK_BYTES = 8, FRAME_BYTES = 16 };

typedef struct chunk_walk {
  pimg_bytes bytes;
  size_t offset;
} chunk_walk;

/// The next chunk: `type` points at its four letters. False at the end, or when the chunk is cut short.
static bool next_chunk(chunk_walk *walk, const uint8_t **type, pimg_bytes *body) {
  if (walk->bytes.size < CHUNK_BYTES || walk->offset > walk->bytes.size - CHUNK_BYTES) {
    return false;
  }
  *type = walk->bytes.data + walk->offset;
  size_t length = pimg_u32_le(*type + 4);
  size_t left = walk->bytes.size - walk->offset - CHUNK_BYTES;
  *body = (pimg_bytes){*type + CHUNK_BYTES, length < left ? length : left};
  walk->offset += CHUNK_BYTES + body->size + (length < left ? length & 1 : 0);
  return true;
}

static bool is_type(const uint8_t *type, const char *expected) { return memcmp(type, expected, 4) == 0; }

/// Size of a lossy ("VP8 ") or lossless ("VP8L") bitstream.
static bool read_bitstream_size(const uint8_t *type, pimg_bytes body, uint32_t *width, uint32_t *height) {
  if (is_type(type, "VP8 ") && body.size >= 10 && memcmp(body.data + 3, "\x9d\x01\x2a", 3) == 0) {
    *width = pimg_u16_le(body.data + 6) & 0x3fff;
    *height = pimg_u16_le(body.data + 8) & 0x3fff;
    return true;
  }
  if (is_type(type, "VP8L") && body.size >= 5 && body.data[0] == 0x2f) {
    uint32_t bits = pimg_u32_le(body.data + 1);
    *width = (bits & 0x3fff) + 1;
    *height = (bits >> 14 & 0x3fff) + 1;
    return true;
  }
  return false;
}

static uint8_t orientation_in(pimg_bytes bytes) {
  uint8_t from_exif = 0;
  uint8_t from_xmp = 0;
  const uint8_t *type;
  pimg_bytes body;
  chunk_walk walk = {bytes, RIFF_BYTES};
  while (next_chunk(&walk, &type, &body)) {
    if (is_type(type, "EXIF")) {
      bool has_prefix = body.size >= 6 && memcmp(body.data, "Exif\0\0", 6) == 0;
      from_exif = pimg_exif_orientation(has_prefix ? (pimg_bytes){body.data + 6, body.size - 6} : body);
    } else if (is_type(type, "XMP ")) {
      from_xmp = pimg_xmp_orientation(body);
    }
  }
  return from_exif != 0 ? from_exif : from_xmp != 0 ? from_xmp : 1;
}

int pimg_read_webp_info(pimg_bytes bytes, penstock_image_info *info, const pimg_error *error) {
  chunk_walk walk = {bytes, RIFF_BYTES};
  const uint8_t *type;
  pimg_bytes body;
  info->component_count = 3;
  info->bits_per_component = 8;
  if (!next_chunk(&walk, &type, &body)) {
    return pimg_fail(error, PENSTOCK_IMAGE_DAMAGED, "WebP of %zu bytes without a chunk", bytes.size);
  }
  if (is_type(type, "VP8X") && body.size >= 10) {
    info->component_count = body.data[0] & 0x10 ? 4 : 3;
    info->width = pimg_u24_le(body.data + 4) + 1;
    info->height = pimg_u24_le(body.data + 7) + 1;
    info->orientation = orientation_in(bytes);
    return PENSTOCK_IMAGE_OK;
  }
  if (!read_bitstream_size(type, body, &info->width, &info->height)) {
    return pimg_fail(error, PENSTOCK_IMAGE_DAMAGED, "WebP whose first chunk is no bitstream header");
  }
  info->component_count = is_type(type, "VP8L") && (pimg_u32_le(body.data + 1) >> 28 & 1) ? 4 : 3;
  return PENSTOCK_IMAGE_OK;
}

/// Reads the frame header of an ANMF chunk; its bitstream (ALPH, VP8, VP8L) follows.
static int read_animation_frame(pimg_bytes body, pimg_webp_frame *frame, const pimg_error *error) {
  if (body.size < FRAME_BYTES) {
    return pimg_fail(error, PENSTOCK_IMAGE_DAMAGED, "WebP frame of %zu bytes", body.size);
  }
  *frame = (pimg_webp_frame){.x = pimg_u24_le(body.data) * 2,
                             .y = pimg_u24_le(body.data + 3) * 2,
                             .width = pimg_u24_le(body.data + 6) + 1,
                             .height = pimg_u24_le(body.data + 9) + 1,
                             .bitstream = {body.data + FRAME_BYTES, body.size - FRAME_BYTES}};
  const uint8_t *type;
  pimg_bytes part;
  chunk_walk walk = {frame->bitstream, 0};
  while (next_chunk(&walk, &type, &part)) {
    frame->is_lossless = frame->is_lossless || is_type(type, "VP8L");
  }
  return PENSTOCK_IMAGE_OK;
}

int pimg_find_webp_frame(pimg_bytes bytes, pimg_webp_frame *frame, const pimg_error *error) {
  *frame = (pimg_webp_frame){.bitstream = bytes};
  chunk_walk walk = {bytes, RIFF_BYTES};
  const uint8_t *type;
  pimg_bytes body;
  while (next_chunk(&walk, &type, &body)) {
    if (is_type(type, "ANMF")) {
      return read_animation_frame(body, frame, error);
    }
    if (read_bitstream_size(type, body, &frame->width, &frame->height)) {
      frame->is_lossless = is_type(type, "VP8L");
      return PENSTOCK_IMAGE_OK;
    }
  }
  return pimg_fail(error, PENSTOCK_IMAGE_DAMAGED, "WebP without a picture in its %zu bytes", bytes.size);
}
