// The check of whole texts agrees with decoding one code point after the other, and what was
// decoded is written back byte for byte.

#include <cairn/base/result.hpp>
#include <cairn/base/utf8.hpp>

using namespace cairn;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteSpan bytes(data, size);
  std::string text;
  size_t at = 0;
  while (const auto point = decode_utf8(bytes.subspan(at))) {
    at += point->length;
    append_utf8(text, point->value);
  }
  CAIRN_ASSERT(utf8_valid_prefix(bytes) == at);
  CAIRN_ASSERT(text == as_text(bytes.first(at)));
  return 0;
}
