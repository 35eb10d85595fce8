#pragma once
/// One execution: its stacks, and the interpreter's registers while it is not running.

#include <cairn/engine/execution.hpp>
#include <condition_variable>
#include <csetjmp>
#include <mutex>

#include "interp/code.hpp"
#include "interp/stack_pool.hpp"
#include "runtime/store_data.hpp"

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
  Exit exit = Exit::none;
  Trap trap = Trap::none;

  Regs regs;  ///< saved when the handlers come back
  Stacks stacks;
  FuncInst* func = nullptr;

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

  /// Where a fault in guest memory continues; set while handlers run.
  std::jmp_buf* fault_exit = nullptr;
};

}  // namespace cairn::engine
