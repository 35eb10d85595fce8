#pragma once
/// Base 64 (RFC 4648, section 4), with padding.

#include <cairn/base/bytes.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace cairn::crypto {

std::string to_base64(ByteSpan bytes);
/// None for what `to_base64` never writes: other characters, white space, lacking padding, bits
/// that are set and not used.
std::optional<Bytes> from_base64(std::string_view text);

}  // namespace cairn::crypto
