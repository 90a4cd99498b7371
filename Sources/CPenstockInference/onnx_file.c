// SPDX-License-Identifier: Apache-2.0
// Looks at the outer structure of an ONNX file (protocol buffers, messages ModelProto, GraphProto, TensorProto),
// because OpenVINO says only "Model can't be parsed". Only the headers of fields are read: the pages of the weights are
// never touched.
#include "model_file.h"
#include "protobuf.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// Field numbers of onnx.proto.
enum {
  model_graph = 7,
  graph_node = 1,
  graph_initializer = 5,
  node_op_type = 4,
  tensor_external_data = 13,
  entry_key = 1,
  entry_value = 2,
};

// MARK: External weights

/// Where a tensor's values lie, if outside of the model.
typedef struct external_data {
  char location[PATH_MAX];
  unsigned long long offset;
  unsigned long long length;
} external_data;

static unsigned long long decimal(penstock_message digits) {
  unsigned long long value = 0;
  for (; digits.next < digits.end && *digits.next >= '0' && *digits.next <= '9'; digits.next++)
    if (__builtin_mul_overflow(value, 10ULL, &value) ||
        __builtin_add_overflow(value, (unsigned long long)(*digits.next - '0'), &value))
      return ULLONG_MAX;
  return value;
}

/// Reads one key-value pair of a tensor's `external_data`.
static void read_entry(penstock_message entry, external_data *external) {
  penstock_message key = {0}, value = {0};
  penstock_field part;
  while (penstock_read_field(&entry, &part)) {
    if (part.number == entry_key && part.wire_type == 2)
      key = part.content;
    if (part.number == entry_value && part.wire_type == 2)
      value = part.content;
  }
  if (key.next == NULL || value.next == NULL)
    return;
  size_t length = (size_t)(value.end - value.next);
  if (penstock_message_is(key, "location") && length < sizeof external->location) {
    memcpy(external->location, value.next, length);
    external->location[length] = '\0';
  }
  if (penstock_message_is(key, "offset"))
    external->offset = decimal(value);
  if (penstock_message_is(key, "length"))
    external->length = decimal(value);
}

/// The state of one external file as seen so far; most models have only one, so the last answer is kept.
typedef struct external_file {
  char location[PATH_MAX];
  unsigned long long size;
} external_file;

static int open_external(const penstock_file_view *model, const char *location, external_file *file, char *error,
                         size_t error_size) {
  char path[PATH_MAX];
  const char *slash = strrchr(model->path, '/');
  int folder = slash != NULL ? (int)(slash - model->path) + 1 : 0;
  snprintf(path, sizeof path, "%.*s%s", folder, model->path, location);
  uint8_t head[512];
  unsigned long long real_size = 0;
  struct stat status = {0};
  int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  ssize_t count = descriptor >= 0 && fstat(descriptor, &status) == 0 ? read(descriptor, head, sizeof head) : -1;
  int reason = errno;
  if (descriptor >= 0)
    close(descriptor);
  if (count < 0)
    return penstock_fail(
        error, error_size, PENSTOCK_INFERENCE_STATUS_INVALID_MODEL,
        "model \"%s\": its weights are in the external file \"%s\", which can't be read (%s): put that file "
        "beside the model",
        model->path, path, reason == ENOENT ? "there is no such file" : strerror(reason));
  if (penstock_is_lfs_pointer(head, (size_t)count, &real_size))
    return penstock_fail(
        error, error_size, PENSTOCK_INFERENCE_STATUS_INVALID_MODEL,
        "model \"%s\": its external weights file \"%s\" is a Git-LFS pointer, not the weights: run `git lfs pull` "
        "in its repository",
        model->path, path);
  penstock_copy_text(file->location, sizeof file->location, location);
  file->size = (unsigned long long)status.st_size;
  return PENSTOCK_INFERENCE_STATUS_OK;
}

