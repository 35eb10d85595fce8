#pragma once
/// Entering functions. Out-of-line parts get plain values, never the registers.

#include "interp/branch.hpp"

namespace cairn::engine {

/// Translates a function on its first call and returns where its code begins.
const Word* translate_now(FuncCode& code);

/// Calls a host function with its arguments at `slots`; results come to the same place. Registers
/// are spilled. `Exit::none`: go on behind the call; anything else: stop with that (an exception or
/// a trap is in the execution).
Exit call_host(ExecutionData& ex, FuncInst& func, uint64_t* slots);
/// What it means that a host function has ended with that status (not `ok`).
Exit exit_of_host_call(ExecutionData& ex, HostStatus status);

/// Finds the handler of the exception in `ex.exception`, starting from the spilled registers, and
/// sets them to it. False: nothing catches it, `ex.exit` says so.
bool unwind(ExecutionData& ex);

/// Makes an exception from its payload; 0 when the heap is full.
uint64_t new_exception(InstanceData& instance, uint32_t tag_index, const uint64_t* payload,
                       uint32_t slots);
/// Makes the exception of a `throw` from its payload into `ex.exception`. False: the heap is full.
bool make_exception(ExecutionData& ex, uint32_t tag_index, const uint64_t* payload, uint32_t slots);

/// Is the actual type (not equal to it) a subtype of the expected one?
bool func_type_matches(const ExecutionData& ex, wasm::TypeId actual, wasm::TypeId expected);

CAIRN_BODY bool push_frame(Regs& r, const Word* return_pc) {
  if (r.frame == r.ex->frames_end) [[unlikely]] {
    raise(r, Trap::call_stack_exhausted);
    return false;
  }
  r.frame->return_pc = return_pc;
  r.frame->fp = r.fp;
  r.frame->pin = r.pin;
  r.frame->fpin = r.fpin[0];
  ++r.frame;
  return true;
}

/// Jumps to a function's first instruction; `acc` tells `translate` which function it is.
CAIRN_BODY void go_to(Regs& r, FuncCode* code) {
  r.acc = reinterpret_cast<uint64_t>(code);
  r.pc = code->entry.load(std::memory_order_acquire);
}

/// After out-of-line code ended with `exit`: goes on at the catch handler or stops.
CAIRN_BODY void stop_or_catch(Regs& r, Exit exit) {
  if (exit != Exit::threw || !unwind(*r.ex)) return leave(r, exit);
  reload(r);
  // To throw and to catch may be all that a loop does.
  if (r.ex->interrupt->load(std::memory_order_relaxed) != 0) [[unlikely]]
    leave(r, Exit::interrupted);
}

/// A host function's single numeric result goes to the accumulators; whatever its type, this is it.
CAIRN_BODY void take_host_result(Regs& r, const uint64_t* slots) {
  r.acc = slots[0];
  to_register<double>(r.acc, r.facc, std::bit_cast<double>(slots[0]));
}

/// The saved pc is the return address, so that the collector finds the caller's stack map and a
/// suspended call goes on there.
CAIRN_BODY void enter_host(Regs& r, FuncInst* func, uint64_t* slots, const Word* return_pc) {
  r.pc = return_pc;
  spill(r);
  const Exit exit = call_host(*r.ex, *func, slots);
  if (exit != Exit::none) [[unlikely]]
    return stop_or_catch(r, exit);
  take_host_result(r, slots);
}

/// Calls `func` (not null) with its arguments from slot `delta` on; returns to `return_pc`.
CAIRN_BODY void enter(Regs& r, FuncInst* func, uint32_t delta, const Word* return_pc) {
  if (func->code == nullptr) return enter_host(r, func, r.fp + delta, return_pc);
  if (!push_frame(r, return_pc)) return;
  if (func->instance != r.inst) [[unlikely]] {
    // A second record brings the caller's instance back: it returns to `restore_instance`, which
    // reads the instance from the place of the frame pointer.
    r.fp += delta;
    uint64_t* const callee = r.fp;
    r.fp = reinterpret_cast<uint64_t*>(r.inst);
    if (!push_frame(r, r.ex->restore_code)) {
      r.fp = callee - delta;
      --r.frame;
      return;
    }
    r.fp = callee;
    r.inst = func->instance;
    r.mem = r.inst->memory0_base;
  } else {
    r.fp += delta;
  }
  go_to(r, func->code);
}

}  // namespace cairn::engine
