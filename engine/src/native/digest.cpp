#include "native/digest.hpp"

#include <fmt/format.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace cairn::engine {

Digest digest_of(ByteSpan bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  Digest digest;
  store_le(digest.data(), hash.low64);
  store_le(digest.data() + 8, hash.high64);
  return digest;
}

std::string to_hex(const Digest& digest) {
  return fmt::format("{:016x}{:016x}", load_le<uint64_t>(digest.data() + 8),
                     load_le<uint64_t>(digest.data()));
}

}  // namespace cairn::engine
