// SPDX-License-Identifier: Apache-2.0
#include "protobuf.h"

#include <string.h>

static bool read_varint(penstock_message *from, uint64_t *value) {
  *value = 0;
  for (unsigned shift = 0; shift < 64 && from->next < from->end; shift += 7) {
    uint8_t byte = *from->next++;
    *value |= (uint64_t)(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0)
      return true;
  }
  return false;
}

bool penstock_read_field(penstock_message *from, penstock_field *read) {
  uint64_t key = 0, value = 0;
  *read = (penstock_field){0};
  if (from->next >= from->end || !read_varint(from, &key))
    return false;
  read->number = key >> 3;
  read->wire_type = (unsigned)(key & 7);
  size_t left = (size_t)(from->end - from->next);
  switch (read->wire_type) {
  case 0: return read_varint(from, &value);
  case 1: value = 8; break;
  case 5: value = 4; break;
  case 2:
    if (!read_varint(from, &value))
      return false;
    left = (size_t)(from->end - from->next);
    break;
  default: return false;
  }
  read->is_cut = value > left;
  read->missing = read->is_cut ? value - left : 0;
  read->content = (penstock_message){from->next, from->next + (read->is_cut ? left : (size_t)value)};
  from->next = read->content.end;
  return read->number > 0;
}

bool penstock_message_is(penstock_message text, const char *word) {
  return (size_t)(text.end - text.next) == strlen(word) && memcmp(text.next, word, strlen(word)) == 0;
}
