/// Photograph-like JPEGs for benchmarks: the same bytes in every run.
#ifndef CSUITE_INPUTS_H
#define CSUITE_INPUTS_H

#include <stddef.h>
#include <stdint.h>

/// Encodes waves of several lengths with noise over them, 4:2:0, quality 90; about 2 bits a pixel, like a photograph.
///
/// Returns memory that the caller frees with `free`, and its size; NULL when there was no memory or libjpeg refused.
uint8_t *_Nullable suite_photograph(int32_t width, int32_t height, uint32_t seed, size_t *_Nonnull size);

#endif
