/// What the files of this target share: errors, limits and scratch memory, the resampler, the row sink, the codecs.
///
/// The way of an image: `Info/` reads the header; `Decoder.c` checks limits and builds a `pimg_sink`; one file of
/// `Codecs/` gives the sink its rows from top to bottom; the sink stores them or hands them to `Resize/`.
#ifndef PENSTOCK_IMAGE_INTERNAL_H
#define PENSTOCK_IMAGE_INTERNAL_H

#include "include/CPenstockImage.h"

// MARK: Errors

/// Where the caller wants the message.
typedef struct pimg_error {
  char *text;
  size_t size;
} pimg_error;

/// Writes the message and returns `status`, so that a caller can `return pimg_fail(…)`.
int pimg_fail(const pimg_error *error, int status, const char *format, ...) __attribute__((format(printf, 3, 4)));

// MARK: Scratch memory

/// One buffer per purpose, so that none is overwritten by a neighbour.
typedef enum pimg_scratch_slot {
  PIMG_SCRATCH_FRAME,   // a whole RGB frame
  PIMG_SCRATCH_RAW,     // a whole frame in the codec's own pixels
  PIMG_SCRATCH_ROW,     // one RGB row of the source
  PIMG_SCRATCH_RAW_ROW, // one row in the codec's own pixels
  PIMG_SCRATCH_STRIP,   // a few rows of the frame after orientation
  PIMG_SCRATCH_AXES,    // filter weights
  PIMG_SCRATCH_RING,    // rows between the two passes of the resampler
  PIMG_SCRATCH_SLOT_COUNT
} pimg_scratch_slot;

typedef struct pimg_scratch {
  uint8_t *bytes;
  size_t capacity;
  size_t used;               // by the present image
  unsigned oversized_streak; // images in a row that used under a quarter of it
} pimg_scratch;

struct penstock_image_decoder {
  penstock_image_limits limits;
  uint64_t charged_bytes; // what the present image needs so far, ours and the codec's
  pimg_scratch scratch[PIMG_SCRATCH_SLOT_COUNT];
  struct pimg_jpeg *jpeg; // made with the first JPEG
};

/// Every public entry point that works on an image is enclosed in these two.
void pimg_begin_image(penstock_image_decoder *decoder);
void pimg_end_image(penstock_image_decoder *decoder);

/// Counts memory that a codec is about to allocate itself. `TOO_LARGE` beyond the limit; `what` names it in the
/// message.
int pimg_charge(penstock_image_decoder *decoder, uint64_t bytes, const char *what, const pimg_error *error);

/// Gives `bytes` of scratch from a slot, with undefined content. Charged; a slot is taken once per image.
int pimg_take(penstock_image_decoder *decoder, pimg_scratch_slot slot, uint64_t bytes, const char *what, uint8_t **out,
              const pimg_error *error);

// MARK: Resampler (Resize/)

/// The filter of one axis, for the outputs of the crop only.
typedef struct pimg_axis {
  uint32_t count;      // outputs
  uint32_t *first;     // [count] first source position of each output, absolute
  uint32_t *tap_count; // [count]
  int32_t *weights;    // [count * tap_stride], fixed point with 22 fraction bits, zeros after tap_count
  uint32_t tap_stride; // a multiple of 4
  uint32_t max_taps;
  uint8_t *packed;       // horizontal: the weights as the kernels want them, or NULL
  uint32_t source_begin; // [source_begin, source_end): all that the outputs look at
  uint32_t source_end;
  bool is_identity; // Pillow skips the pass
} pimg_axis;

/// The inner loops, chosen once per resampler for the CPU that runs it.
typedef struct pimg_kernels {
  const char *name;
  /// Bytes of `packed` for so many outputs of `tap_stride` taps; NULL for kernels that use the plain weights.
  uint64_t (*packed_bytes)(uint64_t output_count, uint64_t tap_stride);
  /// Fills `packed`, 64-byte aligned, from `weights`.
  void (*pack)(const pimg_axis *axis);
  /// Resizes a row horizontally. `row` is the pixel `origin`; may read up to `pimg_axis_read_bytes` and write 16 bytes
  /// past the last output.
  void (*resize_row)(const uint8_t *row, const pimg_axis *axis, uint32_t origin, uint8_t *out);
  /// out[i] = Σ rows[t][i] * weights[t], rounded; writes exactly `byte_count` bytes.
  void (*blend_rows)(const uint8_t *const *rows, const int32_t *weights, uint32_t tap_count, size_t byte_count,
                     uint8_t *out);
} pimg_kernels;

