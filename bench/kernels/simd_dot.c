// Dot products and sums of 16-bit samples.
#include "kernel.h"
#ifdef __wasm_simd128__
#include <wasm_simd128.h>
#endif

enum { count = 4096 };

static int16_t left[count + 8], right[count];

/// The sum of left[i + shift] * right[i], modulo 2^32.
__attribute__((noinline)) static uint32_t dot(int shift) {
  uint32_t sum = 0;
#ifdef __wasm_simd128__
  v128_t lanes = wasm_i32x4_splat(0);
  for (int i = 0; i < count; i += 8) {
    v128_t product =
        wasm_i32x4_dot_i16x8(wasm_v128_load(left + i + shift), wasm_v128_load(right + i));
    lanes = wasm_i32x4_add(lanes, product);
  }
  for (int i = 0; i < 4; ++i) {
    sum += (uint32_t)wasm_i32x4_extract_lane(lanes, 0);
    lanes = wasm_i32x4_shuffle(lanes, lanes, 1, 2, 3, 0);
  }
#else
  for (int i = 0; i < count; ++i) sum += (uint32_t)(left[i + shift] * right[i]);
#endif
  return sum;
}

int main(int argc, char** argv) {
  long rounds = kernel_size(argc, argv, 6000);
  uint32_t random = 99;
  for (int i = 0; i < count + 8; ++i) left[i] = (int16_t)next_random(&random);
  for (int i = 0; i < count; ++i) right[i] = (int16_t)next_random(&random);
  uint64_t hash = 0;
  for (long r = 0; r < rounds; ++r) hash = mix(hash, dot((int)(r & 7)));
  return kernel_done("simd_dot", hash);
}
