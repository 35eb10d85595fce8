#pragma once
/// Ed25519 signatures (RFC 8032). Keys are 32 bytes; the private one is the seed.

#include <cairn/base/bytes.hpp>
#include <cairn/base/random.hpp>

#include <array>

namespace cairn::crypto {

using Ed25519Public = std::array<uint8_t, 32>;
using Ed25519Signature = std::array<uint8_t, 64>;

class Ed25519Key {
 public:
  using Seed = std::array<uint8_t, 32>;

  explicit Ed25519Key(const Seed& seed);
  /// `random` must be unpredictable, unless it is a simulation.
  static Ed25519Key make(Random& random);

  const Seed& seed() const { return seed_; }
  const Ed25519Public& public_key() const { return public_; }
  /// The same for the same message.
  Ed25519Signature sign(ByteSpan message) const;

 private:
  Seed seed_;
  Ed25519Public public_;
};

bool verify(const Ed25519Public& key, ByteSpan message, const Ed25519Signature& signature);

}  // namespace cairn::crypto