const pimg_kernels *pimg_kernels_for_this_cpu(void);
extern const pimg_kernels pimg_plain_kernels;
#if defined(__x86_64__)
extern const pimg_kernels pimg_avx2_kernels;
extern const pimg_kernels pimg_vnni_kernels;
#endif

#define PIMG_WEIGHT_BITS 22

typedef struct pimg_axis_request {
  uint32_t source_size;
  double box_size; // the part of the source that is resized starts at 0; smaller than source_size after scaled decoding
  uint32_t resized_size;
  uint32_t crop_first;
  uint32_t crop_count;
} pimg_axis_request;

/// Bytes that `pimg_axis_make` needs, or UINT64_MAX if absurd. `kernels`: of the horizontal pass; NULL: no packed weights.
uint64_t pimg_axis_bytes(const pimg_axis_request *request, const pimg_kernels *kernels);
/// `memory` is 64-byte aligned.
void pimg_axis_make(const pimg_axis_request *request, const pimg_kernels *kernels, uint8_t *memory, pimg_axis *axis);
/// Bytes from pixel `origin` of a row that `resize_row` may read.
size_t pimg_axis_read_bytes(const pimg_axis *axis, uint32_t origin);

typedef struct pimg_resampler {
  pimg_axis x;
  pimg_axis y;
  const pimg_kernels *kernels;
  uint32_t origin_x; // source column of the first pixel of the rows that are pushed
  uint32_t next_output;
  bool is_vertical_first; // the order of the passes, as Pillow 13 chooses it
  uint8_t *ring;          // y.max_taps rows: resized horizontally, or as they came if the vertical pass is first
  size_t ring_stride;
  uint8_t *blended;         // is_vertical_first: one row after the vertical pass
  uint8_t *resized;         // is_vertical_first: the same after the horizontal pass
  const uint8_t **tap_rows; // [y.max_taps]
  uint8_t *out;
  size_t out_stride;
} pimg_resampler;

/// Source size, and the box that is resized, which is smaller by a fraction after scaled decoding.
typedef struct pimg_source_size {
  uint32_t width;
  uint32_t height;
  double box_width;
  double box_height;
} pimg_source_size;

int pimg_resampler_begin(penstock_image_decoder *decoder, const pimg_source_size *source,
                         const penstock_image_target *target, uint8_t *out, pimg_resampler *resampler,
                         const pimg_error *error);
/// Takes source row `y`; rows come in ascending order, and rows before y.source_begin may be left out.
/// `row` must be readable for `pimg_axis_read_bytes(&x, origin_x)` bytes.
void pimg_resampler_push(pimg_resampler *resampler, uint32_t y, const uint8_t *row);
static inline bool pimg_resampler_is_done(const pimg_resampler *resampler) {
  return resampler->next_output == resampler->y.count;
}

// MARK: Row sink (Sink.c)

/// Where a codec puts its rows, from top to bottom: into a frame, or through one row buffer into the resampler.
typedef struct pimg_sink {
  uint32_t width; // of the decoded image
  uint32_t height;
  uint32_t next_row;
  uint8_t *frame; // whole frame, rows tightly packed; or NULL and:
  pimg_resampler *resampler;
  uint8_t *row; // room for a whole row and what the kernels may read past it
} pimg_sink;

/// A sink that stores the frame at `frame`.
void pimg_sink_to_frame(pimg_sink *sink, uint32_t width, uint32_t height, uint8_t *frame);
/// A sink that resizes. Takes the row buffer from the decoder.
int pimg_sink_to_resampler(penstock_image_decoder *decoder, pimg_sink *sink, uint32_t width, uint32_t height,
                           pimg_resampler *resampler, const pimg_error *error);
/// Where the next row's pixels go (`width * 3` bytes).
uint8_t *pimg_sink_row(const pimg_sink *sink);
/// Says that they are there.
void pimg_sink_row_written(pimg_sink *sink);
/// No further row is wanted.
bool pimg_sink_is_done(const pimg_sink *sink);

/// Copies rows `first_row…` of the oriented picture out of a stored frame. `width`, `height` are the stored ones.
void pimg_copy_oriented(const uint8_t *frame, uint32_t width, uint32_t height, uint8_t orientation, uint32_t first_row,
                        uint32_t row_count, uint8_t *out);
static inline bool pimg_orientation_swaps_sides(uint8_t orientation) { return orientation >= 5 && orientation <= 8; }

// MARK: Headers (Info/)

