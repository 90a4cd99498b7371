// SPDX-License-Identifier: Apache-2.0
// Puts the preparation of images, and the conversion of outputs to f32, inside the model's graph.
#include "openvino_internal.h"

#include <math.h>

// MARK: Is this a model of images?

static bool may_be(int64_t dim, int64_t wanted) { return dim < 0 || dim == wanted; }

/// ONNX convolutions are NCHW, so that is the choice wherever the channels do not say otherwise.
static penstock_image_layout resolved_layout(const penstock_tensor_info *input, penstock_image_layout asked) {
  if (asked != PENSTOCK_IMAGE_LAYOUT_AUTOMATIC)
    return asked;
  return input->dims[3] == 3 && input->dims[1] != 3 ? PENSTOCK_IMAGE_LAYOUT_NHWC : PENSTOCK_IMAGE_LAYOUT_NCHW;
}

static int check_image_input(const penstock_openvino_model *model, const penstock_image_input *image,
                             penstock_image_layout layout, char *error, size_t error_size) {
  const penstock_tensor_info *input = &model->inputs[0];
  char shape[200];
  penstock_describe_shape(input->dims, input->rank, shape, sizeof shape);
  int first = layout == PENSTOCK_IMAGE_LAYOUT_NHWC ? 1 : 2, channels = layout == PENSTOCK_IMAGE_LAYOUT_NHWC ? 3 : 1;
  if (!may_be(input->dims[channels], 3))
    return penstock_fail(
        error, error_size, PENSTOCK_INFERENCE_STATUS_UNSUPPORTED,
        "the model's input \"%s\" is %s, which has no axis of 3 colour channels, so it can't take RGB images",
        input->name, shape);
  if (!may_be(input->dims[first], image->height) || !may_be(input->dims[first + 1], image->width))
    return penstock_fail(error, error_size, PENSTOCK_INFERENCE_STATUS_INVALID_ARGUMENT,
                         "the model's input \"%s\" is %s, so it can't take images of %dx%d pixels (width x height)",
                         input->name, shape, (int)image->width, (int)image->height);
  return PENSTOCK_INFERENCE_STATUS_OK;
}

static int check_pixel_type(const penstock_tensor_info *input, const penstock_image_input *image, char *error,
                            size_t error_size) {
  penstock_element_type type = input->element_type;
  if (type == PENSTOCK_ELEMENT_TYPE_F32 || type == PENSTOCK_ELEMENT_TYPE_F16 || type == PENSTOCK_ELEMENT_TYPE_BF16)
    return PENSTOCK_INFERENCE_STATUS_OK;
  if (type != PENSTOCK_ELEMENT_TYPE_U8)
    return penstock_fail(error, error_size, PENSTOCK_INFERENCE_STATUS_UNSUPPORTED,
                         "the model's input \"%s\" is %s; images can be given to f32, f16, bf16 and u8 inputs",
                         input->name, penstock_element_name(type));
  for (int c = 0; c < 3; c++)
    if (image->mean[c] != 0 || image->scale[c] != 1)
      return penstock_fail(
          error, error_size, PENSTOCK_INFERENCE_STATUS_INVALID_ARGUMENT,
          "the model's input \"%s\" takes u8 pixels and normalises them itself: use mean 0 and standard "
          "deviation 1 (in 0...255 units)",
          input->name);
  return PENSTOCK_INFERENCE_STATUS_OK;
}

