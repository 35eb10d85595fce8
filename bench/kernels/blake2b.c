// BLAKE2b (RFC 7693), unkeyed, chained over a buffer: 64-bit rotates, adds and xors.
#include "kernel.h"

enum { block_bytes = 128, buffer_bytes = 16384, round_count = 12 };

static const uint64_t initial[8] = {UINT64_C(0x6a09e667f3bcc908), UINT64_C(0xbb67ae8584caa73b),
                                    UINT64_C(0x3c6ef372fe94f82b), UINT64_C(0xa54ff53a5f1d36f1),
                                    UINT64_C(0x510e527fade682d1), UINT64_C(0x9b05688c2b3e6c1f),
                                    UINT64_C(0x1f83d9abfb41bd6b), UINT64_C(0x5be0cd19137e2179)};

static const uint8_t schedule[10][16] = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
                                         {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
                                         {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
                                         {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
                                         {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
                                         {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
                                         {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
                                         {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
                                         {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
                                         {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0}};

static uint64_t rotate_right(uint64_t x, int by) { return (x >> by) | (x << (64 - by)); }

static inline void quarter(uint64_t v[16], int a, int b, int c, int d, uint64_t x, uint64_t y) {
  v[a] = v[a] + v[b] + x;
  v[d] = rotate_right(v[d] ^ v[a], 32);
  v[c] = v[c] + v[d];
  v[b] = rotate_right(v[b] ^ v[c], 24);
  v[a] = v[a] + v[b] + y;
  v[d] = rotate_right(v[d] ^ v[a], 16);
  v[c] = v[c] + v[d];
  v[b] = rotate_right(v[b] ^ v[c], 63);
}

static void compress(uint64_t state[8], const uint8_t* block, uint64_t counter, int is_last) {
  uint64_t m[16], v[16];
  memcpy(m, block, sizeof m);  // little-endian hosts only, as WebAssembly is
  for (int i = 0; i < 8; ++i) v[i] = state[i], v[i + 8] = initial[i];
  v[12] ^= counter;
  if (is_last) v[14] = ~v[14];
  for (int r = 0; r < round_count; ++r) {
    const uint8_t* s = schedule[r % 10];
    quarter(v, 0, 4, 8, 12, m[s[0]], m[s[1]]);
    quarter(v, 1, 5, 9, 13, m[s[2]], m[s[3]]);
    quarter(v, 2, 6, 10, 14, m[s[4]], m[s[5]]);
    quarter(v, 3, 7, 11, 15, m[s[6]], m[s[7]]);
    quarter(v, 0, 5, 10, 15, m[s[8]], m[s[9]]);
    quarter(v, 1, 6, 11, 12, m[s[10]], m[s[11]]);
    quarter(v, 2, 7, 8, 13, m[s[12]], m[s[13]]);
    quarter(v, 3, 4, 9, 14, m[s[14]], m[s[15]]);
  }
  for (int i = 0; i < 8; ++i) state[i] ^= v[i] ^ v[i + 8];
}

int main(int argc, char** argv) {
  long rounds = kernel_size(argc, argv, 800);
  static uint8_t buffer[buffer_bytes];
  for (int i = 0; i < buffer_bytes; ++i) buffer[i] = (uint8_t)(i * 11 + (i >> 7));
  uint64_t state[8] = {0};
  for (long r = 0; r < rounds; ++r) {
    memcpy(state, initial, sizeof state);
    state[0] ^= 0x01010040;  // digest of 64 bytes, no key, sequential mode
    for (size_t at = 0; at < buffer_bytes; at += block_bytes) {
      compress(state, buffer + at, at + block_bytes, at + block_bytes == buffer_bytes);
    }
    memcpy(buffer, state, sizeof state);
  }
  return kernel_done("blake2b", state[0] ^ state[7]);
}
