// A blur of a grey picture with the weights 1 2 1, along rows and then along columns.
#include "kernel.h"
#ifdef __wasm_simd128__
#include <wasm_simd128.h>
#endif

enum { width = 256, height = 96 };

// Sixteen bytes of room on each side of a row keep vector loads in bounds.
static uint8_t picture[height][width + 32], middle[height][width + 32];

/// to[i] = (a[i] + 2 b[i] + c[i] + 2) / 4 for one row of pixels.
static void weigh_row(uint8_t* to, const uint8_t* a, const uint8_t* b, const uint8_t* c) {
#ifdef __wasm_simd128__
  const v128_t two = wasm_i16x8_splat(2);
  for (int i = 0; i < width; i += 16) {
    v128_t x = wasm_v128_load(a + i), y = wasm_v128_load(b + i), z = wasm_v128_load(c + i);
    v128_t low = wasm_i16x8_add(wasm_u16x8_extend_low_u8x16(x), wasm_u16x8_extend_low_u8x16(z));
    v128_t high = wasm_i16x8_add(wasm_u16x8_extend_high_u8x16(x), wasm_u16x8_extend_high_u8x16(z));
    low = wasm_i16x8_add(low, wasm_i16x8_shl(wasm_u16x8_extend_low_u8x16(y), 1));
    high = wasm_i16x8_add(high, wasm_i16x8_shl(wasm_u16x8_extend_high_u8x16(y), 1));
    low = wasm_u16x8_shr(wasm_i16x8_add(low, two), 2);
    high = wasm_u16x8_shr(wasm_i16x8_add(high, two), 2);
    wasm_v128_store(to + i, wasm_u8x16_narrow_i16x8(low, high));
  }
#else
  for (int i = 0; i < width; ++i) to[i] = (uint8_t)((a[i] + 2 * b[i] + c[i] + 2) / 4);
#endif
}

__attribute__((noinline)) static void blur(void) {
  for (int row = 0; row < height; ++row) {
    const uint8_t* from = picture[row] + 16;
    weigh_row(middle[row] + 16, from - 1, from, from + 1);
  }
  for (int row = 1; row < height - 1; ++row) {
    weigh_row(picture[row] + 16, middle[row - 1] + 16, middle[row] + 16, middle[row + 1] + 16);
  }
}

int main(int argc, char** argv) {
  long rounds = kernel_size(argc, argv, 260);
  uint32_t random = 31337;
  uint64_t hash = 0;
  for (int row = 0; row < height; ++row) {
    for (int i = 0; i < width; ++i) picture[row][i + 16] = (uint8_t)next_random(&random);
  }
  for (long r = 0; r < rounds; ++r) {
    blur();
    for (int row = 0; row < height; ++row) {
      int column = (int)(next_random(&random) % width) + 16;
      hash = mix(hash, picture[row][column]);
      picture[row][column] = (uint8_t)random;
    }
  }
  return kernel_done("simd_blur", hash);
}
