// Counts the lines of a text and finds where each hundredth ends, as wc and memchr do.
#include "kernel.h"
#ifdef __wasm_simd128__
#include <wasm_simd128.h>
#endif

enum { length = 1 << 15 };

static uint8_t text[length];

__attribute__((noinline)) static uint32_t count_bytes(const uint8_t* from, uint8_t wanted) {
  uint32_t count = 0;
#ifdef __wasm_simd128__
  const v128_t pattern = wasm_i8x16_splat((int8_t)wanted);
  for (int i = 0; i < length; i += 16) {
    v128_t equal = wasm_i8x16_eq(wasm_v128_load(from + i), pattern);
    count += (uint32_t)__builtin_popcount(wasm_i8x16_bitmask(equal));
  }
#else
  for (int i = 0; i < length; ++i) count += from[i] == wanted;
#endif
  return count;
}

/// The first place of `wanted` at or after `at`; `length` where there is none.
__attribute__((noinline)) static int find_byte(const uint8_t* from, int at, uint8_t wanted) {
#ifdef __wasm_simd128__
  const v128_t pattern = wasm_i8x16_splat((int8_t)wanted);
  for (; at + 16 <= length; at += 16) {
    uint32_t mask = wasm_i8x16_bitmask(wasm_i8x16_eq(wasm_v128_load(from + at), pattern));
    if (mask) return at + __builtin_ctz(mask);
  }
#endif
  while (at < length && from[at] != wanted) ++at;
  return at;
}

int main(int argc, char** argv) {
  long rounds = kernel_size(argc, argv, 500);
  uint32_t random = 271828;
  for (int i = 0; i < length; ++i) {
    uint32_t draw = next_random(&random) >> 8;
    text[i] = draw % 61 == 0 ? '\n' : (uint8_t)(' ' + draw % 95);
  }
  uint64_t hash = 0;
  for (long r = 0; r < rounds; ++r) {
    hash = mix(hash, count_bytes(text, '\n'));
    for (int at = 0; at < length; ++at) {
      at = find_byte(text, at, '\n');
      hash += (uint64_t)at;
    }
    text[next_random(&random) % length] = (uint8_t)(hash & 1 ? '\n' : 'x');
  }
  return kernel_done("simd_byte_count", hash);
}
