// std::map of integers: insert, find, iterate and erase; pointer chasing and the allocator.
#include <cstdint>
#include <iterator>
#include <map>

#include "kernel.h"

int main(int argc, char** argv) {
  long rounds = kernel_size(argc, argv, 24);
  std::uint32_t random = 88172645;
  std::uint64_t hash = 0;
  for (long r = 0; r < rounds; ++r) {
    std::map<std::uint32_t, std::uint64_t> map;
    for (int i = 0; i < 10000; ++i) map[next_random(&random) % 16384] += static_cast<unsigned>(i);
    for (int i = 0; i < 20000; ++i) {
      auto found = map.find(next_random(&random) % 16384);
      if (found != map.end()) hash += found->second;
    }
    for (auto at = map.begin(); at != map.end();) {
      at = at->second % 3 == 0 ? map.erase(at) : std::next(at);
    }
    for (const auto& [key, value] : map) hash = mix(hash, key ^ value << 16);
  }
  return kernel_done("std_map", hash);
}
