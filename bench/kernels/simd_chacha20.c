// The ChaCha20 key stream (RFC 8439), four blocks at once: a vector has one word of each of them.
#include "kernel.h"
#ifdef __wasm_simd128__
#include <wasm_simd128.h>
#endif

enum { double_rounds = 10, lanes = 4 };

#ifdef __wasm_simd128__
typedef v128_t word;

#define ADD(a, b) wasm_i32x4_add(a, b)
#define XOR(a, b) wasm_v128_xor(a, b)
static inline word rotate_16(word x) {
  return wasm_i8x16_shuffle(x, x, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
}
static inline word rotate_8(word x) {
  return wasm_i8x16_shuffle(x, x, 3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14);
}
static inline word rotate(word x, int by) {
  return wasm_v128_or(wasm_i32x4_shl(x, (uint32_t)by), wasm_u32x4_shr(x, (uint32_t)(32 - by)));
}
#else
typedef uint32_t word;

#define ADD(a, b) ((a) + (b))
#define XOR(a, b) ((a) ^ (b))
static inline word rotate(word x, int by) { return x << by | x >> (32 - by); }
static inline word rotate_16(word x) { return rotate(x, 16); }
static inline word rotate_8(word x) { return rotate(x, 8); }
#endif

static inline void quarter_round(word s[16], int a, int b, int c, int d) {
  s[a] = ADD(s[a], s[b]);
  s[d] = rotate_16(XOR(s[d], s[a]));
  s[c] = ADD(s[c], s[d]);
  s[b] = rotate(XOR(s[b], s[c]), 12);
  s[a] = ADD(s[a], s[b]);
  s[d] = rotate_8(XOR(s[d], s[a]));
  s[c] = ADD(s[c], s[d]);
  s[b] = rotate(XOR(s[b], s[c]), 7);
}

static inline void double_round(word s[16]) {
  quarter_round(s, 0, 4, 8, 12);
  quarter_round(s, 1, 5, 9, 13);
  quarter_round(s, 2, 6, 10, 14);
  quarter_round(s, 3, 7, 11, 15);
  quarter_round(s, 0, 5, 10, 15);
  quarter_round(s, 1, 6, 11, 12);
  quarter_round(s, 2, 7, 8, 13);
  quarter_round(s, 3, 4, 9, 14);
}

#ifdef __wasm_simd128__
/// Four vectors of a word of each block become, for each block, a vector of four words.
static inline void store_transposed(uint32_t out[lanes][16], int at, const word s[4]) {
  word low = wasm_i32x4_shuffle(s[0], s[1], 0, 4, 1, 5);
  word high = wasm_i32x4_shuffle(s[0], s[1], 2, 6, 3, 7);
  word low2 = wasm_i32x4_shuffle(s[2], s[3], 0, 4, 1, 5);
  word high2 = wasm_i32x4_shuffle(s[2], s[3], 2, 6, 3, 7);
  wasm_v128_store(out[0] + at, wasm_i64x2_shuffle(low, low2, 0, 2));
  wasm_v128_store(out[1] + at, wasm_i64x2_shuffle(low, low2, 1, 3));
  wasm_v128_store(out[2] + at, wasm_i64x2_shuffle(high, high2, 0, 2));
  wasm_v128_store(out[3] + at, wasm_i64x2_shuffle(high, high2, 1, 3));
}

/// The blocks with the counters in[12], in[12] + 1 and so on.
__attribute__((noinline)) static void key_stream(uint32_t out[lanes][16], const uint32_t in[16]) {
  word first[16], s[16];
  for (int i = 0; i < 16; ++i) first[i] = wasm_v128_load32_splat(in + i);
  first[12] = ADD(first[12], wasm_i32x4_const(0, 1, 2, 3));
  memcpy(s, first, sizeof s);
  for (int r = 0; r < double_rounds; ++r) double_round(s);
  for (int i = 0; i < 16; ++i) s[i] = ADD(s[i], first[i]);
  for (int i = 0; i < 16; i += 4) store_transposed(out, i, s + i);
}
#else
/// The blocks with the counters in[12], in[12] + 1 and so on.
__attribute__((noinline)) static void key_stream(uint32_t out[lanes][16], const uint32_t in[16]) {
  for (int lane = 0; lane < lanes; ++lane) {
    word first[16], s[16];
    memcpy(first, in, sizeof first);
    first[12] += (uint32_t)lane;
    memcpy(s, first, sizeof s);
    for (int r = 0; r < double_rounds; ++r) double_round(s);
    for (int i = 0; i < 16; ++i) out[lane][i] = s[i] + first[i];
  }
}
#endif

int main(int argc, char** argv) {
  long blocks = kernel_size(argc, argv, 100000);
  uint32_t in[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574}, out[lanes][16];
  for (int i = 4; i < 16; ++i) in[i] = (uint32_t)i * 0x01010101;
  uint64_t hash = 0;
  for (long b = 0; b < blocks; b += lanes) {
    in[12] = (uint32_t)b;
    key_stream(out, in);
    for (long i = 0; i < lanes && b + i < blocks; ++i) {
      hash = mix(hash, (uint64_t)out[i][0] << 32 | out[i][15]);
    }
  }
  return kernel_done("simd_chacha20", hash);
}
