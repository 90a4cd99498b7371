// SPDX-License-Identifier: Apache-2.0
// What the OpenVINO files of this target share. Nothing of this is visible outside the target.
#ifndef PENSTOCK_OPENVINO_INTERNAL_H
#define PENSTOCK_OPENVINO_INTERNAL_H

// With -std=c17, glibc hides POSIX (PATH_MAX, O_CLOEXEC, strdup) and dladdr. Must stand before the first system header.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "CPenstockInference.h"
#include "message.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wstrict-prototypes"
#include <openvino/c/openvino.h>
#pragma GCC diagnostic pop

/// Every function of OpenVINO that we call. Only non-variadic ones: the `_props` forms take arrays.
#define PENSTOCK_OPENVINO_FUNCTIONS(X)                                                                                 \
  X(ov_get_openvino_version)                                                                                           \
  X(ov_version_free)                                                                                                   \
  X(ov_get_last_err_msg)                                                                                               \
  X(ov_get_error_info)                                                                                                 \
  X(ov_free)                                                                                                           \
  X(ov_core_create)                                                                                                    \
  X(ov_core_free)                                                                                                      \
  X(ov_core_get_available_devices)                                                                                     \
  X(ov_available_devices_free)                                                                                         \
  X(ov_core_get_property)                                                                                              \
  X(ov_core_read_model)                                                                                                \
  X(ov_core_compile_model_props)                                                                                       \
  X(ov_model_free)                                                                                                     \
  X(ov_model_inputs_size)                                                                                              \
  X(ov_model_outputs_size)                                                                                             \
  X(ov_model_const_input_by_index)                                                                                     \
  X(ov_model_const_output_by_index)                                                                                    \
  X(ov_model_reshape_by_port_indexes)                                                                                  \
  X(ov_output_const_port_free)                                                                                         \
  X(ov_port_get_any_name)                                                                                              \
  X(ov_port_get_partial_shape)                                                                                         \
  X(ov_port_get_element_type)                                                                                          \
  X(ov_partial_shape_create)                                                                                           \
  X(ov_partial_shape_free)                                                                                             \
  X(ov_shape_free)                                                                                                     \
  X(ov_layout_create)                                                                                                  \
  X(ov_layout_free)                                                                                                    \
  X(ov_preprocess_prepostprocessor_create)                                                                             \
  X(ov_preprocess_prepostprocessor_free)                                                                               \
  X(ov_preprocess_prepostprocessor_build)                                                                              \
  X(ov_preprocess_prepostprocessor_get_input_info_by_index)                                                            \
  X(ov_preprocess_prepostprocessor_get_output_info_by_index)                                                           \
  X(ov_preprocess_input_info_free)                                                                                     \
  X(ov_preprocess_input_info_get_tensor_info)                                                                          \
  X(ov_preprocess_input_info_get_preprocess_steps)                                                                     \
  X(ov_preprocess_input_info_get_model_info)                                                                           \
  X(ov_preprocess_input_tensor_info_free)                                                                              \
  X(ov_preprocess_input_tensor_info_set_element_type)                                                                  \
  X(ov_preprocess_input_tensor_info_set_layout)                                                                        \
  X(ov_preprocess_input_model_info_free)                                                                               \
  X(ov_preprocess_input_model_info_set_layout)                                                                         \
  X(ov_preprocess_preprocess_steps_free)                                                                               \
  X(ov_preprocess_preprocess_steps_convert_element_type)                                                               \
  X(ov_preprocess_preprocess_steps_reverse_channels)                                                                   \
  X(ov_preprocess_preprocess_steps_mean_multi_channels)                                                                \
  X(ov_preprocess_preprocess_steps_scale_multi_channels)                                                               \
  X(ov_preprocess_output_info_free)                                                                                    \
  X(ov_preprocess_output_info_get_tensor_info)                                                                         \
  X(ov_preprocess_output_tensor_info_free)                                                                             \
  X(ov_preprocess_output_set_element_type)                                                                             \
  X(ov_compiled_model_free)                                                                                            \
  X(ov_compiled_model_inputs_size)                                                                                     \
  X(ov_compiled_model_outputs_size)                                                                                    \
  X(ov_compiled_model_input_by_index)                                                                                  \
  X(ov_compiled_model_output_by_index)                                                                                 \
  X(ov_compiled_model_get_property)                                                                                    \
  X(ov_compiled_model_create_infer_request)                                                                            \
  X(ov_infer_request_free)                                                                                             \
  X(ov_infer_request_set_input_tensor_by_index)                                                                        \
  X(ov_infer_request_get_output_tensor_by_index)                                                                       \
  X(ov_infer_request_start_async)                                                                                      \
  X(ov_infer_request_wait)                                                                                             \
  X(ov_infer_request_wait_for)                                                                                         \
  X(ov_infer_request_cancel)                                                                                           \
  X(ov_tensor_create_from_host_ptr)                                                                                    \
  X(ov_tensor_free)                                                                                                    \
  X(ov_tensor_get_shape)                                                                                               \
  X(ov_tensor_get_element_type)                                                                                        \
  X(ov_tensor_get_byte_size)                                                                                           \
  X(ov_tensor_data)

