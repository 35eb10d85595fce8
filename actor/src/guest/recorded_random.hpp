#pragma once
/// Random bytes that follow from a seed, which is recorded: unpredictable for who does not know it,
/// and the same when all this is run again (docs/chain.md).

#include <cairn/base/random.hpp>
#include <cairn/crypto/sha256.hpp>

#include <algorithm>
#include <array>

namespace cairn::actor {

class RecordedRandom final : public Random {
 public:
  static constexpr size_t seed_bytes = 32;
  using Seed = std::array<uint8_t, seed_bytes>;

  explicit RecordedRandom(const Seed& seed) : seed_(seed) {}

  /// Block n is SHA-256 of the seed and n, as eight bytes, the lowest first.
  void fill(MutableByteSpan out) override {
    while (!out.empty()) {
      if (used_ == block_.size()) {
        block_ = crypto::sha256({seed_, number_of_next()});
        used_ = 0;
      }
      const size_t count = std::min(out.size(), block_.size() - used_);
      std::copy_n(block_.begin() + static_cast<ptrdiff_t>(used_), count, out.begin());
      used_ += count;
      out = out.subspan(count);
    }
  }

 private:
  std::array<uint8_t, 8> number_of_next() {
    std::array<uint8_t, 8> bytes;
    store_le(bytes.data(), next_++);
    return bytes;
  }

  Seed seed_;
  uint64_t next_ = 0;
  crypto::Sha256 block_ = {};
  size_t used_ = block_.size();
};

}  // namespace cairn::actor
