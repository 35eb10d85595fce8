#pragma once
/// Randomness as something that is handed in, like time.

#include <cairn/base/bytes.hpp>

#include <array>
#include <cstdint>

namespace cairn {

class Random {
 public:
  virtual ~Random() = default;
  Random() = default;
  Random(const Random&) = delete;
  Random& operator=(const Random&) = delete;

  /// Overwrites all of `out`.
  virtual void fill(MutableByteSpan out) = 0;

  uint64_t next_u64();
  /// Evenly distributed in [0, bound); bound must not be 0.
  uint64_t below(uint64_t bound);
};

/// The operating system's generator: unpredictable, fit for keys, safe from several threads.
class RealRandom final : public Random {
 public:
  void fill(MutableByteSpan out) override;
};

/// The same numbers from the same seed on every machine (xoshiro256**, seeded by splitmix64; see
/// Blackman and Vigna, "Scrambled linear pseudorandom number generators"). Not fit for keys. For
/// one thread.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(uint64_t seed);
  void fill(MutableByteSpan out) override;

 private:
  uint64_t step();
  std::array<uint64_t, 4> state_;
};

}  // namespace cairn
