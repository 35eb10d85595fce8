// Escape times of the Mandelbrot set in single precision, four points of a row at a time.
#include "kernel.h"
#ifdef __wasm_simd128__
#include <wasm_simd128.h>
#endif

enum { iteration_limit = 96 };

/// The steps of four neighbouring points, whose real parts lie `pitch` apart.
static void escape_times(uint32_t steps[4], float real, float pitch, float imaginary) {
#ifdef __wasm_simd128__
  const v128_t cx = wasm_f32x4_add(
      wasm_f32x4_splat(real), wasm_f32x4_mul(wasm_f32x4_splat(pitch), wasm_f32x4_make(0, 1, 2, 3)));
  const v128_t cy = wasm_f32x4_splat(imaginary), four = wasm_f32x4_splat(4);
  v128_t x = wasm_f32x4_splat(0), y = x, xx = x, yy = x, count = wasm_i32x4_splat(0);
  for (int i = 0; i < iteration_limit; ++i) {
    v128_t inside = wasm_f32x4_le(wasm_f32x4_add(xx, yy), four);
    if (!wasm_v128_any_true(inside)) break;
    count = wasm_i32x4_sub(count, inside);
    v128_t xy = wasm_f32x4_mul(x, y);
    y = wasm_f32x4_add(wasm_f32x4_add(xy, xy), cy);
    x = wasm_f32x4_add(wasm_f32x4_sub(xx, yy), cx);
    xx = wasm_f32x4_mul(x, x);
    yy = wasm_f32x4_mul(y, y);
  }
  wasm_v128_store(steps, count);
#else
  for (int k = 0; k < 4; ++k) {
    float cx = real + pitch * (float)k, x = 0, y = 0, xx = 0, yy = 0;
    uint32_t count = 0;
    while (count < iteration_limit && xx + yy <= 4) {
      float xy = x * y;
      y = xy + xy + imaginary;
      x = xx - yy + cx;
      xx = x * x;
      yy = y * y;
      ++count;
    }
    steps[k] = count;
  }
#endif
}

int main(int argc, char** argv) {
  int side = (int)kernel_size(argc, argv, 700) & ~3;
  float pitch = 3.0F / (float)side;
  uint64_t hash = 0;
  for (int row = 0; row < side; ++row) {
    for (int column = 0; column < side; column += 4) {
      uint32_t steps[4];
      escape_times(steps, (float)column * pitch - 2.0F, pitch, (float)row * pitch - 1.5F);
      hash = mix(hash, steps[0] | steps[1] << 8 | steps[2] << 16 | steps[3] << 24);
    }
  }
  return kernel_done("simd_mandelbrot", hash);
}
