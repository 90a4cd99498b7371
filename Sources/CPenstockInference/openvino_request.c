// SPDX-License-Identifier: Apache-2.0
// Runs a compiled model on memory that the caller lends.
#include "openvino_internal.h"

#include <stdlib.h>
#include <string.h>

typedef enum request_phase {
  request_idle,    // nothing ran, or the last inference failed
  request_running, // between `_start` and the `_wait` that sees its end
  request_done,    // outputs are there
} request_phase;

typedef struct request_input {
  ov_tensor_t *tensor; // refers to the caller's memory, which is read during an inference only
  bool is_set;         // since the last inference
} request_input;

struct penstock_openvino_request {
  penstock_openvino_compiled *compiled; // +1
  ov_infer_request_t *handle;
  request_input *inputs;
  ov_tensor_t **outputs; // kept so that views stay valid
  request_phase phase;
};

// MARK: Life

static void release_outputs(penstock_openvino_request *request) {
  const penstock_openvino_functions *ov = &request->compiled->runtime->functions;
  for (int32_t i = 0; i < request->compiled->info.output_count; i++) {
    if (request->outputs[i] != NULL)
      ov->ov_tensor_free(request->outputs[i]);
    request->outputs[i] = NULL;
  }
}

static int prepare_request(penstock_openvino_request *request, char *error, size_t error_size) {
  const penstock_openvino_compiled *compiled = request->compiled;
  request->inputs = calloc((size_t)compiled->info.input_count + 1, sizeof *request->inputs);
  request->outputs = calloc((size_t)compiled->info.output_count + 1, sizeof *request->outputs);
  if (request->inputs == NULL || request->outputs == NULL)
    return penstock_fail(error, error_size, PENSTOCK_INFERENCE_STATUS_OUT_OF_MEMORY, "out of memory");
  ov_status_e code =
      compiled->runtime->functions.ov_compiled_model_create_infer_request(compiled->handle, &request->handle);
  if (code != OK)
    return penstock_openvino_fail(compiled->runtime, code, PENSTOCK_INFERENCE_STATUS_INFERENCE_FAILED, error,
                                  error_size, "OpenVINO can't create an inference request");
  return PENSTOCK_INFERENCE_STATUS_OK;
}

int penstock_openvino_request_create(penstock_openvino_compiled *compiled, penstock_openvino_request **request_out,
                                     char *error, size_t error_size) {
  *request_out = NULL;
  penstock_openvino_request *request = calloc(1, sizeof *request);
  if (request == NULL)
    return penstock_fail(error, error_size, PENSTOCK_INFERENCE_STATUS_OUT_OF_MEMORY, "out of memory");
  atomic_fetch_add(&compiled->holders, 1);
  request->compiled = compiled;
  int status = prepare_request(request, error, error_size);
  if (status != 0) {
    penstock_openvino_request_destroy(request);
    return status;
  }
  *request_out = request;
  return PENSTOCK_INFERENCE_STATUS_OK;
}

void penstock_openvino_request_destroy(penstock_openvino_request *request) {
  if (request == NULL)
    return;
  const penstock_openvino_functions *ov = &request->compiled->runtime->functions;
  if (request->phase == request_running)
    (void)!ov->ov_infer_request_wait(request->handle);
  if (request->outputs != NULL)
    release_outputs(request);
  if (request->handle != NULL)
    ov->ov_infer_request_free(request->handle);
  for (int32_t i = 0; i < request->compiled->info.input_count && request->inputs != NULL; i++)
    if (request->inputs[i].tensor != NULL)
      ov->ov_tensor_free(request->inputs[i].tensor);
  free(request->inputs);
  free(request->outputs);
  penstock_openvino_compiled_destroy(request->compiled);
  free(request);
}

// MARK: Inputs

static int check_not_running(const penstock_openvino_request *request, char *error, size_t error_size) {
  if (request->phase != request_running)
    return PENSTOCK_INFERENCE_STATUS_OK;
  return penstock_fail(error, error_size, PENSTOCK_INFERENCE_STATUS_INVALID_ARGUMENT,
                       "an inference of this request is still running: wait for it first");
}

