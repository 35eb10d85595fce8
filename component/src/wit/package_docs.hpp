#pragma once
/// The section with the documentation and gates of a package, which component types have no place
/// for.

#include <cairn/base/bytes.hpp>
#include <cairn/component/wit.hpp>

namespace cairn::component::wit {

/// In components that hold one world: a version byte and how strings are passed.
inline constexpr std::string_view world_encoding_section = "wit-component-encoding";
inline constexpr uint8_t world_encoding_version = 4;

/// A version byte and JSON.
Bytes encode_package_docs(const Resolve& resolve, PackageId package);

/// Puts documentation and gates where they belong. Errors are `malformed` (no JSON of that form) or
/// `invalid` (it speaks of something that is not there).
Result<> decode_package_docs(Resolve& resolve, PackageId package, ByteSpan section);

}  // namespace cairn::component::wit
