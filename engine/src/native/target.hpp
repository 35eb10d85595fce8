#pragma once
/// What calls between functions go through.

#include <cstdint>

/// Machine code that is called like a target's entry or tail entry, with the target in r10: finds
/// that entry and jumps there.
extern "C" {
void cairn_native_resolve();
void cairn_native_resolve_tail();
}

namespace cairn::engine {

/// The head of `FuncCode` and `FuncInst`: where compiled callers jump to. Neither entry is ever
/// null; they change while others read them (see `std::atomic_ref`), from one that works to a
/// better one.
struct NativeTarget {
  enum class Kind : uint8_t { code, func };
  const void* entry = reinterpret_cast<const void*>(&cairn_native_resolve);
  /// For callers of the same instance, in a module that makes tail calls.
  const void* tail_entry = reinterpret_cast<const void*>(&cairn_native_resolve_tail);
  Kind kind = Kind::code;
};

}  // namespace cairn::engine
