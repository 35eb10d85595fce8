#pragma once
/// The few steps that C++ has no words for: changing stacks, and the border between C++ and
/// compiled code. In assembler, for x86-64.

#include <cstdint>
#include <cstdlib>

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
/// The outermost code of a new stack, see `FiberStart`.
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

/// What `switch_stacks` saves, as a new stack has it at first: where it goes on, its frame pointer,
/// and then what `cairn_fiber_start` takes: an argument and a function that does not come back.
struct FiberStart {
  void (*address)() = &cairn_fiber_start;
  uint64_t rbp = 0;
  void* argument;
  void* function;
};
static_assert(sizeof(FiberStart) % 16 == 0, "the stack stays aligned");

/// Saves where this code goes on on the current stack, and its top in `*from`; goes on with what
/// was saved in `to`. Inlined, so that calls and returns stay in pairs for the processor, which
/// foresees returns by that.
[[gnu::always_inline]] inline void switch_stacks([[maybe_unused]] void** from,
                                                 [[maybe_unused]] void* to) {
#if defined(__x86_64__)
  // What lies in the 128 bytes below the stack pointer may be in use.
  asm volatile(
      "sub $128, %%rsp\n\t"
      "push %%rbp\n\t"
      "lea 1f(%%rip), %%rax\n\t"
      "push %%rax\n\t"
      "mov %%rsp, (%%rdi)\n\t"
      "mov %%rsi, %%rsp\n\t"
      "pop %%rax\n\t"
      "jmp *%%rax\n"
      "1:\n\t"
      "pop %%rbp\n\t"
      "add $128, %%rsp"
      : "+D"(from), "+S"(to)
      :
      : "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "xmm0",
        "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11",
        "xmm12", "xmm13", "xmm14", "xmm15",
#if defined(__AVX512F__)
        "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23", "xmm24", "xmm25",
        "xmm26", "xmm27", "xmm28", "xmm29", "xmm30", "xmm31",
#endif
        "cc", "memory");
#else
  std::abort();  // never reached, see `native_supported`
#endif
}

}  // namespace cairn::engine
