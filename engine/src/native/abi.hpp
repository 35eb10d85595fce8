#pragma once
/// What compiled code, the semantics that are inlined into it, and the runtime share. See
/// docs/decisions/0008-compiled-tier.md. Changing anything here changes what cached code means:
/// raise `native_abi_version`.

#include <atomic>
#include <cstdint>

#include "native/target.hpp"

namespace cairn::engine {

struct FuncInst;
struct InstanceData;

inline constexpr uint32_t native_abi_version = 8;
/// Names the layout of the structures that code reaches into: what another build has made differs.
uint64_t runtime_layout_digest();

/// References that a compiled function holds, on its native stack. Linked from the newest on.
struct RefFrame {
  RefFrame* outer;
  uint64_t count;
  uint64_t refs[];  ///< `count` references, or 0
};

/// What is rarely called keeps nearly all registers, so that nobody saves any in front of a call
/// that does not happen.
#define CAIRN_RARELY_CALLED __attribute__((preserve_most))

/// Functions that compiled code calls out of line; C ABI. Those that may not return leave the
/// execution's stack for good.
struct RuntimeCalls {
  /// Ends the execution with a trap.
  void (*raise)(InstanceData*, uint32_t trap) __attribute__((noreturn));
  /// At a function's entry, when the stack pointer is below the limit: the stack is exhausted, or
  /// an interruption is wanted; returns after that.
  void (*check_stack)(InstanceData*) CAIRN_RARELY_CALLED;
  /// At a loop head, when an interruption is wanted.
  void (*interrupt)(InstanceData*) CAIRN_RARELY_CALLED;
  /// `context.fuel` has been made negative by `cost`: gives that back, stops the execution, and
  /// takes `cost` when there is enough.
  void (*out_of_fuel)(InstanceData*, int64_t cost) CAIRN_RARELY_CALLED;
  /// Calls a function that has no compiled code (host functions among them): arguments and then
  /// results at `slots`; `frame` is the frame address of the stub that calls.
  void (*call)(InstanceData*, NativeTarget* target, uint64_t* slots, void* frame);
  /// The same for a host function, called by the plain convention: the stub has a frame of its own.
  void (*call_host)(InstanceData* caller, NativeTarget* target, uint64_t* slots, void* frame);
  /// An exception is in flight: goes on behind the call that entered compiled code last.
  void (*unwind_to_boundary)(InstanceData*) __attribute__((noreturn));
  /// Makes the exception of a `throw` from its payload slots into `context.exception`.
  void (*throw_new)(InstanceData*, uint32_t tag, const uint64_t* payload, uint32_t slots);
  /// Throws an exception that exists: makes it `context.exception`.
  void (*throw_again)(InstanceData*, uint64_t exception);
  /// What the semantics need, in the order of semantics/calls.def.
#define CAIRN_RUNTIME_CALL(result, name, parameters) result(*name) parameters;
#include "native/calls.def"
};

/// The part of a store that compiled code reads and writes.
struct NativeContext {
  std::atomic<uint64_t> stack_limit = 0;  ///< all ones: an interruption is wanted
  int64_t fuel = 0;
  uint64_t exception = 0;          ///< in flight, or 0
  uint64_t* slots = nullptr;       ///< the first free slot of the running execution
  RefFrame* refs = nullptr;        ///< the newest frame
  InstanceData* caller = nullptr;  ///< who calls a target of another instance, or a host function
  uint64_t* results = nullptr;     ///< second and further results, two slots each
  const RuntimeCalls* calls = nullptr;
};

}  // namespace cairn::engine
