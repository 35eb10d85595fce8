// Nussinov's folding of an RNA sequence: dynamic programming over a triangle of 32-bit scores.
#include "kernel.h"

enum { n = 160 };

static int8_t sequence[n];
static int32_t score[n][n];

static int32_t larger(int32_t a, int32_t b) { return a >= b ? a : b; }

/// Bases are numbered so that each pair that can bind (A-U, C-G) adds up to three.
static int32_t binds(int8_t a, int8_t b) { return a + b == 3 ? 1 : 0; }

__attribute__((noinline)) static void fold(void) {
  for (int i = n - 1; i >= 0; --i) {
    for (int j = i + 1; j < n; ++j) {
      score[i][j] = larger(score[i][j], score[i][j - 1]);
      score[i][j] = larger(score[i][j], score[i + 1][j]);
      int32_t pair = i < j - 1 ? binds(sequence[i], sequence[j]) : 0;
      score[i][j] = larger(score[i][j], score[i + 1][j - 1] + pair);
      for (int k = i + 1; k < j; ++k) {
        score[i][j] = larger(score[i][j], score[i][k] + score[k + 1][j]);
      }
    }
  }
}

int main(int argc, char** argv) {
  long rounds = kernel_size(argc, argv, 24);
  uint32_t random = 777;
  uint64_t hash = 0;
  for (long r = 0; r < rounds; ++r) {
    for (int i = 0; i < n; ++i) sequence[i] = (int8_t)(next_random(&random) >> 7 & 3);
    memset(score, 0, sizeof score);
    fold();
    for (int i = 0; i < n; ++i) hash = mix(hash, (uint64_t)(uint32_t)score[i][n - 1]);
  }
  return kernel_done("nussinov", hash);
}
