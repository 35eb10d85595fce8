// Durbin's recursion for a Toeplitz system: short dependent loops over vectors.
#include "kernel.h"

enum { n = 400 };

static double r[n], y[n], z[n];

__attribute__((noinline)) static void durbin(void) {
  y[0] = -r[0];
  double beta = 1.0, alpha = -r[0];
  for (int k = 1; k < n; ++k) {
    beta = (1 - alpha * alpha) * beta;
    double sum = 0;
    for (int i = 0; i < k; ++i) sum += r[k - i - 1] * y[i];
    alpha = -(r[k] + sum) / beta;
    for (int i = 0; i < k; ++i) z[i] = y[i] + alpha * y[k - i - 1];
    for (int i = 0; i < k; ++i) y[i] = z[i];
    y[k] = alpha;
  }
}

int main(int argc, char** argv) {
  long rounds = kernel_size(argc, argv, 120);
  uint64_t hash = 0;
  for (long t = 0; t < rounds; ++t) {
    for (int i = 0; i < n; ++i) r[i] = 1.0 / (double)(i + 2 + t % 8);
    durbin();
    hash = mix_doubles(hash, y, n);
  }
  return kernel_done("durbin", hash);
}
