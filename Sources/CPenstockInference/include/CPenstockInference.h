// SPDX-License-Identifier: Apache-2.0
/// A small C face over OpenVINO's C API: load a model, compile it for u8 images or for raw tensors, run it.
///
/// Rules that hold for every function here:
/// - A fallible function returns a `penstock_inference_status` as `int`; `PENSTOCK_INFERENCE_STATUS_OK` is 0. On any
/// other value the
///   out parameters are untouched (or NULL for handles) and `error` holds one sentence that says what happened and what
///   to do, NUL-terminated and cut to `error_size` bytes (1024 is plenty; `error_size` may be 0). On success `error` is
///   untouched.
/// - The caller owns every buffer it passes; nothing is kept after the call, except where "borrowed until" says so.
/// - A handle comes from `_create` and goes to `_destroy`, which accepts NULL. The order of destruction is free: a
/// handle keeps
///   alive what it needs (runtime < model, compiled model < request).
/// - There is no global state of ours and no callback. OpenVINO itself is loaded at run time and stays loaded until the
/// process ends.
#ifndef CPENSTOCK_INFERENCE_H
#define CPENSTOCK_INFERENCE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __clang__
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wnullability-extension"
#define PENSTOCK_CLOSED_ENUM __attribute__((enum_extensibility(closed)))
#define PENSTOCK_CASE(name) __attribute__((swift_name(#name)))
#else
#define _Nonnull
#define _Nullable
#define PENSTOCK_CLOSED_ENUM
#define PENSTOCK_CASE(name)
#endif

