/// Decoding and resizing of images for Penstock, as a small C ABI over libjpeg-turbo, libpng, libwebp, giflib and
/// libtiff.
///
/// Every pixel buffer of this interface is RGB, 8 bits per sample, row-major, tightly packed: `height * width * 3`
/// bytes. The reference for every byte is Pillow 13: `Image.open(file).convert("RGB")`, then `ImageOps.exif_transpose`
/// if asked, then `resize((w, h), Image.BILINEAR)`, then `crop`. README.md of this folder lists where the two differ.
///
/// Errors: a fallible function returns one of the status codes below and writes a sentence into `error` (always
/// terminated, cut at `error_size`; NULL or 0 when the text is not wanted). On success `error` is left alone.
/// Threads: no globals. Any function may run on any thread; one decoder is used by one thread at a time.
#ifndef CPENSTOCK_IMAGE_H
#define CPENSTOCK_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wnullability-extension"
#else
#define _Nonnull
#define _Nullable
#endif

// MARK: Status

/// Done.
#define PENSTOCK_IMAGE_OK 0
/// The data claims to be an image of a known format, and is broken: cut short, or a header or stream that makes no
/// sense.
#define PENSTOCK_IMAGE_DAMAGED 1
/// A real image of a kind that is not decoded here (AVIF, JPEG XL, SVG, 12-bit JPEG, floating-point TIFF, …); the
/// message names it.
#define PENSTOCK_IMAGE_UNSUPPORTED 2
/// More pixels than `max_pixels`, or more working memory than `max_scratch_bytes`; nothing of that size was allocated.
#define PENSTOCK_IMAGE_TOO_LARGE 3
/// Not an image at all: empty, a Git-LFS pointer, HTML, PDF, text, unknown bytes; the message says what it is.
#define PENSTOCK_IMAGE_NOT_AN_IMAGE 4
/// `malloc` returned NULL, within the limits.
#define PENSTOCK_IMAGE_OUT_OF_MEMORY 5
/// The caller's mistake: a zero size, a crop outside the resized image, an output buffer that is too small.
#define PENSTOCK_IMAGE_INVALID_ARGUMENT 6

// MARK: What the bytes are

/// Formats that are decoded.
#define PENSTOCK_IMAGE_FORMAT_UNKNOWN 0
#define PENSTOCK_IMAGE_FORMAT_JPEG 1
#define PENSTOCK_IMAGE_FORMAT_PNG 2
#define PENSTOCK_IMAGE_FORMAT_WEBP 3
#define PENSTOCK_IMAGE_FORMAT_GIF 4
#define PENSTOCK_IMAGE_FORMAT_BMP 5
#define PENSTOCK_IMAGE_FORMAT_TIFF 6
/// Formats that are recognised, to be named in the message, and not decoded. Numbers from 100 on.
#define PENSTOCK_IMAGE_FORMAT_FIRST_UNSUPPORTED 100
#define PENSTOCK_IMAGE_FORMAT_AVIF 100
#define PENSTOCK_IMAGE_FORMAT_HEIC 101
#define PENSTOCK_IMAGE_FORMAT_JPEG2000 102
#define PENSTOCK_IMAGE_FORMAT_JPEG_XL 103
#define PENSTOCK_IMAGE_FORMAT_JPEG_XR 104
#define PENSTOCK_IMAGE_FORMAT_SVG 105
#define PENSTOCK_IMAGE_FORMAT_ICO 106
#define PENSTOCK_IMAGE_FORMAT_PSD 107
#define PENSTOCK_IMAGE_FORMAT_QOI 108
#define PENSTOCK_IMAGE_FORMAT_OPENEXR 109
#define PENSTOCK_IMAGE_FORMAT_NETPBM 110
#define PENSTOCK_IMAGE_FORMAT_JPEG_LS 111
/// Things that are no image. Numbers from 200 on.
#define PENSTOCK_IMAGE_FORMAT_FIRST_NOT_AN_IMAGE 200
#define PENSTOCK_IMAGE_FORMAT_EMPTY 200
#define PENSTOCK_IMAGE_FORMAT_GIT_LFS_POINTER 201
#define PENSTOCK_IMAGE_FORMAT_HTML 202
#define PENSTOCK_IMAGE_FORMAT_XML 203
#define PENSTOCK_IMAGE_FORMAT_PDF 204
#define PENSTOCK_IMAGE_FORMAT_ZIP 205
#define PENSTOCK_IMAGE_FORMAT_GZIP 206
#define PENSTOCK_IMAGE_FORMAT_TEXT 207
#define PENSTOCK_IMAGE_FORMAT_VIDEO 208

