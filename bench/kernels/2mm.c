// Two matrix products in a row, D = alpha A B C + beta D, each as dot products.
#include "kernel.h"

enum { ni = 80, nj = 88, nk = 96, nl = 104 };

static double a[ni][nk], b[nk][nj], c[nj][nl], d[ni][nl], t[ni][nj];

static void initialise(void) {
  for (int i = 0; i < ni; ++i) {
    for (int k = 0; k < nk; ++k) a[i][k] = (double)((i * k + 1) % ni) / ni;
    for (int l = 0; l < nl; ++l) d[i][l] = (double)(i * (l + 2) % nk) / nk;
  }
  for (int j = 0; j < nj; ++j) {
    for (int k = 0; k < nk; ++k) b[k][j] = (double)(k * (j + 1) % nj) / nj;
    for (int l = 0; l < nl; ++l) c[j][l] = (double)((j * (l + 3) + 1) % nl) / nl;
  }
}

__attribute__((noinline)) static void two_products(double alpha, double beta) {
  for (int i = 0; i < ni; ++i) {
    for (int j = 0; j < nj; ++j) {
      double sum = 0;
      for (int k = 0; k < nk; ++k) sum += alpha * a[i][k] * b[k][j];
      t[i][j] = sum;
    }
  }
  for (int i = 0; i < ni; ++i) {
    for (int l = 0; l < nl; ++l) {
      double sum = d[i][l] * beta;
      for (int j = 0; j < nj; ++j) sum += t[i][j] * c[j][l];
      d[i][l] = sum;
    }
  }
}

int main(int argc, char** argv) {
  long rounds = kernel_size(argc, argv, 18);
  initialise();
  for (long r = 0; r < rounds; ++r) two_products(0.003, 0.25);
  return kernel_done("2mm", mix_doubles(0, d[0], ni * nl));
}
