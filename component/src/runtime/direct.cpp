// The short way of calls that pass numbers and in which nothing is asynchronous. What can be seen
// of them is what `StoreState::call` does; task and thread serve one call after another.

#include "runtime/builtin.hpp"

namespace cairn::component::rt {

bool LiftedFunc::can_be_direct() const {
  return !plan->is_async && !options.is_async && !options.post_return && plan->params.all_scalar &&
         plan->params.flat_count <= max_flat_params && plan->results.all_scalar;
}

namespace {

std::shared_ptr<Thread> make_thread(const LiftedFunc& func) {
  auto thread = std::make_shared<Thread>(std::make_shared<Task>(func, nullptr));
  thread->task->is_spare = true;
  --func.instance->store.task_count;
  return thread;
}

/// The thread of a call that begins now: the function's own, unless that is in use by a call which
/// this one is within.
class Borrowed {
 public:
  explicit Borrowed(const LiftedFunc& func) : func_(func) {
    if (!func.spare) func.spare = make_thread(func);
    if (!func.spare->task->is_spare) other_ = make_thread(func);
    Task& task = *thread().task;
    task.is_spare = false;
    ++func.instance->store.task_count;
    task.borrows = 0;
    task.implicit = &thread();
    task.state = Task::State::started;
    thread().then = &Task::after_sync;
    thread().running = true;
    thread().cancellable = false;
    thread().storage[0] = thread().storage[1] = 0;
  }
  Thread& thread() const { return other_ ? *other_ : *func_.spare; }

  /// The call has ended: out of the instance's list, and ready for the next one, unless another
  /// thread that it has started needs them.
  void release() {
    Thread& thread = this->thread();
    Task& task = *thread.task;
    InstanceState& instance = *func_.instance;
    std::erase(task.threads, &thread);
    instance.free_threads.push_back(thread.index);
    instance.threads[thread.index].thread = nullptr;
    thread.running = false;
    if (owner().use_count() > 1 || thread.task.use_count() > 1) return owner().reset();
    task.is_spare = true;
    --instance.store.task_count;
  }
  /// The call has not ended: its thread belongs to the instance.
  void hand_over() {
    const uint32_t index = thread().index;
    func_.instance->threads[index].owner = std::move(owner());
  }

 private:
  std::shared_ptr<Thread>& owner() { return other_ ? other_ : func_.spare; }
  const LiftedFunc& func_;
  std::shared_ptr<Thread> other_;
};

void set_may_enter(std::span<InstanceState* const> instances, bool may) {
  for (InstanceState* const instance : instances) instance->may_enter = may;
}

}  // namespace

Result<Thread*> StoreState::call_direct(const LiftedFunc& func, uint64_t* slots,
                                        InstanceState* caller,
                                        std::span<InstanceState* const> entered) {
  for (const InstanceState* const instance : entered)
    if (!instance->may_enter) [[unlikely]]
      return cannot_enter();
  TRY(check_call(func, caller));
  set_may_enter(entered, false);
  // What the host passes is of its types.
  if (caller && !func.plan->params.bits_only) {
    Transfer t(deterministic);
    TRY(t.result(narrow_scalars(t, func.plan->params, slots)));
  }
  Borrowed borrowed(func);
  Thread& thread = borrowed.thread();
  thread.task->from_host = !caller && !current;
  TRY(thread.task->register_thread(thread, nullptr));
  thread.execution.emplace(TRY(engine::Execution::start(core, func.core, slots)));
  Thread* const outer = std::exchange(current, &thread);
  const engine::Execution::State state = thread.execution->resume();
  current = outer;
  if (state != engine::Execution::State::returned) [[unlikely]] {
    borrowed.hand_over();
    if (state == engine::Execution::State::waiting) return &thread;
    auto end = end_of(*thread.execution, state);
    thread.execution.reset();
    return end;
  }
  const TuplePlan& results = func.plan->results;
  if (!results.items.empty()) slots[0] = *thread.execution->result_slots();
  thread.execution.reset();
  if (!results.bits_only) {
    Transfer t(deterministic);
    TRY(t.result(narrow_scalars(t, results, slots)));
  }
  thread.task->state = Task::State::resolved;
  borrowed.release();
  set_may_enter(entered, true);
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
