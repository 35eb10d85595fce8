// Draws the Mandelbrot set with characters; optional arguments are the width in columns and the
// limit of iterations.
#include <stdio.h>
#include <stdlib.h>

static const char shades[] = " .,:;-=+*o%#@";

/// How many steps of z = z * z + c stay within a radius of two, at most `limit`.
static int steps(double real, double imaginary, int limit) {
  double x = 0, y = 0;
  int count = 0;
  while (count < limit && x * x + y * y <= 4) {
    double next = x * x - y * y + real;
    y = 2 * x * y + imaginary;
    x = next;
    ++count;
  }
  return count;
}

int main(int argc, char** argv) {
  int width = argc > 1 ? atoi(argv[1]) : 76;
  int limit = argc > 2 ? atoi(argv[2]) : 2000;
  if (width < 8 || width > 1000 || limit < 1) {
    fputs("usage: mandelbrot [COLUMNS [ITERATIONS]]\n", stderr);
    return 2;
  }
  int height = width * 2 / 5;  // a character is about twice as high as wide
  for (int row = 0; row < height; ++row) {
    double imaginary = 2.4 * (row + 0.5) / height - 1.2;
    for (int column = 0; column < width; ++column) {
      double real = 3.1 * column / width - 2.2;
      int count = steps(real, imaginary, limit);
      putchar(count == limit ? '@' : shades[count < 22 ? count / 2 : 11]);
    }
    putchar('\n');
  }
  return 0;
}