static int check_image(const penstock_openvino_model *model, const penstock_image_input *image,
                       penstock_image_layout *layout, char *error, size_t error_size) {
  if (model->input_count != 1)
    return penstock_fail(error, error_size, PENSTOCK_INFERENCE_STATUS_UNSUPPORTED,
                         "the model has %zu inputs; a model of images has exactly one", model->input_count);
  const penstock_tensor_info *input = &model->inputs[0];
  if (input->rank != 4) {
    char shape[200];
    penstock_describe_shape(input->dims, input->rank, shape, sizeof shape);
    return penstock_fail(error, error_size, PENSTOCK_INFERENCE_STATUS_UNSUPPORTED,
                         "the model's input \"%s\" is %s; a batch of images needs 4 axes", input->name, shape);
  }
  for (int c = 0; c < 3; c++)
    if (!isfinite(image->mean[c]) || !isfinite(image->scale[c]) || image->scale[c] == 0)
      return penstock_fail(error, error_size, PENSTOCK_INFERENCE_STATUS_INVALID_ARGUMENT,
                           "mean %g and scale %g of channel %d: both must be finite, and scale not 0",
                           (double)image->mean[c], (double)image->scale[c], c);
  *layout = resolved_layout(input, image->layout);
  int status = check_image_input(model, image, *layout, error, error_size);
  return status != 0 ? status : check_pixel_type(input, image, error, error_size);
}

// MARK: Preprocessing steps

static ov_status_e set_tensor_side(const penstock_openvino_functions *ov, const ov_preprocess_input_info_t *input) {
  ov_preprocess_input_tensor_info_t *tensor = NULL;
  ov_layout_t *layout = NULL;
  ov_status_e code = ov->ov_preprocess_input_info_get_tensor_info(input, &tensor);
  if (code == OK)
    code = ov->ov_layout_create("NHWC", &layout);
  if (code == OK)
    code = ov->ov_preprocess_input_tensor_info_set_element_type(tensor, U8);
  if (code == OK)
    code = ov->ov_preprocess_input_tensor_info_set_layout(tensor, layout);
  if (layout != NULL)
    ov->ov_layout_free(layout);
  if (tensor != NULL)
    ov->ov_preprocess_input_tensor_info_free(tensor);
  return code;
}

static ov_status_e set_model_side(const penstock_openvino_functions *ov, const ov_preprocess_input_info_t *input,
                                  penstock_image_layout axes) {
  ov_preprocess_input_model_info_t *model = NULL;
  ov_layout_t *layout = NULL;
  ov_status_e code = ov->ov_preprocess_input_info_get_model_info(input, &model);
  if (code == OK)
    code = ov->ov_layout_create(axes == PENSTOCK_IMAGE_LAYOUT_NHWC ? "NHWC" : "NCHW", &layout);
  if (code == OK)
    code = ov->ov_preprocess_input_model_info_set_layout(model, layout);
  if (layout != NULL)
    ov->ov_layout_free(layout);
  if (model != NULL)
    ov->ov_preprocess_input_model_info_free(model);
  return code;
}

/// Channel order, type, mean, scale. The conversions to the model's own type and layout follow by themselves.
static ov_status_e add_steps(const penstock_openvino_functions *ov, const ov_preprocess_input_info_t *input,
                             const penstock_image_input *image) {
  bool has_mean = image->mean[0] != 0 || image->mean[1] != 0 || image->mean[2] != 0;
  bool has_scale = image->scale[0] != 1 || image->scale[1] != 1 || image->scale[2] != 1;
  ov_preprocess_preprocess_steps_t *steps = NULL;
  ov_status_e code = ov->ov_preprocess_input_info_get_preprocess_steps(input, &steps);
  if (code == OK && image->reverse_channels)
    code = ov->ov_preprocess_preprocess_steps_reverse_channels(steps);
  if (code == OK && (has_mean || has_scale))
    code = ov->ov_preprocess_preprocess_steps_convert_element_type(steps, F32);
  if (code == OK && has_mean)
    code = ov->ov_preprocess_preprocess_steps_mean_multi_channels(steps, image->mean, 3);
  if (code == OK && has_scale)
    code = ov->ov_preprocess_preprocess_steps_scale_multi_channels(steps, image->scale, 3);
  if (steps != NULL)
    ov->ov_preprocess_preprocess_steps_free(steps);
  return code;
}

