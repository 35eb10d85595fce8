// Finite-difference time-domain step of an electromagnetic field on a plane.
#include "kernel.h"

enum { nx = 96, ny = 112 };

static double ex[nx][ny], ey[nx][ny], hz[nx][ny];

static void initialise(void) {
  for (int i = 0; i < nx; ++i) {
    for (int j = 0; j < ny; ++j) {
      ex[i][j] = (double)i * (j + 1) / nx;
      ey[i][j] = (double)i * (j + 2) / ny;
      hz[i][j] = (double)i * (j + 3) / nx;
    }
  }
}

__attribute__((noinline)) static void step(double source) {
  for (int j = 0; j < ny; ++j) ey[0][j] = source;
  for (int i = 1; i < nx; ++i) {
    for (int j = 0; j < ny; ++j) ey[i][j] -= 0.5 * (hz[i][j] - hz[i - 1][j]);
  }
  for (int i = 0; i < nx; ++i) {
    for (int j = 1; j < ny; ++j) ex[i][j] -= 0.5 * (hz[i][j] - hz[i][j - 1]);
  }
  for (int i = 0; i < nx - 1; ++i) {
    for (int j = 0; j < ny - 1; ++j) {
      hz[i][j] -= 0.7 * (ex[i][j + 1] - ex[i][j] + ey[i + 1][j] - ey[i][j]);
    }
  }
}

int main(int argc, char** argv) {
  long steps = kernel_size(argc, argv, 420);
  initialise();
  for (long t = 0; t < steps; ++t) step((double)(t % 64));
  uint64_t hash = mix_doubles(0, ex[0], nx * ny);
  return kernel_done("fdtd_2d", mix_doubles(hash, hz[0], nx * ny));
}