static int check_external(const penstock_file_view *model, const external_data *external, external_file *file,
                          char *error, size_t error_size) {
  if (external->location[0] == '\0')
    return PENSTOCK_INFERENCE_STATUS_OK;
  if (strcmp(external->location, file->location) != 0) {
    int status = open_external(model, external->location, file, error, error_size);
    if (status != 0)
      return status;
  }
  unsigned long long end = 0;
  if (__builtin_add_overflow(external->offset, external->length, &end) || end > file->size)
    return penstock_fail(
        error, error_size, PENSTOCK_INFERENCE_STATUS_INVALID_MODEL,
        "model \"%s\": its external weights file \"%s\" is cut short, it has %llu bytes and the model refers to "
        "byte %llu: download it again",
        model->path, external->location, file->size, end);
  return PENSTOCK_INFERENCE_STATUS_OK;
}

static int check_graph(const penstock_file_view *model, penstock_message graph, external_file *file, char *error,
                       size_t error_size) {
  penstock_field part, tensor_part;
  int status = PENSTOCK_INFERENCE_STATUS_OK;
  while (status == 0 && penstock_read_field(&graph, &part)) {
    if (part.number != graph_initializer || part.wire_type != 2)
      continue;
    external_data external = {.location = ""};
    penstock_message tensor = part.content;
    while (penstock_read_field(&tensor, &tensor_part))
      if (tensor_part.number == tensor_external_data && tensor_part.wire_type == 2)
        read_entry(tensor_part.content, &external);
    status = check_external(model, &external, file, error, error_size);
  }
  return status;
}

// MARK: Model

int penstock_onnx_file_check(const penstock_file_view *file, char *error, size_t error_size) {
  penstock_message model = {file->bytes, file->bytes + file->size};
  external_file external = {.location = ""};
  bool has_graph = false, is_onnx = true;
  penstock_field part;
  while (model.next < model.end && is_onnx) {
    is_onnx = penstock_read_field(&model, &part) && part.number <= 25;
    // A file that starts with a plausible graph and ends too early was an ONNX model once; other bytes were not.
    if (is_onnx && part.is_cut && (has_graph || part.number == model_graph))
      return penstock_fail(error, error_size, PENSTOCK_INFERENCE_STATUS_INVALID_MODEL,
                           "model \"%s\": the file is cut short, at least %llu bytes are missing after the %zu that "
                           "are here: download it again",
                           file->path, (unsigned long long)part.missing, file->size);
    is_onnx = is_onnx && !part.is_cut;
    if (is_onnx && part.number == model_graph && part.wire_type == 2) {
      has_graph = true;
      int status = check_graph(file, part.content, &external, error, error_size);
      if (status != 0)
        return status;
    }
  }
  if (!is_onnx || !has_graph)
    return penstock_fail(
        error, error_size, PENSTOCK_INFERENCE_STATUS_INVALID_MODEL,
        "model \"%s\": this is not an ONNX model, or a damaged one: give an ONNX file (.onnx) or an OpenVINO IR "
        "(.xml with its .bin)",
        file->path);
  return PENSTOCK_INFERENCE_STATUS_OK;
}

// MARK: Traits

static void note_operator(penstock_message op_type, penstock_model_traits *traits) {
  static const char *const quantized[] = {"QuantizeLinear", "DynamicQuantizeLinear", "QLinearConv",
                                          "QLinearMatMul",  "ConvInteger",           "MatMulInteger"};
  for (size_t i = 0; i < sizeof quantized / sizeof quantized[0]; i++)
    if (penstock_message_is(op_type, quantized[i]))
      traits->is_quantized = 1;
  if (penstock_message_is(op_type, "DynamicQuantizeLinear"))
    traits->depends_on_batch = 1;
}

void penstock_onnx_file_traits(const penstock_file_view *file, penstock_model_traits *traits) {
  penstock_message model = {file->bytes, file->bytes + file->size};
  penstock_field part, graph_part, node_part;
  while (penstock_read_field(&model, &part)) {
    if (part.number != model_graph || part.wire_type != 2)
      continue;
    penstock_message graph = part.content;
    while (penstock_read_field(&graph, &graph_part)) {
      if (graph_part.number != graph_node || graph_part.wire_type != 2)
        continue;
      penstock_message node = graph_part.content;
      while (penstock_read_field(&node, &node_part))
        if (node_part.number == node_op_type && node_part.wire_type == 2)
          note_operator(node_part.content, traits);
    }
  }
}
