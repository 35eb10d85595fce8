#pragma once
/// Constants of value definitions (Binary.md, "Value Definitions").

#include <cairn/base/result.hpp>
#include <cairn/component/types.hpp>
#include <cairn/component/value.hpp>

namespace cairn::component {

/// The value of a type that the bytes are, all of them. Kind `malformed`: they are none.
Result<Value> read_constant(const Types& types, ValType type, ByteSpan bytes);

}  // namespace cairn::component
