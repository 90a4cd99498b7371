// TIFF and BigTIFF: sizes, samples and orientation from the first directory, without libtiff.
#include "../Internal.h"

enum { TAG_WIDTH = 256, TAG_HEIGHT = 257, TAG_BITS = 258, TAG_ORIENTATION = 274, TAG_SAMPLES = 277 };

typedef struct directory {
  pimg_bytes bytes;
  bool is_big_endian;
  bool is_big_tiff; // 8-byte offsets and counts
} directory;

static uint64_t read_number(const directory *directory, size_t offset, size_t size) {
  uint64_t value = 0;
  for (size_t index = 0; index < size; index++) {
    size_t position = directory->is_big_endian ? index : size - 1 - index;
    value = value << 8 | directory->bytes.data[offset + position];
  }
  return value;
}

static size_t type_bytes(uint64_t type) {
  switch (type) {
  case 1: return 1;  // BYTE
  case 3: return 2;  // SHORT
  case 4: return 4;  // LONG
  case 16: return 8; // LONG8
  default: return 0;
  }
}

/// The first number of an entry's value, which stands in the entry if it fits and elsewhere if not. 0 when unreadable.
static uint32_t first_value(const directory *directory, size_t entry) {
  size_t word = directory->is_big_tiff ? 8 : 4;
  size_t size = type_bytes(read_number(directory, entry + 2, 2));
  uint64_t count = read_number(directory, entry + 4, word);
  size_t offset = entry + 4 + word;
  if (size == 0 || count == 0) {
    return 0;
  }
  if (count > word / size) {
    uint64_t elsewhere = read_number(directory, offset, word);
    if (elsewhere > directory->bytes.size - size) {
      return 0;
    }
    offset = (size_t)elsewhere;
  } else if (size > word) {
    return 0;
  }
  uint64_t value = read_number(directory, offset, size);
  return value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

static void read_entry(const directory *directory, size_t entry, penstock_image_info *info) {
  uint32_t value = first_value(directory, entry);
  switch (read_number(directory, entry, 2)) {
  case TAG_WIDTH: info->width = value; break;
  case TAG_HEIGHT: info->height = value; break;
  case TAG_BITS: info->bits_per_component = (uint8_t)(value < 255 ? value : 255); break;
  case TAG_SAMPLES: info->component_count = (uint8_t)(value < 255 ? value : 255); break;
  case TAG_ORIENTATION: info->orientation = (uint8_t)(value <= 8 ? value : 1); break;
  default: break;
  }
}

int pimg_read_tiff_info(pimg_bytes bytes, penstock_image_info *info, const pimg_error *error) {
  directory directory = {bytes, bytes.data[0] == 'M', bytes.data[2] == '+' || bytes.data[3] == '+'};
  size_t word = directory.is_big_tiff ? 8 : 4;
  size_t count_bytes = directory.is_big_tiff ? 8 : 2;
  size_t entry_bytes = 4 + 2 * word;
  info->component_count = 1;
  info->bits_per_component = 1; // TIFF's defaults
  uint64_t start = bytes.size >= 16 ? read_number(&directory, word, word) : 0;
  if (start < 8 || bytes.size < 16 || start > bytes.size - count_bytes) {
    return pimg_fail(error, PENSTOCK_IMAGE_DAMAGED, "premature end of TIFF data: the directory is at byte %llu of %zu",
                     (unsigned long long)start, bytes.size);
  }
  uint64_t count = read_number(&directory, (size_t)start, count_bytes);
  for (uint64_t index = 0; index < count; index++) {
    uint64_t entry = start + count_bytes + index * entry_bytes; // ends at the data's end, long before an overflow
    if (entry > bytes.size - entry_bytes || bytes.size < entry_bytes) {
      return pimg_fail(error, PENSTOCK_IMAGE_DAMAGED,
                       "premature end of TIFF data: entry %llu of %llu ends behind byte %zu", (unsigned long long)index,
                       (unsigned long long)count, bytes.size);
    }
    read_entry(&directory, (size_t)entry, info);
  }
  return PENSTOCK_IMAGE_OK;
}
