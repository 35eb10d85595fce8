#include <cairn/base/random.hpp>
#include <cairn/base/result.hpp>

#include <sys/random.h>

#include <algorithm>
#include <bit>
#include <cerrno>

namespace cairn {

uint64_t Random::next_u64() {
  std::array<uint8_t, 8> bytes;
  fill(bytes);
  return load_le<uint64_t>(bytes.data());
}

uint64_t Random::below(uint64_t bound) {
  CAIRN_ASSERT(bound != 0);
  // Numbers under 2^64 mod bound would favour the small results, so they are drawn again.
  const uint64_t threshold = (0 - bound) % bound;
  uint64_t number = next_u64();
  while (number < threshold) number = next_u64();
  return number % bound;
}

void RealRandom::fill(MutableByteSpan out) {
  while (!out.empty()) {
    const ssize_t got = getrandom(out.data(), out.size(), 0);
    // Only an interruption can happen here; without randomness going on would be unsafe.
    CAIRN_ASSERT(got > 0 || errno == EINTR);
    if (got > 0) out = out.subspan(static_cast<size_t>(got));
  }
}

SeededRandom::SeededRandom(uint64_t seed) {
  for (uint64_t& word : state_) {
    seed += 0x9e3779b97f4a7c15;
    uint64_t mixed = seed;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    word = mixed ^ (mixed >> 31);
  }
}

uint64_t SeededRandom::step() {
  const uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

void SeededRandom::fill(MutableByteSpan out) {
  while (!out.empty()) {
    std::array<uint8_t, 8> bytes;
    store_le(bytes.data(), step());
    const size_t size = std::min(out.size(), bytes.size());
    std::copy_n(bytes.begin(), size, out.begin());
    out = out.subspan(size);
  }
}

}  // namespace cairn
