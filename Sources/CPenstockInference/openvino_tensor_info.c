// SPDX-License-Identifier: Apache-2.0
// Element types, shapes and the description of inputs and outputs.
#include "openvino_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
  penstock_element_type ours;
  ov_element_type_e theirs;
  size_t size;
  const char *name;
} element_types[] = {
    {PENSTOCK_ELEMENT_TYPE_BOOL, BOOLEAN, 1, "bool"}, {PENSTOCK_ELEMENT_TYPE_U8, U8, 1, "u8"},
    {PENSTOCK_ELEMENT_TYPE_I8, I8, 1, "i8"},          {PENSTOCK_ELEMENT_TYPE_U16, U16, 2, "u16"},
    {PENSTOCK_ELEMENT_TYPE_I16, I16, 2, "i16"},       {PENSTOCK_ELEMENT_TYPE_U32, U32, 4, "u32"},
    {PENSTOCK_ELEMENT_TYPE_I32, I32, 4, "i32"},       {PENSTOCK_ELEMENT_TYPE_U64, U64, 8, "u64"},
    {PENSTOCK_ELEMENT_TYPE_I64, I64, 8, "i64"},       {PENSTOCK_ELEMENT_TYPE_BF16, BF16, 2, "bf16"},
    {PENSTOCK_ELEMENT_TYPE_F16, F16, 2, "f16"},       {PENSTOCK_ELEMENT_TYPE_F32, F32, 4, "f32"},
    {PENSTOCK_ELEMENT_TYPE_F64, F64, 8, "f64"},
};
static const size_t element_type_count = sizeof element_types / sizeof element_types[0];

penstock_element_type penstock_element_type_from_openvino(ov_element_type_e type) {
  for (size_t i = 0; i < element_type_count; i++)
    if (element_types[i].theirs == type)
      return element_types[i].ours;
  return PENSTOCK_ELEMENT_TYPE_OTHER;
}

ov_element_type_e penstock_element_type_to_openvino(penstock_element_type type) {
  for (size_t i = 0; i < element_type_count; i++)
    if (element_types[i].ours == type)
      return element_types[i].theirs;
  return DYNAMIC;
}

size_t penstock_element_size(penstock_element_type type) {
  for (size_t i = 0; i < element_type_count; i++)
    if (element_types[i].ours == type)
      return element_types[i].size;
  return 0;
}

const char *penstock_element_name(penstock_element_type type) {
  for (size_t i = 0; i < element_type_count; i++)
    if (element_types[i].ours == type)
      return element_types[i].name;
  return "a type that Penstock does not carry";
}

void penstock_describe_shape(const int64_t *dims, int32_t rank, char *text, size_t text_size) {
  if (rank < 0) {
    penstock_copy_text(text, text_size, "[of unknown rank]");
    return;
  }
  char joined[PENSTOCK_MAX_RANK * 22 + 3] = "[";
  size_t used = 1;
  for (int32_t axis = 0; axis < rank; axis++) {
    const char *comma = axis > 0 ? "," : "";
    int written = dims[axis] < 0 ? snprintf(joined + used, sizeof joined - used, "%s?", comma)
                                 : snprintf(joined + used, sizeof joined - used, "%s%" PRId64, comma, dims[axis]);
    used += (size_t)written;
  }
  joined[used] = ']';
  joined[used + 1] = '\0';
  penstock_copy_text(text, text_size, joined);
}

/// Copies the shape of a port; leaves rank -1 where the rank is dynamic or beyond ours.
static void describe_shape_of_port(const ov_partial_shape_t *shape, penstock_tensor_info *info) {
  info->rank = -1;
  if (shape->rank.min != shape->rank.max || shape->rank.min < 0 || shape->rank.min > PENSTOCK_MAX_RANK)
    return;
  info->rank = (int32_t)shape->rank.min;
  for (int32_t axis = 0; axis < info->rank; axis++) {
    ov_dimension_t dim = shape->dims[axis];
    info->dims[axis] = dim.min == dim.max ? dim.min : -1;
    info->minimum[axis] = dim.min < 0 ? 0 : dim.min;
    info->maximum[axis] = dim.max;
  }
}

