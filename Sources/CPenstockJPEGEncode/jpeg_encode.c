#include "CPenstockJPEGEncode.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>

/// libjpeg's own limit (JPEG_MAX_DIMENSION); fixed here so that the header need not show libjpeg's.
enum { max_side = 65500 };

/// libjpeg's error manager with the place to return to, what was asked for and the caller's message buffer.
typedef struct {
  struct jpeg_error_mgr manager;
  jmp_buf escape;
  const penstock_jpeg_encoding *encoding;
  char *message;
  size_t message_size;
} error_state;

/// Instead of libjpeg's default, which ends the process.
static void fail(j_common_ptr info) {
  error_state *state = (error_state *)info->err;
  char text[JMSG_LENGTH_MAX];
  (*info->err->format_message)(info, text);
  snprintf(state->message, state->message_size, "%s", text);
  longjmp(state->escape, 1);
}

/// Warnings go nowhere: a library does not write to stderr.
static void ignore_message(j_common_ptr info) { (void)info; }

/// A destination that fills the caller's buffer and fails when it is full. `jpeg_mem_dest` would silently switch to a
/// buffer of its own instead, which the caller could neither see nor free.
static void keep_buffer(j_compress_ptr info) { (void)info; }

static void say_too_small(const penstock_jpeg_encoding *encoding, char *error, size_t error_size) {
  snprintf(error, error_size, "the output buffer is too small for a %dx%d JPEG", encoding->width, encoding->height);
}

static boolean buffer_full(j_compress_ptr info) {
  error_state *state = (error_state *)info->err;
  say_too_small(state->encoding, state->message, state->message_size);
  longjmp(state->escape, 1);
}

static int bad_argument(char *error, size_t error_size, const char *what, long value) {
  snprintf(error, error_size, "%s is %ld, which the JPEG encoder can't take", what, value);
  return PENSTOCK_JPEG_ENCODE_BAD_ARGUMENT;
}

static int check_arguments(const penstock_jpeg_encoding *encoding, size_t pixels_size, char *error, size_t error_size) {
  if (encoding->width < 1 || encoding->width > max_side)
    return bad_argument(error, error_size, "width", encoding->width);
  if (encoding->height < 1 || encoding->height > max_side)
    return bad_argument(error, error_size, "height", encoding->height);
  if (encoding->channels != 1 && encoding->channels != 3)
    return bad_argument(error, error_size, "channels", encoding->channels);
  if (encoding->quality < 1 || encoding->quality > 100)
    return bad_argument(error, error_size, "quality", encoding->quality);
  if (encoding->orientation < 0 || encoding->orientation > 8)
    return bad_argument(error, error_size, "orientation", encoding->orientation);
  // <= 65500^2 * 3 < 2^34: fits size_t on every 64-bit system.
  size_t needed = (size_t)encoding->width * (size_t)encoding->height * (size_t)encoding->channels;
  if (pixels_size != needed)
    return bad_argument(error, error_size, "pixels_size", (long)pixels_size);
  return PENSTOCK_JPEG_ENCODE_OK;
}

/// Applies everything but the orientation, which is a marker and written after the compressor has started.
static void apply_encoding(struct jpeg_compress_struct *info, const penstock_jpeg_encoding *encoding) {
  info->image_width = (JDIMENSION)encoding->width;
  info->image_height = (JDIMENSION)encoding->height;
  info->input_components = encoding->channels;
  info->in_color_space = encoding->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(info);
  jpeg_set_quality(info, encoding->quality, TRUE);
  if (encoding->channels == 3) {
    int factor = encoding->halves_chroma ? 2 : 1;
    info->comp_info[0].h_samp_factor = factor;
    info->comp_info[0].v_samp_factor = factor;
  }
  if (encoding->progressive)
    jpeg_simple_progression(info);
  if (encoding->orientation != 0)
    info->write_JFIF_header = FALSE;
}

/// An EXIF block with one entry: tag 0x0112 (orientation), type SHORT, in little-endian TIFF.
static void write_orientation(struct jpeg_compress_struct *info, int orientation) {
  uint8_t exif[] = {'E', 'x', 'i', 'f', 0, 0,          // APP1's name
                    'I', 'I', 42, 0,    8, 0, 0, 0,    // little-endian TIFF, first directory at byte 8
                    1,   0,                            // one entry
                    0x12, 0x01, 3, 0, 1, 0, 0, 0, 0, 0, 0, 0, // orientation, SHORT, one value, filled in below
                    0,   0,   0,  0};                  // no further directory
  exif[24] = (uint8_t)orientation;
  jpeg_write_marker(info, JPEG_APP0 + 1, exif, sizeof exif);
}

size_t penstock_jpeg_encode_bound(int32_t width, int32_t height) {
  if (width < 1 || width > max_side || height < 1 || height > max_side)
    return 0;
  // TurboJPEG's worst case for 4:4:4: whole 16-pixel blocks, 6 bytes a pixel, and room for the headers.
  return (((size_t)width + 15) & ~(size_t)15) * (((size_t)height + 15) & ~(size_t)15) * 6 + 4096;
}

/// Gives libjpeg the rows one by one, straight from the caller's memory.
static void write_rows(struct jpeg_compress_struct *info, const uint8_t *pixels) {
  size_t stride = (size_t)info->image_width * (size_t)info->input_components;
  while (info->next_scanline < info->image_height) {
    // libjpeg's parameter is not const, but it only reads the rows.
    JSAMPROW row = (JSAMPROW)(uintptr_t)(pixels + (size_t)info->next_scanline * stride);
    jpeg_write_scanlines(info, &row, 1);
  }
}

int penstock_jpeg_encode(const penstock_jpeg_encoding *encoding, const uint8_t *pixels, size_t pixels_size,
                         penstock_jpeg_output *output, char *error, size_t error_size) {
  output->size = 0;
  int status = check_arguments(encoding, pixels_size, error, error_size);
  if (status != PENSTOCK_JPEG_ENCODE_OK)
    return status;
  // libjpeg writes a byte before it looks at the room that is left.
  if (output->capacity == 0) {
    say_too_small(encoding, error, error_size);
    return PENSTOCK_JPEG_ENCODE_FAILED;
  }
  struct jpeg_compress_struct info;
  error_state state = {.encoding = encoding, .message = error, .message_size = error_size};
  struct jpeg_destination_mgr destination = {.next_output_byte = output->bytes,
                                             .free_in_buffer = output->capacity,
                                             .init_destination = keep_buffer,
                                             .empty_output_buffer = buffer_full,
                                             .term_destination = keep_buffer};
  memset(&info, 0, sizeof info);
  info.err = jpeg_std_error(&state.manager);
  state.manager.error_exit = fail;
  state.manager.output_message = ignore_message;
  if (setjmp(state.escape)) {
    jpeg_destroy_compress(&info);
    return PENSTOCK_JPEG_ENCODE_FAILED;
  }
  jpeg_create_compress(&info);
  info.dest = &destination;
  apply_encoding(&info, encoding);
  jpeg_start_compress(&info, TRUE);
  if (encoding->orientation != 0)
    write_orientation(&info, encoding->orientation);
  write_rows(&info, pixels);
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  output->size = output->capacity - destination.free_in_buffer;
  return PENSTOCK_JPEG_ENCODE_OK;
}