/// What a header says. Sizes are as stored: before EXIF orientation is applied. (A TIFF's own orientation is part of
/// the format: as in Pillow it is always applied, so `width` and `height` are those after it and `orientation` is 1.)
typedef struct penstock_image_info {
  /// One of `PENSTOCK_IMAGE_FORMAT_…`.
  int32_t format;
  /// Pixels. Of the canvas for GIF and animated WebP; of the first page for TIFF.
  uint32_t width;
  uint32_t height;
  /// EXIF orientation, 1…8; 1 when the file has none or nonsense. 5…8 swap width and height when applied.
  uint8_t orientation;
  /// Samples per pixel as stored: 1 gray or palette, 2 gray and alpha, 3 colour, 4 colour and alpha, or CMYK.
  uint8_t component_count;
  /// Bits of one sample as stored: 1, 2, 4, 8, 12, 16, 32.
  uint8_t bits_per_component;
  /// Progressive JPEG, interlaced PNG or GIF: the whole frame is held while it is decoded.
  bool is_progressive;
} penstock_image_info;

/// Recognises the format by content, never by name, and reads the header.
///
/// - Errors: `NOT_AN_IMAGE`, `UNSUPPORTED` (both with `info->format` set), `DAMAGED`. `info` is always written; what
///   was not learnt is 0 (orientation: 1).
/// - Cost: allocates nothing; walks chunk or marker headers, so a few hundred bytes are touched, whatever `size` is.
int penstock_image_read_info(const uint8_t *_Nonnull data, size_t size, penstock_image_info *_Nonnull info,
                             char *_Nullable error, size_t error_size);

/// The usual name of a format: "JPEG", "AVIF", "Git-LFS pointer", … Never NULL. The string lives for ever.
const char *_Nonnull penstock_image_format_name(int32_t format);

// MARK: Decoder

/// Pillow's limit: twice `Image.MAX_IMAGE_PIXELS`, above which it raises `DecompressionBombError`.
#define PENSTOCK_IMAGE_DEFAULT_MAX_PIXELS 178956970
/// 512 MiB: a frame of Pillow's limit in RGB does not quite fit, an ordinary camera's (100 megapixels) does.
#define PENSTOCK_IMAGE_DEFAULT_MAX_SCRATCH_BYTES 536870912

/// What one decoder may use. A zero means the default.
typedef struct penstock_image_limits {
  /// Refuse images with more pixels than this, before anything is allocated for them.
  uint64_t max_pixels;
  /// Bytes that one image may need besides the caller's own buffers: frames, coefficients of progressive JPEGs, codec
  /// state, as computed from the header before they are allocated. Baseline JPEGs and plain PNGs are decoded by rows
  /// and need a few hundred kilobytes, whatever their size.
  uint64_t max_scratch_bytes;
} penstock_image_limits;

/// Codec state and scratch memory that are reused from image to image. One per worker thread.
typedef struct penstock_image_decoder penstock_image_decoder;

/// Makes a decoder; the caller owns it and calls `penstock_image_decoder_destroy`.
///
/// - Errors: `OUT_OF_MEMORY`; `*decoder` is then NULL.
/// - Cost: under 10 KiB at first; scratch grows with the images and shrinks again after an outlier.
int penstock_image_decoder_create(penstock_image_limits limits, penstock_image_decoder *_Nullable *_Nonnull decoder,
                                  char *_Nullable error, size_t error_size);

/// Frees the decoder and all that it holds. NULL is fine.
void penstock_image_decoder_destroy(penstock_image_decoder *_Nullable decoder);

/// Bytes of scratch memory that the decoder keeps at this moment, between two images.
size_t penstock_image_decoder_scratch_bytes(const penstock_image_decoder *_Nonnull decoder);

/// Decodes the whole frame (the first one of an animation, the first page of a TIFF) to RGB.
///
/// - Layout: `out` receives `height * width * 3` bytes, width and height being those of `penstock_image_read_info`,
///   swapped when `apply_exif` is set and the orientation is 5…8. They are also stored in `*out_width`, `*out_height`.
/// - Errors: all codes. `INVALID_ARGUMENT` when `out_size` is less than needed. After an error `out` holds rubbish.
/// - Cost: no allocation of our own in steady state when the orientation is 1 or ignored (a JPEG or PNG is decoded
///   straight into `out`); otherwise scratch for one frame.
int penstock_image_decode_rgb(penstock_image_decoder *_Nonnull decoder, const uint8_t *_Nonnull data, size_t size,
                              bool apply_exif, uint8_t *_Nonnull out, size_t out_size, uint32_t *_Nullable out_width,
                              uint32_t *_Nullable out_height, char *_Nullable error, size_t error_size);

// MARK: Resize

