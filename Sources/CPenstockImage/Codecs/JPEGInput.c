// libjpeg's error, source and progress managers: everything of a JPEG that is not pixels.
#include "JPEGInput.h"

#include <stdlib.h>

/// More scans than any real encoder makes (ten or so), few enough that decoding ends: each scan of a progressive JPEG
/// can visit every coefficient while costing a few bytes of file. The number is that of libjpeg-turbo's own fuzzers.
enum { MAX_SCANS = 500 };

static pimg_jpeg *owner(j_common_ptr codec) { return (pimg_jpeg *)codec->client_data; }

/// Ends the decoding with `status`; the message is in `jpeg->message`.
static _Noreturn void escape(pimg_jpeg *jpeg, int status) {
  jpeg->status = status;
  longjmp(jpeg->escape, 1);
}

static void on_error(j_common_ptr codec) {
  pimg_jpeg *jpeg = owner(codec);
  int code = codec->err->msg_code;
  char reason[JMSG_LENGTH_MAX];
  codec->err->format_message(codec, reason);
  size_t position = jpeg->size - jpeg->source.bytes_in_buffer;
  snprintf(jpeg->message, sizeof jpeg->message, "damaged JPEG data at byte %zu of %zu: %s", position, jpeg->size,
           reason);
  bool is_memory = code == JERR_OUT_OF_MEMORY;
  bool is_unsupported = code == JERR_SOF_UNSUPPORTED || code == JERR_ARITH_NOTIMPL || code == JERR_NOT_COMPILED ||
                        code == JERR_CONVERSION_NOTIMPL || code == JERR_BAD_PRECISION;
  escape(jpeg, is_memory        ? PENSTOCK_IMAGE_OUT_OF_MEMORY
               : is_unsupported ? PENSTOCK_IMAGE_UNSUPPORTED
                                : PENSTOCK_IMAGE_DAMAGED);
}

/// Warnings are counted by libjpeg and tolerated, as by Pillow.
static void on_message(j_common_ptr codec, int level) {
  if (level < 0) {
    codec->err->num_warnings++;
  }
}

static void do_nothing(j_decompress_ptr codec) { (void)codec; }

static boolean fill_input_buffer(j_decompress_ptr codec) {
  pimg_jpeg *jpeg = owner((j_common_ptr)codec);
  if (jpeg->is_complete) { // every row is there: whatever should follow, an end marker or more, is not missed
    escape(jpeg, PENSTOCK_IMAGE_OK);
  }
  snprintf(jpeg->message, sizeof jpeg->message, "premature end of JPEG data at byte %zu of %zu: %u of %u rows decoded",
           jpeg->size, jpeg->size, codec->output_scanline, codec->image_height);
  escape(jpeg, PENSTOCK_IMAGE_DAMAGED);
}

static void skip_input_data(j_decompress_ptr codec, long byte_count) {
  struct jpeg_source_mgr *source = codec->src;
  if (byte_count <= 0) {
    return;
  }
  if ((size_t)byte_count > source->bytes_in_buffer) {
    fill_input_buffer(codec);
    return;
  }
  source->next_input_byte += byte_count;
  source->bytes_in_buffer -= (size_t)byte_count;
}

static void on_progress(j_common_ptr codec) {
  pimg_jpeg *jpeg = owner(codec);
  int scan = ((j_decompress_ptr)codec)->input_scan_number;
  if (scan > MAX_SCANS) {
    snprintf(jpeg->message, sizeof jpeg->message, "JPEG with more than %d scans", MAX_SCANS);
    escape(jpeg, PENSTOCK_IMAGE_TOO_LARGE);
  }
}

static void set_up_managers(pimg_jpeg *jpeg) {
  jpeg_std_error(&jpeg->errors);
  jpeg->errors.error_exit = on_error;
  jpeg->errors.emit_message = on_message;
  jpeg->source = (struct jpeg_source_mgr){.init_source = do_nothing,
                                          .fill_input_buffer = fill_input_buffer,
                                          .skip_input_data = skip_input_data,
                                          .resync_to_restart = jpeg_resync_to_restart,
                                          .term_source = do_nothing};
  jpeg->progress.progress_monitor = on_progress;
}

int pimg_jpeg_prepare(penstock_image_decoder *decoder, pimg_bytes bytes, const pimg_error *error) {
  if (decoder->jpeg == NULL) {
    pimg_jpeg *jpeg = calloc(1, sizeof *jpeg);
    if (jpeg == NULL) {
      return pimg_fail(error, PENSTOCK_IMAGE_OUT_OF_MEMORY, "out of memory: %zu bytes for JPEG state", sizeof *jpeg);
    }
    set_up_managers(jpeg);
    jpeg->codec.err = &jpeg->errors;
    jpeg->codec.client_data = jpeg;
    if (setjmp(jpeg->escape)) {
      jpeg_destroy_decompress(&jpeg->codec);
      free(jpeg);
      return pimg_fail(error, PENSTOCK_IMAGE_OUT_OF_MEMORY, "out of memory for JPEG state");
    }
    jpeg_create_decompress(&jpeg->codec);
    jpeg->codec.client_data = jpeg; // it is kept by jpeg_create_decompress; written again in case a version clears it
    jpeg->codec.src = &jpeg->source;
    jpeg->codec.progress = &jpeg->progress;
    decoder->jpeg = jpeg;
  }
  pimg_jpeg *jpeg = decoder->jpeg;
  jpeg->size = bytes.size;
  jpeg->is_complete = false;
  jpeg->message[0] = '\0';
  jpeg->source.next_input_byte = bytes.data;
  jpeg->source.bytes_in_buffer = bytes.size;
  return PENSTOCK_IMAGE_OK;
}

void pimg_jpeg_destroy(pimg_jpeg *jpeg) {
  if (jpeg != NULL) {
    jpeg_destroy_decompress(&jpeg->codec);
    free(jpeg);
  }
}
