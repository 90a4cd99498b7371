// GIF: the canvas, and the place of the first frame on it.
#include "../Internal.h"

enum { HEADER_BYTES = 13, EXTENSION = '!', IMAGE = ',', COLOR_TABLE_FLAG = 0x80, INTERLACE_FLAG = 0x40 };

static size_t color_table_bytes(uint8_t flags) { return flags & COLOR_TABLE_FLAG ? (size_t)3 << ((flags & 7) + 1) : 0; }

/// Offset behind a chain of data blocks, or the end of the data.
static size_t skip_blocks(pimg_bytes bytes, size_t offset) {
  while (offset < bytes.size && bytes.data[offset] != 0) {
    offset += (size_t)bytes.data[offset] + 1;
  }
  return offset < bytes.size ? offset + 1 : bytes.size;
}

int pimg_read_gif_info(pimg_bytes bytes, penstock_image_info *info, const pimg_error *error) {
  if (bytes.size < HEADER_BYTES) {
    return pimg_fail(error, PENSTOCK_IMAGE_DAMAGED, "premature end of GIF data: %zu bytes, the header alone has %d",
                     bytes.size, HEADER_BYTES);
  }
  uint8_t flags = bytes.data[10];
  info->width = pimg_u16_le(bytes.data + 6);
  info->height = pimg_u16_le(bytes.data + 8);
  info->component_count = 1;
  info->bits_per_component = (uint8_t)((flags & 7) + 1);
  size_t offset = HEADER_BYTES + color_table_bytes(flags);
  while (offset + 1 < bytes.size) {
    uint8_t block = bytes.data[offset];
    if (block == EXTENSION) {
      offset = skip_blocks(bytes, offset + 2);
    } else if (block == IMAGE && bytes.size - offset >= 10) {
      const uint8_t *frame = bytes.data + offset + 1;
      uint32_t right = pimg_u16_le(frame) + pimg_u16_le(frame + 4);
      uint32_t bottom = pimg_u16_le(frame + 2) + pimg_u16_le(frame + 6);
      // As Pillow: a first frame that sticks out makes the canvas larger.
      info->width = right > info->width ? right : info->width;
      info->height = bottom > info->height ? bottom : info->height;
      info->is_progressive = (frame[8] & INTERLACE_FLAG) != 0;
      return PENSTOCK_IMAGE_OK;
    } else if (block == ';') {
      break;
    } else {
      offset++;
    }
  }
  return pimg_fail(error, PENSTOCK_IMAGE_DAMAGED, "GIF without a picture in its %zu bytes", bytes.size);
}
