#pragma once
/// Numbers and texts as they stand in records, contents and index files: one form for each value.

#include <cairn/base/bytes.hpp>
#include <cairn/base/leb128.hpp>
#include <cairn/base/result.hpp>
#include <cairn/crypto/sha256.hpp>

#include <fmt/format.h>

#include <string_view>

namespace cairn::chain {

inline void append_text(Bytes& out, std::string_view text) {
  append_unsigned_leb(out, text.size());
  append(out, as_bytes(text));
}

/// Reads from the front. After the first error everything is zero or empty, and `error` tells of
/// it: who reads looks once, at the end.
class WireReader {
 public:
  explicit WireReader(ByteSpan bytes)
      : begin_(bytes.data()), at_(begin_), end_(at_ + bytes.size()) {}

  uint64_t offset() const { return static_cast<uint64_t>(at_ - begin_); }
  size_t left() const { return static_cast<size_t>(end_ - at_); }
  bool failed() const { return what_ != nullptr; }
  void fail_here(const char* what) {
    if (what_ == nullptr) wrong_at_ = offset();
    if (what_ == nullptr) what_ = what;
    at_ = end_;
  }

  template <Scalar T>
  T fixed() {
    if (left() < sizeof(T)) {
      fail_here("it ends too early");
      return T{};
    }
    const T value = load_le<T>(at_);
    at_ += sizeof(T);
    return value;
  }
  uint64_t number() {
    if (at_ != end_ && *at_ < 0x80) [[likely]]
      return *at_++;
    const uint8_t* from = at_;
    uint64_t value = 0;
    if (const LebStatus status = read_u64(at_, end_, value); status != LebStatus::ok) {
      fail_here("a number is cut off or too large");
      return 0;
    }
    if (at_ - from > 1 && at_[-1] == 0) {
      at_ = from;
      fail_here("a number is longer than it must be");
      return 0;
    }
    return value;
  }
  crypto::Sha256 digest() {
    crypto::Sha256 digest = {};
    if (left() < digest.size()) {
      fail_here("it ends too early");
      return digest;
    }
    std::memcpy(digest.data(), at_, digest.size());
    at_ += digest.size();
    return digest;
  }
  ByteSpan bytes(uint64_t size) {
    if (size > left()) {
      fail_here("it ends too early");
      return {};
    }
    const ByteSpan span(at_, static_cast<size_t>(size));
    at_ += size;
    return span;
  }
  std::string_view text(size_t size_max) {
    const uint64_t size = number();
    if (size > size_max) {
      fail_here("a text is too long");
      return {};
    }
    return as_text(bytes(size));
  }

  /// Error `malformed` with the offset, also when something is left. `of`: "a record".
  Result<> finish(std::string_view of) {
    if (what_ == nullptr && at_ != end_) fail_here("something follows it");
    if (what_ == nullptr) return {};
    return fail_at(ErrorKind::malformed, wrong_at_, fmt::format("not {}: {}", of, what_));
  }

 private:
  const uint8_t* begin_;
  const uint8_t* at_;
  const uint8_t* end_;
  uint64_t wrong_at_ = 0;
  const char* what_ = nullptr;
};

}  // namespace cairn::chain
