// The inner loops of the resampler in plain C, and the choice between them and the vector ones.
#include "../Internal.h"

static const int32_t half = 1 << (PIMG_WEIGHT_BITS - 1);

/// The weights of an output add up to one within a few units of 2^-22, so a sum can pass 255 but never 511.
static uint8_t rounded(int32_t sum) {
  int32_t value = sum >> PIMG_WEIGHT_BITS;
  return (uint8_t)(value > 255 ? 255 : value);
}

static void resize_row(const uint8_t *row, const pimg_axis *axis, uint32_t origin, uint8_t *out) {
  for (uint32_t index = 0; index < axis->count; index++) {
    const uint8_t *pixel = row + (size_t)(axis->first[index] - origin) * 3;
    const int32_t *weights = axis->weights + (size_t)index * axis->tap_stride;
    int32_t red = half;
    int32_t green = half;
    int32_t blue = half; // ≤ 255 * 2^22 * (1 + tiny) + 2^21 < 2^31
    for (uint32_t tap = 0; tap < axis->tap_count[index]; tap++, pixel += 3) {
      red += pixel[0] * weights[tap];
      green += pixel[1] * weights[tap];
      blue += pixel[2] * weights[tap];
    }
    out[index * 3] = rounded(red);
    out[index * 3 + 1] = rounded(green);
    out[index * 3 + 2] = rounded(blue);
  }
}

/// Columns that are summed together: a sum stays in registers or the nearest cache while the rows pass.
#define COLUMN_COUNT 64

static void blend_rows(const uint8_t *const *rows, const int32_t *weights, uint32_t tap_count, size_t byte_count,
                       uint8_t *out) {
  for (size_t start = 0; start < byte_count; start += COLUMN_COUNT) {
    size_t count = byte_count - start < COLUMN_COUNT ? byte_count - start : COLUMN_COUNT;
    int32_t sums[COLUMN_COUNT];
    for (size_t column = 0; column < COLUMN_COUNT; column++) {
      sums[column] = half;
    }
    for (uint32_t tap = 0; tap < tap_count; tap++) {
      const uint8_t *row = rows[tap] + start;
      int32_t weight = weights[tap];
      for (size_t column = 0; column < count; column++) {
        sums[column] += row[column] * weight;
      }
    }
    for (size_t column = 0; column < count; column++) {
      out[start + column] = rounded(sums[column]);
    }
  }
}

const pimg_kernels pimg_plain_kernels = {
    .name = "plain", .resize_row = resize_row, .blend_rows = blend_rows};

const pimg_kernels *pimg_kernels_for_this_cpu(void) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw")) {
    return &pimg_vnni_kernels;
  }
  if (__builtin_cpu_supports("avx2")) {
    return &pimg_avx2_kernels;
  }
#endif
  return &pimg_plain_kernels;
}
