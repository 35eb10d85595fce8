#include "native/enter.hpp"

#include "interp/frames.hpp"
#include "interp/run.hpp"
#include "native/machine.hpp"

namespace cairn::engine {

namespace {
/// What host functions, and the runtime itself, may use of the stack.
constexpr uint64_t host_bytes = 256 << 10;
/// Compiled functions stop earlier by this much: what a small one calls needs no check of its own.
constexpr uint64_t slack_bytes = 64 << 10;
/// What is there before the first compiled function.
constexpr uint64_t base_bytes = 16 << 10;
/// More than there is of address space, so that sums do not wrap.
constexpr uint64_t compiled_bytes_max = uint64_t{1} << 48;
uint64_t compiled_bytes(const StoreLimits& limits) {
  return std::min(limits.stack_bytes_max, compiled_bytes_max);
}

/// A compiled function is entered without the interpreter, as long as it does nothing unusual.
Exit run_function(ExecutionData& ex) {
  if (ex.regs.pc != ex.native_code) return run_interpreter(ex);
  const NativeReturn end = enter_native(ex);
  if (end.exit == Exit::returned && end.tail == nullptr) [[likely]]
    return Exit::returned;
  ex.stacks.frames->return_pc = ex.end_code + detail::end_of(*ex.func->type);
  go_on_behind_native(ex, end);
  return run_interpreter(ex);
}

void fiber_main(void* argument) {
  auto& ex = *static_cast<ExecutionData*>(argument);
  ex.exit = run_function(ex);
}
}  // namespace

NativeRun::NativeRun(ExecutionData& ex, FiberStackPool& from, const FiberStack& stack)
    : pool(from),
      fiber(stack, &fiber_main, &ex),
      stack_limit(reinterpret_cast<uint64_t>(stack.top()) - base_bytes -
                  compiled_bytes(ex.store->limits)),
      host_limit(reinterpret_cast<uint64_t>(stack.low()) + host_bytes) {}

uint64_t NativeRun::stack_bytes(const StoreLimits& limits) {
  return base_bytes + compiled_bytes(limits) + slack_bytes + host_bytes;
}

NativeRun::~NativeRun() { pool.give_back(fiber.stack()); }

void prepare_context(StoreData& store) {
  // Second and further results: at most 1000, two slots each. Written before they are read, and
  // hardly ever: memory that nobody touches is none.
  constexpr size_t result_slots = 2000;
  store.native_results = std::make_unique_for_overwrite<uint64_t[]>(result_slots);
  store.native.results = store.native_results.get();
  store.native.calls = &runtime_calls();
}

void stop(ExecutionData& ex, Exit exit) {
  ex.exit = exit;
  ex.native->fiber.suspend();
}

void end_execution(ExecutionData& ex, Exit exit) {
  ex.exit = exit;
  ex.native->fiber.leave();
}

void end_with_trap(ExecutionData& ex, Trap trap, const NativePosition& position) {
  ex.fuel = ex.store->native.fuel;
  ex.trap = trap;
  ex.native->position = position;
  end_execution(ex, Exit::trapped);
}

Exit run_interpreter(ExecutionData& ex) {
  for (;;) {
    if (ex.exit == Exit::none) run_handlers(ex);
    switch (ex.exit) {
      case Exit::threw:
        ex.native->throw_trace.follow(ex.exception);
        ex.native->throw_trace.add(FrameCursor(ex));
        [[fallthrough]];
      case Exit::returned: return std::exchange(ex.exit, Exit::none);
      case Exit::out_of_fuel:
      case Exit::interrupted:
      case Exit::pending: stop(ex, ex.exit); break;
      case Exit::trapped:
      case Exit::failed:
      case Exit::none: end_execution(ex, ex.exit);
    }
  }
}

namespace {

/// Calls `stub(a, b, c)` behind a boundary. What the interpreter's frame holds is free for the
/// arguments of calls: compiled code has read it before it calls anything.
NativeReturn cross(ExecutionData& ex, const void* stub, const void* a, const void* b, void* c) {
  NativeRun& run = *ex.native;
  NativeContext& context = ex.store->native;
  Crossing here{.outer = run.crossings};
  uint64_t* const slots = detail::load_alone(context.slots);
  RefFrame* const refs = detail::load_alone(context.refs);
  context.slots = ex.regs.fp;
  run.crossings = &here;
  context.fuel = ex.fuel;
  cairn_native_enter(stub, a, b, c, &here.boundary);
  run.crossings = here.outer;
  context.slots = slots;
  context.refs = refs;
  ex.fuel = context.fuel;
  if (context.exception != 0) [[unlikely]] {
    ex.exception = std::exchange(context.exception, 0);
    return {.exit = Exit::threw};
  }
  if (here.tail == nullptr) [[likely]]
    return {};
  return {.tail = here.tail, .tail_instance = here.tail_instance};
}

}  // namespace

NativeReturn enter_native(ExecutionData& ex) {
  const auto& code = *reinterpret_cast<const FuncCode*>(ex.regs.acc);
  return cross(ex, code.enter_stub.load(std::memory_order_acquire),
               code.native_entry.load(std::memory_order_acquire), ex.regs.inst, ex.regs.fp);
}

NativeReturn enter_loop(ExecutionData& ex, const void* entry) {
  return cross(ex, entry, ex.regs.inst, ex.regs.fp, nullptr);
}

}  // namespace cairn::engine