/// Describes a port and releases it.
static int describe_port(const penstock_openvino_runtime *runtime, ov_output_const_port_t *port,
                         penstock_tensor_info *info, char *error, size_t error_size) {
  const penstock_openvino_functions *ov = &runtime->functions;
  *info = (penstock_tensor_info){0};
  char *name = NULL;
  // A port without a name is legal, so this failure is none.
  if (ov->ov_port_get_any_name(port, &name) == OK && name != NULL) {
    penstock_copy_text(info->name, sizeof info->name, name);
    ov->ov_free(name);
  }
  ov_element_type_e type = DYNAMIC;
  ov_partial_shape_t shape = {0};
  ov_status_e code = ov->ov_port_get_element_type(port, &type);
  if (code == OK)
    code = ov->ov_port_get_partial_shape(port, &shape);
  int status = PENSTOCK_INFERENCE_STATUS_OK;
  if (code == OK) {
    info->element_type = penstock_element_type_from_openvino(type);
    describe_shape_of_port(&shape, info);
    ov->ov_partial_shape_free(&shape);
  } else {
    status = penstock_openvino_fail(runtime, code, PENSTOCK_INFERENCE_STATUS_INFERENCE_FAILED, error, error_size,
                                    "OpenVINO does not describe \"%s\" of the model", info->name);
  }
  ov->ov_output_const_port_free(port);
  return status;
}

static int allocate_infos(size_t count, penstock_tensor_info **infos, char *error, size_t error_size) {
  *infos = calloc(count > 0 ? count : 1, sizeof **infos);
  if (*infos == NULL)
    return penstock_fail(error, error_size, PENSTOCK_INFERENCE_STATUS_OUT_OF_MEMORY, "out of memory");
  return PENSTOCK_INFERENCE_STATUS_OK;
}

static int fail_on_ports(const penstock_openvino_runtime *runtime, ov_status_e code, char *error, size_t error_size) {
  return penstock_openvino_fail(runtime, code, PENSTOCK_INFERENCE_STATUS_INFERENCE_FAILED, error, error_size,
                                "OpenVINO does not list the model's inputs and outputs");
}

int penstock_describe_model_ports(const penstock_openvino_runtime *runtime, const ov_model_t *model, bool outputs,
                                  penstock_tensor_info **infos, size_t *count, char *error, size_t error_size) {
  const penstock_openvino_functions *ov = &runtime->functions;
  ov_status_e code = outputs ? ov->ov_model_outputs_size(model, count) : ov->ov_model_inputs_size(model, count);
  if (code != OK)
    return fail_on_ports(runtime, code, error, error_size);
  int status = allocate_infos(*count, infos, error, error_size);
  for (size_t i = 0; i < *count && status == 0; i++) {
    ov_output_const_port_t *port = NULL;
    code = outputs ? ov->ov_model_const_output_by_index(model, i, &port)
                   : ov->ov_model_const_input_by_index(model, i, &port);
    status = code == OK ? describe_port(runtime, port, &(*infos)[i], error, error_size)
                        : fail_on_ports(runtime, code, error, error_size);
  }
  return status;
}

int penstock_describe_compiled_ports(const penstock_openvino_runtime *runtime, const ov_compiled_model_t *compiled,
                                     bool outputs, penstock_tensor_info **infos, size_t *count, char *error,
                                     size_t error_size) {
  const penstock_openvino_functions *ov = &runtime->functions;
  ov_status_e code = outputs ? ov->ov_compiled_model_outputs_size(compiled, count)
                             : ov->ov_compiled_model_inputs_size(compiled, count);
  if (code != OK)
    return fail_on_ports(runtime, code, error, error_size);
  int status = allocate_infos(*count, infos, error, error_size);
  for (size_t i = 0; i < *count && status == 0; i++) {
    ov_output_const_port_t *port = NULL;
    code = outputs ? ov->ov_compiled_model_output_by_index(compiled, i, &port)
                   : ov->ov_compiled_model_input_by_index(compiled, i, &port);
    status = code == OK ? describe_port(runtime, port, &(*infos)[i], error, error_size)
                        : fail_on_ports(runtime, code, error, error_size);
  }
  return status;
}
