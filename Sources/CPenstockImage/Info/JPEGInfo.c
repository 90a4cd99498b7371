// Walks the markers of a JPEG up to its first scan, as Pillow's JpegImagePlugin does.
#include "../Internal.h"

#include <string.h>

typedef struct walk {
  pimg_bytes bytes;
  size_t offset;
  bool has_frame;
  unsigned frame_marker;
  uint8_t exif_orientation;
  uint8_t xmp_orientation;
  bool has_exif;
  penstock_image_info *info;
  const pimg_error *error;
} walk;

static bool starts_with(pimg_bytes bytes, const char *prefix, size_t size) {
  return bytes.size >= size && memcmp(bytes.data, prefix, size) == 0;
}

static void read_app1(walk *walk, pimg_bytes body) {
  static const char xmp_name[] = "http://ns.adobe.com/xap/1.0/"; // with its terminating zero
  if (starts_with(body, "Exif\0\0", 6) && !walk->has_exif) {
    walk->has_exif = true;
    walk->exif_orientation = pimg_exif_orientation((pimg_bytes){body.data + 6, body.size - 6});
  } else if (starts_with(body, xmp_name, sizeof xmp_name)) {
    walk->xmp_orientation =
        pimg_xmp_orientation((pimg_bytes){body.data + sizeof xmp_name, body.size - sizeof xmp_name});
  }
}

static bool is_frame_marker(unsigned marker) {
  return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

static int read_frame(walk *walk, unsigned marker, pimg_bytes body) {
  if (body.size < 6) {
    return pimg_fail(walk->error, PENSTOCK_IMAGE_DAMAGED, "JPEG frame header of %zu bytes at byte %zu", body.size,
                     walk->offset);
  }
  penstock_image_info *info = walk->info;
  info->bits_per_component = body.data[0];
  info->height = pimg_u16_be(body.data + 1);
  info->width = pimg_u16_be(body.data + 3);
  info->component_count = body.data[5];
  info->is_progressive = marker == 0xc2 || marker == 0xc6 || marker == 0xca || marker == 0xce;
  walk->has_frame = true;
  walk->frame_marker = marker;
  return PENSTOCK_IMAGE_OK;
}

static int check_frame(const walk *walk) {
  const penstock_image_info *info = walk->info;
  if (!walk->has_frame) {
    return pimg_fail(walk->error, PENSTOCK_IMAGE_DAMAGED, "JPEG without a frame header (SOF) before its first scan");
  }
  if (info->bits_per_component != 8) {
    return pimg_fail(walk->error, PENSTOCK_IMAGE_UNSUPPORTED, "JPEG with %u bits per component; 8 are supported",
                     info->bits_per_component);
  }
  if (info->component_count != 1 && info->component_count != 3 && info->component_count != 4) {
    return pimg_fail(walk->error, PENSTOCK_IMAGE_UNSUPPORTED, "JPEG with %u components; 1, 3 and 4 are supported",
                     info->component_count);
  }
  // SOF3: lossless. SOF5 to 7, 13 to 15: hierarchical. SOF11: lossless, arithmetic.
  unsigned kind = walk->frame_marker & 15;
  if (kind == 3 || (kind >= 5 && kind <= 7) || kind == 11 || kind >= 13) {
    return pimg_fail(walk->error, PENSTOCK_IMAGE_UNSUPPORTED, "%s JPEG (SOF%u) is not supported",
                     kind == 3 || kind == 11 ? "lossless" : "hierarchical", kind);
  }
  return PENSTOCK_IMAGE_OK;
}

/// The next marker's second byte, after fill bytes and junk; 0 at the end of the data.
static unsigned next_marker(walk *walk) {
  const uint8_t *data = walk->bytes.data;
  while (walk->offset < walk->bytes.size) {
    const uint8_t *found = memchr(data + walk->offset, 0xff, walk->bytes.size - walk->offset);
    if (found == NULL) {
      break;
    }
    walk->offset = (size_t)(found - data) + 1;
    while (walk->offset < walk->bytes.size && data[walk->offset] == 0xff) {
      walk->offset++;
    }
    if (walk->offset < walk->bytes.size && data[walk->offset] != 0) {
      return data[walk->offset++];
    }
  }
  walk->offset = walk->bytes.size;
  return 0;
}

static bool has_length(unsigned marker) {
  return marker >= 0xc0 && marker != 0xc8 && !(marker >= 0xd0 && marker <= 0xd9) && !(marker >= 0xf0 && marker <= 0xfd);
}

/// Reads one segment; `*is_scan` says that it was the start of a scan.
static int read_segment(walk *walk, unsigned marker, bool *is_scan) {
  size_t left = walk->bytes.size - walk->offset;
  size_t length = left >= 2 ? pimg_u16_be(walk->bytes.data + walk->offset) : 0;
  if (left < 2 || length > left) {
    return pimg_fail(walk->error, PENSTOCK_IMAGE_DAMAGED,
                     "premature end of JPEG data: marker 0x%02x at byte %zu of %zu needs %zu bytes, %zu are there",
                     marker, walk->offset - 2, walk->bytes.size, left < 2 ? 2 : length, left);
  }
  pimg_bytes body = {walk->bytes.data + walk->offset + 2, length < 2 ? 0 : length - 2};
  walk->offset += length < 2 ? 2 : length;
  *is_scan = marker == 0xda;
  if (marker == 0xe1) {
    read_app1(walk, body);
  }
  return is_frame_marker(marker) ? read_frame(walk, marker, body) : PENSTOCK_IMAGE_OK;
}

int pimg_read_jpeg_info(pimg_bytes bytes, penstock_image_info *info, const pimg_error *error) {
  walk walk = {.bytes = bytes, .offset = 2, .info = info, .error = error};
  bool is_scan = false;
  while (!is_scan) {
    unsigned marker = next_marker(&walk);
    if (marker == 0) {
      return pimg_fail(error, PENSTOCK_IMAGE_DAMAGED,
                       "premature end of JPEG data at byte %zu: no scan begins before it", bytes.size);
    }
    if (marker < 0xc0) {
      return pimg_fail(error, PENSTOCK_IMAGE_DAMAGED, "damaged JPEG data: unknown marker 0x%02x at byte %zu of %zu",
                       marker, walk.offset - 2, bytes.size);
    }
    int status = has_length(marker) ? read_segment(&walk, marker, &is_scan) : PENSTOCK_IMAGE_OK;
    if (status != PENSTOCK_IMAGE_OK) {
      return status;
    }
  }
  info->orientation = walk.exif_orientation != 0 ? walk.exif_orientation : walk.xmp_orientation;
  return check_frame(&walk);
}
