// EXIF orientation: from the first directory of a TIFF structure, or from an XMP packet.
#include "../Internal.h"

#include <string.h>

enum { ORIENTATION_TAG = 274, TYPE_BYTE = 1, TYPE_SHORT = 3, TYPE_LONG = 4 };

typedef struct tiff_reader {
  pimg_bytes bytes;
  bool is_big_endian;
} tiff_reader;

static uint32_t read_16(const tiff_reader *reader, size_t offset) {
  const uint8_t *p = reader->bytes.data + offset;
  return reader->is_big_endian ? pimg_u16_be(p) : pimg_u16_le(p);
}

static uint32_t read_32(const tiff_reader *reader, size_t offset) {
  const uint8_t *p = reader->bytes.data + offset;
  return reader->is_big_endian ? pimg_u32_be(p) : pimg_u32_le(p);
}

/// The value of a directory entry of 12 bytes, 0 unless it is one small number.
static uint8_t orientation_in_entry(const tiff_reader *reader, size_t entry) {
  uint32_t type = read_16(reader, entry + 2);
  uint32_t value = 0;
  if (read_32(reader, entry + 4) != 1) {
    return 0;
  }
  if (type == TYPE_SHORT) {
    value = read_16(reader, entry + 8);
  } else if (type == TYPE_LONG) {
    value = read_32(reader, entry + 8);
  } else if (type == TYPE_BYTE) {
    value = reader->bytes.data[entry + 8];
  }
  return value >= 1 && value <= 8 ? (uint8_t)value : 0;
}

uint8_t pimg_exif_orientation(pimg_bytes tiff) {
  if (tiff.size < 8 || (memcmp(tiff.data, "II", 2) != 0 && memcmp(tiff.data, "MM", 2) != 0)) {
    return 0;
  }
  tiff_reader reader = {tiff, tiff.data[0] == 'M'};
  size_t directory = read_32(&reader, 4);
  if (read_16(&reader, 2) != 42 || directory > tiff.size - 2) {
    return 0;
  }
  uint32_t entry_count = read_16(&reader, directory);
  uint8_t orientation = 0;
  for (uint32_t index = 0; index < entry_count; index++) {
    size_t entry = directory + 2 + (size_t)index * 12;
    if (entry + 12 > tiff.size) {
      break;
    }
    if (read_16(&reader, entry) == ORIENTATION_TAG) {
      orientation = orientation_in_entry(&reader, entry);
    }
  }
  return orientation;
}

/// Pillow's pattern: `tiff:Orientation(="|>)([0-9])`.
uint8_t pimg_xmp_orientation(pimg_bytes xmp) {
  static const char name[] = "tiff:Orientation";
  size_t length = sizeof name - 1;
  for (size_t start = 0; start + length + 3 <= xmp.size; start++) {
    const uint8_t *text = memchr(xmp.data + start, 't', xmp.size - start);
    if (text == NULL) {
      return 0;
    }
    start = (size_t)(text - xmp.data);
    if (start + length + 3 > xmp.size || memcmp(text, name, length) != 0) {
      continue;
    }
    const uint8_t *value = text + length;
    value += value[0] == '>' ? 1 : value[0] == '=' && value[1] == '"' ? 2 : 0;
    if (value != text + length && *value >= '0' && *value <= '9') {
      return *value >= '1' && *value <= '8' ? (uint8_t)(*value - '0') : 1;
    }
  }
  return 0;
}
