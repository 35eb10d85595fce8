#pragma once
/// What calls between functions go through.

#include <cstdint>

/// Machine code that is called like a target's entry, with the target in r10: finds the target's
/// entry and jumps there.
extern "C" void cairn_native_resolve();

namespace cairn::engine {

/// The head of `FuncCode` and `FuncInst`: where compiled callers jump to. `entry` is never null; it
/// changes while others read it (see `std::atomic_ref`), from one that works to a better one.
struct NativeTarget {
  enum class Kind : uint8_t { code, func };
  const void* entry = reinterpret_cast<const void*>(&cairn_native_resolve);
  Kind kind = Kind::code;
};

}  // namespace cairn::engine
