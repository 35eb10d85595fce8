#include <cairn/base/utf8.hpp>

#include <cairn/base/result.hpp>

#include <cstring>

namespace cairn {
namespace {

bool continues(uint8_t byte) { return (byte & 0xc0) == 0x80; }

constexpr uint64_t high_bits = 0x8080808080808080;

/// How many bytes from the start are surely ASCII: in steps of 64 while these are, then of 8.
size_t ascii_prefix(ByteSpan bytes) {
  using Lanes = uint64_t __attribute__((vector_size(16)));
  constexpr size_t step = 4 * sizeof(Lanes);
  size_t at = 0;
  for (; bytes.size() - at >= step; at += step) {
    Lanes lanes[4];
    std::memcpy(lanes, bytes.data() + at, step);
    const Lanes all = (lanes[0] | lanes[1]) | (lanes[2] | lanes[3]);
    if (((all[0] | all[1]) & high_bits) != 0) break;
  }
  while (bytes.size() - at >= 8 && (load_le<uint64_t>(bytes.data() + at) & high_bits) == 0) at += 8;
  return at;
}

}  // namespace

std::optional<Utf8CodePoint> decode_utf8(ByteSpan bytes) {
  if (bytes.empty()) return std::nullopt;
  const uint8_t lead = bytes[0];
  if (lead < 0x80) return Utf8CodePoint{lead, 1};
  // Leads c0 and c1 could only make overlong forms, f5 and above only values past U+10FFFF.
  if (lead < 0xc2 || lead > 0xf4) return std::nullopt;
  const size_t length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (bytes.size() < length) return std::nullopt;
  const auto payload = static_cast<uint8_t>(lead & (0x7f >> length));
  char32_t value = payload;
  for (size_t i = 1; i < length; ++i) {
    if (!continues(bytes[i])) return std::nullopt;
    value = value << 6 | (bytes[i] & 0x3fu);
  }
  constexpr char32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (value < smallest[length] || !is_unicode_scalar(value)) return std::nullopt;
  return Utf8CodePoint{value, static_cast<uint8_t>(length)};
}

size_t utf8_valid_prefix(ByteSpan bytes) {
  size_t at = 0;
  while (at < bytes.size()) {
    at += ascii_prefix(bytes.subspan(at));
    if (at == bytes.size()) break;
    const auto point = decode_utf8(bytes.subspan(at));
    if (!point) return at;
    at += point->length;
  }
  return at;
}

void append_utf8(std::string& out, char32_t value) {
  CAIRN_ASSERT(is_unicode_scalar(value));
  const auto put = [&out](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (value < 0x80) {
    put(value);
  } else if (value < 0x800) {
    put(0xc0 | value >> 6);
    put(0x80 | (value & 0x3f));
  } else if (value < 0x10000) {
    put(0xe0 | value >> 12);
    put(0x80 | (value >> 6 & 0x3f));
    put(0x80 | (value & 0x3f));
  } else {
    put(0xf0 | value >> 18);
    put(0x80 | (value >> 12 & 0x3f));
    put(0x80 | (value >> 6 & 0x3f));
    put(0x80 | (value & 0x3f));
  }
}

}  // namespace cairn
