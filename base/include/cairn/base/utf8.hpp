#pragma once
/// UTF-8 as the Unicode standard (section 3.9, table 3-7) and WebAssembly's names define it: no
/// overlong forms, no surrogates, nothing above U+10FFFF.

#include <cairn/base/bytes.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cairn {

/// Where the first byte is that cannot stand there, or the size when all is well.
size_t utf8_valid_prefix(ByteSpan bytes);

inline bool is_utf8(ByteSpan bytes) { return utf8_valid_prefix(bytes) == bytes.size(); }
inline bool is_utf8(std::string_view text) { return is_utf8(as_bytes(text)); }

/// One code point and how many bytes it takes.
struct Utf8CodePoint {
  char32_t value;
  uint8_t length;
  bool operator==(const Utf8CodePoint&) const = default;
};

/// The code point at the start of `bytes`, or nothing if there is no valid one.
std::optional<Utf8CodePoint> decode_utf8(ByteSpan bytes);

/// A code point that UTF-8 can carry: at most U+10FFFF and no surrogate.
constexpr bool is_unicode_scalar(uint64_t value) {
  return value < 0xd800 || (value >= 0xe000 && value <= 0x10ffff);
}

/// Appends a code point; it must be a Unicode scalar value.
void append_utf8(std::string& out, char32_t value);

}  // namespace cairn