#ifdef __cplusplus
extern "C" {
#endif

/// What a call can report.
typedef enum PENSTOCK_CLOSED_ENUM penstock_inference_status {
  PENSTOCK_INFERENCE_STATUS_OK PENSTOCK_CASE(ok) = 0,
  /// The library is absent or unusable; the message names what was tried and the install command.
  PENSTOCK_INFERENCE_STATUS_LIBRARY_MISSING PENSTOCK_CASE(libraryMissing) = 1,
  /// The model file is absent, unreadable, not a model, damaged, or lacks a file that it refers to.
  PENSTOCK_INFERENCE_STATUS_INVALID_MODEL PENSTOCK_CASE(invalidModel) = 2,
  /// A sound request that this model, device or library can't satisfy.
  PENSTOCK_INFERENCE_STATUS_UNSUPPORTED PENSTOCK_CASE(unsupported) = 3,
  /// A value that the caller passed is wrong: index, shape, type, size.
  PENSTOCK_INFERENCE_STATUS_INVALID_ARGUMENT PENSTOCK_CASE(invalidArgument) = 4,
  /// The library failed while compiling or running a model.
  PENSTOCK_INFERENCE_STATUS_INFERENCE_FAILED PENSTOCK_CASE(inferenceFailed) = 5,
  /// `_wait` reached its timeout; the inference goes on.
  PENSTOCK_INFERENCE_STATUS_TIMED_OUT PENSTOCK_CASE(timedOut) = 6,
  /// The inference was cancelled; its outputs are undefined.
  PENSTOCK_INFERENCE_STATUS_CANCELLED PENSTOCK_CASE(cancelled) = 7,
  PENSTOCK_INFERENCE_STATUS_OUT_OF_MEMORY PENSTOCK_CASE(outOfMemory) = 8,
} penstock_inference_status;

/// The element type of a tensor. `OTHER` is any type that this ABI does not carry (strings, 4-bit, 8-bit floats).
typedef enum PENSTOCK_CLOSED_ENUM penstock_element_type {
  PENSTOCK_ELEMENT_TYPE_OTHER PENSTOCK_CASE(other) = 0,
  PENSTOCK_ELEMENT_TYPE_BOOL PENSTOCK_CASE(bool) = 1,
  PENSTOCK_ELEMENT_TYPE_U8 PENSTOCK_CASE(u8) = 2,
  PENSTOCK_ELEMENT_TYPE_I8 PENSTOCK_CASE(i8) = 3,
  PENSTOCK_ELEMENT_TYPE_U16 PENSTOCK_CASE(u16) = 4,
  PENSTOCK_ELEMENT_TYPE_I16 PENSTOCK_CASE(i16) = 5,
  PENSTOCK_ELEMENT_TYPE_U32 PENSTOCK_CASE(u32) = 6,
  PENSTOCK_ELEMENT_TYPE_I32 PENSTOCK_CASE(i32) = 7,
  PENSTOCK_ELEMENT_TYPE_U64 PENSTOCK_CASE(u64) = 8,
  PENSTOCK_ELEMENT_TYPE_I64 PENSTOCK_CASE(i64) = 9,
  PENSTOCK_ELEMENT_TYPE_BF16 PENSTOCK_CASE(bf16) = 10,
  PENSTOCK_ELEMENT_TYPE_F16 PENSTOCK_CASE(f16) = 11,
  PENSTOCK_ELEMENT_TYPE_F32 PENSTOCK_CASE(f32) = 12,
  PENSTOCK_ELEMENT_TYPE_F64 PENSTOCK_CASE(f64) = 13,
} penstock_element_type;

/// The arithmetic of the floating-point layers. Quantised (int8) layers of a model stay int8 whatever is asked.
typedef enum PENSTOCK_CLOSED_ENUM penstock_precision {
  /// The device chooses, usually its fastest: bf16 on CPUs that have it.
  PENSTOCK_PRECISION_DEVICE_DEFAULT PENSTOCK_CASE(deviceDefault) = 0,
  /// IEEE single precision throughout; also forbids the device to trade accuracy for speed.
  PENSTOCK_PRECISION_F32 PENSTOCK_CASE(f32) = 1,
  PENSTOCK_PRECISION_BF16 PENSTOCK_CASE(bf16) = 2,
  PENSTOCK_PRECISION_F16 PENSTOCK_CASE(f16) = 3,
} penstock_precision;

/// The axis order of a model's image input.
typedef enum PENSTOCK_CLOSED_ENUM penstock_image_layout {
  /// NHWC if only the last axis has 3 channels, else NCHW.
  PENSTOCK_IMAGE_LAYOUT_AUTOMATIC PENSTOCK_CASE(automatic) = 0,
  PENSTOCK_IMAGE_LAYOUT_NCHW PENSTOCK_CASE(nchw) = 1,
  PENSTOCK_IMAGE_LAYOUT_NHWC PENSTOCK_CASE(nhwc) = 2,
} penstock_image_layout;

/// A choice that may be left to the device.
typedef enum PENSTOCK_CLOSED_ENUM penstock_switch {
  PENSTOCK_SWITCH_DEVICE_DEFAULT PENSTOCK_CASE(deviceDefault) = 0,
  PENSTOCK_SWITCH_ON PENSTOCK_CASE(on) = 1,
  PENSTOCK_SWITCH_OFF PENSTOCK_CASE(off) = 2,
} penstock_switch;

/// What a device computes natively; bits of `penstock_device_info.capabilities`.
enum {
  PENSTOCK_CAPABILITY_F32 = 1 << 0,
  PENSTOCK_CAPABILITY_F16 = 1 << 1,
  PENSTOCK_CAPABILITY_BF16 = 1 << 2,
  PENSTOCK_CAPABILITY_INT8 = 1 << 3,
  /// Compiled models can be cached in `cache_directory`.
  PENSTOCK_CAPABILITY_CACHE = 1 << 4,
};

enum {
  PENSTOCK_MAX_RANK = 8,
  PENSTOCK_NAME_SIZE = 256,
};

/// OpenVINO, loaded. Thread-safe: one may serve the whole process.
typedef struct penstock_openvino_runtime penstock_openvino_runtime;
/// A model as read from its file. One thread at a time.
typedef struct penstock_openvino_model penstock_openvino_model;
/// A model compiled for a device; holds the weights. Immutable and thread-safe.
typedef struct penstock_openvino_compiled penstock_openvino_compiled;
/// One inference in flight: its inputs and outputs. One thread at a time, except `_cancel`.
typedef struct penstock_openvino_request penstock_openvino_request;

typedef struct penstock_device_info {
  char name[PENSTOCK_NAME_SIZE];      ///< to pass as `device`: "CPU", "GPU.0"
  char full_name[PENSTOCK_NAME_SIZE]; ///< for people: "AMD EPYC 9B45"
  uint32_t capabilities;              ///< bits of PENSTOCK_CAPABILITY_*
} penstock_device_info;

/// The declared shape of one input or output.
typedef struct penstock_tensor_info {
  char name[PENSTOCK_NAME_SIZE]; ///< may be empty, and is cut to the buffer
  penstock_element_type element_type;
  int32_t rank;                       ///< 0 is a scalar; -1: unknown, or above PENSTOCK_MAX_RANK
  int64_t dims[PENSTOCK_MAX_RANK];    ///< -1: dynamic
  int64_t minimum[PENSTOCK_MAX_RANK]; ///< equal to `dims` for a fixed dimension
  int64_t maximum[PENSTOCK_MAX_RANK]; ///< -1: no upper bound
} penstock_tensor_info;

/// How u8 images become the model's input: `y[c] = (x[c] - mean[c]) / scale[c]`, computed in f32 inside the compiled
/// graph.
typedef struct penstock_image_input {
  /// 0: no image input; tensors go in and out as the model declares them, and the other fields are ignored.
  /// 1: the model has one input, and it takes u8 pixels [rows, height, width, 3], row-major, RGB.
  int32_t enabled;
  int32_t width;  ///< pixels
  int32_t height; ///< pixels
  penstock_image_layout layout;
  /// 1: the model wants BGR, so the channels are reversed first.
  int32_t reverse_channels;
  float mean[3];  ///< 0…255 units, in the model's channel order (that is, after the reversal)
  float scale[3]; ///< 0…255 units, in the model's channel order; must not be 0
} penstock_image_input;

/// How to compile. A struct of zeros is valid: the CPU, the model as it is, every choice left to the device.
typedef struct penstock_compile_options {
  const char *_Nullable device; ///< NULL: "CPU"
  penstock_precision precision;
  int32_t streams;         ///< inferences that run side by side; 0: the device chooses
  int32_t threads;         ///< CPU threads over all streams together; 0: the device chooses
  penstock_switch pinning; ///< binding of those threads to cores
  /// Rows per inference. 0: any number of rows where the model allows it (image input), or as the model declares (raw
  /// tensors). n > 0: the batch axis (the first axis of every input) is fixed to n.
  int32_t batch_rows;
  /// 0: outputs in floating point are converted to f32 inside the graph. 1: outputs keep the model's types.
  int32_t keep_output_types;
  /// A directory for compiled models, created if absent, shared safely between processes; NULL: none.
  const char *_Nullable cache_directory;
  penstock_image_input image;
} penstock_compile_options;

/// What came out of compiling.
typedef struct penstock_compiled_info {
  int32_t input_count;
  int32_t output_count;
  /// Rows that each inference must have; 0: any number. -1: unknown (raw tensors whose inputs have no common first
  /// dimension).
  int32_t batch_rows;
  /// 1: the graph can't be reshaped to the batch that was asked for, so it kept its own: loop over `batch_rows` at a
  /// time.
  int32_t batch_refused;
  penstock_precision precision; ///< as the device reports it
  int32_t streams;              ///< as the device reports it; 0: not reported
  int32_t threads;              ///< as the device reports it; 0: not reported
  int32_t optimal_requests;     ///< how many requests in flight keep the device busy; 0: not reported
  penstock_switch pinning;      ///< as the device reports it; DEVICE_DEFAULT: not reported
  penstock_image_layout layout; ///< of the model's own input, with image input; else AUTOMATIC
} penstock_compiled_info;

/// A tensor's memory.
typedef struct penstock_tensor_view {
  penstock_element_type element_type;
  int32_t rank;
  int64_t dims[PENSTOCK_MAX_RANK];
  const void *_Nullable data; ///< row-major, dense; NULL only if byte_count is 0
  size_t byte_count;
} penstock_tensor_view;

// MARK: Runtime

/// Loads OpenVINO and creates its core.
///
/// `library_path` NULL: "libopenvino_c.so" and its versioned names are looked up by the loader's own search, which
/// includes the run path of the executable. Otherwise exactly that file is loaded. At least OpenVINO 2026.1 is
/// required.
/// - Errors: LIBRARY_MISSING (not found, a dependency or a function is missing, too old).
/// - Cost: 5 to 40 ms.
int penstock_openvino_runtime_create(const char *_Nullable library_path,
                                     penstock_openvino_runtime *_Nullable *_Nonnull runtime, char *_Nullable error,
                                     size_t error_size);

void penstock_openvino_runtime_destroy(penstock_openvino_runtime *_Nullable runtime);

/// The library's version, as "2026.4.1". Borrowed until the runtime is destroyed.
const char *_Nonnull penstock_openvino_runtime_version(const penstock_openvino_runtime *_Nonnull runtime);

/// The path from which the library was really loaded. Borrowed until the runtime is destroyed.
const char *_Nonnull penstock_openvino_runtime_path(const penstock_openvino_runtime *_Nonnull runtime);

/// Lists the devices. Writes at most `capacity` of them, and their full number to `count`.
/// - Cost: loads every device plugin, up to a second; `penstock_openvino_device` asks for one alone.
int penstock_openvino_devices(const penstock_openvino_runtime *_Nonnull runtime,
                              penstock_device_info *_Nullable devices, size_t capacity, size_t *_Nonnull count,
                              char *_Nullable error, size_t error_size);

/// Describes one device, such as "CPU".
/// - Errors: UNSUPPORTED if there is no such device.
int penstock_openvino_device(const penstock_openvino_runtime *_Nonnull runtime, const char *_Nonnull name,
                             penstock_device_info *_Nonnull device, char *_Nullable error, size_t error_size);

// MARK: Model

/// Looks at a model file without reading it whole, and reports what is wrong with it, if anything: absent, unreadable,
/// a folder, empty, a Git-LFS pointer, an HTML page, an archive, another framework's format, cut short, a file with
/// external weights that is absent.
/// - Errors: INVALID_MODEL.
/// - Cost: milliseconds. Needs no runtime. Thread-safe.
int penstock_model_file_check(const char *_Nonnull path, char *_Nullable error, size_t error_size);

/// What the operators of a model say about its answers.
typedef struct penstock_model_traits {
  int32_t is_quantized;     ///< 1: it has int8 layers, which stay int8 at any `penstock_precision`
  int32_t depends_on_batch; ///< 1: it quantises by the range of the whole batch (DynamicQuantizeLinear), so that a
                            ///< row's result depends on its neighbours; only a batch of 1 is reproducible
} penstock_model_traits;

/// Finds a model's traits by its operators (ONNX; of an IR, only `is_quantized`).
/// - Errors: INVALID_MODEL, as `penstock_model_file_check`, which it begins with.
/// - Cost: milliseconds. Needs no runtime. Thread-safe.
int penstock_model_file_traits(const char *_Nonnull path, penstock_model_traits *_Nonnull traits, char *_Nullable error,
                               size_t error_size);

/// Reads a model: ONNX, or OpenVINO IR (`.xml`, with its `.bin` beside it). Begins with `penstock_model_file_check`.
/// - Errors: INVALID_MODEL.
int penstock_openvino_model_create(penstock_openvino_runtime *_Nonnull runtime, const char *_Nonnull path,
                                   penstock_openvino_model *_Nullable *_Nonnull model, char *_Nullable error,
                                   size_t error_size);

void penstock_openvino_model_destroy(penstock_openvino_model *_Nullable model);

size_t penstock_openvino_model_input_count(const penstock_openvino_model *_Nonnull model);
size_t penstock_openvino_model_output_count(const penstock_openvino_model *_Nonnull model);

/// Describes an input or output as the file declares it, before any compile.
/// - Errors: INVALID_ARGUMENT if `index` is out of range.
int penstock_openvino_model_input(const penstock_openvino_model *_Nonnull model, size_t index,
                                  penstock_tensor_info *_Nonnull info, char *_Nullable error, size_t error_size);
int penstock_openvino_model_output(const penstock_openvino_model *_Nonnull model, size_t index,
                                   penstock_tensor_info *_Nonnull info, char *_Nullable error, size_t error_size);

// MARK: Compiled model

/// Compiles a model for a device. The model stays as it was and can be compiled again with other options.
/// - Errors: INVALID_ARGUMENT (image size that the model can't take, negative counts, scale 0, mean or scale for a
/// model that takes u8
///   pixels), UNSUPPORTED (image input on a model that has no such input, unknown device, precision that the device
///   lacks), INFERENCE_FAILED. A graph that keeps its own batch is no error: see
///   `penstock_compiled_info.batch_refused`.
int penstock_openvino_compile(penstock_openvino_model *_Nonnull model, const penstock_compile_options *_Nonnull options,
                              penstock_openvino_compiled *_Nullable *_Nonnull compiled, char *_Nullable error,
                              size_t error_size);

void penstock_openvino_compiled_destroy(penstock_openvino_compiled *_Nullable compiled);

penstock_compiled_info penstock_openvino_compiled_info(const penstock_openvino_compiled *_Nonnull compiled);

/// Describes an input or output of the compiled graph: with image input, u8 [rows, height, width, 3] and the outputs as
/// f32.
/// - Errors: INVALID_ARGUMENT if `index` is out of range.
int penstock_openvino_compiled_input(const penstock_openvino_compiled *_Nonnull compiled, size_t index,
                                     penstock_tensor_info *_Nonnull info, char *_Nullable error, size_t error_size);
int penstock_openvino_compiled_output(const penstock_openvino_compiled *_Nonnull compiled, size_t index,
                                      penstock_tensor_info *_Nonnull info, char *_Nullable error, size_t error_size);

// MARK: Request

/// Creates a request: one per worker thread, used again for every batch.
/// - Cost: the memory of the graph's activations is taken at the first inference, not here.
int penstock_openvino_request_create(penstock_openvino_compiled *_Nonnull compiled,
                                     penstock_openvino_request *_Nullable *_Nonnull request, char *_Nullable error,
                                     size_t error_size);

/// Waits for an inference in flight, then frees the request.
void penstock_openvino_request_destroy(penstock_openvino_request *_Nullable request);

/// Sets the images: u8 RGB [rows, height, width, 3], row-major, of the size given when compiling. Copies nothing.
/// - Borrowed: `pixels` until the inference that uses it has ended (`_infer` returned, `_wait` returned other than
/// TIMED_OUT); not
///   written. A later inference needs its own `_set_images`: what was set is forgotten.
/// - Errors: INVALID_ARGUMENT if not compiled with image input, or `rows` is not what `batch_rows` allows, or
/// `byte_count` does not match.
int penstock_openvino_request_set_images(penstock_openvino_request *_Nonnull request, const uint8_t *_Nonnull pixels,
                                         size_t rows, size_t byte_count, char *_Nullable error, size_t error_size);

/// Sets one raw input: dense, row-major, of the type and a shape that the model declares. Copies nothing.
/// - Borrowed: `view->data`, as with `_set_images`; aligned to its element's size.
/// - Errors: INVALID_ARGUMENT if index, type, shape or byte count do not fit.
int penstock_openvino_request_set_input(penstock_openvino_request *_Nonnull request, size_t index,
                                        const penstock_tensor_view *_Nonnull view, char *_Nullable error,
                                        size_t error_size);

/// Runs the inference and waits for it: `_start` and `_wait` without limit.
/// - Thread: the caller sleeps; the work runs on OpenVINO's own threads of one stream.
/// - Errors: INVALID_ARGUMENT if an input was not set since the last run; INFERENCE_FAILED; CANCELLED.
int penstock_openvino_request_infer(penstock_openvino_request *_Nonnull request, char *_Nullable error,
                                    size_t error_size);

/// Starts the inference and returns. Follow with `_wait`.
int penstock_openvino_request_start(penstock_openvino_request *_Nonnull request, char *_Nullable error,
                                    size_t error_size);

/// Waits for a started inference, at most `timeout_ms` milliseconds; negative: without limit.
/// - Errors: TIMED_OUT (call again), CANCELLED, INFERENCE_FAILED, INVALID_ARGUMENT if nothing was started.
int penstock_openvino_request_wait(penstock_openvino_request *_Nonnull request, int64_t timeout_ms,
                                   char *_Nullable error, size_t error_size);

/// Asks a running inference to stop; it ends at the next layer with CANCELLED, or finishes. No effect when none runs.
/// - Thread: any thread, also while another is in `_infer` or `_wait`; not concurrently with `_destroy`.
int penstock_openvino_request_cancel(penstock_openvino_request *_Nonnull request, char *_Nullable error,
                                     size_t error_size);

/// An output of the last inference.
/// - Borrowed: `view->data` until the next `_infer`, `_start` or `_destroy` of this request.
/// - Errors: INVALID_ARGUMENT if `index` is out of range or no inference has ended well.
int penstock_openvino_request_output(penstock_openvino_request *_Nonnull request, size_t index,
                                     penstock_tensor_view *_Nonnull view, char *_Nullable error, size_t error_size);

#ifdef __cplusplus
}
#endif

#ifdef __clang__
#pragma clang diagnostic pop
#endif

#endif
