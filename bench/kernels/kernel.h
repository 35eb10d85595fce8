// What every kernel shares: its size comes as the first argument, its result leaves as one line
// with a checksum. The checksum must be the same on every engine and natively, so kernels use no
// libm function but sqrt, and no C library function whose work would differ between hosts.
#ifndef CAIRN_BENCH_KERNELS_KERNEL_H
#define CAIRN_BENCH_KERNELS_KERNEL_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// The size given on the command line, or `fallback` where there is none.
static inline long kernel_size(int argc, char** argv, long fallback) {
  long size = argc > 1 ? strtol(argv[1], NULL, 10) : fallback;
  return size > 0 ? size : 1;
}

/// Prints the result and returns the exit code of `main`.
static inline int kernel_done(const char* name, uint64_t checksum) {
  printf("%s %016llx\n", name, (unsigned long long)checksum);
  return 0;
}

/// One step of a 64-bit mix over words (multiply and rotate).
static inline uint64_t mix(uint64_t hash, uint64_t word) {
  hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
  return (hash << 23) | (hash >> 41);
}

/// Mixes the bit patterns of `count` doubles.
static inline uint64_t mix_doubles(uint64_t hash, const double* values, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    uint64_t bits;
    memcpy(&bits, &values[i], sizeof bits);
    hash = mix(hash, bits);
  }
  return hash;
}

/// A small generator (xorshift) for inputs; `state` must not be zero.
static inline uint32_t next_random(uint32_t* state) {
  uint32_t x = *state;
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  return *state = x;
}

#endif
