// SPDX-License-Identifier: Apache-2.0
// The wire format of protocol buffers, as far as looking into an ONNX file needs it.
#ifndef PENSTOCK_PROTOBUF_H
#define PENSTOCK_PROTOBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// A message, or what is left of it.
typedef struct penstock_message {
  const uint8_t *next;
  const uint8_t *end;
} penstock_message;

typedef struct penstock_field {
  uint64_t number;
  unsigned wire_type;       // 2: length-delimited
  penstock_message content; // of a field that is not a varint
  bool is_cut;              // its length reaches beyond the end of the message
  uint64_t missing;         // by so many bytes
} penstock_field;

/// Steps over one field. False at the end of the message, and where the bytes are no field. Never reads beyond the
/// message.
bool penstock_read_field(penstock_message *from, penstock_field *read);

/// Whether a string field is this word.
bool penstock_message_is(penstock_message text, const char *word);

#endif
