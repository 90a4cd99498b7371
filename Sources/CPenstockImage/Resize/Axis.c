// Filter weights of one axis: Pillow's `precompute_coeffs` and `normalize_coeffs_8bpc` with the triangle filter.
#include "../Internal.h"

#include <math.h>
#include <string.h>

// A fused multiply-add rounds once where Pillow's build rounds twice; some weight would then differ in its last bit.
#pragma STDC FP_CONTRACT OFF

static double triangle(double x) {
  double distance = fabs(x);
  return distance < 1.0 ? 1.0 - distance : 0.0;
}

typedef struct axis_geometry {
  double scale;        // source pixels per output pixel
  double filter_scale; // at least 1: enlarging does not narrow the filter
} axis_geometry;

static axis_geometry geometry_of(const pimg_axis_request *request) {
  double scale = request->box_size / request->resized_size;
  return (axis_geometry){.scale = scale, .filter_scale = scale < 1.0 ? 1.0 : scale};
}

static bool is_identity(const pimg_axis_request *request) {
  return request->resized_size == request->source_size && request->box_size == (double)request->source_size;
}

/// No output has more taps than this.
static uint64_t tap_bound(const pimg_axis_request *request) {
  if (is_identity(request)) {
    return 1;
  }
  // The width of the filter is 2 * support; the 1e-6 covers the rounding of `center ± support`.
  uint64_t bound = (uint64_t)(2.0 * geometry_of(request).filter_scale + 1e-6) + 1;
  return bound < request->source_size ? bound : request->source_size;
}

static uint64_t rounded_up_to_4(uint64_t value) { return (value + 3) / 4 * 4; }

uint64_t pimg_axis_bytes(const pimg_axis_request *request, const pimg_kernels *kernels) {
  uint64_t stride = rounded_up_to_4(tap_bound(request)); // ≤ 2^31 + 3
  uint64_t weights = request->crop_count * stride;       // < 2^63: crop_count < 2^31
  if (weights > UINT64_MAX / 128) { // packed weights take up to 12 bytes each, and those of three outputs more
    return UINT64_MAX;
  }
  uint64_t tables = 2 * sizeof(uint32_t) * (uint64_t)request->crop_count;
  bool packs = kernels != NULL && kernels->packed_bytes != NULL;
  uint64_t packed = packs ? kernels->packed_bytes(request->crop_count, stride) : 0;
  return weights * sizeof(int32_t) + packed + tables + 3 * 64;
}

/// Cuts an aligned array off the front of `*memory`.
static void *cut(uint8_t **memory, size_t bytes) {
  uint8_t *start = *memory;
  *memory = start + (bytes + 63) / 64 * 64;
  return start;
}

static void make_output(const pimg_axis_request *request, uint32_t output, pimg_axis *axis, uint32_t index) {
  axis_geometry geometry = geometry_of(request);
  double support = geometry.filter_scale;
  double center = (output + 0.5) * geometry.scale;
  double inverse = 1.0 / geometry.filter_scale;
  int64_t first = (int64_t)(center - support + 0.5);
  int64_t end = (int64_t)(center + support + 0.5);
  first = first < 0 ? 0 : first;
  end = end > (int64_t)request->source_size ? (int64_t)request->source_size : end;
  uint32_t tap_count = (uint32_t)(end - first);
  double total = 0.0;
  for (uint32_t tap = 0; tap < tap_count; tap++) {
    total += triangle(((double)tap + (double)first - center + 0.5) * inverse);
  }
  int32_t *weights = axis->weights + (size_t)index * axis->tap_stride;
  for (uint32_t tap = 0; tap < tap_count; tap++) {
    double weight = triangle(((double)tap + (double)first - center + 0.5) * inverse);
    weight = total != 0.0 ? weight / total : weight;
    weights[tap] = (int32_t)(0.5 + weight * (1 << PIMG_WEIGHT_BITS)); // triangle weights are never negative
  }
  memset(weights + tap_count, 0, (axis->tap_stride - tap_count) * sizeof *weights);
  axis->first[index] = (uint32_t)first;
  axis->tap_count[index] = tap_count;
}

void pimg_axis_make(const pimg_axis_request *request, const pimg_kernels *kernels, uint8_t *memory, pimg_axis *axis) {
  uint32_t count = request->crop_count;
  *axis = (pimg_axis){.count = count, .is_identity = is_identity(request)};
  axis->tap_stride = (uint32_t)rounded_up_to_4(tap_bound(request));
  size_t weight_count = (size_t)count * axis->tap_stride;
  axis->weights = cut(&memory, weight_count * sizeof(int32_t));
  axis->first = cut(&memory, 2 * count * sizeof(uint32_t));
  axis->tap_count = axis->first + count;
  bool packs = kernels != NULL && kernels->pack != NULL;
  axis->packed = packs ? memory : NULL;
  for (uint32_t index = 0; index < count; index++) {
    if (axis->is_identity) {
      axis->first[index] = request->crop_first + index;
      axis->tap_count[index] = 1;
    } else {
      make_output(request, request->crop_first + index, axis, index);
    }
    uint32_t taps = axis->tap_count[index];
    axis->max_taps = taps > axis->max_taps ? taps : axis->max_taps;
  }
  // First and last positions grow with the output, so the ends of the crop bound them all.
  axis->source_begin = axis->first[0];
  axis->source_end = axis->first[count - 1] + axis->tap_count[count - 1];
  if (packs && !axis->is_identity) {
    kernels->pack(axis);
  }
}

size_t pimg_axis_read_bytes(const pimg_axis *axis, uint32_t origin) {
  // A kernel reads every group of four taps of an output, the last one as 16 bytes of which 12 count.
  size_t last_first = axis->first[axis->count - 1] - origin;
  return (last_first + axis->tap_stride) * 3 + 4;
}
