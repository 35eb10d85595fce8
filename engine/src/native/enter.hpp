#pragma once
/// Executions on stacks of their own (docs/decisions/0008-compiled-tier.md): from the host to such
/// an execution, and from the interpreter into compiled code.

#include "interp/execution_data.hpp"
#include "interp/fault.hpp"
#include "native/alternate_stack.hpp"

namespace cairn::engine {

/// Before compiled code runs in the store for the first time.
void prepare_context(StoreData& store);

/// Lets compiled code run on up to the stack's limit, or stop at once when the store is
/// interrupted. Whoever interrupts sets `interrupt` first and the limit afterwards. So either it is
/// seen here, or it comes behind what is written here, or stands there.
inline void set_stack_limit(StoreData& store, const NativeRun& run) {
  if (store.native.stack_limit.load(std::memory_order_relaxed) == run.stack_limit) return;
  if (store.process_barriers) [[likely]] {
    // Who interrupts has a barrier between its two steps run here.
    store.native.stack_limit.store(run.stack_limit, std::memory_order_relaxed);
    std::atomic_signal_fence(std::memory_order_seq_cst);
  } else {
    store.native.stack_limit.store(run.stack_limit);
  }
  if (store.interrupt.load() != 0) store.native.stack_limit.store(UINT64_MAX);
}

namespace detail {
/// A load that is not made one with that of its neighbour: two values that were stored one by one
/// could not be taken from the processor's store buffer then.
template <class T>
T load_alone(const T& value) {
  return const_cast<const volatile T&>(value);
}
inline void save_context(const NativeContext& context, NativeRun& run) {
  run.saved.exception = load_alone(context.exception);
  run.saved.slots = load_alone(context.slots);
  run.saved.refs = load_alone(context.refs);
  run.saved.caller = load_alone(context.caller);
}
inline void clear_context(NativeContext& context) {
  context.exception = 0;
  context.slots = nullptr;
  context.refs = nullptr;
  context.caller = nullptr;
}
inline void load_context(NativeContext& context, const NativeRun& run) {
  context.exception = load_alone(run.saved.exception);
  context.slots = load_alone(run.saved.slots);
  context.refs = load_alone(run.saved.refs);
  context.caller = load_alone(run.saved.caller);
}
}  // namespace detail

/// Runs the execution on its own stack, for the first time or again, until it ends or stops;
/// `ex.exit` says why. While none runs, the context refers to nothing that an execution holds.
template <bool first>
[[gnu::always_inline]] inline void run_on_fiber(ExecutionData& ex) {
  StoreData& store = *ex.store;
  NativeContext& context = store.native;
  use_alternate_stack();
  ExecutionData* const outer = store.running;
  if (outer != nullptr) detail::save_context(context, *outer->native);
  ex.started = true;
  if constexpr (!first)
    detail::load_context(context, *ex.native);
  else if (outer != nullptr)
    detail::clear_context(context);
  set_stack_limit(store, *ex.native);
  store.running = &ex;
  {
    const RunningScope scope(ex);
    if constexpr (first)
      ex.native->fiber.run();
    else
      ex.native->fiber.resume();
  }
  store.running = outer;
  if (ex.exit != Exit::returned) [[unlikely]] {
    detail::save_context(context, *ex.native);
    detail::clear_context(context);
  }
  if (outer != nullptr) {
    detail::load_context(context, *outer->native);
    set_stack_limit(store, *outer->native);
  }
}

/// From inside: goes back to the host, which may resume. `ex.exit` is none afterwards.
void stop(ExecutionData& ex, Exit exit);
/// The same for good.
[[noreturn]] void end_execution(ExecutionData& ex, Exit exit);
[[noreturn]] void end_with_trap(ExecutionData& ex, Trap trap, const NativePosition& position);

/// Runs handlers from the spilled registers until this run ends: `returned` or `threw`.
Exit run_interpreter(ExecutionData& ex);

/// How compiled code came back to the interpreter.
struct NativeReturn {
  Exit exit = Exit::returned;             ///< or `threw`
  const NativeTarget* tail = nullptr;     ///< or: to be called in place of it, arguments at `fp`,
  InstanceData* tail_instance = nullptr;  ///< in this instance
};
/// Calls the compiled code of the function that the spilled `acc` names, with arguments at the
/// spilled `fp`; results come to the same place.
NativeReturn enter_native(ExecutionData& ex);
/// Goes on at a loop of the function whose frame is at the spilled `fp`; results come there too.
NativeReturn enter_loop(ExecutionData& ex, const void* entry);

/// After `enter_native`: sets the registers to where the interpreter goes on, or `ex.exit`.
void go_on_behind_native(ExecutionData& ex, const NativeReturn& end);

/// The functions that compiled code calls.
const RuntimeCalls& runtime_calls();

/// The execution of this thread that runs innermost.
inline ExecutionData& running_execution(const InstanceData& instance) {
  return *instance.store->running;
}

}  // namespace cairn::engine
