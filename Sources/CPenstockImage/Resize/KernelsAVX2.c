// The inner loops of the resampler for x86 CPUs with AVX2; equal to the plain ones in every bit.
//
// Weights have 23 significant bits and `pmaddwd` multiplies 16-bit numbers, so each weight is split into high * 2^11 +
// low; Σ p*high and Σ p*low are exact in 32 bits, and so is their combination. Rejected: `pmulld`, one product per lane
// and instruction where `pmaddwd` gives two, and three times slower on Intel.
#include "../Internal.h"

#if defined(__x86_64__)

#include <immintrin.h>

/// Weights are split at this bit into two 16-bit halves, which `pmaddwd` multiplies exactly.
#define SPLIT_BIT 11

#define WITH_AVX2 __attribute__((target("avx2")))
#define INLINE_AVX2 static inline __attribute__((always_inline, target("avx2")))

static uint64_t packed_bytes(uint64_t output_count, uint64_t tap_stride) {
  return output_count * tap_stride * 2 * sizeof(int16_t);
}

/// For groups of four taps: four high halves, then four low halves.
static void pack(const pimg_axis *axis) {
  int16_t *packed = (int16_t *)(void *)axis->packed;
  size_t group_count = (size_t)axis->count * (axis->tap_stride / 4);
  for (size_t group = 0; group < group_count; group++) {
    for (size_t tap = 0; tap < 4; tap++) {
      int32_t weight = axis->weights[group * 4 + tap];
      packed[group * 8 + tap] = (int16_t)(weight >> SPLIT_BIT); // ≤ 2^22 >> 11
      packed[group * 8 + 4 + tap] = (int16_t)(weight & ((1 << SPLIT_BIT) - 1));
    }
  }
}

/// Four taps of one output: lane 0 gives the sums of taps 0 and 1 as R, G, B, 0, lane 1 those of taps 2 and 3.
INLINE_AVX2 __m256i dot(const uint8_t *pixel, const int16_t *packed, uint32_t group_count) {
  const __m256i pair_taps = _mm256_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1, //
                                             6, -1, 9, -1, 7, -1, 10, -1, 8, -1, 11, -1, -1, -1, -1, -1);
  const __m256i high_halves = _mm256_setr_epi8(0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, -1, -1, -1, -1, //
                                               4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7, -1, -1, -1, -1);
  const __m256i low_halves = _mm256_setr_epi8(8, 9, 10, 11, 8, 9, 10, 11, 8, 9, 10, 11, -1, -1, -1, -1, //
                                              12, 13, 14, 15, 12, 13, 14, 15, 12, 13, 14, 15, -1, -1, -1, -1);
  __m256i high = _mm256_setzero_si256();
  __m256i low = _mm256_setzero_si256();
  for (uint32_t group = 0; group < group_count; group++) {
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(pixel + group * 12));
    __m128i weights = _mm_load_si128((const __m128i *)(const void *)(packed + group * 8));
    __m256i samples = _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(bytes), pair_taps);
    __m256i both = _mm256_broadcastsi128_si256(weights);
    high = _mm256_add_epi32(high, _mm256_madd_epi16(samples, _mm256_shuffle_epi8(both, high_halves)));
    low = _mm256_add_epi32(low, _mm256_madd_epi16(samples, _mm256_shuffle_epi8(both, low_halves)));
  }
  return _mm256_add_epi32(_mm256_slli_epi32(high, SPLIT_BIT), low);
}

/// Adds the lanes of two outputs' sums, rounds and shifts: lane 0 is `a`, lane 1 is `b`.
INLINE_AVX2 __m256i finished(__m256i a, __m256i b) {
  __m256i sums = _mm256_add_epi32(_mm256_permute2x128_si256(a, b, 0x20), _mm256_permute2x128_si256(a, b, 0x31));
  return _mm256_srai_epi32(_mm256_add_epi32(sums, _mm256_set1_epi32(1 << (PIMG_WEIGHT_BITS - 1))), PIMG_WEIGHT_BITS);
}

/// Four outputs of R, G, B, 0 to 12 bytes; stores 16.
INLINE_AVX2 void store_4(__m256i outputs_0_1, __m256i outputs_2_3, uint8_t *out) {
  const __m128i drop_fourth = _mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1);
  __m256i words = _mm256_packs_epi32(outputs_0_1, outputs_2_3); // lane 0: outputs 0 and 2, lane 1: 1 and 3
  __m256i bytes = _mm256_packus_epi16(words, words);
  __m128i pixels = _mm_unpacklo_epi32(_mm256_castsi256_si128(bytes), _mm256_extracti128_si256(bytes, 1));
  _mm_storeu_si128((__m128i *)(void *)out, _mm_shuffle_epi8(pixels, drop_fourth));
}