/// The bytes of a dense tensor; false if that number does not exist.
static bool dense_byte_count(const int64_t *dims, int32_t rank, size_t element_size, size_t *byte_count) {
  *byte_count = element_size;
  for (int32_t axis = 0; axis < rank; axis++)
    if (dims[axis] < 0 || __builtin_mul_overflow(*byte_count, (size_t)dims[axis], byte_count))
      return false;
  return true;
}

static bool shape_fits(const penstock_tensor_info *info, const penstock_tensor_view *view) {
  if (info->rank < 0)
    return true;
  if (info->rank != view->rank)
    return false;
  for (int32_t axis = 0; axis < info->rank; axis++) {
    bool above = info->maximum[axis] >= 0 && view->dims[axis] > info->maximum[axis];
    if (view->dims[axis] < info->minimum[axis] || above)
      return false;
  }
  return true;
}

static int check_view(const penstock_tensor_info *info, const penstock_tensor_view *view, char *error,
                      size_t error_size) {
  size_t expected = 0;
  bool sane = view->rank >= 0 && view->rank <= PENSTOCK_MAX_RANK &&
              dense_byte_count(view->dims, view->rank, penstock_element_size(view->element_type), &expected);
  if (!sane || view->element_type != info->element_type || !shape_fits(info, view)) {
    char given[200], wanted[200];
    penstock_describe_shape(view->dims, sane ? view->rank : -1, given, sizeof given);
    penstock_describe_shape(info->dims, info->rank, wanted, sizeof wanted);
    return penstock_fail(error, error_size, PENSTOCK_INFERENCE_STATUS_INVALID_ARGUMENT,
                         "the model's input \"%s\" is %s %s, it can't take %s %s", info->name,
                         penstock_element_name(info->element_type), wanted, penstock_element_name(view->element_type),
                         given);
  }
  if (view->byte_count != expected || (view->data == NULL && expected > 0))
    return penstock_fail(error, error_size, PENSTOCK_INFERENCE_STATUS_INVALID_ARGUMENT,
                         "%zu bytes were given for the model's input \"%s\", its shape needs %zu", view->byte_count,
                         info->name, expected);
  if ((uintptr_t)view->data % penstock_element_size(view->element_type) != 0)
    return penstock_fail(error, error_size, PENSTOCK_INFERENCE_STATUS_INVALID_ARGUMENT,
                         "the memory for the model's input \"%s\" is not aligned to its elements", info->name);
  return PENSTOCK_INFERENCE_STATUS_OK;
}

static ov_status_e lend_tensor(penstock_openvino_request *request, size_t index, const penstock_tensor_view *view) {
  const penstock_openvino_functions *ov = &request->compiled->runtime->functions;
  int64_t dims[PENSTOCK_MAX_RANK];
  memcpy(dims, view->dims, sizeof dims);
  ov_shape_t shape = {view->rank, dims};
  ov_tensor_t *tensor = NULL;
  // OpenVINO has no tensor of constant memory; it does not write to inputs.
  void *data = (void *)(uintptr_t)view->data;
  ov_status_e code =
      ov->ov_tensor_create_from_host_ptr(penstock_element_type_to_openvino(view->element_type), shape, data, &tensor);
  if (code != OK)
    return code;
  code = ov->ov_infer_request_set_input_tensor_by_index(request->handle, index, tensor);
  if (code != OK) {
    ov->ov_tensor_free(tensor);
    return code;
  }
  if (request->inputs[index].tensor != NULL)
    ov->ov_tensor_free(request->inputs[index].tensor);
  request->inputs[index] = (request_input){tensor, true};
  return OK;
}

