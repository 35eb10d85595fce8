// The functions on SHA256_CTX are deprecated for the ones that look an algorithm up by its name,
// among loadable providers: that takes longer than a small digest, and no static program needs it.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <fmt/format.h>
#include <openssl/sha.h>
#include <cairn/crypto/sha256.hpp>

namespace cairn::crypto {

Sha256 sha256(std::initializer_list<ByteSpan> parts) {
  SHA256_CTX context;
  SHA256_Init(&context);
  for (const ByteSpan part : parts) SHA256_Update(&context, part.data(), part.size());
  Sha256 digest;
  SHA256_Final(digest.data(), &context);
  return digest;
}

std::string to_hex(const Sha256& digest) { return fmt::format("{:02x}", fmt::join(digest, "")); }

}  // namespace cairn::crypto
