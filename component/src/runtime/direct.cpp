// The short way of calls that pass numbers and in which nothing is asynchronous. What can be seen
// of them is what `StoreState::call` does; task and thread serve one call after another.

#include "runtime/builtin.hpp"

namespace cairn::component::rt {

bool LiftedFunc::can_be_direct() const {
  return !plan->is_async && !options.is_async && !options.post_return && plan->params.all_scalar &&
         plan->params.flat_count <= max_flat_params && plan->results.all_scalar;
}

namespace {

std::shared_ptr<Thread> take_thread(const LiftedFunc& func) {
  StoreState& store = func.instance->store;
  if (!func.spare) return std::make_shared<Thread>(std::make_shared<Task>(func, nullptr));
  Task& task = *func.spare->task;
  task.is_spare = false;
  task.borrows = 0;
  ++store.task_count;
  Thread& thread = *func.spare;
  thread.cancellable = false;
  std::ranges::fill(thread.storage, 0);
  return std::move(func.spare);
}

void give_back(const LiftedFunc& func, std::shared_ptr<Thread> thread) {
  thread->running = false;
  // A thread that it has started may still need them.
  if (thread.use_count() > 1 || thread->task.use_count() > 1) return;
  thread->task->is_spare = true;
  --func.instance->store.task_count;
  func.spare = std::move(thread);
}

}  // namespace

Result<Thread*> StoreState::call_direct(const LiftedFunc& func, uint64_t* slots,
                                        InstanceState* caller) {
  InstanceState& instance = *func.instance;
  TRY(check_call(func, caller));
  instance.set_may_enter(caller, false);
  // What the host passes is of its types.
  if (caller && !func.plan->params.bits_only) {
    Transfer t(deterministic);
    TRY(t.result(narrow_scalars(t, func.plan->params, slots)));
  }
  std::shared_ptr<Thread> owned = take_thread(func);
  Thread& thread = *owned;
  Task& task = *thread.task;
  task.implicit = &thread;
  task.from_host = !caller && !current;
  task.state = Task::State::started;
  thread.then = &Task::after_sync;
  thread.running = true;
  TRY(task.register_thread(std::move(owned)));
  thread.execution.emplace(TRY(engine::Execution::start(core, func.core, slots)));
  Thread* const outer = std::exchange(current, &thread);
  const engine::Execution::State state = thread.execution->resume();
  current = outer;
  if (state == engine::Execution::State::waiting) return &thread;
  if (state != engine::Execution::State::returned) {
    auto end = end_of(*thread.execution, state);
    thread.execution.reset();
    return end;
  }
  const TuplePlan& results = func.plan->results;
  std::copy_n(thread.execution->result_slots(), results.items.size(), slots);
  thread.execution.reset();
  if (!results.bits_only) {
    Transfer t(deterministic);
    TRY(t.result(narrow_scalars(t, results, slots)));
  }
  task.state = Task::State::resolved;
  std::erase(task.threads, &thread);
  give_back(func, task.take_thread(thread.index));
  instance.set_may_enter(caller, true);
  return nullptr;
}

Result<> StoreState::go_on(Thread& blocked, InstanceState* caller) {
  const std::shared_ptr<Task> task = blocked.task;
  if (Thread* const other = std::exchange(switch_to, nullptr))
    TRY(resume(other->shared_from_this()));
  TRY(run_to_result(*task));
  task->instance.set_may_enter(caller, true);
  return {};
}

}  // namespace cairn::component::rt
