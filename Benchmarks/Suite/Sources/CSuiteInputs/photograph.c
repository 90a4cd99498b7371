#include "CSuiteInputs.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

typedef struct {
  struct jpeg_error_mgr manager;
  jmp_buf escape;
} failure;

static void escape(j_common_ptr info) { longjmp(((failure *)info->err)->escape, 1); }

/// A triangle wave of the given length, 0…255. Integers only, so that every machine draws the same.
static uint32_t wave(uint32_t position, uint32_t length) {
  uint32_t place = position % length;
  uint32_t half = length / 2;
  return (place < half ? place : length - place) * 255 / half;
}

static void draw_row(uint8_t *row, uint32_t width, uint32_t y, uint32_t *random) {
  for (uint32_t x = 0; x < width; x++) {
    for (uint32_t channel = 0; channel < 3; channel++) {
      *random = *random * 1664525u + 1013904223u; // Numerical Recipes' generator; wraps around on purpose
      uint32_t light = wave(x + 2 * y + 90 * channel, 640) / 2 + wave(3 * x + 7 * y, 97 + 30 * channel) / 4;
      row[3 * x + channel] = (uint8_t)(light + (*random >> 24) / 16 + 20);
    }
  }
}

uint8_t *suite_photograph(int32_t width, int32_t height, uint32_t seed, size_t *size) {
  struct jpeg_compress_struct info;
  failure errors;
  unsigned char *file = NULL;
  unsigned long file_size = 0;
  uint8_t *row = malloc((size_t)width * 3);
  if (row == NULL)
    return NULL;
  info.err = jpeg_std_error(&errors.manager);
  errors.manager.error_exit = escape;
  if (setjmp(errors.escape)) {
    jpeg_destroy_compress(&info);
    free(row);
    return NULL;
  }
  jpeg_create_compress(&info);
  jpeg_mem_dest(&info, &file, &file_size);
  info.image_width = (JDIMENSION)width;
  info.image_height = (JDIMENSION)height;
  info.input_components = 3;
  info.in_color_space = JCS_RGB;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, 90, TRUE);
  jpeg_start_compress(&info, TRUE);
  uint32_t random = seed;
  while (info.next_scanline < info.image_height) {
    draw_row(row, (uint32_t)width, info.next_scanline, &random);
    JSAMPROW rows[1] = {row};
    jpeg_write_scanlines(&info, rows, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  free(row);
  *size = file_size;
  return file;
}