int penstock_openvino_request_set_input(penstock_openvino_request *request, size_t index,
                                        const penstock_tensor_view *view, char *error, size_t error_size) {
  const penstock_openvino_compiled *compiled = request->compiled;
  int status = check_not_running(request, error, error_size);
  if (status != 0)
    return status;
  if (index >= (size_t)compiled->info.input_count)
    return penstock_fail(error, error_size, PENSTOCK_INFERENCE_STATUS_INVALID_ARGUMENT,
                         "there is no input %zu, the model has %d", index, (int)compiled->info.input_count);
  status = check_view(&compiled->inputs[index], view, error, error_size);
  if (status != 0)
    return status;
  ov_status_e code = lend_tensor(request, index, view);
  if (code != OK)
    return penstock_openvino_fail(compiled->runtime, code, PENSTOCK_INFERENCE_STATUS_INVALID_ARGUMENT, error,
                                  error_size, "OpenVINO does not take the model's input \"%s\"",
                                  compiled->inputs[index].name);
  return PENSTOCK_INFERENCE_STATUS_OK;
}

int penstock_openvino_request_set_images(penstock_openvino_request *request, const uint8_t *pixels, size_t rows,
                                         size_t byte_count, char *error, size_t error_size) {
  const penstock_openvino_compiled *compiled = request->compiled;
  if (!compiled->image.enabled)
    return penstock_fail(error, error_size, PENSTOCK_INFERENCE_STATUS_INVALID_ARGUMENT,
                         "the model was not compiled for images: use set_input");
  size_t fixed = (size_t)compiled->info.batch_rows;
  if (fixed > 0 && rows != fixed)
    return penstock_fail(error, error_size, PENSTOCK_INFERENCE_STATUS_INVALID_ARGUMENT,
                         "%zu rows were given, but the model was compiled for exactly %zu at a time", rows, fixed);
  if (rows == 0 || rows > INT32_MAX)
    return penstock_fail(error, error_size, PENSTOCK_INFERENCE_STATUS_INVALID_ARGUMENT,
                         "%zu rows were given, a batch has at least 1", rows);
  penstock_tensor_view view = {
      .element_type = PENSTOCK_ELEMENT_TYPE_U8,
      .rank = 4,
      .dims = {(int64_t)rows, compiled->image.height, compiled->image.width, 3},
      .data = pixels,
      .byte_count = byte_count,
  };
  return penstock_openvino_request_set_input(request, 0, &view, error, error_size);
}

// MARK: Running

static int check_ready(const penstock_openvino_request *request, char *error, size_t error_size) {
  const penstock_openvino_compiled *compiled = request->compiled;
  for (int32_t i = 0; i < compiled->info.input_count; i++)
    if (!request->inputs[i].is_set)
      return penstock_fail(error, error_size, PENSTOCK_INFERENCE_STATUS_INVALID_ARGUMENT,
                           "the model's input \"%s\" was not set since the last inference", compiled->inputs[i].name);
  return check_not_running(request, error, error_size);
}

/// Notes the end of an inference, good or bad.
static int finish(penstock_openvino_request *request, ov_status_e code, char *error, size_t error_size) {
  request->phase = code == OK ? request_done : request_idle;
  for (int32_t i = 0; i < request->compiled->info.input_count; i++)
    request->inputs[i].is_set = false;
  if (code == OK)
    return PENSTOCK_INFERENCE_STATUS_OK;
  if (code == INFER_CANCELLED)
    return penstock_fail(error, error_size, PENSTOCK_INFERENCE_STATUS_CANCELLED, "the inference was cancelled");
  return penstock_openvino_fail(request->compiled->runtime, code, PENSTOCK_INFERENCE_STATUS_INFERENCE_FAILED, error,
                                error_size, "the inference failed");
}

int penstock_openvino_request_start(penstock_openvino_request *request, char *error, size_t error_size) {
  int status = check_ready(request, error, error_size);
  if (status != 0)
    return status;
  release_outputs(request);
  ov_status_e code = request->compiled->runtime->functions.ov_infer_request_start_async(request->handle);
  if (code != OK)
    return finish(request, code, error, error_size);
  request->phase = request_running;
  return PENSTOCK_INFERENCE_STATUS_OK;
}