typedef struct pimg_bytes {
  const uint8_t *data;
  size_t size;
} pimg_bytes;

/// The format by its first bytes, one of `PENSTOCK_IMAGE_FORMAT_…`.
int32_t pimg_recognise(pimg_bytes bytes);

int pimg_read_jpeg_info(pimg_bytes bytes, penstock_image_info *info, const pimg_error *error);
int pimg_read_png_info(pimg_bytes bytes, penstock_image_info *info, const pimg_error *error);
int pimg_read_webp_info(pimg_bytes bytes, penstock_image_info *info, const pimg_error *error);
int pimg_read_gif_info(pimg_bytes bytes, penstock_image_info *info, const pimg_error *error);
int pimg_read_bmp_info(pimg_bytes bytes, penstock_image_info *info, const pimg_error *error);
int pimg_read_tiff_info(pimg_bytes bytes, penstock_image_info *info, const pimg_error *error);
int pimg_read_info(pimg_bytes bytes, penstock_image_info *info, const pimg_error *error);

/// EXIF orientation from a TIFF structure ("II*\0…"), 0 when there is none.
uint8_t pimg_exif_orientation(pimg_bytes tiff);
/// Orientation from an XMP packet (`tiff:Orientation`), 0 when there is none.
uint8_t pimg_xmp_orientation(pimg_bytes xmp);

/// The animation frame that is shown first: where it lies on the canvas, and its own bitstream.
typedef struct pimg_webp_frame {
  uint32_t x, y, width, height;
  pimg_bytes bitstream; // what WebPDecode takes
  bool is_lossless;
} pimg_webp_frame;
int pimg_find_webp_frame(pimg_bytes bytes, pimg_webp_frame *frame, const pimg_error *error);

/// What a BMP's headers say.
typedef struct pimg_bmp_header {
  uint32_t width, height;
  bool is_top_down;
  uint32_t bits;        // per pixel
  uint32_t compression; // 0 none, 1 RLE8, 2 RLE4, 3 bit fields
  uint32_t masks[3];
  size_t palette_offset;
  uint32_t palette_count;
  uint32_t palette_entry_bytes; // 3 or 4
  size_t pixel_offset;
} pimg_bmp_header;
int pimg_read_bmp_header(pimg_bytes bytes, pimg_bmp_header *header, const pimg_error *error);

static inline uint32_t pimg_u16_le(const uint8_t *p) { return (uint32_t)p[0] | (uint32_t)p[1] << 8; }
static inline uint32_t pimg_u16_be(const uint8_t *p) { return (uint32_t)p[1] | (uint32_t)p[0] << 8; }
static inline uint32_t pimg_u24_le(const uint8_t *p) { return pimg_u16_le(p) | (uint32_t)p[2] << 16; }
static inline uint32_t pimg_u32_le(const uint8_t *p) { return pimg_u16_le(p) | pimg_u16_le(p + 2) << 16; }
static inline uint32_t pimg_u32_be(const uint8_t *p) { return pimg_u16_be(p + 2) | pimg_u16_be(p) << 16; }

// MARK: Codecs (Codecs/)

/// One image on its way through a codec.
typedef struct pimg_job {
  penstock_image_decoder *decoder;
  pimg_bytes bytes;
  const penstock_image_info *info;
  pimg_sink *sink;
  unsigned scale_eighths; // JPEG: decode at this many eighths; 8 elsewhere
  const pimg_error *error;
} pimg_job;

int pimg_decode_jpeg(const pimg_job *job);
int pimg_decode_png(const pimg_job *job);
int pimg_decode_webp(const pimg_job *job);
int pimg_decode_gif(const pimg_job *job);
int pimg_decode_bmp(const pimg_job *job);
int pimg_decode_tiff(const pimg_job *job);
void pimg_jpeg_destroy(struct pimg_jpeg *jpeg);

/// Pillow's CMYK → RGB, `pixels` of 4 bytes to `out` of 3. `inverted`: Adobe's convention, 255 means no ink.
void pimg_cmyk_to_rgb(const uint8_t *pixels, uint32_t count, bool inverted, uint8_t *out);
/// Gray bytes to RGB.
void pimg_gray_to_rgb(const uint8_t *pixels, uint32_t count, uint8_t *out);
/// Palette indices to RGB; `palette` is 256 * 3 bytes.
void pimg_indices_to_rgb(const uint8_t *pixels, uint32_t count, const uint8_t *palette, uint8_t *out);
/// A palette that is gray where nothing else is set, as Pillow's.
void pimg_gray_palette(uint8_t *palette);

#endif
