// SPDX-License-Identifier: Apache-2.0
// Gives the graph the batch that was asked for, where it can take it.
#include "openvino_internal.h"

#include <stdlib.h>

/// A batch that no model has by chance, to see whether a graph with a fixed batch follows another one.
static const int64_t probe_rows = 3;

/// The batch that the file declares: the first dimension that all inputs share, -1 dynamic, or 0 if they share none.
static int64_t declared_rows(const penstock_openvino_model *model) {
  int64_t rows = 0;
  for (size_t i = 0; i < model->input_count; i++) {
    const penstock_tensor_info *input = &model->inputs[i];
    if (input->rank < 1 || (i > 0 && input->dims[0] != rows))
      return 0;
    rows = input->dims[0];
  }
  return rows;
}

/// The shape of input `index` for `rows` rows (-1: dynamic) and, with image input, for its size.
static void wanted_shape(const penstock_openvino_model *model, size_t index, const penstock_compile_options *options,
                         penstock_image_layout layout, int64_t rows, ov_dimension_t *dims) {
  const penstock_tensor_info *input = &model->inputs[index];
  const ov_dimension_t any = {-1, -1}; // OpenVINO's C API takes no other open upper limit
  for (int32_t axis = 0; axis < input->rank; axis++)
    dims[axis] = input->maximum[axis] < 0 ? any : (ov_dimension_t){input->minimum[axis], input->maximum[axis]};
  dims[0] = rows < 0 ? any : (ov_dimension_t){rows, rows};
  if (!options->image.enabled)
    return;
  int first = layout == PENSTOCK_IMAGE_LAYOUT_NHWC ? 1 : 2, channels = layout == PENSTOCK_IMAGE_LAYOUT_NHWC ? 3 : 1;
  dims[first] = (ov_dimension_t){options->image.height, options->image.height};
  dims[first + 1] = (ov_dimension_t){options->image.width, options->image.width};
  dims[channels] = (ov_dimension_t){3, 3};
}

/// Reshapes every input to `rows`. Leaves OpenVINO's status, so that the caller may read its message.
static ov_status_e reshape(const penstock_openvino_model *model, ov_model_t *graph,
                           const penstock_compile_options *options, penstock_image_layout layout, int64_t rows) {
  const penstock_openvino_functions *ov = &model->runtime->functions;
  size_t *indexes = calloc(model->input_count, sizeof *indexes);
  ov_partial_shape_t *shapes = calloc(model->input_count, sizeof *shapes);
  ov_status_e code = indexes != NULL && shapes != NULL ? OK : UNKNOWN_C_ERROR;
  size_t made = 0;
  while (made < model->input_count && code == OK) {
    ov_dimension_t dims[PENSTOCK_MAX_RANK];
    wanted_shape(model, made, options, layout, rows, dims);
    indexes[made] = made;
    code = ov->ov_partial_shape_create(model->inputs[made].rank, dims, &shapes[made]);
    if (code == OK)
      made++;
  }
  if (code == OK)
    code = ov->ov_model_reshape_by_port_indexes(graph, indexes, shapes, made);
  for (size_t i = 0; i < made; i++)
    ov->ov_partial_shape_free(&shapes[i]);
  free(indexes);
  free(shapes);
  return code;
}

/// Whether the graph's outputs followed its inputs from the declared batch to `rows`. A graph can accept a reshape and
/// still mix rows: a hard-coded `Reshape` to [1, -1] turns 8 rows of 1000 scores into one row of 8000.
static bool outputs_follow(const penstock_openvino_model *model, const ov_model_t *graph, int64_t declared,
                           int64_t rows) {
  penstock_tensor_info *outputs = NULL;
  size_t count = 0, following = 0;
  bool follow = penstock_describe_model_ports(model->runtime, graph, true, &outputs, &count, NULL, 0) == 0 &&
                count == model->output_count;
  for (size_t i = 0; i < count && follow; i++) {
    bool had_batch = model->outputs[i].rank > 0 && model->outputs[i].dims[0] == declared;
    bool has_batch = outputs[i].rank > 0 && outputs[i].dims[0] == rows;
    follow = has_batch || !had_batch;
    following += has_batch ? 1 : 0;
  }
  free(outputs);
  return follow && following > 0;
}

/// Tries to move a graph from its declared, fixed batch to another one (-1: dynamic).
static bool can_change_batch(const penstock_openvino_model *model, ov_model_t *graph,
                             const penstock_compile_options *options, penstock_image_layout layout, int64_t declared,
                             int64_t rows) {
  // With a dynamic batch OpenVINO finds a clash only while running, so a fixed one is tried first.
  int64_t tried = rows < 0 ? (declared == probe_rows ? probe_rows + 1 : probe_rows) : rows;
  if (reshape(model, graph, options, layout, tried) != OK || !outputs_follow(model, graph, declared, tried))
    return false;
  return rows == tried || reshape(model, graph, options, layout, rows) == OK;
}

/// Replaces a graph that a failed attempt may have left half changed.
static int keep_declared_batch(penstock_openvino_model *model, penstock_prepared_graph *prepared, char *error,
                               size_t error_size) {
  model->runtime->functions.ov_model_free(prepared->model);
  prepared->model = NULL;
  prepared->batch_refused = 1;
  return penstock_openvino_model_take(model, &prepared->model, error, error_size);
}

int penstock_reshape_graph(penstock_openvino_model *model, const penstock_compile_options *options,
                           penstock_prepared_graph *prepared, char *error, size_t error_size) {
  int64_t declared = declared_rows(model);
  bool keep = options->batch_rows == 0 && !options->image.enabled;
  if (keep || declared == 0) {
    prepared->batch_rows = declared < 0 ? 0 : declared == 0 ? -1 : (int32_t)declared;
    prepared->batch_refused = options->batch_rows > 0 ? 1 : 0;
    return PENSTOCK_INFERENCE_STATUS_OK;
  }
  int64_t rows = options->batch_rows > 0 ? options->batch_rows : -1;
  if (declared > 0 && declared != rows &&
      !can_change_batch(model, prepared->model, options, prepared->layout, declared, rows)) {
    int status = keep_declared_batch(model, prepared, error, error_size);
    if (status != 0)
      return status;
    rows = declared;
  }
  ov_status_e code = reshape(model, prepared->model, options, prepared->layout, rows);
  if (code != OK)
    return penstock_openvino_fail(model->runtime, code, PENSTOCK_INFERENCE_STATUS_UNSUPPORTED, error, error_size,
                                  "the graph of \"%s\" does not work for the size that was asked for", model->path);
  prepared->batch_rows = rows < 0 ? 0 : (int32_t)rows;
  return PENSTOCK_INFERENCE_STATUS_OK;
}
