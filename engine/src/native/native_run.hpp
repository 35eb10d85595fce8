#pragma once
/// An execution on a stack of its own: runs of the interpreter and of compiled code, nested in one
/// another.

#include "interp/registers.hpp"
#include "native/abi.hpp"
#include "native/fiber.hpp"
#include "native/throw_trace.hpp"

namespace cairn::engine {

/// From one tier into the other. Lies on the execution's stack; linked from the newest on. An
/// entry and a departure take turns.
struct Crossing {
  enum class Kind : uint8_t {
    enter,              ///< the interpreter calls compiled code
    leave_interpreter,  ///< compiled code calls an interpreted function …
    leave_host,         ///< … or a host function
  };
  Crossing* outer = nullptr;
  Kind kind = Kind::enter;

  // enter
  void* boundary = nullptr;               ///< see `cairn_native_return`
  const NativeTarget* tail = nullptr;     ///< set to be called in place of what was entered …
  InstanceData* tail_instance = nullptr;  ///< … in this instance, with arguments at `fp`

  // leave
  void** frame = nullptr;        ///< frame address of the stub through which compiled code called
  const Regs* regs = nullptr;    ///< of the interpreter below, …
  InstanceData* inst = nullptr;  ///< … but for this one
};

/// Where compiled code stands: frame addresses lead to return addresses and outer frames.
struct NativePosition {
  const void* pc = nullptr;
  void** frame = nullptr;  ///< of the function that `pc` lies in
  bool is_return = true;   ///< `pc` is behind a call …
  bool waits = false;      ///< … of another function
  bool at_entry = false;   ///< the innermost function has not begun: the caller is where it stands
  /// Where the function returns to that `pc` lies in when it has no frame yet: `frame` is its
  /// caller's. Else null.
  const void* bare_return = nullptr;
};
/// Where the caller of the function with this frame address stands.
inline NativePosition position_above(void** frame) {
  return {.pc = frame[1], .frame = static_cast<void**>(frame[0])};
}
/// The same for a function of the module, or what stands in for one.
inline NativePosition position_of_caller(void** frame) {
  return {.pc = frame[1], .frame = static_cast<void**>(frame[0]), .waits = true};
}

struct NativeRun {
  /// `stack`: of at least `stack_bytes`.
  NativeRun(ExecutionData& ex, FiberStackPool& from, const FiberStack& stack);
  ~NativeRun();
  NativeRun(const NativeRun&) = delete;
  NativeRun& operator=(const NativeRun&) = delete;

  /// For another call: what the last one has left is forgotten.
  void reset() {
    crossings = nullptr;
    throw_trace.restart(0);
    saved = {};
  }

  /// What compiled code may use by the limits, and what everything else on the stack needs.
  static uint64_t stack_bytes(const StoreLimits& limits);

  FiberStackPool& pool;
  Fiber fiber;
  uint64_t stack_limit;  ///< compiled code stops below …
  uint64_t host_limit;   ///< … and calls nothing of the host's below
  Crossing* crossings = nullptr;
  NativePosition position;  ///< where compiled code has stopped, when it is what runs
  ThrowTrace throw_trace;   ///< of the exception in flight

  /// The parts of `NativeContext` that belong to one execution, while another one runs.
  struct Saved {
    uint64_t exception = 0;
    uint64_t* slots = nullptr;
    RefFrame* refs = nullptr;
    InstanceData* caller = nullptr;
  };
  Saved saved;
};

}  // namespace cairn::engine