INLINE_AVX2 void resize_row_with(const uint8_t *row, const pimg_axis *axis, uint32_t origin, uint8_t *out,
                                 uint32_t group_count) {
  size_t packed_stride = (size_t)group_count * 8;
  const int16_t *packed = (const int16_t *)(const void *)axis->packed;
  for (uint32_t index = 0; index < axis->count; index += 4) {
    __m256i sums[4];
    for (uint32_t k = 0; k < 4; k++) {
      // The last group of outputs may be short: its last output is then computed again into the padding of `out`.
      uint32_t output = index + k < axis->count ? index + k : axis->count - 1;
      const uint8_t *pixel = row + (size_t)(axis->first[output] - origin) * 3;
      sums[k] = dot(pixel, packed + output * packed_stride, group_count);
    }
    store_4(finished(sums[0], sums[1]), finished(sums[2], sums[3]), out + (size_t)index * 3);
  }
}

WITH_AVX2 static void resize_row(const uint8_t *row, const pimg_axis *axis, uint32_t origin, uint8_t *out) {
  // Constant counts let the compiler unroll; up to 12 taps is a reduction by less than 6.
  switch (axis->tap_stride / 4) {
  case 1: resize_row_with(row, axis, origin, out, 1); break;
  case 2: resize_row_with(row, axis, origin, out, 2); break;
  case 3: resize_row_with(row, axis, origin, out, 3); break;
  default: resize_row_with(row, axis, origin, out, axis->tap_stride / 4); break;
  }
}

/// 32 columns of all rows, two rows at a time.
INLINE_AVX2 void blend_32(const uint8_t *const *rows, const int32_t *weights, uint32_t tap_count, size_t column,
                          uint8_t *out) {
  const __m256i zero = _mm256_setzero_si256();
  __m256i high[4] = {zero, zero, zero, zero};
  __m256i low[4] = {zero, zero, zero, zero};
  for (uint32_t tap = 0; tap < tap_count; tap += 2) {
    uint32_t second_tap = tap + 1 < tap_count ? tap + 1 : tap;
    int32_t second_weight = tap + 1 < tap_count ? weights[tap + 1] : 0;
    int32_t low_mask = (1 << SPLIT_BIT) - 1;
    __m256i high_weights =
        _mm256_set1_epi32((weights[tap] >> SPLIT_BIT) | (second_weight >> SPLIT_BIT) * 65536);
    __m256i low_weights = _mm256_set1_epi32((weights[tap] & low_mask) | (second_weight & low_mask) * 65536);
    __m256i a = _mm256_loadu_si256((const __m256i *)(const void *)(rows[tap] + column));
    __m256i b = _mm256_loadu_si256((const __m256i *)(const void *)(rows[second_tap] + column));
    __m256i near = _mm256_unpacklo_epi8(a, b);
    __m256i far = _mm256_unpackhi_epi8(a, b);
    __m256i pairs[4] = {_mm256_unpacklo_epi8(near, zero), _mm256_unpackhi_epi8(near, zero),
                        _mm256_unpacklo_epi8(far, zero), _mm256_unpackhi_epi8(far, zero)};
    for (int quarter = 0; quarter < 4; quarter++) {
      high[quarter] = _mm256_add_epi32(high[quarter], _mm256_madd_epi16(pairs[quarter], high_weights));
      low[quarter] = _mm256_add_epi32(low[quarter], _mm256_madd_epi16(pairs[quarter], low_weights));
    }
  }
  const __m256i half = _mm256_set1_epi32(1 << (PIMG_WEIGHT_BITS - 1));
  for (int quarter = 0; quarter < 4; quarter++) {
    __m256i sum = _mm256_add_epi32(_mm256_slli_epi32(high[quarter], SPLIT_BIT), low[quarter]);
    high[quarter] = _mm256_srai_epi32(_mm256_add_epi32(sum, half), PIMG_WEIGHT_BITS);
  }
  __m256i bytes = _mm256_packus_epi16(_mm256_packs_epi32(high[0], high[1]), _mm256_packs_epi32(high[2], high[3]));
  _mm256_storeu_si256((__m256i *)(void *)(out + column), bytes);
}

WITH_AVX2 static void blend_rows(const uint8_t *const *rows, const int32_t *weights, uint32_t tap_count,
                                 size_t byte_count, uint8_t *out) {
  if (byte_count < 32) {
    pimg_plain_kernels.blend_rows(rows, weights, tap_count, byte_count, out);
    return;
  }
  for (size_t column = 0; column + 32 <= byte_count; column += 32) {
    blend_32(rows, weights, tap_count, column, out);
  }
  if (byte_count % 32 != 0) { // the end once more, overlapping: nothing is written past `out`
    blend_32(rows, weights, tap_count, byte_count - 32, out);
  }
}

const pimg_kernels pimg_avx2_kernels = {
    .name = "avx2", .packed_bytes = packed_bytes, .pack = pack, .resize_row = resize_row, .blend_rows = blend_rows};

#endif
