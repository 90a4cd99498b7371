// JPEG by rows: only the rows and columns that the sink wants, and nothing below its last row.
#include "JPEGInput.h"

#include <string.h>

/// Columns and rows around the wanted region that are decoded too, because upsampling of chroma looks at neighbours.
/// With 8, all of the test set gives the same bytes as decoding everything does; see scripts/goldens/image_compare.py.
enum { MARGIN = 8 };

static int charge_coefficients(const pimg_job *job, const struct jpeg_decompress_struct *codec) {
  uint64_t bytes = 0;
  for (int index = 0; index < codec->num_components; index++) {
    const jpeg_component_info *component = &codec->comp_info[index];
    uint64_t sampling_columns = (uint64_t)component->h_samp_factor;
    uint64_t sampling_rows = (uint64_t)component->v_samp_factor;
    uint64_t columns = component->width_in_blocks + sampling_columns;
    uint64_t rows = component->height_in_blocks + sampling_rows;
    bytes += columns * rows * DCTSIZE2 * sizeof(JCOEF);
  }
  return pimg_charge(job->decoder, bytes, "the coefficients of a JPEG with several scans", job->error);
}

/// Rows of component samples, before and after upsampling, with context rows.
static int charge_row_buffers(const pimg_job *job) {
  uint64_t bytes = (uint64_t)job->info->width * job->info->component_count * 64;
  return pimg_charge(job->decoder, bytes, "the row buffers of the JPEG decoder", job->error);
}

static void choose_output(struct jpeg_decompress_struct *codec, unsigned eighths) {
  codec->out_color_space = codec->num_components == 4 ? JCS_CMYK : JCS_RGB;
  codec->scale_num = eighths;
  codec->scale_denom = 8;
}

static int read_header(const pimg_job *job, struct jpeg_decompress_struct *codec) {
  while (jpeg_read_header(codec, FALSE) == JPEG_HEADER_TABLES_ONLY) {
  }
  if (codec->image_width != job->info->width || codec->image_height != job->info->height ||
      codec->num_components != job->info->component_count) {
    return pimg_fail(job->error, PENSTOCK_IMAGE_DAMAGED, "JPEG with two frames: %ux%u and %ux%u", job->info->width,
                     job->info->height, codec->image_width, codec->image_height);
  }
  int status = charge_row_buffers(job);
  if (status == PENSTOCK_IMAGE_OK && jpeg_has_multiple_scans(codec)) {
    status = charge_coefficients(job, codec);
  }
  choose_output(codec, job->scale_eighths);
  return status;
}

/// A progressive JPEG that lacks scans is smoothed over neighbouring blocks, which a crop would cut off.
static bool may_be_smoothed(const struct jpeg_decompress_struct *codec) {
  if (codec->coef_bits == NULL) {
    return false;
  }
  for (int component = 0; component < codec->num_components; component++) {
    for (int coefficient = 0; coefficient < 10; coefficient++) {
      if (codec->coef_bits[component][coefficient] != 0) {
        return true;
      }
    }
  }
  return false;
}

/// Narrows the decoder to the columns that the resampler looks at, and tells the resampler where they begin.
static void crop_columns(struct jpeg_decompress_struct *codec, pimg_resampler *resampler) {
  uint32_t width = codec->output_width;
  uint32_t begin = resampler->x.source_begin > MARGIN ? resampler->x.source_begin - MARGIN : 0;
  uint32_t end = width - resampler->x.source_end > MARGIN ? resampler->x.source_end + MARGIN : width;
  JDIMENSION first = begin;
  JDIMENSION count = end - begin;
  if (count < width) {
    jpeg_crop_scanline(codec, &first, &count);
    resampler->origin_x = first;
  }
}

static void skip_rows(struct jpeg_decompress_struct *codec, pimg_sink *sink) {
  uint32_t begin = sink->resampler->y.source_begin;
  if (begin > MARGIN) {
    sink->next_row = jpeg_skip_scanlines(codec, begin - MARGIN);
  }
}

static void begin_region(struct jpeg_decompress_struct *codec, pimg_sink *sink) {
  if (sink->resampler != NULL && !may_be_smoothed(codec)) {
    crop_columns(codec, sink->resampler);
    skip_rows(codec, sink);
  }
}

