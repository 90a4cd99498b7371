// `penstock_image_read_info`: recognise, then let the format's own file read the header.
#include "../Internal.h"

static int refuse_unrecognised(int32_t format, pimg_bytes bytes, const pimg_error *error) {
  if (format == PENSTOCK_IMAGE_FORMAT_EMPTY) {
    return pimg_fail(error, PENSTOCK_IMAGE_NOT_AN_IMAGE, "not an image: the file is empty (0 bytes)");
  }
  if (format == PENSTOCK_IMAGE_FORMAT_GIT_LFS_POINTER) {
    return pimg_fail(
        error, PENSTOCK_IMAGE_NOT_AN_IMAGE,
        "not an image: a Git-LFS pointer stands in its place; run `git lfs pull` where the files come from");
  }
  if (format >= PENSTOCK_IMAGE_FORMAT_FIRST_NOT_AN_IMAGE) {
    return pimg_fail(error, PENSTOCK_IMAGE_NOT_AN_IMAGE, "not an image: the content is %s (%zu bytes)",
                     penstock_image_format_name(format), bytes.size);
  }
  if (format != PENSTOCK_IMAGE_FORMAT_UNKNOWN) {
    return pimg_fail(error, PENSTOCK_IMAGE_UNSUPPORTED, "%s is not supported; convert it to JPEG, PNG, WebP or TIFF",
                     penstock_image_format_name(format));
  }
  char start[3 * 8 + 1] = "";
  for (size_t index = 0; index < 8 && index < bytes.size; index++) {
    static const char digits[] = "0123456789abcdef";
    start[index * 3] = digits[bytes.data[index] >> 4];
    start[index * 3 + 1] = digits[bytes.data[index] & 15];
    start[index * 3 + 2] = ' ';
    start[index * 3 + 3] = '\0';
  }
  return pimg_fail(error, PENSTOCK_IMAGE_NOT_AN_IMAGE, "no known image format: %zu bytes that begin with %s",
                   bytes.size, start);
}

static int read_known_info(pimg_bytes bytes, penstock_image_info *info, const pimg_error *error) {
  switch (info->format) {
  case PENSTOCK_IMAGE_FORMAT_JPEG: return pimg_read_jpeg_info(bytes, info, error);
  case PENSTOCK_IMAGE_FORMAT_PNG: return pimg_read_png_info(bytes, info, error);
  case PENSTOCK_IMAGE_FORMAT_WEBP: return pimg_read_webp_info(bytes, info, error);
  case PENSTOCK_IMAGE_FORMAT_GIF: return pimg_read_gif_info(bytes, info, error);
  case PENSTOCK_IMAGE_FORMAT_BMP: return pimg_read_bmp_info(bytes, info, error);
  case PENSTOCK_IMAGE_FORMAT_TIFF: return pimg_read_tiff_info(bytes, info, error);
  default: return refuse_unrecognised(info->format, bytes, error);
  }
}

int pimg_read_info(pimg_bytes bytes, penstock_image_info *info, const pimg_error *error) {
  *info = (penstock_image_info){.format = pimg_recognise(bytes), .orientation = 1};
  int status = read_known_info(bytes, info, error);
  if (info->orientation < 1 || info->orientation > 8) {
    info->orientation = 1;
  }
  if (status == PENSTOCK_IMAGE_OK && (info->width == 0 || info->height == 0)) {
    return pimg_fail(error, PENSTOCK_IMAGE_DAMAGED, "the %s header says %ux%u pixels",
                     penstock_image_format_name(info->format), info->width, info->height);
  }
  return status;
}

int penstock_image_read_info(const uint8_t *data, size_t size, penstock_image_info *info, char *error,
                             size_t error_size) {
  pimg_error target = {error, error_size};
  int status = pimg_read_info((pimg_bytes){data, size}, info, &target);
  if (info->format == PENSTOCK_IMAGE_FORMAT_TIFF) { // always applied, so to callers it is not there
    uint32_t width = info->width;
    bool swaps = pimg_orientation_swaps_sides(info->orientation);
    info->width = swaps ? info->height : width;
    info->height = swaps ? width : info->height;
    info->orientation = 1;
  }
  return status;
}
