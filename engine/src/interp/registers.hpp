#pragma once
/// The interpreter's registers, and what calls save of them.

#include "interp/code.hpp"

namespace cairn::engine {

/// What a call leaves behind, to be restored by the return.
struct Frame {
  const Word* return_pc;
  uint64_t* fp;  ///< the caller's
  uint64_t pin;  ///< its pinned integer local
  double fpin;   ///< its pinned float local
};

/// The interpreter's registers. Handlers hold them in machine registers.
struct Regs {
  const Word* pc = nullptr;
  uint64_t* fp = nullptr;
  uint8_t* mem = nullptr;  ///< `inst->memory0_base`
  InstanceData* inst = nullptr;
  ExecutionData* ex = nullptr;
  Frame* frame = nullptr;  ///< the next free record
  uint64_t acc = 0;
  uint64_t pin = 0;
  FloatReg facc = {0, 0};
  FloatReg fpin = {0, 0};
};

/// Are the registers of a handler that faults where its ABI has them? What sanitizers and coverage
/// add moves them about: there, whatever may fault saves them first.
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(undefined_behavior_sanitizer) || __has_feature(coverage_sanitizer)
inline constexpr bool registers_stay = false;
#else
inline constexpr bool registers_stay = true;
#endif

}  // namespace cairn::engine
