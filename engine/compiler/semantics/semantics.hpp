#pragma once
/// What the semantics have in common. They are compiled to bitcode and inlined into compiled code,
/// so nothing here may call a function of the engine or of the C++ library that is not inlined:
/// what is not small goes through `RuntimeCalls`.

#include "runtime/store_data.hpp"

/// Head of a function of the semantics; its name is "s_" and what it does.
#define CAIRN_SEMANTIC extern "C"

namespace cairn::engine {

[[gnu::always_inline]] inline const RuntimeCalls& calls_of(const InstanceData* instance) {
  return *instance->store->native.calls;
}
[[noreturn, gnu::always_inline]] inline void raise(InstanceData* instance, Trap trap) {
  calls_of(instance).raise(instance, static_cast<uint32_t>(trap));
}

/// `Settings::index_masks`; whoever links the semantics puts a constant in its place.
extern "C" const bool s_index_masks;

/// An index that has been checked, for a size below 2^63. A processor that guesses the check's
/// outcome wrongly goes on with 0 (see Spectre, variant 1).
[[gnu::always_inline]] inline uint64_t in_bounds(uint64_t index, uint64_t size) {
  if (!s_index_masks) return index;
  uint64_t same = index;
  asm("" : "+r"(same));  // the compiler may not know that the answer is known
  const uint64_t is_below = (same - size) & ~index;
  return index & static_cast<uint64_t>(static_cast<int64_t>(is_below) >> 63);
}

}  // namespace cairn::engine
