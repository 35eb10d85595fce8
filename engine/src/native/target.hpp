#pragma once
/// What calls between functions go through.

#include <cstdint>

namespace cairn::engine {

/// The head of `FuncCode` and `FuncInst`: where compiled callers jump to. `entry` is never null.
struct NativeTarget {
  enum class Kind : uint8_t { code, func };
  const void* entry = nullptr;
  Kind kind = Kind::code;
};

}  // namespace cairn::engine
