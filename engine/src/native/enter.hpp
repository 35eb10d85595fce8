#pragma once
/// Executions on stacks of their own (docs/decisions/0008-compiled-tier.md): from the host to such
/// an execution, and from the interpreter into compiled code.

#include "interp/execution_data.hpp"

namespace cairn::engine {

/// Runs the execution on its own stack until it ends or stops; `ex.exit` says why.
void run_on_fiber(ExecutionData& ex);

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

/// The functions that compiled code calls.
const RuntimeCalls& runtime_calls();

/// The execution of this thread that runs innermost.
ExecutionData& running_execution(const InstanceData& instance);

/// Lets compiled code run on up to the stack's limit, or stop at once when the store is
/// interrupted.
void set_stack_limit(StoreData& store, const NativeRun& run);

}  // namespace cairn::engine
