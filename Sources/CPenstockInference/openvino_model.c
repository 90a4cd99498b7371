// SPDX-License-Identifier: Apache-2.0
// Reads a model and describes it.
#include "openvino_internal.h"

#include <stdlib.h>
#include <string.h>

static int read_model(const penstock_openvino_model *model, ov_model_t **read, char *error, size_t error_size) {
  const penstock_openvino_runtime *runtime = model->runtime;
  ov_status_e code = runtime->functions.ov_core_read_model(runtime->core, model->path, NULL, read);
  if (code != OK)
    return penstock_openvino_fail(runtime, code, PENSTOCK_INFERENCE_STATUS_INVALID_MODEL, error, error_size,
                                  "OpenVINO can't read the model \"%s\"", model->path);
  return PENSTOCK_INFERENCE_STATUS_OK;
}

static int load_model(penstock_openvino_model *model, char *error, size_t error_size) {
  int status = read_model(model, &model->unused, error, error_size);
  if (status == 0)
    status = penstock_describe_model_ports(model->runtime, model->unused, false, &model->inputs, &model->input_count,
                                           error, error_size);
  if (status == 0)
    status = penstock_describe_model_ports(model->runtime, model->unused, true, &model->outputs, &model->output_count,
                                           error, error_size);
  if (status == 0 && model->output_count == 0)
    status = penstock_fail(error, error_size, PENSTOCK_INFERENCE_STATUS_INVALID_MODEL,
                           "the model \"%s\" has no output, so there is nothing to compute", model->path);
  return status;
}

int penstock_openvino_model_create(penstock_openvino_runtime *runtime, const char *path,
                                   penstock_openvino_model **model_out, char *error, size_t error_size) {
  *model_out = NULL;
  int status = penstock_model_file_check(path, error, error_size);
  if (status != 0)
    return status;
  penstock_openvino_model *model = calloc(1, sizeof *model);
  if (model == NULL)
    return penstock_fail(error, error_size, PENSTOCK_INFERENCE_STATUS_OUT_OF_MEMORY, "out of memory");
  penstock_openvino_runtime_retain(runtime);
  model->runtime = runtime;
  model->path = strdup(path);
  status = model->path != NULL
               ? load_model(model, error, error_size)
               : penstock_fail(error, error_size, PENSTOCK_INFERENCE_STATUS_OUT_OF_MEMORY, "out of memory");
  if (status != 0) {
    penstock_openvino_model_destroy(model);
    return status;
  }
  *model_out = model;
  return PENSTOCK_INFERENCE_STATUS_OK;
}

void penstock_openvino_model_destroy(penstock_openvino_model *model) {
  if (model == NULL)
    return;
  if (model->unused != NULL)
    model->runtime->functions.ov_model_free(model->unused);
  free(model->inputs);
  free(model->outputs);
  free(model->path);
  penstock_openvino_runtime_destroy(model->runtime);
  free(model);
}

int penstock_openvino_model_take(penstock_openvino_model *model, ov_model_t **taken, char *error, size_t error_size) {
  // Reshaping and preprocessing change a model in place, and OpenVINO's C API can't copy one.
  if (model->unused == NULL)
    return read_model(model, taken, error, error_size);
  *taken = model->unused;
  model->unused = NULL;
  return PENSTOCK_INFERENCE_STATUS_OK;
}

size_t penstock_openvino_model_input_count(const penstock_openvino_model *model) { return model->input_count; }

size_t penstock_openvino_model_output_count(const penstock_openvino_model *model) { return model->output_count; }

int penstock_openvino_model_input(const penstock_openvino_model *model, size_t index, penstock_tensor_info *info,
                                  char *error, size_t error_size) {
  if (index >= model->input_count)
    return penstock_fail(error, error_size, PENSTOCK_INFERENCE_STATUS_INVALID_ARGUMENT,
                         "there is no input %zu, the model has %zu", index, model->input_count);
  *info = model->inputs[index];
  return PENSTOCK_INFERENCE_STATUS_OK;
}

int penstock_openvino_model_output(const penstock_openvino_model *model, size_t index, penstock_tensor_info *info,
                                   char *error, size_t error_size) {
  if (index >= model->output_count)
    return penstock_fail(error, error_size, PENSTOCK_INFERENCE_STATUS_INVALID_ARGUMENT,
                         "there is no output %zu, the model has %zu", index, model->output_count);
  *info = model->outputs[index];
  return PENSTOCK_INFERENCE_STATUS_OK;
}
