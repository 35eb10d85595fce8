#pragma once
/// Reading what another process or a file says: every step is checked.

#include <fmt/format.h>

#include <cairn/base/bytes.hpp>
#include <cairn/base/result.hpp>
#include <string_view>

namespace cairn::engine {

/// Errors are `malformed` and start with `subject`.
class ByteReader {
 public:
  ByteReader(ByteSpan bytes, std::string_view subject) : bytes_(bytes), subject_(subject) {}

  Result<ByteSpan> take(uint64_t size, std::string_view what) {
    if (size > bytes_.size() - at_)
      return wrong(fmt::format("{} of {} bytes reach behind the end", what, size));
    const ByteSpan part = bytes_.subspan(at_, size);
    at_ += size;
    return part;
  }
  template <Scalar T>
  Result<T> number(std::string_view what) {
    return load_le<T>(TRY(take(sizeof(T), what)).data());
  }
  /// The number of rows of a table whose rows have at least `row_size` bytes.
  Result<uint32_t> count(uint32_t row_size, std::string_view what) {
    const uint32_t rows = TRY(number<uint32_t>(what));
    if (uint64_t{rows} * row_size > bytes_.size() - at_)
      return wrong(fmt::format("{} {} do not fit", rows, what));
    return rows;
  }
  /// A 32-bit size and as many bytes.
  Result<ByteSpan> sized(std::string_view what) { return take(TRY(number<uint32_t>(what)), what); }
  Result<> end() {
    if (at_ != bytes_.size()) return wrong("bytes behind its end");
    return {};
  }

 private:
  std::unexpected<Error> wrong(const std::string& what) const {
    return fail_at(ErrorKind::malformed, at_, fmt::format("{}: {}", subject_, what));
  }

  ByteSpan bytes_;
  std::string_view subject_;
  size_t at_ = 0;
};

/// What `ByteReader::sized` reads.
inline void append_sized(Bytes& out, ByteSpan bytes) {
  append_le(out, static_cast<uint32_t>(bytes.size()));
  append(out, bytes);
}

}  // namespace cairn::engine
