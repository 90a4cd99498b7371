// The Arrow C Data Interface, word for word as the specification gives it (and so without nullability annotations,
// which is why it has a header of its own): https://arrow.apache.org/docs/format/CDataInterface.html
//
// Ownership, by the specification: whoever holds a structure whose `release` is not NULL must call it once, or move the
// structure (copy the bytes, then set the source's `release` to NULL). Children are released by their parent's
// `release`.

#ifndef PENSTOCK_ARROW_C_DATA_INTERFACE_H
#define PENSTOCK_ARROW_C_DATA_INTERFACE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

struct ArrowSchema {
  // Array type description
  const char *format;
  const char *name;
  const char *metadata;
  int64_t flags;
  int64_t n_children;
  struct ArrowSchema **children;
  struct ArrowSchema *dictionary;

  // Release callback
  void (*release)(struct ArrowSchema *);
  // Opaque producer-specific data
  void *private_data;
};

struct ArrowArray {
  // Array data description
  int64_t length;
  int64_t null_count;
  int64_t offset;
  int64_t n_buffers;
  int64_t n_children;
  const void **buffers;
  struct ArrowArray **children;
  struct ArrowArray *dictionary;

  // Release callback
  void (*release)(struct ArrowArray *);
  // Opaque producer-specific data
  void *private_data;
};

#endif // ARROW_C_DATA_INTERFACE

#ifdef __cplusplus
}
#endif

#endif // PENSTOCK_ARROW_C_DATA_INTERFACE_H