int penstock_openvino_request_wait(penstock_openvino_request *request, int64_t timeout_ms, char *error,
                                   size_t error_size) {
  const penstock_openvino_functions *ov = &request->compiled->runtime->functions;
  if (request->phase != request_running)
    return penstock_fail(error, error_size, PENSTOCK_INFERENCE_STATUS_INVALID_ARGUMENT,
                         "no inference of this request was started");
  if (timeout_ms < 0)
    return finish(request, ov->ov_infer_request_wait(request->handle), error, error_size);
  ov_status_e code = ov->ov_infer_request_wait_for(request->handle, timeout_ms);
  if (code == RESULT_NOT_READY)
    return penstock_fail(error, error_size, PENSTOCK_INFERENCE_STATUS_TIMED_OUT,
                         "the inference has not ended within %lld ms", (long long)timeout_ms);
  return finish(request, code, error, error_size);
}

int penstock_openvino_request_infer(penstock_openvino_request *request, char *error, size_t error_size) {
  // Not ov_infer_request_infer: it can't be cancelled, and its work runs on the stream's thread all the same.
  int status = penstock_openvino_request_start(request, error, error_size);
  return status != 0 ? status : penstock_openvino_request_wait(request, -1, error, error_size);
}

int penstock_openvino_request_cancel(penstock_openvino_request *request, char *error, size_t error_size) {
  const penstock_openvino_runtime *runtime = request->compiled->runtime;
  ov_status_e code = runtime->functions.ov_infer_request_cancel(request->handle);
  if (code != OK)
    return penstock_openvino_fail(runtime, code, PENSTOCK_INFERENCE_STATUS_INFERENCE_FAILED, error, error_size,
                                  "the inference can't be cancelled");
  return PENSTOCK_INFERENCE_STATUS_OK;
}

// MARK: Outputs

static ov_status_e view_tensor(const penstock_openvino_functions *ov, const ov_tensor_t *tensor, bool is_scalar,
                               penstock_tensor_view *view) {
  ov_element_type_e type = DYNAMIC;
  ov_shape_t shape = {0};
  void *data = NULL;
  size_t byte_count = 0;
  ov_status_e code = ov->ov_tensor_get_element_type(tensor, &type);
  if (code == OK)
    code = ov->ov_tensor_get_byte_size(tensor, &byte_count);
  if (code == OK && byte_count > 0)
    code = ov->ov_tensor_data(tensor, &data);
  // OpenVINO's C API refuses to tell the shape of a scalar.
  if (code == OK && !is_scalar)
    code = ov->ov_tensor_get_shape(tensor, &shape);
  if (code != OK)
    return code;
  *view = (penstock_tensor_view){.element_type = penstock_element_type_from_openvino(type),
                                 .rank = shape.rank <= PENSTOCK_MAX_RANK ? (int32_t)shape.rank : -1,
                                 .data = data,
                                 .byte_count = byte_count};
  for (int32_t axis = 0; axis < view->rank; axis++)
    view->dims[axis] = shape.dims[axis];
  return is_scalar ? OK : ov->ov_shape_free(&shape);
}

int penstock_openvino_request_output(penstock_openvino_request *request, size_t index, penstock_tensor_view *view,
                                     char *error, size_t error_size) {
  const penstock_openvino_compiled *compiled = request->compiled;
  const penstock_openvino_functions *ov = &compiled->runtime->functions;
  if (index >= (size_t)compiled->info.output_count)
    return penstock_fail(error, error_size, PENSTOCK_INFERENCE_STATUS_INVALID_ARGUMENT,
                         "there is no output %zu, the model has %d", index, (int)compiled->info.output_count);
  if (request->phase != request_done)
    return penstock_fail(error, error_size, PENSTOCK_INFERENCE_STATUS_INVALID_ARGUMENT,
                         "there is no output: no inference of this request has ended well");
  ov_status_e code = OK;
  if (request->outputs[index] == NULL)
    code = ov->ov_infer_request_get_output_tensor_by_index(request->handle, index, &request->outputs[index]);
  if (code == OK)
    code = view_tensor(ov, request->outputs[index], compiled->outputs[index].rank == 0, view);
  if (code != OK)
    return penstock_openvino_fail(compiled->runtime, code, PENSTOCK_INFERENCE_STATUS_INFERENCE_FAILED, error,
                                  error_size, "OpenVINO does not give output \"%s\"", compiled->outputs[index].name);
  return PENSTOCK_INFERENCE_STATUS_OK;
}
