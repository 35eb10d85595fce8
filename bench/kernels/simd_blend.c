// Lays one picture over another with the alpha of each pixel (RGBA, eight bits a channel).
#include "kernel.h"
#ifdef __wasm_simd128__
#include <wasm_simd128.h>
#endif

enum { width = 128, height = 64, bytes = width * height * 4 };

static uint8_t under[bytes], over[bytes];

/// under = (over * alpha + under * (255 - alpha) + 128) * 257 / 65536 for every channel.
__attribute__((noinline)) static void blend(void) {
#ifdef __wasm_simd128__
  const v128_t half = wasm_i16x8_splat(128), full = wasm_i16x8_splat(255);
  for (int i = 0; i < bytes; i += 16) {
    v128_t top = wasm_v128_load(over + i), bottom = wasm_v128_load(under + i);
    v128_t alpha =
        wasm_i8x16_shuffle(top, top, 3, 3, 3, 3, 7, 7, 7, 7, 11, 11, 11, 11, 15, 15, 15, 15);
    v128_t alpha_low = wasm_u16x8_extend_low_u8x16(alpha);
    v128_t alpha_high = wasm_u16x8_extend_high_u8x16(alpha);
    v128_t low = wasm_i16x8_add(
        wasm_i16x8_add(wasm_u16x8_extmul_low_u8x16(top, alpha), half),
        wasm_i16x8_mul(wasm_u16x8_extend_low_u8x16(bottom), wasm_i16x8_sub(full, alpha_low)));
    v128_t high = wasm_i16x8_add(
        wasm_i16x8_add(wasm_u16x8_extmul_high_u8x16(top, alpha), half),
        wasm_i16x8_mul(wasm_u16x8_extend_high_u8x16(bottom), wasm_i16x8_sub(full, alpha_high)));
    low = wasm_u16x8_shr(wasm_i16x8_add(low, wasm_u16x8_shr(low, 8)), 8);
    high = wasm_u16x8_shr(wasm_i16x8_add(high, wasm_u16x8_shr(high, 8)), 8);
    wasm_v128_store(under + i, wasm_u8x16_narrow_i16x8(low, high));
  }
#else
  for (int i = 0; i < bytes; i += 4) {
    unsigned alpha = over[i + 3];
    for (int k = 0; k < 4; ++k) {
      unsigned sum = over[i + k] * alpha + under[i + k] * (255 - alpha) + 128;
      under[i + k] = (uint8_t)((sum + (sum >> 8)) >> 8);
    }
  }
#endif
}

int main(int argc, char** argv) {
  long rounds = kernel_size(argc, argv, 450);
  uint32_t random = 4711;
  for (int i = 0; i < bytes; ++i) under[i] = (uint8_t)next_random(&random);
  for (int i = 0; i < bytes; ++i) over[i] = (uint8_t)next_random(&random);
  uint64_t hash = 0;
  for (long r = 0; r < rounds; ++r) {
    blend();
    for (int i = (int)(r & 63); i < bytes; i += 1021) {
      hash = mix(hash, under[i]);
      over[i] += (uint8_t)hash;
    }
  }
  return kernel_done("simd_blend", hash);
}
