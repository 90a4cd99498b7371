// SPDX-License-Identifier: Apache-2.0
// Compiles a prepared graph for a device, and reports what came out.
#include "openvino_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int32_t greatest_count = 65536; // streams, threads, rows, pixels: beyond this it is a mistake

// MARK: Options

static int check_range(const char *name, int32_t value, int32_t least, char *error, size_t error_size) {
  if (value >= least && value <= greatest_count)
    return PENSTOCK_INFERENCE_STATUS_OK;
  return penstock_fail(error, error_size, PENSTOCK_INFERENCE_STATUS_INVALID_ARGUMENT, "%s %d is not within %d...%d",
                       name, (int)value, (int)least, (int)greatest_count);
}

static int check_options(const penstock_compile_options *options, char *error, size_t error_size) {
  int status = check_range("streams", options->streams, 0, error, error_size);
  if (status == 0)
    status = check_range("threads", options->threads, 0, error, error_size);
  if (status == 0)
    status = check_range("batch", options->batch_rows, 0, error, error_size);
  if (status == 0 && options->image.enabled)
    status = check_range("image width", options->image.width, 1, error, error_size);
  if (status == 0 && options->image.enabled)
    status = check_range("image height", options->image.height, 1, error, error_size);
  return status;
}

static const char *precision_name(penstock_precision precision) {
  switch (precision) {
  case PENSTOCK_PRECISION_DEVICE_DEFAULT: return NULL;
  case PENSTOCK_PRECISION_F32: return "f32";
  case PENSTOCK_PRECISION_BF16: return "bf16";
  case PENSTOCK_PRECISION_F16: return "f16";
  }
  return NULL;
}

/// OpenVINO takes a precision that the CPU lacks without a word and computes in another one.
static int check_precision(const penstock_openvino_runtime *runtime, const penstock_compile_options *options,
                           const char *device_name, char *error, size_t error_size) {
  penstock_device_info device;
  int status = penstock_openvino_device(runtime, device_name, &device, error, error_size);
  if (status != 0)
    return status;
  bool lacks_bf16 = options->precision == PENSTOCK_PRECISION_BF16 && !(device.capabilities & PENSTOCK_CAPABILITY_BF16);
  bool lacks_f16 = options->precision == PENSTOCK_PRECISION_F16 && !(device.capabilities & PENSTOCK_CAPABILITY_F16);
  if (lacks_bf16 || lacks_f16)
    return penstock_fail(error, error_size, PENSTOCK_INFERENCE_STATUS_UNSUPPORTED,
                         "%s (%s) does not compute in %s; use precision f32", device.full_name, device.name,
                         precision_name(options->precision));
  return PENSTOCK_INFERENCE_STATUS_OK;
}

// MARK: Properties

typedef struct property_list {
  ov_property_t entries[8];
  size_t count;
  char streams[16];
  char threads[16];
} property_list;

static void add_property(property_list *list, const char *key, const char *value) {
  list->entries[list->count++] = (ov_property_t){key, value};
}

static void list_properties(const penstock_compile_options *options, property_list *list) {
  list->count = 0;
  const char *precision = precision_name(options->precision);
  if (precision != NULL)
    add_property(list, "INFERENCE_PRECISION_HINT", precision);
  if (options->precision == PENSTOCK_PRECISION_F32)
    add_property(list, "EXECUTION_MODE_HINT", "ACCURACY");
  if (options->streams > 0) {
    snprintf(list->streams, sizeof list->streams, "%d", (int)options->streams);
    add_property(list, "NUM_STREAMS", list->streams);
  }
  if (options->threads > 0) {
    snprintf(list->threads, sizeof list->threads, "%d", (int)options->threads);
    add_property(list, "INFERENCE_NUM_THREADS", list->threads);
  }
  if (options->pinning != PENSTOCK_SWITCH_DEVICE_DEFAULT)
    add_property(list, "ENABLE_CPU_PINNING", options->pinning == PENSTOCK_SWITCH_ON ? "YES" : "NO");
  if (options->cache_directory != NULL)
    add_property(list, "CACHE_DIR", options->cache_directory);
}

// MARK: Report

/// Reads a property as text; false where the device does not have it.
static bool read_property(const penstock_openvino_compiled *compiled, const char *key, char *text, size_t text_size) {
  const penstock_openvino_functions *ov = &compiled->runtime->functions;
  char *value = NULL;
  if (ov->ov_compiled_model_get_property(compiled->handle, key, &value) != OK || value == NULL)
    return false;
  penstock_copy_text(text, text_size, value);
  ov->ov_free(value);
  return true;
}

static int32_t read_count(const penstock_openvino_compiled *compiled, const char *key) {
  char text[32];
  return read_property(compiled, key, text, sizeof text) ? (int32_t)atoi(text) : 0;
}

static penstock_precision read_precision(const penstock_openvino_compiled *compiled) {
  char text[32];
  if (!read_property(compiled, "INFERENCE_PRECISION_HINT", text, sizeof text))
    return PENSTOCK_PRECISION_DEVICE_DEFAULT;
  if (strcmp(text, "f32") == 0)
    return PENSTOCK_PRECISION_F32;
  if (strcmp(text, "bf16") == 0)
    return PENSTOCK_PRECISION_BF16;
  return strcmp(text, "f16") == 0 ? PENSTOCK_PRECISION_F16 : PENSTOCK_PRECISION_DEVICE_DEFAULT;
}

