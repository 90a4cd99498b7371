// PNG: the header chunk, and orientation from eXIf or XMP, which may stand before or after the pixels.
#include "../Internal.h"

#include <string.h>

enum { SIGNATURE_BYTES = 8, CHUNK_OVERHEAD = 12 }; // length, type, checksum

static bool is_type(const uint8_t *chunk, const char *type) { return memcmp(chunk + 4, type, 4) == 0; }

static uint8_t samples_per_pixel(uint8_t color_type) {
  switch (color_type) {
  case 2: return 3;
  case 4: return 2;
  case 6: return 4;
  default: return 1;
  }
}

static int read_header(pimg_bytes bytes, penstock_image_info *info, const pimg_error *error) {
  const uint8_t *chunk = bytes.data + SIGNATURE_BYTES;
  if (bytes.size < SIGNATURE_BYTES + CHUNK_OVERHEAD + 13 || !is_type(chunk, "IHDR") || pimg_u32_be(chunk) != 13) {
    return pimg_fail(error, PENSTOCK_IMAGE_DAMAGED, "PNG of %zu bytes without a header chunk", bytes.size);
  }
  info->width = pimg_u32_be(chunk + 8);
  info->height = pimg_u32_be(chunk + 12);
  info->bits_per_component = chunk[16];
  info->component_count = samples_per_pixel(chunk[17]);
  info->is_progressive = chunk[20] != 0;
  return PENSTOCK_IMAGE_OK;
}

/// Of an uncompressed iTXt chunk with the keyword of XMP.
static uint8_t xmp_orientation(pimg_bytes body) {
  static const char keyword[] = "XML:com.adobe.xmp"; // with its terminating zero; then two flags, of which 0 = plain
  if (body.size < sizeof keyword + 2 || memcmp(body.data, keyword, sizeof keyword) != 0 ||
      body.data[sizeof keyword] != 0) {
    return 0;
  }
  return pimg_xmp_orientation((pimg_bytes){body.data + sizeof keyword, body.size - sizeof keyword});
}

int pimg_read_png_info(pimg_bytes bytes, penstock_image_info *info, const pimg_error *error) {
  int status = read_header(bytes, info, error);
  if (status != PENSTOCK_IMAGE_OK) {
    return status;
  }
  uint8_t from_xmp = 0;
  size_t offset = SIGNATURE_BYTES;
  while (offset + CHUNK_OVERHEAD <= bytes.size) {
    const uint8_t *chunk = bytes.data + offset;
    size_t length = pimg_u32_be(chunk);
    if (is_type(chunk, "IEND") || length > bytes.size - offset - CHUNK_OVERHEAD) {
      break;
    }
    pimg_bytes body = {chunk + 8, length};
    if (is_type(chunk, "eXIf")) {
      uint8_t orientation = pimg_exif_orientation(body);
      if (orientation != 0) {
        info->orientation = orientation;
        return PENSTOCK_IMAGE_OK;
      }
    } else if (is_type(chunk, "iTXt") && from_xmp == 0) {
      from_xmp = xmp_orientation(body);
    }
    offset += length + CHUNK_OVERHEAD;
  }
  info->orientation = from_xmp != 0 ? from_xmp : 1;
  return PENSTOCK_IMAGE_OK;
}