/// Byte for byte what Pillow gives.
#define PENSTOCK_IMAGE_QUALITY_EXACT 0
/// JPEGs are decoded at 1/8, 1/4 or 1/2 of their size if that leaves both sides at least as large as asked, and then
/// resized with antialiasing. Others, and other formats: as `EXACT`.
#define PENSTOCK_IMAGE_QUALITY_FAST 1

/// What a model wants from an image: the whole image resized to `resized_*`, and of that the crop rectangle.
///
/// All sizes are in pixels, and after orientation when `apply_exif` is set. The crop lies inside the resized image and
/// is not empty.
typedef struct penstock_image_target {
  uint32_t resized_width;
  uint32_t resized_height;
  uint32_t crop_x;
  uint32_t crop_y;
  uint32_t crop_width;
  uint32_t crop_height;
  bool apply_exif;
  /// `PENSTOCK_IMAGE_QUALITY_EXACT` or `…_FAST`.
  int32_t quality;
} penstock_image_target;

/// Decodes, resizes and crops in one pass; only what the crop needs is computed.
///
/// - Layout: `out` receives `crop_height * crop_width * 3` bytes: typically one image's slot in a batch tensor.
/// - Errors: all codes. A JPEG that is cut short is `DAMAGED` even where the crop does not reach the missing rows;
/// other
///   damage outside the rows that the crop needs is not looked for. After an error `out` holds rubbish.
/// - Cost: a baseline JPEG or a plain PNG is streamed: a few rows of scratch, and no row below the crop is decoded.
///   Orientations 2…8 and formats that cannot be streamed use scratch for one frame. No allocation of our own in steady
///   state; libjpeg, libpng, libwebp, giflib and libtiff allocate their own per-image state.
int penstock_image_decode_resized(penstock_image_decoder *_Nonnull decoder, const uint8_t *_Nonnull data, size_t size,
                                  const penstock_image_target *_Nonnull target, uint8_t *_Nonnull out, size_t out_size,
                                  char *_Nullable error, size_t error_size);

/// The same resize and crop for pixels in memory. `apply_exif` and `quality` of the target are not looked at.
///
/// - Layout: `source` holds `source_height * source_width * 3` bytes, `out` as in `penstock_image_decode_resized`.
/// - Errors: `INVALID_ARGUMENT`, `TOO_LARGE` (coefficients and rows beyond `max_scratch_bytes`), `OUT_OF_MEMORY`.
/// - Cost: one pass per axis; scratch for the crop's columns of as many rows as the filter is high, from the decoder.
/// - Source: Pillow 13, `Resample.c`, 8 bits per channel, BILINEAR; equal in every byte.
int penstock_image_resize_rgb(penstock_image_decoder *_Nonnull decoder, const uint8_t *_Nonnull source,
                              size_t source_size, uint32_t source_width, uint32_t source_height,
                              const penstock_image_target *_Nonnull target, uint8_t *_Nonnull out, size_t out_size,
                              char *_Nullable error, size_t error_size);

// MARK: Where this differs from Pillow 13
//
// Checked by scripts/goldens/image_compare.py over the 491 files of realdata and 380 files that Pillow writes itself:
// every byte is equal, and what Pillow refuses is refused, except for the following.
//
// - Not decoded, but recognised and named: AVIF, HEIC, JPEG 2000, JPEG XL and the others from 100 on; lossless JPEG
// (SOF3,
//   which libjpeg-turbo has from version 3 on); LAB TIFF.
// - Damaged JPEGs that libjpeg-turbo tolerates: 2.1 and 3.2 recover differently after broken entropy-coded data.
// - JPEGs whose rows are all there and that end in a broken marker: decoded here, refused by libjpeg-turbo 3.
// - TIFF with uncompressed YCbCr: at most 1 level off (libtiff's conversion; Pillow has its own tables).
// - Several scans of a JPEG are limited to 500, and memory to `max_scratch_bytes`: TOO_LARGE where Pillow goes on.
// - `decode_resized` looks at rows below the crop only if the file does not run up to an end marker. So a file that is
// cut
//   short is refused whatever the crop is, but broken entropy-coded data below the crop goes unnoticed, as it does in
//   Pillow for all but the few errors that libjpeg does not tolerate.
// - EXIF orientation in compressed text chunks of PNGs ("Raw profile type exif") is not read.
// - The order of the two passes of a resize depends on the sizes from Pillow 13 on: heights that shrink by more than
// twice
//   the pixels that widths do are reduced first. Earlier versions always begin with the width; results then differ by
//   at most a level or so.

#if defined(__clang__)
#pragma clang diagnostic pop
#endif

#ifdef __cplusplus
}
#endif

#endif
