// JPEG encoding over libjpeg's compress API, as a small C ABI of our own. libjpeg's headers never leave the .c file.
#ifndef CPENSTOCK_JPEG_ENCODE_H
#define CPENSTOCK_JPEG_ENCODE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Longest message that an error buffer can receive, with its terminating zero.
#define PENSTOCK_JPEG_ENCODE_ERROR_SIZE 256

/// Status of a call: everything was written.
#define PENSTOCK_JPEG_ENCODE_OK 0
/// Status of a call: a size, an option or a buffer does not fit what the header asks for. Nothing was written.
#define PENSTOCK_JPEG_ENCODE_BAD_ARGUMENT 1
/// Status of a call: libjpeg refused or the output buffer is full. The output's content is undefined.
#define PENSTOCK_JPEG_ENCODE_FAILED 2

/// How one image is to be encoded.
typedef struct penstock_jpeg_encoding {
  /// Columns of the stored pixels, 1...65500.
  int32_t width;
  /// Rows of the stored pixels, 1...65500.
  int32_t height;
  /// 1 = gray, 3 = RGB (stored as YCbCr).
  int32_t channels;
  /// libjpeg's quality, 1...100.
  int32_t quality;
  /// Nonzero: chroma at half the resolution on both axes (4:2:0). Zero: at full resolution (4:4:4). No effect on gray.
  int32_t halves_chroma;
  /// Nonzero: progressive scans. Zero: baseline.
  int32_t progressive;
  /// EXIF orientation 1...8, written as an APP1 segment straight after SOI, as cameras do (no JFIF segment then).
  /// 0: no EXIF, a JFIF segment. The pixels are stored as given; the tag only says how to show them.
  int32_t orientation;
} penstock_jpeg_encoding;

/// The caller's memory for one encoded image.
typedef struct penstock_jpeg_output {
  /// The memory, owned by the caller.
  uint8_t *_Nonnull bytes;
  /// Its size in bytes; `penstock_jpeg_encode_bound` tells how many are always enough.
  size_t capacity;
  /// Receives the number of bytes written; 0 unless the status is PENSTOCK_JPEG_ENCODE_OK.
  size_t size;
} penstock_jpeg_output;

/// Bytes that are enough for any image of this size at any quality; 0 when a size is out of range.
size_t penstock_jpeg_encode_bound(int32_t width, int32_t height);

/// Encodes row-major interleaved 8-bit pixels into the caller's buffer.
///
/// - pixels: height * width * channels bytes, no padding between rows; only read.
/// - output: the caller's memory; receives the file and its size.
/// - error: receives a zero-terminated message when the status is not PENSTOCK_JPEG_ENCODE_OK.
///
/// Keeps no state between calls; any number of threads may call it at once.
int penstock_jpeg_encode(const penstock_jpeg_encoding *_Nonnull encoding, const uint8_t *_Nonnull pixels,
                         size_t pixels_size, penstock_jpeg_output *_Nonnull output, char *_Nonnull error,
                         size_t error_size);

#ifdef __cplusplus
}
#endif

#endif
