// The ChaCha20 key stream (RFC 8439), with a row of the state in each vector.
#include "kernel.h"
#ifdef __wasm_simd128__
#include <wasm_simd128.h>
#endif

enum { double_rounds = 10 };

#ifdef __wasm_simd128__
static inline v128_t rotate_left(v128_t x, int by) {
  return wasm_v128_or(wasm_i32x4_shl(x, (uint32_t)by), wasm_u32x4_shr(x, (uint32_t)(32 - by)));
}

static inline void quarter_rounds(v128_t row[4]) {
  row[0] = wasm_i32x4_add(row[0], row[1]);
  row[3] = rotate_left(wasm_v128_xor(row[3], row[0]), 16);
  row[2] = wasm_i32x4_add(row[2], row[3]);
  row[1] = rotate_left(wasm_v128_xor(row[1], row[2]), 12);
  row[0] = wasm_i32x4_add(row[0], row[1]);
  row[3] = rotate_left(wasm_v128_xor(row[3], row[0]), 8);
  row[2] = wasm_i32x4_add(row[2], row[3]);
  row[1] = rotate_left(wasm_v128_xor(row[1], row[2]), 7);
}

__attribute__((noinline)) static void key_stream(uint32_t out[16], const uint32_t in[16]) {
  v128_t row[4];
  for (int i = 0; i < 4; ++i) row[i] = wasm_v128_load(in + 4 * i);
  for (int r = 0; r < double_rounds; ++r) {
    quarter_rounds(row);
    row[1] = wasm_i32x4_shuffle(row[1], row[1], 1, 2, 3, 0);
    row[2] = wasm_i32x4_shuffle(row[2], row[2], 2, 3, 0, 1);
    row[3] = wasm_i32x4_shuffle(row[3], row[3], 3, 0, 1, 2);
    quarter_rounds(row);
    row[1] = wasm_i32x4_shuffle(row[1], row[1], 3, 0, 1, 2);
    row[2] = wasm_i32x4_shuffle(row[2], row[2], 2, 3, 0, 1);
    row[3] = wasm_i32x4_shuffle(row[3], row[3], 1, 2, 3, 0);
  }
  for (int i = 0; i < 4; ++i) {
    wasm_v128_store(out + 4 * i, wasm_i32x4_add(row[i], wasm_v128_load(in + 4 * i)));
  }
}
#else
static inline uint32_t rotate_left(uint32_t x, int by) { return x << by | x >> (32 - by); }

static inline void quarter_round(uint32_t s[16], int a, int b, int c, int d) {
  s[a] += s[b];
  s[d] = rotate_left(s[d] ^ s[a], 16);
  s[c] += s[d];
  s[b] = rotate_left(s[b] ^ s[c], 12);
  s[a] += s[b];
  s[d] = rotate_left(s[d] ^ s[a], 8);
  s[c] += s[d];
  s[b] = rotate_left(s[b] ^ s[c], 7);
}

__attribute__((noinline)) static void key_stream(uint32_t out[16], const uint32_t in[16]) {
  uint32_t s[16];
  memcpy(s, in, sizeof s);
  for (int r = 0; r < double_rounds; ++r) {
    for (int i = 0; i < 4; ++i) quarter_round(s, i, 4 + i, 8 + i, 12 + i);
    for (int i = 0; i < 4; ++i) {
      quarter_round(s, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4);
    }
  }
  for (int i = 0; i < 16; ++i) out[i] = s[i] + in[i];
}
#endif

int main(int argc, char** argv) {
  long blocks = kernel_size(argc, argv, 100000);
  uint32_t in[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574}, out[16];
  for (int i = 4; i < 16; ++i) in[i] = (uint32_t)i * 0x01010101;
  uint64_t hash = 0;
  for (long b = 0; b < blocks; ++b) {
    in[12] = (uint32_t)b;
    key_stream(out, in);
    hash = mix(hash, (uint64_t)out[0] << 32 | out[15]);
  }
  return kernel_done("simd_chacha20", hash);
}
