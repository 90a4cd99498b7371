// Counts calls of malloc and its kin by the library that calls, for Benchmarks/scaling.py (glibc only).
//
// cc -O2 -fPIC -shared count_allocations.c -o libcount.so; ALLOCATION_COUNTS=FILE LD_PRELOAD=./libcount.so PROGRAM
// Writes "COUNT BYTES LIBRARY" lines to FILE when the program ends.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

enum { SITE_COUNT = 1 << 16, LIBRARY_COUNT = 256 };

/// Calls from one place, found by its return address.
static struct site {
  _Atomic uintptr_t address;
  atomic_ulong calls;
  atomic_ulong bytes;
} sites[SITE_COUNT];

static void count(void *address, size_t bytes) {
  uintptr_t key = (uintptr_t)address;
  size_t place = (key * 0x9e3779b97f4a7c15u) >> 48;
  for (size_t step = 0; step < SITE_COUNT; step++) {
    struct site *site = &sites[(place + step) % SITE_COUNT];
    uintptr_t found = 0;
    if (atomic_load_explicit(&site->address, memory_order_relaxed) == key ||
        atomic_compare_exchange_strong(&site->address, &found, key) || found == key) {
      atomic_fetch_add_explicit(&site->calls, 1, memory_order_relaxed);
      atomic_fetch_add_explicit(&site->bytes, bytes, memory_order_relaxed);
      return;
    }
  }
}

void *malloc(size_t size) {
  count(__builtin_return_address(0), size);
  return __libc_malloc(size);
}

void *calloc(size_t items, size_t size) {
  count(__builtin_return_address(0), items * size);
  return __libc_calloc(items, size);
}

void *realloc(void *memory, size_t size) {
  count(__builtin_return_address(0), size);
  return __libc_realloc(memory, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  count(__builtin_return_address(0), size);
  return __libc_memalign(alignment, size);
}

void *memalign(size_t alignment, size_t size) {
  count(__builtin_return_address(0), size);
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
  count(__builtin_return_address(0), size);
  *memory = __libc_memalign(alignment, size);
  return *memory == NULL ? ENOMEM : 0;
}

static struct library {
  const char *name;
  unsigned long calls;
  unsigned long bytes;
} libraries[LIBRARY_COUNT];

static void add(const char *name, const struct site *site) {
  for (size_t index = 0; index < LIBRARY_COUNT; index++) {
    struct library *library = &libraries[index];
    if (library->name == NULL || strcmp(library->name, name) == 0) {
      library->name = name;
      library->calls += atomic_load(&site->calls);
      library->bytes += atomic_load(&site->bytes);
      return;
    }
  }
}

__attribute__((destructor)) static void report(void) {
  const char *path = getenv("ALLOCATION_COUNTS");
  FILE *file = path != NULL ? fopen(path, "w") : NULL;
  if (file == NULL) {
    return;
  }
  for (size_t place = 0; place < SITE_COUNT; place++) {
    Dl_info info;
    void *address = (void *)atomic_load(&sites[place].address);
    if (address != NULL) {
      add(dladdr(address, &info) != 0 && info.dli_fname != NULL ? info.dli_fname : "unknown", &sites[place]);
    }
  }
  for (size_t index = 0; index < LIBRARY_COUNT && libraries[index].name != NULL; index++) {
    fprintf(file, "%lu %lu %s\n", libraries[index].calls, libraries[index].bytes, libraries[index].name);
  }
  fclose(file);
}
