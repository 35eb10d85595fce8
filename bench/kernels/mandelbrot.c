// Escape times of the Mandelbrot set in double precision: a tight loop of multiplies and adds.
#include "kernel.h"

enum { iteration_limit = 100 };

int main(int argc, char** argv) {
  int side = (int)kernel_size(argc, argv, 700);
  uint64_t hash = 0;
  for (int row = 0; row < side; ++row) {
    double imaginary = 3.0 * row / side - 1.5;
    for (int column = 0; column < side; ++column) {
      double real = 3.0 * column / side - 2.0;
      double x = 0, y = 0, xx = 0, yy = 0;
      int steps = 0;
      while (steps < iteration_limit && xx + yy <= 4.0) {
        y = 2 * x * y + imaginary;
        x = xx - yy + real;
        xx = x * x;
        yy = y * y;
        ++steps;
      }
      hash = mix(hash, (uint64_t)steps);
    }
  }
  return kernel_done("mandelbrot", hash);
}
