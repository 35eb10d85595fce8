#pragma once
/// The few steps that C++ has no words for: changing stacks, and the border between C++ and
/// compiled code. In assembler, for x86-64.

#include <cstdint>

#include "native/target.hpp"

namespace cairn::engine {
struct InstanceData;

/// Is there a compiled tier for this processor?
#if defined(__x86_64__)
inline constexpr bool native_supported = true;
#else
inline constexpr bool native_supported = false;
#endif
}  // namespace cairn::engine

extern "C" {
/// Saves the registers that a callee keeps on the current stack and its top in `*from`; goes on
/// with what another call saved in `to`.
void cairn_fiber_switch(void** from, void* to);
/// The outermost code of a new stack: calls r12 with r13, which does not come back.
void cairn_fiber_start();

/// Calls a stub `enter_<signature>` as stub(a, b, c). `*boundary` is set for
/// `cairn_native_return`.
void cairn_native_enter(const void* stub, const void* a, const void* b, void* c, void** boundary);
/// Leaves everything that runs behind a `cairn_native_enter`, which returns.
[[noreturn]] void cairn_native_return(void* boundary);
}

namespace cairn::engine {

/// The frame address of the stub that was called through this boundary.
inline void* frame_of_stub(void* boundary) { return static_cast<uint8_t*>(boundary) - 16; }

/// What `cairn_fiber_switch` saves, as a new stack has it at first. From its top downwards.
struct FiberStart {
  uint64_t r15 = 0, r14 = 0;
  void* r13;  ///< the argument
  void* r12;  ///< the function
  uint64_t rbx = 0, rbp = 0;
  void (*return_address)() = &cairn_fiber_start;
  uint64_t padding[2] = {};  ///< a multiple of 16 bytes remains for `cairn_fiber_start`
};

}  // namespace cairn::engine
