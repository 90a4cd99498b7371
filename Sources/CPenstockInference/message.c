// SPDX-License-Identifier: Apache-2.0
#include "message.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/// Removes an incomplete UTF-8 sequence that cutting has left at the end of a text.
static void drop_partial_character(char *text) {
  size_t length = strlen(text), start = length;
  while (start > 0 && length - start < 4 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
    start--;
  if (start == 0)
    return;
  unsigned char lead = (unsigned char)text[start - 1];
  size_t expected = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
  if (lead >= 0xC0 && length - (start - 1) < expected)
    text[start - 1] = '\0';
}

int penstock_fail(char *error, size_t error_size, penstock_inference_status status, const char *format, ...) {
  if (error != NULL && error_size > 0) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(error, error_size, format, arguments);
    va_end(arguments);
    if (length < 0)
      error[0] = '\0';
    else if ((size_t)length >= error_size)
      drop_partial_character(error);
  }
  return (int)status;
}

void penstock_copy_text(char *target, size_t target_size, const char *source) {
  size_t length = strlen(source);
  size_t kept = length < target_size ? length : target_size - 1;
  memcpy(target, source, kept);
  target[kept] = '\0';
  if (kept < length)
    drop_partial_character(target);
}
