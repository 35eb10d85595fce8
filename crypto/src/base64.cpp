#include <openssl/evp.h>
#include <cairn/crypto/base64.hpp>

#include <limits>

namespace cairn::crypto {

std::string to_base64(ByteSpan bytes) {
  // EVP_EncodeBlock counts in int; it writes a zero behind the text, where std::string has one.
  constexpr size_t piece = 3 << 20;
  std::string text;
  for (; !bytes.empty(); bytes = bytes.subspan(std::min(piece, bytes.size()))) {
    const ByteSpan part = bytes.first(std::min(piece, bytes.size()));
    const size_t before = text.size();
    text.resize(before + (part.size() + 2) / 3 * 4);
    EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data() + before), part.data(),
                    static_cast<int>(part.size()));
  }
  return text;
}

std::optional<Bytes> from_base64(std::string_view text) {
  if (text.size() % 4 != 0 || text.size() > std::numeric_limits<int>::max()) return std::nullopt;
  Bytes bytes(text.size() / 4 * 3);
  if (text.empty()) return bytes;
  const auto* from = reinterpret_cast<const unsigned char*>(text.data());
  if (EVP_DecodeBlock(bytes.data(), from, static_cast<int>(text.size())) < 0) return std::nullopt;
  for (size_t at = text.size(); at > 0 && text[at - 1] == '=' && text.size() - at < 2; --at) {
    bytes.pop_back();
  }
  // OpenSSL's is lenient: it trims white space and takes bits that mean nothing.
  if (to_base64(bytes) != text) return std::nullopt;
  return bytes;
}

}  // namespace cairn::crypto
