// What compiled code calls: traps, stops, and functions without code. All of this is built with
// frame pointers, so that a walk over the stack finds its way from here to the compiled caller.

#include "interp/calls.hpp"
#include "interp/interp.hpp"
#include "interp/run.hpp"
#include "native/code_map.hpp"
#include "native/enter.hpp"
#include "native/machine.hpp"
#include "native/semantics_calls.hpp"

/// Where the compiled caller of the function that uses it stands.
#define CAIRN_CALLER_POSITION() position_above(static_cast<void**>(__builtin_frame_address(0)))

namespace cairn::engine {

namespace {

/// Stops at a place in compiled code.
void stop_native(ExecutionData& ex, Exit exit) {
  NativeContext& context = ex.store->native;
  ex.fuel = context.fuel;
  stop(ex, exit);
  context.fuel = ex.fuel;
}

void stop_while_interrupted(ExecutionData& ex) {
  while (ex.store->interrupt.load(std::memory_order_relaxed) != 0)
    stop_native(ex, Exit::interrupted);
}

[[gnu::noreturn]] void raise(InstanceData* instance, uint32_t trap) {
  end_with_trap(running_execution(*instance), static_cast<Trap>(trap), CAIRN_CALLER_POSITION());
}

CAIRN_RARELY_CALLED void check_stack(InstanceData* instance) {
  ExecutionData& ex = running_execution(*instance);
  // The caller's stack pointer was above the return address.
  void** const frame = static_cast<void**>(__builtin_frame_address(0));
  if (reinterpret_cast<uint64_t>(frame + 2) < ex.native->stack_limit) {
    NativePosition position = position_above(frame);
    position.at_entry = true;
    end_with_trap(ex, Trap::call_stack_exhausted, position);
  }
  stop_while_interrupted(ex);
  set_stack_limit(*ex.store, *ex.native);
}

CAIRN_RARELY_CALLED void interrupt(InstanceData* instance) {
  stop_while_interrupted(running_execution(*instance));
}

CAIRN_RARELY_CALLED void out_of_fuel(InstanceData* instance, int64_t cost) {
  ExecutionData& ex = running_execution(*instance);
  NativeContext& context = instance->store->native;
  context.fuel += cost;
  while (context.fuel < cost) stop_native(ex, Exit::out_of_fuel);
  context.fuel -= cost;
}

// ---- Calls -------------------------------------------------------------------------------------

/// Behind a call that ended with an exception, in compiled code: goes on there, or where that was
/// entered when nothing in its module could catch.
void pass_exception(ExecutionData& ex, void** frame) {
  NativeRun& run = *ex.native;
  const NativePosition caller = position_of_caller(frame);
  run.throw_trace.follow(ex.exception);
  run.throw_trace.add(caller, *run.crossings);
  ex.store->native.exception = std::exchange(ex.exception, 0);
  ex.host = nullptr;
  const ModuleState* const module =
      CodeMap::find(static_cast<const uint8_t*>(caller.pc) - 1).module;
  if (module == nullptr || !module->control_traits.exceptions)
    cairn_native_return(run.crossings->boundary);
}

void call_interpreted(ExecutionData& ex, FuncCode& code, InstanceData& instance, uint64_t* slots,
                      void** frame) {
  NativeRun& run = *ex.native;
  NativeContext& context = ex.store->native;
  if (ex.regs.frame == ex.frames_end || reinterpret_cast<uint64_t>(frame) < run.host_limit)
    end_with_trap(ex, Trap::call_stack_exhausted, position_of_caller(frame));
  const Regs regs = ex.regs;
  Crossing here{.outer = run.crossings,
                .kind = Crossing::Kind::leave_interpreter,
                .frame = frame,
                .regs = &regs,
                .inst = regs.inst};
  run.crossings = &here;
  ex.fuel = context.fuel;
  enter_from_bottom(ex, code, type_of(code), instance, slots, regs.frame);
  const Exit exit = run_interpreter(ex);
  run.crossings = here.outer;
  ex.regs = regs;
  context.fuel = ex.fuel;
  if (exit == Exit::threw) [[unlikely]]
    pass_exception(ex, frame);
}

/// A host function has ended with something else than results.
[[gnu::noinline]] void end_host_call(ExecutionData& ex, HostStatus status, void** frame) {
  NativeRun& run = *ex.native;
  NativeContext& context = ex.store->native;
  Crossing here{.outer = run.crossings,
                .kind = Crossing::Kind::leave_host,
                .frame = frame,
                .regs = &ex.regs,
                .inst = ex.regs.inst};
  run.crossings = &here;
  ex.fuel = context.fuel;
  const Exit exit = exit_of_host_call(ex, status);
  if (exit == Exit::pending)
    stop(ex, exit);  // results are there when it goes on
  else if (exit != Exit::threw)
    end_execution(ex, exit);
  run.crossings = here.outer;
  context.fuel = ex.fuel;
  if (exit == Exit::threw) pass_exception(ex, frame);
}

/// While the host function runs, its caller stands where it entered the stub with that frame: who
/// walks the stack then, for references, needs nothing of compiled code.
[[gnu::always_inline]] inline void run_host_function(ExecutionData& ex, InstanceData* caller,
                                                     FuncInst& func, uint64_t* slots,
                                                     void** frame) {
  StoreData& store = *ex.store;
  if (reinterpret_cast<uint64_t>(frame) < ex.native->host_limit) [[unlikely]]
    end_with_trap(ex, Trap::call_stack_exhausted, position_of_caller(frame));
  ex.host = &func;
  ex.host_slots = slots;
  const bool metered = store.engine->settings.fuel;
  if (metered) store.fuel = store.native.fuel + ex.fuel_reserve;
  Caller seen(&store, caller, &ex);
  const HostFunc& host = *func.host;
  const HostStatus status = host.callback(host.env.get(), seen, slots);
  if (metered) store.native.fuel = store.fuel - ex.fuel_reserve;
  if (status != HostStatus::ok) [[unlikely]]
    return end_host_call(ex, status, frame);
  ex.host = nullptr;
}

void call_host_function(InstanceData* caller, NativeTarget* target, uint64_t* slots,
                        void* frame_address) {
  run_host_function(running_execution(*caller), caller, *reinterpret_cast<FuncInst*>(target), slots,
                    static_cast<void**>(frame_address));
}

void copy_entries(NativeTarget& from, NativeTarget& to) {
  const auto copy = [](const void*& source, const void*& entry) {
    std::atomic_ref(entry).store(std::atomic_ref(source).load(std::memory_order_acquire),
                                 std::memory_order_release);
  };
  copy(from.entry, to.entry);
  copy(from.tail_entry, to.tail_entry);
}

void call(InstanceData* instance, NativeTarget* target, uint64_t* slots, void* frame_address) {
  ExecutionData& ex = running_execution(*instance);
  Crossing& entry = *ex.native->crossings;
  void** const frame = static_cast<void**>(frame_address);
  if (frame[0] == frame_of_stub(entry.boundary)) {
    // A tail call has left nothing of what the interpreter had entered. It calls this itself, so
    // that such calls can go to and fro forever.
    entry.tail = target;
    entry.tail_instance = instance;
    cairn_native_return(entry.boundary);
  }
  if (target->kind == NativeTarget::Kind::code)
    return call_interpreted(ex, *reinterpret_cast<FuncCode*>(target), *instance, slots, frame);
  auto& func = *reinterpret_cast<FuncInst*>(target);
  if (func.code == nullptr)
    return run_host_function(ex, ex.store->native.caller, func, slots, frame);
  // What has been compiled since this target was resolved is called without us from now on.
  if (func.code->native_entry.load(std::memory_order_acquire) != nullptr)
    copy_entries(func.code->target, *target);
  call_interpreted(ex, *func.code, *func.instance, slots, frame);
}

// ---- Exceptions --------------------------------------------------------------------------------

[[gnu::noreturn]] void unwind_to_boundary(InstanceData* instance) {
  cairn_native_return(running_execution(*instance).native->crossings->boundary);
}

/// The exception is thrown at `position`, in compiled code.
void throw_at(ExecutionData& ex, const NativePosition& position, uint64_t exception) {
  ex.store->native.exception = exception;
  ex.native->throw_trace.restart(exception);
  ex.native->throw_trace.add(position, *ex.native->crossings);
}

void throw_new(InstanceData* instance, uint32_t tag, const uint64_t* payload, uint32_t slots) {
  ExecutionData& ex = running_execution(*instance);
  const NativePosition position = CAIRN_CALLER_POSITION();
  const uint64_t exception = new_exception(*instance, tag, payload, slots);
  if (exception == 0) [[unlikely]]
    end_with_trap(ex, Trap::out_of_memory, position);
  throw_at(ex, position, exception);
}

void throw_again(InstanceData* instance, uint64_t exception) {
  throw_at(running_execution(*instance), CAIRN_CALLER_POSITION(), exception);
}

RuntimeCalls make_runtime_calls() {
  RuntimeCalls calls{};
  calls.raise = &raise;
  calls.check_stack = &check_stack;
  calls.interrupt = &interrupt;
  calls.out_of_fuel = &out_of_fuel;
  calls.call = &call;
  calls.call_host = &call_host_function;
  calls.unwind_to_boundary = &unwind_to_boundary;
  calls.throw_new = &throw_new;
  calls.throw_again = &throw_again;
  set_semantics_calls(calls);
  return calls;
}

}  // namespace

const RuntimeCalls& runtime_calls() {
  static const RuntimeCalls calls = make_runtime_calls();
  return calls;
}

}  // namespace cairn::engine
