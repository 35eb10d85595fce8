// All shortest paths of a dense graph (Floyd and Warshall) in 32-bit integers.
#include "kernel.h"

enum { n = 128 };

static int32_t path[n][n];

static void initialise(int seed) {
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) {
      path[i][j] = i * j % 7 + 1 + seed;
      if ((i + j) % 13 == 0 || (i + j) % 7 == 0 || (i + j) % 11 == 0) path[i][j] = 999;
    }
  }
}

__attribute__((noinline)) static void shortest_paths(void) {
  for (int k = 0; k < n; ++k) {
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j < n; ++j) {
        int32_t through = path[i][k] + path[k][j];
        path[i][j] = path[i][j] < through ? path[i][j] : through;
      }
    }
  }
}

int main(int argc, char** argv) {
  long rounds = kernel_size(argc, argv, 8);
  uint64_t hash = 0;
  for (long r = 0; r < rounds; ++r) {
    initialise((int)(r % 5));
    shortest_paths();
    for (int i = 0; i < n; ++i) hash = mix(hash, (uint64_t)(uint32_t)path[i][(i * 7) % n]);
  }
  return kernel_done("floyd_warshall", hash);
}
