#pragma once
/// Decisions drawn from a fuzzer's input, byte by byte; zeros at its end.

#include <cairn/base/bytes.hpp>

namespace cairn::wasi {

class Choices {
 public:
  Choices(const uint8_t* data, size_t size) : bytes_(data, size) {}
  bool done() const { return bytes_.empty(); }
  uint8_t byte() {
    if (bytes_.empty()) return 0;
    const uint8_t first = bytes_[0];
    bytes_ = bytes_.subspan(1);
    return first;
  }
  size_t below(size_t count) { return byte() % count; }

 private:
  ByteSpan bytes_;
};

}  // namespace cairn::wasi