static int take_inks(const pimg_job *job, const struct jpeg_decompress_struct *codec, uint8_t **inks) {
  *inks = NULL;
  return codec->out_color_components != 4
             ? PENSTOCK_IMAGE_OK
             : pimg_take(job->decoder, PIMG_SCRATCH_RAW_ROW, (uint64_t)codec->output_width * 4, "a row of CMYK", inks,
                         job->error);
}

static void read_wanted_rows(pimg_sink *sink, struct jpeg_decompress_struct *codec, uint8_t *inks) {
  while (!pimg_sink_is_done(sink)) {
    uint8_t *row = pimg_sink_row(sink);
    JSAMPROW target = inks != NULL ? inks : row;
    jpeg_read_scanlines(codec, &target, 1); // the source never suspends, so one row comes
    if (inks != NULL) {
      pimg_cmyk_to_rgb(inks, codec->output_width, true, row);
    }
    pimg_sink_row_written(sink);
  }
}

/// True if the entropy-coded data that follows runs up to the end of the image, without another marker between.
static bool is_terminated(const struct jpeg_decompress_struct *codec) {
  if (codec->unread_marker != 0) {
    return codec->unread_marker == JPEG_EOI;
  }
  const uint8_t *data = codec->src->next_input_byte;
  const uint8_t *end = data + codec->src->bytes_in_buffer;
  for (; end - data >= 2; data++) {
    data = memchr(data, 0xff, (size_t)(end - data) - 1);
    if (data == NULL) {
      return false;
    }
    uint8_t next = data[1];
    if (next != 0 && next != 0xff && (next < JPEG_RST0 || next > JPEG_RST0 + 7)) {
      return next == JPEG_EOI;
    }
  }
  return false;
}

/// Pillow decodes every row and so refuses a file that is cut short or broken anywhere. Here rows below the crop are
/// decoded only when the data does not run up to an end marker; looking for that costs a few microseconds.
static void check_rest(const pimg_job *job, struct jpeg_decompress_struct *codec, uint8_t *inks) {
  JDIMENSION rows_left = codec->output_height - codec->output_scanline;
  if (rows_left > 0 && !jpeg_has_multiple_scans(codec) && !is_terminated(codec)) {
    JSAMPROW target = inks != NULL ? inks : pimg_sink_row(job->sink);
    jpeg_skip_scanlines(codec, rows_left - 1); // skipping all of them would not look at the data
    jpeg_read_scanlines(codec, &target, 1);
  }
}

static int decode(const pimg_job *job, pimg_jpeg *jpeg) {
  struct jpeg_decompress_struct *codec = &jpeg->codec;
  int status = read_header(job, codec);
  if (status != PENSTOCK_IMAGE_OK) {
    return status;
  }
  jpeg_start_decompress(codec);
  if (codec->output_width != job->sink->width || codec->output_height != job->sink->height) {
    return pimg_fail(job->error, PENSTOCK_IMAGE_DAMAGED, "JPEG decodes to %ux%u pixels where %ux%u were expected",
                     codec->output_width, codec->output_height, job->sink->width, job->sink->height);
  }
  uint8_t *inks;
  status = take_inks(job, codec, &inks);
  if (status != PENSTOCK_IMAGE_OK) {
    return status;
  }
  begin_region(codec, job->sink);
  read_wanted_rows(job->sink, codec, inks);
  check_rest(job, codec, inks);
  if (codec->output_scanline == codec->output_height) {
    jpeg->is_complete = true;
    jpeg_finish_decompress(codec); // reads on to the end marker, and refuses what Pillow refuses there
  }
  return PENSTOCK_IMAGE_OK;
}

int pimg_decode_jpeg(const pimg_job *job) {
  int status = pimg_jpeg_prepare(job->decoder, job->bytes, job->error);
  if (status != PENSTOCK_IMAGE_OK) {
    return status;
  }
  pimg_jpeg *jpeg = job->decoder->jpeg;
  // Nothing below owns memory that libjpeg does not, and no local of this function changes after setjmp.
  if (setjmp(jpeg->escape)) {
    jpeg_abort_decompress(&jpeg->codec);
    return jpeg->status == PENSTOCK_IMAGE_OK ? PENSTOCK_IMAGE_OK
                                             : pimg_fail(job->error, jpeg->status, "%s", jpeg->message);
  }
  int outcome = decode(job, jpeg);
  jpeg_abort_decompress(&jpeg->codec);
  return outcome;
}
