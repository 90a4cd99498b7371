// SPDX-License-Identifier: Apache-2.0
// Turns OpenVINO's multi-line exception texts into one line for people.
#include "openvino_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/// Lines that say where in OpenVINO's sources something happened; they tell a user nothing.
static bool is_source_location(const char *line, size_t length) {
  static const char exception[] = "Exception from ", check[] = "Check '";
  if (length >= sizeof exception - 1 && strncmp(line, exception, sizeof exception - 1) == 0)
    return true;
  return length >= sizeof check - 1 && strncmp(line, check, sizeof check - 1) == 0 && line[length - 1] == ':';
}

/// Joins the meaningful lines of `message` with spaces.
static void join_lines(const char *message, char *text, size_t text_size) {
  size_t used = 0;
  while (*message != '\0' && used + 2 < text_size) {
    size_t length = strcspn(message, "\r\n");
    size_t blanks = strspn(message, " \t");
    if (blanks < length && !is_source_location(message, length)) {
      if (used > 0)
        text[used++] = ' ';
      size_t room = text_size - 1 - used, wanted = length - blanks, kept = wanted < room ? wanted : room;
      memcpy(text + used, message + blanks, kept);
      used += kept;
    }
    message += length;
    message += strspn(message, "\r\n");
  }
  while (used > 0 && strchr(" \t.:", text[used - 1]) != NULL)
    used--;
  text[used] = '\0';
}

int penstock_openvino_fail(const penstock_openvino_runtime *runtime, ov_status_e code, penstock_inference_status status,
                           char *error, size_t error_size, const char *format, ...) {
  char prefix[512], reason[1024] = "";
  // Only these codes come from an exception; behind any other, the kept message belongs to an earlier failure.
  bool has_message = code == GENERAL_ERROR || code == NOT_IMPLEMENTED || code == REQUEST_BUSY ||
                     code == INFER_CANCELLED || code == UNKNOW_EXCEPTION;
  const char *message = has_message ? runtime->functions.ov_get_last_err_msg() : NULL;
  if (message != NULL) {
    join_lines(message, reason, sizeof reason);
    runtime->functions.ov_free(message);
  }
  if (reason[0] == '\0')
    penstock_copy_text(reason, sizeof reason, runtime->functions.ov_get_error_info(code));
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(prefix, sizeof prefix, format, arguments);
  va_end(arguments);
  return penstock_fail(error, error_size, status, "%s: %s", prefix, reason);
}
