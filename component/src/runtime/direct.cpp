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
  thread->task->threads.push_back(thread.get());  // and there it stays
  --func.instance->store.task_count;
  return thread;
}

/// The thread of a call that begins now: the function's own, unless that is in use by a call which
/// this one is within.
class Borrowed {
 public:
  explicit Borrowed(const LiftedFunc& func) : func_(func) {
    if (!func.spare) [[unlikely]]
      func.spare = make_thread(func);
    thread_ = func.spare.get();
    if (!thread_->task->is_spare) [[unlikely]] {
      other_ = make_thread(func);
      thread_ = other_.get();
    }
    Task& task = *thread_->task;
    task.is_spare = false;
    ++func.instance->store.task_count;
    task.borrows = 0;
    task.implicit = thread_;
    task.state = Task::State::started;
    thread_->then = &Task::after_sync;
    thread_->running = true;
    thread_->cancellable = false;
    thread_->storage[0] = thread_->storage[1] = 0;
  }
  Thread& thread() const { return *thread_; }

  /// The call has ended: out of the instance's list, and ready for the next one, unless another
  /// thread that it has started needs them.
  void release() {
    Thread& thread = *thread_;
    Task& task = *thread.task;
    InstanceState& instance = *func_.instance;
    instance.free_threads.push_back(thread.index);
    instance.threads[thread.index].thread = nullptr;
    thread.running = false;
    if (owner().use_count() > 1 || thread.task.use_count() > 1) [[unlikely]] {
      std::erase(task.threads, &thread);
      return owner().reset();
    }
    task.is_spare = true;
    --instance.store.task_count;
  }
  /// The call has not ended: its thread belongs to the instance.
  void hand_over() {
    const uint32_t index = thread_->index;
    func_.instance->threads[index].owner = std::move(owner());
  }

 private:
  std::shared_ptr<Thread>& owner() { return other_ ? other_ : func_.spare; }
  const LiftedFunc& func_;
  Thread* thread_;
  std::shared_ptr<Thread> other_;
};

/// Nearly always one or two.
void set_may_enter(std::span<InstanceState* const> instances, bool may) {
#pragma clang loop unroll(disable)
  for (InstanceState* const instance : instances) instance->may_enter = may;
}

}  // namespace

namespace {

[[gnu::cold]] DirectEnd failed(Error error) {
  return {.error = std::make_unique<Error>(std::move(error))};
}

[[gnu::noinline]] DirectEnd narrow(const StoreState& store, const TuplePlan& plan,
                                   uint64_t* slots) {
  Transfer t(store.deterministic);
  if (!narrow_scalars(t, plan, slots)) return failed(*t.error);
  return {};
}

[[gnu::cold]] DirectEnd stopped(Borrowed& borrowed, engine::Execution::State state) {
  Thread& thread = borrowed.thread();
  borrowed.hand_over();
  if (state == engine::Execution::State::waiting) return {.blocked = &thread};
  if (!thread.execution)
    return failed({.kind = ErrorKind::limit, .message = "no memory for a call stack"});
  DirectEnd end = failed(end_of(*thread.execution, state).error());
  thread.execution.reset();
  return end;
}

}  // namespace

DirectEnd StoreState::call_direct(const LiftedFunc& func, uint64_t* slots, InstanceState* caller,
                                  std::span<InstanceState* const> entered) {
#pragma clang loop unroll(disable)
  for (const InstanceState* const instance : entered)
    if (!instance->may_enter) [[unlikely]]
      return failed(cannot_enter().error());
  const bool from_host = !caller && !current;
  if (task_count >= limits.tasks_max || from_host) {
    if (const Result<> may = check_call(func, caller); !may) [[unlikely]]
      return failed(may.error());
  }
  set_may_enter(entered, false);
  // What the host passes is of its types.
  if (caller && !func.plan->params.bits_only)
    if (DirectEnd end = narrow(*this, func.plan->params, slots); end.error) return end;
  Borrowed borrowed(func);
  Thread& thread = borrowed.thread();
  thread.task->from_host = from_host;
  if (func.instance->free_threads.empty()) [[unlikely]] {
    if (const Result<> done = thread.task->make_room_for_thread(); !done)
      return failed(done.error());
  }
  thread.task->list_thread(thread);
  Thread* const outer = std::exchange(current, &thread);
  const engine::Execution::State state =
      engine::Execution::run(core, func.core, slots, thread.execution);
  current = outer;
  if (state != engine::Execution::State::returned) [[unlikely]]
    return stopped(borrowed, state);
  if (!func.plan->results.bits_only)
    if (DirectEnd end = narrow(*this, func.plan->results, slots); end.error) return end;
  thread.task->state = Task::State::resolved;
  borrowed.release();
  set_may_enter(entered, true);
  return {};
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
