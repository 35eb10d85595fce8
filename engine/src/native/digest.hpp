#pragma once
/// Digests that recognise torn and foreign bytes; not against somebody who wants to deceive.

#include <array>
#include <cairn/base/bytes.hpp>
#include <string>

namespace cairn::engine {

inline constexpr size_t digest_bytes = 16;
using Digest = std::array<uint8_t, digest_bytes>;

/// XXH3, 128 bits.
Digest digest_of(ByteSpan bytes);
/// For names of files.
std::string to_hex(const Digest& digest);

}  // namespace cairn::engine
