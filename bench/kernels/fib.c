// Doubly recursive Fibonacci numbers: direct calls and little else.
#include "kernel.h"

__attribute__((noinline)) static uint32_t fib(uint32_t n) {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

int main(int argc, char** argv) {
  return kernel_done("fib", fib((uint32_t)kernel_size(argc, argv, 34)));
}
