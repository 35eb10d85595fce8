#pragma once
/// SHA-256 (FIPS 180-4): names content so that nobody can make two pieces with one name.

#include <cairn/base/bytes.hpp>

#include <array>
#include <initializer_list>
#include <string>

namespace cairn::crypto {

using Sha256 = std::array<uint8_t, 32>;

/// Of the parts, one behind the other.
Sha256 sha256(std::initializer_list<ByteSpan> parts);
inline Sha256 sha256(ByteSpan bytes) { return sha256({bytes}); }

/// 64 lower-case digits.
std::string to_hex(const Sha256& digest);

}  // namespace cairn::crypto
