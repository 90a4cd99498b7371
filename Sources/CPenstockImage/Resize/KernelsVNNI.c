// The inner loops of the resampler for x86 CPUs with AVX-512 VNNI; equal to the plain ones in every bit.
//
// `vpdpbusd` adds four products of an unsigned and a signed byte to each 32-bit lane. A weight, at most 2^22, is the sum
// d0 + d1 * 2^8 + d2 * 2^16 of three signed bytes; Σ p*d is exact for each of the three, and so is their combination. Four
// taps of four outputs are three instructions, where `pmaddwd` needs sixteen (KernelsAVX2.c).
#include "../Internal.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#define WITH_VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))
#define INLINE_VNNI static inline __attribute__((always_inline, target("avx512f,avx512bw,avx512vl,avx512vnni")))

enum {
  DIGIT_COUNT = 3,
  OUTPUTS = 4,                              // of a vector
  GROUP_BYTES = DIGIT_COUNT * OUTPUTS * 16, // of four taps of four outputs: each digit for R, G, B and nothing
  MOST_TAPS = 128                           // of the vertical pass: heights that shrink by up to 63
};

/// The digits of a weight, lowest first.
static inline void split(int32_t weight, int8_t digits[DIGIT_COUNT]) {
  for (int digit = 0; digit < DIGIT_COUNT; digit++) {
    digits[digit] = (int8_t)(weight & 0xff);
    weight = (weight - digits[digit]) >> 8; // 0…2^22: the last digit is at most 65
  }
}

static uint64_t packed_bytes(uint64_t output_count, uint64_t tap_stride) {
  return (output_count + OUTPUTS - 1) / OUTPUTS * (tap_stride / 4) * GROUP_BYTES;
}

/// For each vector of outputs and each group of four taps: 64 bytes of lowest digits, of middle ones, of highest ones.
static void pack(const pimg_axis *axis) {
  uint8_t *target = axis->packed;
  for (uint32_t index = 0; index < axis->count; index += OUTPUTS) {
    for (uint32_t tap = 0; tap < axis->tap_stride; tap += 4, target += GROUP_BYTES) {
      for (uint32_t k = 0; k < OUTPUTS; k++) {
        // The last vector of outputs may be short: its last output is then computed again.
        uint32_t output = index + k < axis->count ? index + k : axis->count - 1;
        const int32_t *weights = axis->weights + (size_t)output * axis->tap_stride + tap;
        int8_t digits[4][DIGIT_COUNT];
        for (int place = 0; place < 4; place++) {
          split(weights[place], digits[place]);
        }
        for (int digit = 0; digit < DIGIT_COUNT; digit++) {
          int8_t four[4] = {digits[0][digit], digits[1][digit], digits[2][digit], digits[3][digit]};
          for (int channel = 0; channel < 4; channel++) {
            memcpy(target + digit * 64 + k * 16 + channel * 4, four, 4);
          }
        }
      }
    }
  }
}

/// Combines the sums of the three digits, rounds and shifts.
INLINE_VNNI __m512i finished(__m512i low, __m512i middle, __m512i high) {
  __m512i sums = _mm512_add_epi32(low, _mm512_set1_epi32(1 << (PIMG_WEIGHT_BITS - 1)));
  sums = _mm512_add_epi32(sums, _mm512_slli_epi32(middle, 8));
  sums = _mm512_add_epi32(sums, _mm512_slli_epi32(high, 16));
  return _mm512_srai_epi32(sums, PIMG_WEIGHT_BITS);
}

INLINE_VNNI __m128i load_16(const uint8_t *bytes) { return _mm_loadu_si128((const __m128i *)(const void *)bytes); }

INLINE_VNNI void resize_row_with(const uint8_t *row, const pimg_axis *axis, uint32_t origin, uint8_t *out,
                                 uint32_t group_count) {
  const __m512i by_channel = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11, -1, -1, -1, -1));
  const __m128i drop_fourth = _mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1);
  const uint8_t *packed = axis->packed;
  for (uint32_t index = 0; index < axis->count; index += OUTPUTS) {
    const uint8_t *pixels[OUTPUTS];
    for (uint32_t k = 0; k < OUTPUTS; k++) {
      uint32_t output = index + k < axis->count ? index + k : axis->count - 1;
      pixels[k] = row + (size_t)(axis->first[output] - origin) * 3;
    }
    __m512i low = _mm512_setzero_si512();
    __m512i middle = _mm512_setzero_si512();
    __m512i high = _mm512_setzero_si512();
    for (uint32_t group = 0; group < group_count; group++, packed += GROUP_BYTES) {
      __m512i bytes = _mm512_castsi128_si512(load_16(pixels[0] + group * 12));
      bytes = _mm512_inserti32x4(bytes, load_16(pixels[1] + group * 12), 1);
      bytes = _mm512_inserti32x4(bytes, load_16(pixels[2] + group * 12), 2);
      bytes = _mm512_inserti32x4(bytes, load_16(pixels[3] + group * 12), 3);
      __m512i samples = _mm512_shuffle_epi8(bytes, by_channel);
      low = _mm512_dpbusd_epi32(low, samples, _mm512_load_si512(packed));
      middle = _mm512_dpbusd_epi32(middle, samples, _mm512_load_si512(packed + 64));
      high = _mm512_dpbusd_epi32(high, samples, _mm512_load_si512(packed + 128));
    }
    __m128i four_pixels = _mm512_cvtusepi32_epi8(finished(low, middle, high));
    _mm_storeu_si128((__m128i *)(void *)(out + (size_t)index * 3), _mm_shuffle_epi8(four_pixels, drop_fourth));
  }
}

