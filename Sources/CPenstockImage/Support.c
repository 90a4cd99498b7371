// Messages, scratch memory and its limits.
#include "Internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int pimg_fail(const pimg_error *error, int status, const char *format, ...) {
  if (error == NULL || error->text == NULL || error->size == 0) {
    return status;
  }
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(error->text, error->size, format, arguments);
  va_end(arguments);
  return status;
}

/// A slot this small is never given back.
static const size_t small_slot_bytes = 1 << 20;
/// So many images in a row must leave three quarters of a slot unused before it is given back: one outlier costs one
/// allocation, a mixed directory does not allocate for each of its large images.
static const unsigned oversized_streak_limit = 16;

void pimg_begin_image(penstock_image_decoder *decoder) {
  decoder->charged_bytes = 0;
  for (int slot = 0; slot < PIMG_SCRATCH_SLOT_COUNT; slot++) {
    decoder->scratch[slot].used = 0;
  }
}

void pimg_end_image(penstock_image_decoder *decoder) {
  for (int slot = 0; slot < PIMG_SCRATCH_SLOT_COUNT; slot++) {
    pimg_scratch *scratch = &decoder->scratch[slot];
    bool is_oversized = scratch->capacity > small_slot_bytes && scratch->used < scratch->capacity / 4;
    scratch->oversized_streak = is_oversized ? scratch->oversized_streak + 1 : 0;
    if (scratch->oversized_streak >= oversized_streak_limit) {
      free(scratch->bytes);
      *scratch = (pimg_scratch){0};
    }
  }
}

int pimg_charge(penstock_image_decoder *decoder, uint64_t bytes, const char *what, const pimg_error *error) {
  uint64_t limit = decoder->limits.max_scratch_bytes;
  if (bytes > limit || decoder->charged_bytes > limit - bytes) {
    return pimg_fail(error, PENSTOCK_IMAGE_TOO_LARGE,
                     "needs %llu bytes for %s besides %llu in use, which exceeds the limit of %llu bytes of scratch "
                     "memory per image",
                     (unsigned long long)bytes, what, (unsigned long long)decoder->charged_bytes,
                     (unsigned long long)limit);
  }
  decoder->charged_bytes += bytes;
  return PENSTOCK_IMAGE_OK;
}

int pimg_take(penstock_image_decoder *decoder, pimg_scratch_slot slot, uint64_t bytes, const char *what, uint8_t **out,
              const pimg_error *error) {
  *out = NULL;
  int status = pimg_charge(decoder, bytes, what, error);
  if (status != PENSTOCK_IMAGE_OK) {
    return status;
  }
  pimg_scratch *scratch = &decoder->scratch[slot];
  if (scratch->capacity < bytes) {
    free(scratch->bytes);
    *scratch = (pimg_scratch){0};
    // An eighth of slack, so that slowly growing sizes do not allocate each time. 64: the widest vector, a cache line.
    size_t capacity = ((size_t)bytes + (size_t)bytes / 8 + 127) / 64 * 64;
    scratch->bytes = aligned_alloc(64, capacity);
    if (scratch->bytes == NULL) {
      return pimg_fail(error, PENSTOCK_IMAGE_OUT_OF_MEMORY, "out of memory: %zu bytes for %s", capacity, what);
    }
    scratch->capacity = capacity;
  }
  scratch->used = (size_t)bytes;
  *out = scratch->bytes;
  return PENSTOCK_IMAGE_OK;
}