/// The table of those functions, filled once per runtime.
typedef struct penstock_openvino_functions {
#define PENSTOCK_POINTER(name) __typeof__(name) *name;
  PENSTOCK_OPENVINO_FUNCTIONS(PENSTOCK_POINTER)
#undef PENSTOCK_POINTER
} penstock_openvino_functions;

struct penstock_openvino_runtime {
  atomic_int holders;
  penstock_openvino_functions functions;
  ov_core_t *core;
  char version[64];
  char path[PATH_MAX];
};

struct penstock_openvino_model {
  penstock_openvino_runtime *runtime; // +1
  ov_model_t *unused;                 // as read; the next compile consumes it, later ones read the file again
  size_t input_count;
  size_t output_count;
  penstock_tensor_info *inputs;
  penstock_tensor_info *outputs;
  char *path;
};

struct penstock_openvino_compiled {
  atomic_int holders;
  penstock_openvino_runtime *runtime; // +1
  ov_compiled_model_t *handle;
  penstock_compiled_info info;
  penstock_image_input image;
  penstock_tensor_info *inputs;
  penstock_tensor_info *outputs;
};

/// What became of a model on its way to the compiler.
typedef struct penstock_prepared_graph {
  ov_model_t *model; // +1: released by the caller
  int32_t batch_rows;
  int32_t batch_refused;
  penstock_image_layout layout;
} penstock_prepared_graph;

// MARK: openvino_runtime.c

void penstock_openvino_runtime_retain(penstock_openvino_runtime *runtime);

/// Reports OpenVINO's last error behind a prefix of ours. Call right after the function that failed: OpenVINO keeps one
/// message for the whole process.
__attribute__((format(printf, 6, 7))) int penstock_openvino_fail(const penstock_openvino_runtime *runtime,
                                                                 ov_status_e code, penstock_inference_status status,
                                                                 char *error, size_t error_size, const char *format,
                                                                 ...);

// MARK: openvino_tensor_info.c

penstock_element_type penstock_element_type_from_openvino(ov_element_type_e type);
ov_element_type_e penstock_element_type_to_openvino(penstock_element_type type);

/// The size of one element in bytes; 0 for `OTHER`.
size_t penstock_element_size(penstock_element_type type);

/// "f32", "u8" …, for messages.
const char *penstock_element_name(penstock_element_type type);

/// Writes a shape as "[?,3,224,224]".
void penstock_describe_shape(const int64_t *dims, int32_t rank, char *text, size_t text_size);

/// Describes all inputs or outputs of a model. `*infos` is allocated, +1: the caller frees it.
int penstock_describe_model_ports(const penstock_openvino_runtime *runtime, const ov_model_t *model, bool outputs,
                                  penstock_tensor_info **infos, size_t *count, char *error, size_t error_size);
int penstock_describe_compiled_ports(const penstock_openvino_runtime *runtime, const ov_compiled_model_t *compiled,
                                     bool outputs, penstock_tensor_info **infos, size_t *count, char *error,
                                     size_t error_size);

// MARK: openvino_model.c

/// Gives a model that the caller may change: the one read at first, or the file read again. +1: the caller releases it.
int penstock_openvino_model_take(penstock_openvino_model *model, ov_model_t **taken, char *error, size_t error_size);

// MARK: openvino_graph.c

/// Sets the batch and, with image input, puts mean, scale, channel order, layout and type conversion into the graph.
int penstock_prepare_graph(penstock_openvino_model *model, const penstock_compile_options *options,
                           penstock_prepared_graph *prepared, char *error, size_t error_size);

// MARK: openvino_batch.c

/// Reshapes the model's inputs: the first axis to `options->batch_rows`, and with image input the picture's axes to its
/// size. Where the graph refuses the batch, `prepared` gets the model with its own batch and says so.
int penstock_reshape_graph(penstock_openvino_model *model, const penstock_compile_options *options,
                           penstock_prepared_graph *prepared, char *error, size_t error_size);

#endif
