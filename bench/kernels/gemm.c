// General matrix product C = alpha A B + beta C in doubles.
#include "kernel.h"

enum { rows = 96, columns = 112, inner = 104 };

static double a[rows][inner], b[inner][columns], c[rows][columns];

static void initialise(void) {
  for (int i = 0; i < rows; ++i) {
    for (int k = 0; k < inner; ++k) a[i][k] = (double)(i * (k + 1) % inner) / inner;
    for (int j = 0; j < columns; ++j) c[i][j] = (double)((i * j + 1) % rows) / rows;
  }
  for (int k = 0; k < inner; ++k) {
    for (int j = 0; j < columns; ++j) b[k][j] = (double)(k * (j + 2) % columns) / columns;
  }
}

__attribute__((noinline)) static void gemm(double alpha, double beta) {
  for (int i = 0; i < rows; ++i) {
    for (int j = 0; j < columns; ++j) c[i][j] *= beta;
    for (int k = 0; k < inner; ++k) {
      for (int j = 0; j < columns; ++j) c[i][j] += alpha * a[i][k] * b[k][j];
    }
  }
}

int main(int argc, char** argv) {
  long rounds = kernel_size(argc, argv, 20);
  initialise();
  for (long r = 0; r < rounds; ++r) gemm(0.5, 0.25);
  return kernel_done("gemm", mix_doubles(0, c[0], rows * columns));
}
