#include <cairn/base/printable.hpp>

#include <fmt/format.h>
#include <cairn/base/utf8.hpp>

namespace cairn {
namespace {

/// Control characters (C0, DEL, C1), and marks and overrides of the direction of writing.
bool acts_on_terminals(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x200e || c == 0x200f ||
         (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  const auto escape = [&](std::string_view bytes) {
    for (const char c : bytes) out += fmt::format("\\{:02x}", static_cast<uint8_t>(c));
  };
  while (!text.empty()) {
    const std::optional<Utf8CodePoint> point = decode_utf8(as_bytes(text));
    const std::string_view bytes = text.substr(0, point ? point->length : 1);
    if (!point || acts_on_terminals(point->value)) {
      escape(bytes);
    } else {
      out += bytes;
    }
    text.remove_prefix(bytes.size());
  }
  return out;
}

}  // namespace cairn
