// Formats by their first bytes, never by a file's name.
#include "../Internal.h"

#include <string.h>

typedef struct signature {
  int32_t format;
  size_t offset;
  size_t size;
  const char *bytes;
} signature;

static const signature signatures[] = {
    {PENSTOCK_IMAGE_FORMAT_JPEG, 0, 3, "\xff\xd8\xff"},
    {PENSTOCK_IMAGE_FORMAT_PNG, 0, 8, "\x89PNG\r\n\x1a\n"},
    {PENSTOCK_IMAGE_FORMAT_GIF, 0, 6, "GIF87a"},
    {PENSTOCK_IMAGE_FORMAT_GIF, 0, 6, "GIF89a"},
    {PENSTOCK_IMAGE_FORMAT_WEBP, 8, 4, "WEBP"}, // after RIFF and a size, see `is_riff`
    {PENSTOCK_IMAGE_FORMAT_TIFF, 0, 4, "II*\0"},
    {PENSTOCK_IMAGE_FORMAT_TIFF, 0, 4, "MM\0*"},
    {PENSTOCK_IMAGE_FORMAT_TIFF, 0, 4, "II+\0"}, // BigTIFF
    {PENSTOCK_IMAGE_FORMAT_TIFF, 0, 4, "MM\0+"},
    {PENSTOCK_IMAGE_FORMAT_JPEG2000, 0, 12, "\0\0\0\x0cjP  \r\n\x87\n"},
    {PENSTOCK_IMAGE_FORMAT_JPEG2000, 0, 4, "\xff\x4f\xff\x51"},
    {PENSTOCK_IMAGE_FORMAT_JPEG_XL, 0, 12, "\0\0\0\x0cJXL \r\n\x87\n"},
    {PENSTOCK_IMAGE_FORMAT_JPEG_XL, 0, 2, "\xff\x0a"},
    {PENSTOCK_IMAGE_FORMAT_JPEG_XR, 0, 3, "II\xbc"},
    {PENSTOCK_IMAGE_FORMAT_ICO, 0, 4, "\0\0\1\0"},
    {PENSTOCK_IMAGE_FORMAT_PSD, 0, 4, "8BPS"},
    {PENSTOCK_IMAGE_FORMAT_QOI, 0, 4, "qoif"},
    {PENSTOCK_IMAGE_FORMAT_OPENEXR, 0, 4, "v/1\1"},
    {PENSTOCK_IMAGE_FORMAT_PDF, 0, 5, "%PDF-"},
    {PENSTOCK_IMAGE_FORMAT_ZIP, 0, 4, "PK\3\4"},
    {PENSTOCK_IMAGE_FORMAT_GZIP, 0, 2, "\x1f\x8b"},
    {PENSTOCK_IMAGE_FORMAT_VIDEO, 0, 4, "\x1a\x45\xdf\xa3"}, // Matroska, WebM
    {PENSTOCK_IMAGE_FORMAT_GIT_LFS_POINTER, 0, 34, "version https://git-lfs.github.com"},
};

typedef struct format_name {
  int32_t format;
  const char *name;
} format_name;

static const format_name names[] = {
    {PENSTOCK_IMAGE_FORMAT_JPEG, "JPEG"},
    {PENSTOCK_IMAGE_FORMAT_PNG, "PNG"},
    {PENSTOCK_IMAGE_FORMAT_WEBP, "WebP"},
    {PENSTOCK_IMAGE_FORMAT_GIF, "GIF"},
    {PENSTOCK_IMAGE_FORMAT_BMP, "BMP"},
    {PENSTOCK_IMAGE_FORMAT_TIFF, "TIFF"},
    {PENSTOCK_IMAGE_FORMAT_AVIF, "AVIF"},
    {PENSTOCK_IMAGE_FORMAT_HEIC, "HEIC"},
    {PENSTOCK_IMAGE_FORMAT_JPEG2000, "JPEG 2000"},
    {PENSTOCK_IMAGE_FORMAT_JPEG_XL, "JPEG XL"},
    {PENSTOCK_IMAGE_FORMAT_JPEG_XR, "JPEG XR"},
    {PENSTOCK_IMAGE_FORMAT_SVG, "SVG"},
    {PENSTOCK_IMAGE_FORMAT_ICO, "ICO"},
    {PENSTOCK_IMAGE_FORMAT_PSD, "Photoshop"},
    {PENSTOCK_IMAGE_FORMAT_QOI, "QOI"},
    {PENSTOCK_IMAGE_FORMAT_OPENEXR, "OpenEXR"},
    {PENSTOCK_IMAGE_FORMAT_NETPBM, "PBM/PGM/PPM"},
    {PENSTOCK_IMAGE_FORMAT_JPEG_LS, "JPEG-LS"},
    {PENSTOCK_IMAGE_FORMAT_EMPTY, "empty file"},
    {PENSTOCK_IMAGE_FORMAT_GIT_LFS_POINTER, "Git-LFS pointer"},
    {PENSTOCK_IMAGE_FORMAT_HTML, "HTML"},
    {PENSTOCK_IMAGE_FORMAT_XML, "XML"},
    {PENSTOCK_IMAGE_FORMAT_PDF, "PDF"},
    {PENSTOCK_IMAGE_FORMAT_ZIP, "ZIP archive"},
    {PENSTOCK_IMAGE_FORMAT_GZIP, "gzip archive"},
    {PENSTOCK_IMAGE_FORMAT_TEXT, "text"},
    {PENSTOCK_IMAGE_FORMAT_VIDEO, "video"},
};

