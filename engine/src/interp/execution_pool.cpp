#include "interp/execution_pool.hpp"

#include <algorithm>

#include "interp/handlers.hpp"
#include "interp/run.hpp"
#include "native/enter.hpp"
#include "runtime/store_data.hpp"

namespace cairn::engine {

namespace {

/// With a compiler there is one stack for compiled code and interpreter. False: no memory for it.
bool give_own_stack(ExecutionData& ex) {
  EngineState& engine = *ex.store->engine;
  if (!engine.compiles()) return true;
  if (ex.store->native.results == nullptr) prepare_context(*ex.store);
  const FiberStack stack = engine.fiber_stacks.take(NativeRun::stack_bytes(ex.store->limits));
  if (stack.base == nullptr) return false;
  ex.native = std::make_unique<NativeRun>(ex, engine.fiber_stacks, stack);
  return true;
}

void free(ExecutionData* ex) {
  ex->store->engine->stacks.give_back(ex->stacks);
  delete ex;
}

/// The collector finds all that there are, idle or not.
void enlist(StoreData& store, ExecutionData* ex) {
  ex->place = store.executions.size();
  store.executions.push_back(ex);
}

void destroy(ExecutionData* ex) {
  std::vector<ExecutionData*>& all = ex->store->executions;
  all[ex->place] = all.back();
  all[ex->place]->place = ex->place;
  all.pop_back();
  free(ex);
}

ExecutionData* make(StoreData& store) {
  EngineState& engine = *store.engine;
  auto* const ex = new ExecutionData;
  ex->store = &store;
  // The parameters and results of any function fit beside the frames' limit.
  ex->stacks = engine.stacks.take(store.limits.stack_bytes_max / 8 + entry_slots,
                                  std::max(store.limits.call_depth_max, 1u));
  if (ex->stacks.slots == nullptr || !give_own_stack(*ex)) {
    free(ex);
    return nullptr;
  }
  enlist(store, ex);
  ex->metered = engine.settings.fuel;
  ex->interrupt = &store.interrupt;
  ex->slots_end = ex->stacks.slots + ex->stacks.slot_count - entry_slots;
  ex->frames_end = ex->stacks.frames + ex->stacks.frame_count;
  const bool tail = engine.settings.dispatch == Dispatch::tail_call;
  const Stubs& stubs = tail ? stubs_tail : stubs_loop;
  ex->stop_code = tail ? stop_code_tail : stop_code_loop;
  ex->restore_code = stubs.restore;
  ex->return_code = stubs.plain_return;
  ex->end_code = stubs.end[0];
  ex->native_code = stubs.enter_native;
  ex->regs = {.ex = ex};
  *ex->stacks.frames = {ex->end_code, ex->stacks.slots, 0, 0};
  if (!ex->metered) ex->fuel = INT64_MAX / 2;
  return ex;
}

}  // namespace

ExecutionData* ExecutionPool::make_another(StoreData& store) {
  ExecutionData* const ex = make(store);
  if (ex == nullptr || kept_ == kept_max) return ex;
  std::atomic<int>& left = store.engine->executions_to_keep;
  if (left.fetch_sub(1, std::memory_order_relaxed) <= 0) {
    left.fetch_add(1, std::memory_order_relaxed);
    return ex;
  }
  ex->is_kept = true;
  ++kept_;
  return ex;
}

void ExecutionPool::give_back(ExecutionData* ex) {
  if (ex->state != Execution::State::returned && ex->is_kept) {
    if (ex->native) ex->native->reset();
    ex->trap = Trap::none;
    ex->stopped_at = nullptr;
    ex->error.reset();
    ex->trap_info = {};
    ex->exception = 0;
    ex->host = nullptr;
    ex->completion = nullptr;
    ex->fault_exit = nullptr;
  }
  give_back_returned(ex);
}

void ExecutionPool::drop(ExecutionData* ex) { destroy(ex); }

void ExecutionPool::clear(EngineState& engine) {
  while (ExecutionData* const ex = idle_) {
    idle_ = ex->next_idle;
    destroy(ex);
  }
  engine.executions_to_keep.fetch_add(static_cast<int>(kept_), std::memory_order_relaxed);
  kept_ = 0;
}

}  // namespace cairn::engine
