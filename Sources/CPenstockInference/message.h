// SPDX-License-Identifier: Apache-2.0
// Messages for people, and the status that goes with them.
#ifndef PENSTOCK_MESSAGE_H
#define PENSTOCK_MESSAGE_H

#include "CPenstockInference.h"

/// Writes a message to the caller's buffer, cut to its size at a character boundary, and returns `status`, so that a
/// failure is one `return` statement.
__attribute__((format(printf, 4, 5))) int penstock_fail(char *error, size_t error_size,
                                                        penstock_inference_status status, const char *format, ...);

/// Copies a string into a fixed buffer, cut at a UTF-8 character boundary.
void penstock_copy_text(char *target, size_t target_size, const char *source);

#endif
