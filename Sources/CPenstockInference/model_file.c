// SPDX-License-Identifier: Apache-2.0
// Says what a file really is that was given as a model.
#include "model_file.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define WANTED "give an ONNX file (.onnx) or an OpenVINO IR (.xml with its .bin)"

static const size_t sniffed_bytes = 4096;

static int invalid(const char *path, const char *what, char *error, size_t error_size) {
  return penstock_fail(error, error_size, PENSTOCK_INFERENCE_STATUS_INVALID_MODEL, "model \"%s\": %s", path, what);
}

int penstock_is_lfs_pointer(const uint8_t *bytes, size_t size, unsigned long long *real_size) {
  static const char head[] = "version https://git-lfs.github.com/spec/";
  *real_size = 0;
  if (size < sizeof head - 1 || memcmp(bytes, head, sizeof head - 1) != 0)
    return 0;
  char text[512];
  size_t kept = size < sizeof text ? size : sizeof text - 1;
  memcpy(text, bytes, kept);
  text[kept] = '\0';
  const char *line = strstr(text, "\nsize ");
  if (line != NULL)
    *real_size = strtoull(line + 6, NULL, 10);
  return 1;
}

// MARK: Other formats

typedef struct known_format {
  size_t offset;
  const char *magic;
  size_t length;
  const char *what;
} known_format;

static const known_format known_formats[] = {
    {0, "PK\3\4", 4,
     "this is a zip archive (a PyTorch .pt/.pth checkpoint is one): unpack it, or export the model to ONNX"},
    {0, "\x1f\x8b", 2, "this is compressed with gzip: unpack it first with `gunzip`"},
    {0,
     "\xfd"
     "7zXZ",
     5, "this is compressed with xz: unpack it first with `unxz`"},
    {0, "\x28\xb5\x2f\xfd", 4, "this is compressed with zstd: unpack it first with `unzstd`"},
    {0, "BZh", 3, "this is compressed with bzip2: unpack it first with `bunzip2`"},
    {257, "ustar", 5, "this is a tar archive: unpack it first"},
    {0, "\x89HDF\r\n", 6, "this is an HDF5 file (Keras): export the model to ONNX"},
    {4, "TFL3", 4, "this is a TensorFlow Lite model: export the model to ONNX"},
    {0, "GGUF", 4, "this is a GGUF language model: " WANTED},
    {0, "\x80\x02", 2, "this is a Python pickle (an old PyTorch checkpoint): export the model to ONNX"},
    {8, "{\"", 2, "this is a safetensors file, which has weights and no graph: export the model to ONNX"},
    {0, "\xff\xd8\xff", 3, "this is a JPEG image, not a model"},
    {0, "\x89PNG", 4, "this is a PNG image, not a model"},
    {0, "%PDF", 4, "this is a PDF document, not a model"},
};

static const char *other_format(const uint8_t *bytes, size_t size) {
  for (size_t i = 0; i < sizeof known_formats / sizeof known_formats[0]; i++) {
    const known_format *format = &known_formats[i];
    if (size >= format->offset + format->length && memcmp(bytes + format->offset, format->magic, format->length) == 0)
      return format->what;
  }
  return NULL;
}

// MARK: Text

static size_t skipped_blanks(const uint8_t *bytes, size_t size) {
  size_t start = size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
  while (start < size && isspace(bytes[start]))
    start++;
  return start;
}

static bool begins_with(const uint8_t *bytes, size_t size, const char *word) {
  return size >= strlen(word) && strncasecmp((const char *)bytes, word, strlen(word)) == 0;
}

static bool is_text(const uint8_t *bytes, size_t size) {
  size_t looked = size < sniffed_bytes ? size : sniffed_bytes;
  for (size_t i = 0; i < looked; i++)
    if (bytes[i] == 0x7f || (bytes[i] < 0x20 && !isspace(bytes[i])))
      return false;
  return true;
}

static int fail_on_text(const penstock_file_view *file, size_t start, char *error, size_t error_size) {
  char first_line[61];
  size_t length = 0;
  while (length < sizeof first_line - 1 && start + length < file->size && file->bytes[start + length] >= 0x20) {
    first_line[length] = (char)file->bytes[start + length];
    length++;
  }
  first_line[length] = '\0';
  return penstock_fail(error, error_size, PENSTOCK_INFERENCE_STATUS_INVALID_MODEL,
                       "model \"%s\": this is a text file that begins with \"%s\", not a model: " WANTED, file->path,
                       first_line);
}

// MARK: OpenVINO IR

