// Jacobi's five-point stencil, back and forth between two grids.
#include "kernel.h"

enum { n = 112 };

static double a[n][n], b[n][n];

__attribute__((noinline)) static void sweep(double (*to)[n], double (*from)[n]) {
  for (int i = 1; i < n - 1; ++i) {
    for (int j = 1; j < n - 1; ++j) {
      to[i][j] =
          0.2 * (from[i][j] + from[i][j - 1] + from[i][j + 1] + from[i + 1][j] + from[i - 1][j]);
    }
  }
}

int main(int argc, char** argv) {
  long steps = kernel_size(argc, argv, 420);
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) {
      a[i][j] = (double)(i * (j + 2) + 2) / n;
      b[i][j] = (double)(i * (j + 3) + 3) / n;
    }
  }
  for (long t = 0; t < steps; ++t) {
    sweep(b, a);
    sweep(a, b);
  }
  return kernel_done("jacobi_2d", mix_doubles(0, a[0], n * n));
}
