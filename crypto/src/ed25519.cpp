#include <openssl/evp.h>
#include <cairn/base/result.hpp>
#include <cairn/crypto/ed25519.hpp>

#include <memory>

namespace cairn::crypto {

namespace {

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Context = std::unique_ptr<EVP_MD_CTX, Free>;

Key private_key(const Ed25519Key::Seed& seed) {
  Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()));
  CAIRN_ASSERT(key != nullptr);  // any 32 bytes are a seed
  return key;
}

}  // namespace

Ed25519Key::Ed25519Key(const Seed& seed) : seed_(seed), public_() {
  size_t size = public_.size();
  CAIRN_ASSERT(EVP_PKEY_get_raw_public_key(private_key(seed).get(), public_.data(), &size) == 1);
}

Ed25519Key Ed25519Key::make(Random& random) {
  Seed seed;
  random.fill(seed);
  return Ed25519Key(seed);
}

Ed25519Signature Ed25519Key::sign(ByteSpan message) const {
  const Key key = private_key(seed_);
  const Context context(EVP_MD_CTX_new());
  Ed25519Signature signature;
  size_t size = signature.size();
  CAIRN_ASSERT(
      EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
      EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) == 1);
  return signature;
}

bool verify(const Ed25519Public& public_key, ByteSpan message, const Ed25519Signature& signature) {
  const Key key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, public_key.data(), public_key.size()));
  const Context context(EVP_MD_CTX_new());
  return key != nullptr &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                          message.size()) == 1;
}

}  // namespace cairn::crypto