const char *penstock_image_format_name(int32_t format) {
  for (size_t index = 0; index < sizeof names / sizeof *names; index++) {
    if (names[index].format == format) {
      return names[index].name;
    }
  }
  return "unknown";
}

static bool has_bytes(pimg_bytes bytes, size_t offset, const char *expected, size_t size) {
  return bytes.size >= offset + size && memcmp(bytes.data + offset, expected, size) == 0;
}

static bool is_riff(pimg_bytes bytes) { return has_bytes(bytes, 0, "RIFF", 4); }

/// ISO media files: the brand after "ftyp" says what they hold.
static int32_t recognise_ftyp(pimg_bytes bytes) {
  if (!has_bytes(bytes, 4, "ftyp", 4) || bytes.size < 12) {
    return PENSTOCK_IMAGE_FORMAT_UNKNOWN;
  }
  if (has_bytes(bytes, 8, "avi", 3)) { // avif, avis
    return PENSTOCK_IMAGE_FORMAT_AVIF;
  }
  // mif1, msf1: any codec; the compatible brands name it.
  size_t box_size = pimg_u32_be(bytes.data);
  for (size_t offset = 16; offset + 4 <= box_size && offset + 4 <= bytes.size && offset < 128; offset += 4) {
    if (has_bytes(bytes, offset, "avif", 4)) {
      return PENSTOCK_IMAGE_FORMAT_AVIF;
    }
  }
  bool is_heif = has_bytes(bytes, 8, "hei", 3) || has_bytes(bytes, 8, "hev", 3) || has_bytes(bytes, 8, "mif1", 4) ||
                 has_bytes(bytes, 8, "msf1", 4);
  return is_heif ? PENSTOCK_IMAGE_FORMAT_HEIC : PENSTOCK_IMAGE_FORMAT_VIDEO;
}

/// "BM" alone would claim any text that begins so; the size of the second header is one of seven.
static bool is_bmp(pimg_bytes bytes) {
  if (!has_bytes(bytes, 0, "BM", 2)) {
    return false;
  }
  if (bytes.size < 18) {
    return true; // so short that it is a damaged one
  }
  uint32_t header_size = pimg_u32_le(bytes.data + 14);
  return header_size >= 12 && header_size <= 124;
}

static bool contains_word(pimg_bytes text, const char *lowercase_word) {
  size_t length = strlen(lowercase_word);
  for (size_t start = 0; start + length <= text.size; start++) {
    size_t matched = 0;
    while (matched < length && (text.data[start + matched] | 0x20) == (uint8_t)(lowercase_word[matched] | 0x20)) {
      matched++;
    }
    if (matched == length) {
      return true;
    }
  }
  return false;
}

static bool is_text(pimg_bytes text) {
  for (size_t index = 0; index < text.size; index++) {
    uint8_t byte = text.data[index];
    if (byte < 9 || (byte > 13 && byte < 32) || byte == 127) {
      return false;
    }
  }
  return text.size > 0;
}

static int32_t recognise_text(pimg_bytes bytes) {
  pimg_bytes head = {bytes.data, bytes.size < 1024 ? bytes.size : 1024};
  if (!is_text(head)) {
    return PENSTOCK_IMAGE_FORMAT_UNKNOWN;
  }
  if (contains_word(head, "<svg")) {
    return PENSTOCK_IMAGE_FORMAT_SVG;
  }
  if (contains_word(head, "<!doctype html") || contains_word(head, "<html")) {
    return PENSTOCK_IMAGE_FORMAT_HTML;
  }
  if (contains_word(head, "<?xml")) {
    return PENSTOCK_IMAGE_FORMAT_XML;
  }
  return PENSTOCK_IMAGE_FORMAT_TEXT;
}

/// "P1" to "P7" and white space. Binary pixels may follow, so this comes before the test for text.
static bool is_netpbm(pimg_bytes bytes) {
  return bytes.size >= 3 && bytes.data[0] == 'P' && bytes.data[1] >= '1' && bytes.data[1] <= '7' &&
         (bytes.data[2] == ' ' || bytes.data[2] == '\n' || bytes.data[2] == '\t' || bytes.data[2] == '\r');
}

int32_t pimg_recognise(pimg_bytes bytes) {
  if (bytes.size == 0) {
    return PENSTOCK_IMAGE_FORMAT_EMPTY;
  }
  if (has_bytes(bytes, 0, "\xff\xd8\xff\xf7", 4)) {
    return PENSTOCK_IMAGE_FORMAT_JPEG_LS;
  }
  for (size_t index = 0; index < sizeof signatures / sizeof *signatures; index++) {
    signature candidate = signatures[index];
    if (has_bytes(bytes, candidate.offset, candidate.bytes, candidate.size) &&
        (candidate.format != PENSTOCK_IMAGE_FORMAT_WEBP || is_riff(bytes))) {
      return candidate.format;
    }
  }
  if (is_bmp(bytes)) {
    return PENSTOCK_IMAGE_FORMAT_BMP;
  }
  if (is_riff(bytes)) {
    return PENSTOCK_IMAGE_FORMAT_VIDEO; // AVI, or sound
  }
  int32_t format = recognise_ftyp(bytes);
  if (format == PENSTOCK_IMAGE_FORMAT_UNKNOWN && is_netpbm(bytes)) {
    format = PENSTOCK_IMAGE_FORMAT_NETPBM;
  }
  return format != PENSTOCK_IMAGE_FORMAT_UNKNOWN ? format : recognise_text(bytes);
}