/// An IR's weights lie beside it, in a file of the same name.
static int check_ir(const penstock_file_view *file, char *error, size_t error_size) {
  char weights[PATH_MAX];
  size_t stem = strlen(file->path);
  if (stem < 5 || strcasecmp(file->path + stem - 4, ".xml") != 0)
    return invalid(file->path, "this is an XML file; an OpenVINO IR must be named .xml", error, error_size);
  snprintf(weights, sizeof weights, "%.*s.bin", (int)(stem - 4), file->path);
  uint8_t head[512];
  unsigned long long real_size = 0;
  int descriptor = open(weights, O_RDONLY | O_CLOEXEC);
  ssize_t count = descriptor >= 0 ? read(descriptor, head, sizeof head) : -1;
  int reason = errno;
  if (descriptor >= 0)
    close(descriptor);
  if (count < 0)
    return penstock_fail(error, error_size, PENSTOCK_INFERENCE_STATUS_INVALID_MODEL,
                         "model \"%s\": its weights file \"%s\" can't be read (%s): put it beside the .xml", file->path,
                         weights, strerror(reason));
  if (penstock_is_lfs_pointer(head, (size_t)count, &real_size))
    return penstock_fail(
        error, error_size, PENSTOCK_INFERENCE_STATUS_INVALID_MODEL,
        "model \"%s\": its weights file \"%s\" is a Git-LFS pointer, not the weights: run `git lfs pull` in its "
        "repository",
        file->path, weights);
  return PENSTOCK_INFERENCE_STATUS_OK;
}

// MARK: The file

static int check_contents(const penstock_file_view *file, char *error, size_t error_size) {
  unsigned long long real_size = 0;
  if (penstock_is_lfs_pointer(file->bytes, file->size, &real_size))
    return penstock_fail(
        error, error_size, PENSTOCK_INFERENCE_STATUS_INVALID_MODEL,
        "model \"%s\": this is a Git-LFS pointer of %zu bytes, not the model (%llu bytes): run `git lfs pull` in "
        "its repository, or download the file itself",
        file->path, file->size, real_size);
  size_t start = skipped_blanks(file->bytes, file->size);
  const uint8_t *text = file->bytes + start;
  size_t rest = file->size - start;
  if (begins_with(text, rest, "<!doctype html") || begins_with(text, rest, "<html"))
    return invalid(
        file->path,
        "this is an HTML page, not a model: the link led to a web page about the file, so download the file itself "
        "(on GitHub, the \"Raw\" link)",
        error, error_size);
  const char *format = other_format(file->bytes, file->size);
  if (format != NULL)
    return invalid(file->path, format, error, error_size);
  if (begins_with(text, rest, "<?xml") || begins_with(text, rest, "<net"))
    return check_ir(file, error, error_size);
  if (rest == 0 || is_text(file->bytes, file->size))
    return fail_on_text(file, start, error, error_size);
  return penstock_onnx_file_check(file, error, error_size);
}

static int map_opened(const char *path, int descriptor, penstock_file_view *file, char *error, size_t error_size) {
  struct stat status;
  if (fstat(descriptor, &status) != 0)
    return invalid(path, strerror(errno), error, error_size);
  if (S_ISDIR(status.st_mode))
    return invalid(path, "this is a folder: " WANTED, error, error_size);
  if (!S_ISREG(status.st_mode))
    return invalid(path, "this is not a regular file: " WANTED, error, error_size);
  if (status.st_size == 0)
    return invalid(path, "the file is empty: download or export it again", error, error_size);
  size_t size = (size_t)status.st_size;
  void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
  if (bytes == MAP_FAILED)
    return invalid(path, strerror(errno), error, error_size);
  *file = (penstock_file_view){path, bytes, size};
  return PENSTOCK_INFERENCE_STATUS_OK;
}

/// Maps a file and checks it. On success the caller unmaps it.
static int map_checked(const char *path, penstock_file_view *file, char *error, size_t error_size) {
  // Without O_NONBLOCK, a pipe given by mistake would hold the program for ever.
  int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0)
    return invalid(path, errno == ENOENT ? "there is no such file" : strerror(errno), error, error_size);
  int status = map_opened(path, descriptor, file, error, error_size);
  close(descriptor);
  if (status != 0)
    return status;
  status = check_contents(file, error, error_size);
  if (status != 0)
    munmap((void *)(uintptr_t)file->bytes, file->size);
  return status;
}

int penstock_model_file_check(const char *path, char *error, size_t error_size) {
  penstock_file_view file;
  int status = map_checked(path, &file, error, error_size);
  if (status == 0)
    munmap((void *)(uintptr_t)file.bytes, file.size);
  return status;
}

int penstock_model_file_traits(const char *path, penstock_model_traits *traits, char *error, size_t error_size) {
  static const char ir_quantizer[] = "type=\"FakeQuantize\"";
  penstock_file_view file;
  int status = map_checked(path, &file, error, error_size);
  if (status != 0)
    return status;
  *traits = (penstock_model_traits){0};
  if (file.bytes[skipped_blanks(file.bytes, file.size)] == '<')
    traits->is_quantized = memmem(file.bytes, file.size, ir_quantizer, sizeof ir_quantizer - 1) != NULL;
  else
    penstock_onnx_file_traits(&file, traits);
  munmap((void *)(uintptr_t)file.bytes, file.size);
  return PENSTOCK_INFERENCE_STATUS_OK;
}
