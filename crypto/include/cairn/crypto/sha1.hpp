#pragma once
/// SHA-1 (FIPS 180-4): broken for signatures. WebSockets begin with it (RFC 6455, 4.2.2), where it
/// protects nothing; it is here for nothing else.

#include <cairn/base/bytes.hpp>

#include <array>
#include <cstdint>

namespace cairn::crypto {

using Sha1 = std::array<uint8_t, 20>;
Sha1 sha1(ByteSpan bytes);

}  // namespace cairn::crypto
