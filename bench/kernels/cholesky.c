// Cholesky factorisation, in place, of a symmetric positive definite matrix.
#include <math.h>

#include "kernel.h"

enum { n = 120 };

static double origin[n][n], a[n][n];

/// Symmetric, and positive definite because its diagonal dominates.
static void initialise(void) {
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j <= i; ++j) {
      origin[i][j] = origin[j][i] = (double)((i * 3 + j * 5) % 17 + (i + j) % 7) / n;
    }
    origin[i][i] = n + i % 5;
  }
}

__attribute__((noinline)) static void factorise(void) {
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < i; ++j) {
      for (int k = 0; k < j; ++k) a[i][j] -= a[i][k] * a[j][k];
      a[i][j] /= a[j][j];
    }
    for (int k = 0; k < i; ++k) a[i][i] -= a[i][k] * a[i][k];
    a[i][i] = sqrt(a[i][i]);
  }
}

int main(int argc, char** argv) {
  long rounds = kernel_size(argc, argv, 70);
  initialise();
  uint64_t hash = 0;
  for (long r = 0; r < rounds; ++r) {
    memcpy(a, origin, sizeof a);
    a[0][0] += (double)(r % 8);
    factorise();
    hash = mix_doubles(hash, a[n - 1], n);
  }
  return kernel_done("cholesky", hash);
}
