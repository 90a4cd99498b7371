// BMP: the file header, one of seven information headers, and where palette and pixels are.
#include "../Internal.h"

enum { FILE_HEADER_BYTES = 14, CORE_HEADER_BYTES = 12, INFO_HEADER_BYTES = 40, OS2_HEADER_BYTES = 64 };

static bool is_known_header_size(uint32_t size) {
  return size == 12 || size == 40 || size == 52 || size == 56 || size == 64 || size == 108 || size == 124;
}

static void read_core_header(const uint8_t *p, pimg_bmp_header *header) {
  header->width = pimg_u16_le(p + 4);
  header->height = pimg_u16_le(p + 6);
  header->bits = pimg_u16_le(p + 10);
  header->palette_entry_bytes = 3;
}

static void read_info_header(const uint8_t *p, pimg_bmp_header *header) {
  uint32_t height = pimg_u32_le(p + 8);
  header->is_top_down = p[11] == 0xff; // a small negative number
  header->width = pimg_u32_le(p + 4);
  header->height = header->is_top_down ? 0U - height : height;
  header->bits = pimg_u16_le(p + 14);
  header->compression = pimg_u32_le(p + 16);
  header->palette_count = pimg_u32_le(p + 32);
  header->palette_entry_bytes = 4;
}

/// Masks follow the 40 bytes, inside the longer headers or behind the short one.
static int read_masks(pimg_bytes bytes, pimg_bmp_header *header, const pimg_error *error) {
  size_t offset = FILE_HEADER_BYTES + INFO_HEADER_BYTES;
  if (header->compression != 3) {
    return PENSTOCK_IMAGE_OK;
  }
  if (bytes.size < offset + 12) {
    return pimg_fail(error, PENSTOCK_IMAGE_DAMAGED, "premature end of BMP data: %zu bytes, the bit masks end at %zu",
                     bytes.size, offset + 12);
  }
  for (size_t index = 0; index < 3; index++) {
    header->masks[index] = pimg_u32_le(bytes.data + offset + index * 4);
  }
  return PENSTOCK_IMAGE_OK;
}

static int check_header(const pimg_bmp_header *header, const pimg_error *error) {
  uint32_t bits = header->bits;
  bool is_indexed = bits == 1 || bits == 4 || bits == 8;
  if (!is_indexed && bits != 16 && bits != 24 && bits != 32) {
    return pimg_fail(error, PENSTOCK_IMAGE_UNSUPPORTED, "BMP with %u bits per pixel is not supported", bits);
  }
  bool is_run_length = header->compression == 1 || header->compression == 2;
  if (header->compression > 3 || (is_run_length && !is_indexed) || (header->compression == 3 && bits < 16)) {
    return pimg_fail(error, PENSTOCK_IMAGE_UNSUPPORTED, "BMP with compression %u at %u bits per pixel is not supported",
                     header->compression, bits);
  }
  if (is_indexed && header->palette_count > 65536) {
    return pimg_fail(error, PENSTOCK_IMAGE_DAMAGED, "BMP with a palette of %u colours", header->palette_count);
  }
  return PENSTOCK_IMAGE_OK;
}

int pimg_read_bmp_header(pimg_bytes bytes, pimg_bmp_header *header, const pimg_error *error) {
  *header = (pimg_bmp_header){0};
  uint32_t header_size = bytes.size >= 18 ? pimg_u32_le(bytes.data + FILE_HEADER_BYTES) : 0;
  if (bytes.size < 18 || bytes.size - FILE_HEADER_BYTES < header_size) {
    return pimg_fail(error, PENSTOCK_IMAGE_DAMAGED, "premature end of BMP data: %zu bytes end in the header",
                     bytes.size);
  }
  if (!is_known_header_size(header_size)) {
    return pimg_fail(error, PENSTOCK_IMAGE_UNSUPPORTED, "BMP with a header of %u bytes is not supported", header_size);
  }
  const uint8_t *p = bytes.data + FILE_HEADER_BYTES;
  if (header_size == CORE_HEADER_BYTES) {
    read_core_header(p, header);
  } else {
    read_info_header(p, header);
  }
  int status = check_header(header, error);
  if (status == PENSTOCK_IMAGE_OK) {
    status = read_masks(bytes, header, error);
  }
  if (header->bits <= 8 && header->palette_count == 0) {
    header->palette_count = 1U << header->bits;
  }
  bool masks_behind = header->compression == 3 && header_size == INFO_HEADER_BYTES;
  header->palette_offset = FILE_HEADER_BYTES + header_size + (masks_behind ? 12 : 0);
  header->pixel_offset = pimg_u32_le(bytes.data + 10);
  if (header->bits <= 8 && header->pixel_offset == (size_t)FILE_HEADER_BYTES + header_size) {
    header->pixel_offset += (size_t)header->palette_count * header->palette_entry_bytes; // as Pillow: the header lies
  }
  if (header->pixel_offset == 0) {
    header->pixel_offset = header->palette_offset;
  }
  return status;
}

int pimg_read_bmp_info(pimg_bytes bytes, penstock_image_info *info, const pimg_error *error) {
  pimg_bmp_header header;
  int status = pimg_read_bmp_header(bytes, &header, error);
  info->width = header.width;
  info->height = header.height;
  info->component_count = header.bits <= 8 ? 1 : header.bits == 32 ? 4 : 3;
  info->bits_per_component = header.bits <= 8 ? (uint8_t)header.bits : header.bits == 16 ? 5 : 8;
  return status;
}