static penstock_switch read_switch(const penstock_openvino_compiled *compiled, const char *key) {
  char text[32];
  if (!read_property(compiled, key, text, sizeof text))
    return PENSTOCK_SWITCH_DEVICE_DEFAULT;
  return strcmp(text, "YES") == 0 || strcmp(text, "1") == 0 || strcmp(text, "true") == 0 ? PENSTOCK_SWITCH_ON
                                                                                         : PENSTOCK_SWITCH_OFF;
}

static int describe_compiled(penstock_openvino_compiled *compiled, const penstock_prepared_graph *prepared, char *error,
                             size_t error_size) {
  size_t inputs = 0, outputs = 0;
  int status = penstock_describe_compiled_ports(compiled->runtime, compiled->handle, false, &compiled->inputs, &inputs,
                                                error, error_size);
  if (status == 0)
    status = penstock_describe_compiled_ports(compiled->runtime, compiled->handle, true, &compiled->outputs, &outputs,
                                              error, error_size);
  compiled->info = (penstock_compiled_info){
      .input_count = (int32_t)inputs,
      .output_count = (int32_t)outputs,
      .batch_rows = prepared->batch_rows,
      .batch_refused = prepared->batch_refused,
      .precision = read_precision(compiled),
      .streams = read_count(compiled, "NUM_STREAMS"),
      .threads = read_count(compiled, "INFERENCE_NUM_THREADS"),
      .optimal_requests = read_count(compiled, "OPTIMAL_NUMBER_OF_INFER_REQUESTS"),
      .pinning = read_switch(compiled, "ENABLE_CPU_PINNING"),
      .layout = prepared->layout,
  };
  return status;
}

// MARK: Compile

static int compile_graph(const penstock_openvino_model *model, const penstock_compile_options *options,
                         const char *device, const penstock_prepared_graph *prepared,
                         penstock_openvino_compiled *compiled, char *error, size_t error_size) {
  const penstock_openvino_runtime *runtime = model->runtime;
  property_list list;
  list_properties(options, &list);
  ov_status_e code = runtime->functions.ov_core_compile_model_props(runtime->core, prepared->model, device, list.count,
                                                                    list.entries, &compiled->handle);
  if (code != OK)
    return penstock_openvino_fail(runtime, code, PENSTOCK_INFERENCE_STATUS_INFERENCE_FAILED, error, error_size,
                                  "OpenVINO can't compile the model \"%s\" for %s", model->path, device);
  return describe_compiled(compiled, prepared, error, error_size);
}

int penstock_openvino_compile(penstock_openvino_model *model, const penstock_compile_options *options,
                              penstock_openvino_compiled **compiled_out, char *error, size_t error_size) {
  *compiled_out = NULL;
  const char *device = options->device != NULL ? options->device : "CPU";
  penstock_prepared_graph prepared;
  int status = check_options(options, error, error_size);
  if (status == 0)
    status = check_precision(model->runtime, options, device, error, error_size);
  if (status == 0)
    status = penstock_prepare_graph(model, options, &prepared, error, error_size);
  if (status != 0)
    return status;
  penstock_openvino_compiled *compiled = calloc(1, sizeof *compiled);
  if (compiled != NULL) {
    penstock_openvino_runtime_retain(model->runtime);
    atomic_init(&compiled->holders, 1);
    compiled->runtime = model->runtime;
    compiled->image = options->image;
    status = compile_graph(model, options, device, &prepared, compiled, error, error_size);
  } else {
    status = penstock_fail(error, error_size, PENSTOCK_INFERENCE_STATUS_OUT_OF_MEMORY, "out of memory");
  }
  model->runtime->functions.ov_model_free(prepared.model);
  if (status == 0)
    *compiled_out = compiled;
  else
    penstock_openvino_compiled_destroy(compiled);
  return status;
}

void penstock_openvino_compiled_destroy(penstock_openvino_compiled *compiled) {
  if (compiled == NULL || atomic_fetch_sub(&compiled->holders, 1) != 1)
    return;
  if (compiled->handle != NULL)
    compiled->runtime->functions.ov_compiled_model_free(compiled->handle);
  free(compiled->inputs);
  free(compiled->outputs);
  penstock_openvino_runtime_destroy(compiled->runtime);
  free(compiled);
}

penstock_compiled_info penstock_openvino_compiled_info(const penstock_openvino_compiled *compiled) {
  return compiled->info;
}

int penstock_openvino_compiled_input(const penstock_openvino_compiled *compiled, size_t index,
                                     penstock_tensor_info *info, char *error, size_t error_size) {
  if (index >= (size_t)compiled->info.input_count)
    return penstock_fail(error, error_size, PENSTOCK_INFERENCE_STATUS_INVALID_ARGUMENT,
                         "there is no input %zu, the model has %d", index, (int)compiled->info.input_count);
  *info = compiled->inputs[index];
  return PENSTOCK_INFERENCE_STATUS_OK;
}

int penstock_openvino_compiled_output(const penstock_openvino_compiled *compiled, size_t index,
                                      penstock_tensor_info *info, char *error, size_t error_size) {
  if (index >= (size_t)compiled->info.output_count)
    return penstock_fail(error, error_size, PENSTOCK_INFERENCE_STATUS_INVALID_ARGUMENT,
                         "there is no output %zu, the model has %d", index, (int)compiled->info.output_count);
  *info = compiled->outputs[index];
  return PENSTOCK_INFERENCE_STATUS_OK;
}
