/// State of the JPEG codec that lives as long as its decoder.
#ifndef PENSTOCK_IMAGE_JPEG_INPUT_H
#define PENSTOCK_IMAGE_JPEG_INPUT_H

#include "../Internal.h"

#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>

#include <jerror.h>

typedef struct pimg_jpeg {
  struct jpeg_decompress_struct codec; // kept from image to image, reset by jpeg_abort_decompress
  struct jpeg_error_mgr errors;
  struct jpeg_source_mgr source;
  struct jpeg_progress_mgr progress;
  jmp_buf escape; // where libjpeg's errors go; set at the start of each image
  size_t size;    // of the data
  bool is_complete;
  int status;
  char message[JMSG_LENGTH_MAX + 128];
} pimg_jpeg;

/// Makes `decoder->jpeg` if needed and points it at the data.
int pimg_jpeg_prepare(penstock_image_decoder *decoder, pimg_bytes bytes, const pimg_error *error);

#endif
