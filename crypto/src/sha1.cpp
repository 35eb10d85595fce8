// As in sha256.cpp: no look-up among providers.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
#include <cairn/crypto/sha1.hpp>

namespace cairn::crypto {

Sha1 sha1(ByteSpan bytes) {
  SHA_CTX context;
  SHA1_Init(&context);
  SHA1_Update(&context, bytes.data(), bytes.size());
  Sha1 digest;
  SHA1_Final(digest.data(), &context);
  return digest;
}

}  // namespace cairn::crypto
