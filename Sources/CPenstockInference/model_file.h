// SPDX-License-Identifier: Apache-2.0
// What the two files that look into model files share.
#ifndef PENSTOCK_MODEL_FILE_H
#define PENSTOCK_MODEL_FILE_H

// With -std=c17, glibc hides POSIX (PATH_MAX, O_CLOEXEC, strdup) and dladdr. Must stand before the first system header.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "message.h"

/// The bytes of a file, mapped: only what is looked at is read.
typedef struct penstock_file_view {
  const char *path;
  const uint8_t *bytes;
  size_t size;
} penstock_file_view;

/// If `bytes` are a Git-LFS pointer: true, and the size in bytes of the file that it stands for (0: not stated).
int penstock_is_lfs_pointer(const uint8_t *bytes, size_t size, unsigned long long *real_size);

/// Walks an ONNX file's outer structure: is it one, is it whole, are its external weights there?
int penstock_onnx_file_check(const penstock_file_view *file, char *error, size_t error_size);

/// Sets the traits that an ONNX file's operators show. The file must have passed the check.
void penstock_onnx_file_traits(const penstock_file_view *file, penstock_model_traits *traits);

#endif
