#pragma once
/// Decisions drawn from bytes: a fuzzer's input, or bytes made from a seed. The same bytes always
/// make the same decisions. When the bytes run out every further decision is the first one, so
/// whoever asks keeps its smallest alternative in front, and ends.

#include <cairn/base/bytes.hpp>

namespace cairn::fuzzing {

class Choices {
 public:
  explicit Choices(ByteSpan bytes) : bytes_(bytes) {}

  bool exhausted() const { return at_ >= bytes_.size(); }
  /// In [0, bound); bound is in 1 … 65536.
  uint32_t below(uint32_t bound) {
    if (bound <= 1) return 0;
    return static_cast<uint32_t>(bits(bound <= 256 ? 1 : 2)) % bound;
  }
  /// True in about `percent` of 100 cases; false when the bytes ran out.
  bool chance(uint32_t percent) { return !exhausted() && below(100) < percent; }
  /// The next `count` ≤ 8 bytes as a little-endian number.
  uint64_t bits(uint32_t count) {
    uint64_t value = 0;
    for (uint32_t i = 0; i < count; ++i) value |= uint64_t{next()} << (8 * i);
    return value;
  }
  /// One element of a list that is not empty.
  template <class List>
  const auto& pick(const List& list) {
    return list[below(static_cast<uint32_t>(list.size()))];
  }

 private:
  uint8_t next() { return exhausted() ? 0 : bytes_[at_++]; }

  ByteSpan bytes_;
  size_t at_ = 0;
};

}  // namespace cairn::fuzzing