static ov_status_e set_image_input(const penstock_openvino_functions *ov,
                                   const ov_preprocess_prepostprocessor_t *processor, const penstock_image_input *image,
                                   penstock_image_layout layout) {
  ov_preprocess_input_info_t *input = NULL;
  ov_status_e code = ov->ov_preprocess_prepostprocessor_get_input_info_by_index(processor, 0, &input);
  if (code == OK)
    code = set_tensor_side(ov, input);
  if (code == OK)
    code = set_model_side(ov, input, layout);
  if (code == OK)
    code = add_steps(ov, input, image);
  if (input != NULL)
    ov->ov_preprocess_input_info_free(input);
  return code;
}

static ov_status_e set_output_f32(const penstock_openvino_functions *ov,
                                  const ov_preprocess_prepostprocessor_t *processor, size_t index) {
  ov_preprocess_output_info_t *output = NULL;
  ov_preprocess_output_tensor_info_t *tensor = NULL;
  ov_status_e code = ov->ov_preprocess_prepostprocessor_get_output_info_by_index(processor, index, &output);
  if (code == OK)
    code = ov->ov_preprocess_output_info_get_tensor_info(output, &tensor);
  if (code == OK)
    code = ov->ov_preprocess_output_set_element_type(tensor, F32);
  if (tensor != NULL)
    ov->ov_preprocess_output_tensor_info_free(tensor);
  if (output != NULL)
    ov->ov_preprocess_output_info_free(output);
  return code;
}

static bool is_other_float(penstock_element_type type) {
  return type == PENSTOCK_ELEMENT_TYPE_F16 || type == PENSTOCK_ELEMENT_TYPE_BF16 || type == PENSTOCK_ELEMENT_TYPE_F64;
}

/// Builds the steps into the graph.
static ov_status_e process_graph(const penstock_openvino_model *model, const penstock_compile_options *options,
                                 penstock_prepared_graph *prepared) {
  const penstock_openvino_functions *ov = &model->runtime->functions;
  ov_preprocess_prepostprocessor_t *processor = NULL;
  ov_status_e code = ov->ov_preprocess_prepostprocessor_create(prepared->model, &processor);
  if (code == OK && options->image.enabled)
    code = set_image_input(ov, processor, &options->image, prepared->layout);
  for (size_t i = 0; i < model->output_count && code == OK && !options->keep_output_types; i++)
    if (is_other_float(model->outputs[i].element_type))
      code = set_output_f32(ov, processor, i);
  ov_model_t *built = NULL;
  if (code == OK)
    code = ov->ov_preprocess_prepostprocessor_build(processor, &built);
  if (processor != NULL)
    ov->ov_preprocess_prepostprocessor_free(processor);
  if (code == OK) {
    ov->ov_model_free(prepared->model);
    prepared->model = built;
  }
  return code;
}

static int prepare_taken_graph(penstock_openvino_model *model, const penstock_compile_options *options,
                               penstock_prepared_graph *prepared, char *error, size_t error_size) {
  int status = penstock_reshape_graph(model, options, prepared, error, error_size);
  if (status != 0)
    return status;
  ov_status_e code = process_graph(model, options, prepared);
  if (code != OK)
    return penstock_openvino_fail(model->runtime, code, PENSTOCK_INFERENCE_STATUS_INFERENCE_FAILED, error, error_size,
                                  "OpenVINO can't put the image preparation into the graph of \"%s\"", model->path);
  return PENSTOCK_INFERENCE_STATUS_OK;
}

int penstock_prepare_graph(penstock_openvino_model *model, const penstock_compile_options *options,
                           penstock_prepared_graph *prepared, char *error, size_t error_size) {
  *prepared = (penstock_prepared_graph){0};
  int status = PENSTOCK_INFERENCE_STATUS_OK;
  if (options->image.enabled)
    status = check_image(model, &options->image, &prepared->layout, error, error_size);
  if (status == 0)
    status = penstock_openvino_model_take(model, &prepared->model, error, error_size);
  if (status != 0)
    return status;
  status = prepare_taken_graph(model, options, prepared, error, error_size);
  if (status != 0 && prepared->model != NULL) {
    model->runtime->functions.ov_model_free(prepared->model);
    prepared->model = NULL;
  }
  return status;
}