WITH_VNNI static void resize_row(const uint8_t *row, const pimg_axis *axis, uint32_t origin, uint8_t *out) {
  // Constant counts let the compiler unroll; up to 12 taps is a reduction by less than 6.
  switch (axis->tap_stride / 4) {
  case 1: resize_row_with(row, axis, origin, out, 1); break;
  case 2: resize_row_with(row, axis, origin, out, 2); break;
  case 3: resize_row_with(row, axis, origin, out, 3); break;
  default: resize_row_with(row, axis, origin, out, axis->tap_stride / 4); break;
  }
}

INLINE_VNNI __m512i load_64(const uint8_t *bytes) { return _mm512_loadu_si512((const void *)bytes); }

/// Weights of one output's rows by digit: `words[d][i]` has digit `d` of taps 4i…4i+3; rows that are not there have none.
typedef struct row_weights {
  int32_t words[DIGIT_COUNT][MOST_TAPS / 4];
} row_weights;

static void split_all(const int32_t *weights, uint32_t tap_count, row_weights *split_weights) {
  for (uint32_t tap = 0; tap < tap_count; tap += 4) {
    int8_t digits[DIGIT_COUNT][4] = {{0}};
    for (uint32_t place = 0; place < 4 && tap + place < tap_count; place++) {
      int8_t one[DIGIT_COUNT];
      split(weights[tap + place], one);
      for (int digit = 0; digit < DIGIT_COUNT; digit++) {
        digits[digit][place] = one[digit];
      }
    }
    for (int digit = 0; digit < DIGIT_COUNT; digit++) {
      memcpy(&split_weights->words[digit][tap / 4], digits[digit], 4);
    }
  }
}

/// 64 columns of all rows, four rows at a time.
INLINE_VNNI void blend_64(const uint8_t *const *rows, const row_weights *weights, uint32_t tap_count, size_t column,
                          uint8_t *out) {
  const __m512i zero = _mm512_setzero_si512();
  __m512i low[4] = {zero, zero, zero, zero};
  __m512i middle[4] = {zero, zero, zero, zero};
  __m512i high[4] = {zero, zero, zero, zero};
  for (uint32_t tap = 0; tap < tap_count; tap += 4) {
    uint32_t last = tap_count - 1;
    __m512i a = load_64(rows[tap] + column);
    __m512i b = load_64(rows[tap + 1 < last ? tap + 1 : last] + column);
    __m512i c = load_64(rows[tap + 2 < last ? tap + 2 : last] + column);
    __m512i d = load_64(rows[tap + 3 < last ? tap + 3 : last] + column);
    __m512i near_ab = _mm512_unpacklo_epi8(a, b), far_ab = _mm512_unpackhi_epi8(a, b);
    __m512i near_cd = _mm512_unpacklo_epi8(c, d), far_cd = _mm512_unpackhi_epi8(c, d);
    __m512i fours[4] = {_mm512_unpacklo_epi16(near_ab, near_cd), _mm512_unpackhi_epi16(near_ab, near_cd),
                        _mm512_unpacklo_epi16(far_ab, far_cd), _mm512_unpackhi_epi16(far_ab, far_cd)};
    __m512i low_weights = _mm512_set1_epi32(weights->words[0][tap / 4]);
    __m512i middle_weights = _mm512_set1_epi32(weights->words[1][tap / 4]);
    __m512i high_weights = _mm512_set1_epi32(weights->words[2][tap / 4]);
    for (int quarter = 0; quarter < 4; quarter++) {
      low[quarter] = _mm512_dpbusd_epi32(low[quarter], fours[quarter], low_weights);
      middle[quarter] = _mm512_dpbusd_epi32(middle[quarter], fours[quarter], middle_weights);
      high[quarter] = _mm512_dpbusd_epi32(high[quarter], fours[quarter], high_weights);
    }
  }
  __m512i sums[4];
  for (int quarter = 0; quarter < 4; quarter++) {
    sums[quarter] = finished(low[quarter], middle[quarter], high[quarter]);
  }
  __m512i bytes = _mm512_packus_epi16(_mm512_packs_epi32(sums[0], sums[1]), _mm512_packs_epi32(sums[2], sums[3]));
  _mm512_storeu_si512((void *)(out + column), bytes);
}

WITH_VNNI static void blend_rows(const uint8_t *const *rows, const int32_t *weights, uint32_t tap_count,
                                 size_t byte_count, uint8_t *out) {
  if (byte_count < 64 || tap_count > MOST_TAPS) {
    pimg_avx2_kernels.blend_rows(rows, weights, tap_count, byte_count, out);
    return;
  }
  row_weights split_weights;
  split_all(weights, tap_count, &split_weights);
  for (size_t column = 0; column + 64 <= byte_count; column += 64) {
    blend_64(rows, &split_weights, tap_count, column, out);
  }
  if (byte_count % 64 != 0) { // the end once more, overlapping: nothing is written past `out`
    blend_64(rows, &split_weights, tap_count, byte_count - 64, out);
  }
}

const pimg_kernels pimg_vnni_kernels = {
    .name = "avx512vnni", .packed_bytes = packed_bytes, .pack = pack, .resize_row = resize_row, .blend_rows = blend_rows};

#endif
