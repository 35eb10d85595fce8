#pragma once
/// One execution: its stacks, and the interpreter's registers while it is not running.

#include <cairn/engine/execution.hpp>
#include <condition_variable>
#include <csetjmp>
#include <mutex>

#include "interp/registers.hpp"
#include "interp/stack_pool.hpp"
#include "native/native_run.hpp"
#include "runtime/store_data.hpp"

namespace cairn::engine {

/// Why the handlers came back.
enum class Exit : uint8_t {
  none,
  returned,
  trapped,
  out_of_fuel,
  interrupted,
  pending,
  threw,
  failed
};

/// A completion that outlives its execution.
struct CompletionState {
  std::mutex mutex;
  std::condition_variable ready;
  bool done = false;
  Trap trap = Trap::none;
  std::optional<Error> error;
  std::vector<Value> results;
};

/// Slots above the stack's limit, so that any entry function's arguments and results (at most 1000
/// vectors each) have room.
inline constexpr uint64_t entry_slots = 2048;

struct ExecutionData {
  // What handlers read.
  const std::atomic<uint32_t>* interrupt = nullptr;
  int64_t fuel = 0;          ///< of this slice
  int64_t fuel_reserve = 0;  ///< what else the store has
  uint64_t* slots_end = nullptr;
  Frame* frames_end = nullptr;
  StoreData* store = nullptr;
  const Word* stop_code = nullptr;     ///< see handler.hpp
  const Word* restore_code = nullptr;  ///< return address of calls into another instance
  const Word* return_code = nullptr;   ///< a plain return: where tail-called host functions go on
  const Word* native_code = nullptr;   ///< the first word of a compiled function
  const Word* end_code = nullptr;      ///< the return addresses under bottom frames, `end_count`
  Exit exit = Exit::none;
  Trap trap = Trap::none;

  Regs regs;  ///< saved when the handlers come back
  Stacks stacks;
  FuncInst* func = nullptr;  ///< null while no call uses it

  bool started = false;
  const Word* stopped_at = nullptr;  ///< loop shell: the pc of whoever said stop
  Execution::State state = Execution::State::ready;
  std::optional<Error> error;
  TrapInfo trap_info;
  uint64_t exception = 0;  ///< the exception in flight; a root

  /// The host function that runs or waits: its arguments are roots.
  FuncInst* host = nullptr;
  uint64_t* host_slots = nullptr;
  std::shared_ptr<CompletionState> completion;

  /// Where a fault in guest memory continues; set while handlers run on the host's stack.
  std::jmp_buf* fault_exit = nullptr;

  /// With a compiler: the execution's own stack and what stands on it.
  std::unique_ptr<NativeRun> native;

  size_t place = 0;      ///< in the store's list of executions
  bool metered = false;  ///< the engine counts fuel
  uint32_t used = 0;     ///< how many calls it has served
  ExecutionData* next_idle = nullptr;
  bool is_kept = false;  ///< serves further calls of its store, see execution_pool.hpp
};

inline ExecutionData* ExecutionPool::take(StoreData& store) {
  ExecutionData* const ex = idle_;
  if (ex == nullptr) [[unlikely]]
    return make_another(store);
  idle_ = ex->next_idle;
  return ex;
}

inline void ExecutionPool::give_back_returned(ExecutionData* ex) {
  if (!ex->is_kept) [[unlikely]]
    return drop(ex);
  if (NativeRun* const native = ex->native.get()) {
    // The stacks of calls that went deep are cut back, by and by: to look costs something.
    constexpr uint32_t trim_interval = 256;
    if (++ex->used % trim_interval == 0) [[unlikely]]
      FiberStackPool::trim(native->fiber.stack());
    if (native->throw_trace.exception() != 0) [[unlikely]]
      native->throw_trace.restart(0);
  }
  ex->started = false;
  ex->exit = Exit::none;
  ex->state = Execution::State::ready;
  ex->func = nullptr;
  ex->next_idle = idle_;
  idle_ = ex;
}

/// Does a frame with this return address have no caller in the interpreter?
inline constexpr int end_count = 4;
inline bool is_bottom(const ExecutionData& ex, const Word* return_pc) {
  return return_pc >= ex.end_code && return_pc < ex.end_code + end_count;
}

}  // namespace cairn::engine
