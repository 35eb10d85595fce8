// The short way of calls in which nothing is asynchronous. What can be seen of them is what
// `StoreState::call` does; task and thread serve one call after another, and nothing is allocated.

#include "runtime/builtin.hpp"

namespace cairn::component::rt {

void LiftedFunc::find_out_whether_direct() {
  is_direct = !plan->is_async && !options.is_async;
  passes_scalars = is_direct && plan->params.all_scalar &&
                   plan->params.flat_count <= max_flat_params && plan->results.all_scalar;
  is_unseen = passes_scalars && !instance->calls_out && !options.post_return;
  if (is_direct) entered = instance->entered_from(nullptr);
}

namespace {

/// What stays as it is over all calls is set here.
std::shared_ptr<Thread> make_thread(const LiftedFunc& func) {
  auto thread = std::make_shared<Thread>(std::make_shared<Task>(func, nullptr));
  Task& task = *thread->task;
  task.is_spare = true;
  task.state = Task::State::started;
  task.implicit = thread.get();
  task.threads.push_back(thread.get());
  thread->then = &Task::after_sync;
  thread->running = true;
  --func.instance->store.task_count;
  return thread;
}

/// The thread of a call that begins now: the function's own, unless that is in use by a call which
/// this one is within.
class Borrowed {
 public:
  Borrowed(StoreState& store, const LiftedFunc& func) : func_(func) {
    if (!func.spare) [[unlikely]]
      func.spare = make_thread(func);
    thread_ = func.spare.get();
    if (!thread_->task->is_spare) [[unlikely]] {
      other_ = make_thread(func);
      thread_ = other_.get();
    }
    thread_->task->is_spare = false;
    thread_->storage[0] = thread_->storage[1] = 0;
    ++store.task_count;
  }
  Thread& thread() const { return *thread_; }

  /// The call has ended: out of the instance's list, and ready for the next one, unless another
  /// thread that it has started needs the task.
  void release(StoreState& store) {
    Thread& thread = *thread_;
    Task& task = *thread.task;
    InstanceState& instance = *func_.instance;
    instance.free_threads.push_back(thread.index);
    instance.threads[thread.index].thread = nullptr;
    if (thread.task.use_count() > 1) [[unlikely]] {
      task.state = Task::State::resolved;
      thread.running = false;
      std::erase(task.threads, &thread);
      return owner().reset();
    }
    task.is_spare = true;
    --store.task_count;
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
void leave(const std::vector<InstanceState*>& instances) {
#pragma clang loop unroll(disable)
  for (InstanceState* const instance : instances) instance->may_enter = true;
}

bool may_enter(const std::vector<InstanceState*>& instances) {
#pragma clang loop unroll(disable)
  for (const InstanceState* const instance : instances)
    if (!instance->may_enter) return false;
  return true;
}

/// Enters all of them, or none.
bool enter(const std::vector<InstanceState*>& instances) {
#pragma clang loop unroll(disable)
  for (InstanceState* const& instance : instances) {
    if (!instance->may_enter) [[unlikely]] {
      for (InstanceState* const* before = instances.data(); before != &instance; ++before)
        (*before)->may_enter = true;
      return false;
    }
    instance->may_enter = false;
  }
  return true;
}

// Each of the following says whether all is well; if not, `direct_error` tells.

[[gnu::cold]] bool failed(StoreState& store, Error error) {
  store.direct_error = std::move(error);
  return false;
}

[[gnu::noinline]] bool narrow(StoreState& store, const TuplePlan& plan, uint64_t* slots) {
  Transfer t(store.deterministic);
  return narrow_scalars(t, plan, slots) || failed(store, std::move(*t.error));
}

[[gnu::noinline]] bool take_params(CallerSide& side, Task& task, uint64_t* slots) {
  StoreState& store = task.instance.store;
  Transfer t(store.deterministic);
  return side.start(t, task, slots) || failed(store, std::move(*t.error));
}

[[gnu::noinline]] bool give_results(CallerSide& side, Task& task, const uint64_t* slots) {
  StoreState& store = task.instance.store;
  if (task.borrows > 0) return failed(store, Task::borrows_remain());
  Transfer t(store.deterministic);
  Side from(task.func.options);
  return side.resolve(t, task, from, slots, max_flat_results) || failed(store, std::move(*t.error));
}

[[gnu::noinline]] bool post_return(StoreState& store, const LiftedFunc& func, Thread& thread,
                                   uint64_t* slots) {
  thread.task->state = Task::State::resolved;
  func.instance->may_leave = false;
  if (Result<> done = store.call_now(func.options.post_return, slots, false); !done)
    return failed(store, std::move(done).error());
  func.instance->may_leave = true;
  thread.task->state = Task::State::started;
  return true;
}

/// Without `side` values are passed as they are but for what narrows them.
bool pass_params(StoreState& store, const LiftedFunc& func, Thread& thread, uint64_t* slots,
                 const InstanceState* caller, CallerSide* side) {
  if (side) return take_params(*side, *thread.task, slots);
  // What the host passes is of its types.
  return !caller || func.plan->params.bits_only || narrow(store, func.plan->params, slots);
}

bool pass_results(StoreState& store, const LiftedFunc& func, Thread& thread, uint64_t* slots,
                  CallerSide* side) {
  const bool passed =
      side ? give_results(*side, *thread.task, slots)
           : func.plan->results.bits_only || narrow(store, func.plan->results, slots);
  return passed && (!func.options.post_return || post_return(store, func, thread, slots));
}

/// The call goes no further here.
[[gnu::cold, gnu::noinline]] DirectEnd broken_off(StoreState& store, Borrowed& borrowed,
                                                  Thread* outer) {
  borrowed.hand_over();
  store.current = outer;
  return DirectEnd::failed;
}

[[gnu::cold, gnu::noinline]] DirectEnd stopped(StoreState& store, Borrowed& borrowed, Thread* outer,
                                               engine::Execution::State state) {
  Thread& thread = borrowed.thread();
  borrowed.hand_over();
  store.current = outer;
  using State = engine::Execution::State;
  const bool paused = state == State::out_of_fuel || state == State::interrupted;
  if (paused) store.pause(thread, state);
  if (paused || state == State::waiting) {
    store.direct_blocked = &thread;
    return DirectEnd::blocked;
  }
  if (thread.execution)
    failed(store, end_of(*thread.execution, state).error());
  else
    failed(store, {.kind = ErrorKind::limit, .message = "no memory for a call stack"});
  thread.execution.reset();
  return DirectEnd::failed;
}

[[gnu::cold, gnu::noinline]] DirectEnd not_begun(StoreState& store, Error error) {
  failed(store, std::move(error));
  return DirectEnd::failed;
}

}  // namespace

DirectEnd StoreState::call_direct(const LiftedFunc& func, uint64_t* slots, InstanceState* caller,
                                  const std::vector<InstanceState*>& entered, CallerSide* side) {
  if (!enter(entered)) [[unlikely]]
    return not_begun(*this, cannot_enter().error());
  if (task_count >= limits.tasks_max || (!caller && !current && !held.empty())) [[unlikely]] {
    if (const Result<> may = check_call(func, caller); !may) {
      leave(entered);
      return not_begun(*this, may.error());
    }
  }
  if (!caller && !current) hold_at_ = 0;
  Borrowed borrowed(*this, func);
  Thread& thread = borrowed.thread();
  if (func.instance->free_threads.empty()) [[unlikely]]
    if (const Result<> done = thread.task->make_room_for_thread(); !done)
      return not_begun(*this, done.error());
  thread.task->list_thread(thread);
  Thread* const outer = std::exchange(current, &thread);
  if (!pass_params(*this, func, thread, slots, caller, side)) [[unlikely]]
    return broken_off(*this, borrowed, outer);
  const engine::Execution::State state =
      engine::Execution::run(core, func.core, slots, thread.execution);
  if (state != engine::Execution::State::returned) [[unlikely]]
    return stopped(*this, borrowed, outer, state);
  if (!pass_results(*this, func, thread, slots, side)) [[unlikely]]
    return broken_off(*this, borrowed, outer);
  current = outer;
  borrowed.release(*this);
  leave(entered);
  return DirectEnd::returned;
}

namespace {

/// It has stopped, in `execution` if there was memory: now it needs a thread.
[[gnu::cold, gnu::noinline]] DirectEnd stopped_unseen(StoreState& store, const LiftedFunc& func,
                                                      std::optional<engine::Execution> execution,
                                                      engine::Execution::State state) {
  Borrowed borrowed(store, func);
  Thread& thread = borrowed.thread();
  if (const Result<> done = thread.task->make_room_for_thread(); !done)
    return not_begun(store, done.error());
  thread.task->list_thread(thread);
  thread.execution = std::move(execution);
  return stopped(store, borrowed, store.current, state);
}

}  // namespace

DirectEnd StoreState::call_unseen(const LiftedFunc& func, uint64_t* slots, InstanceState* caller,
                                  const std::vector<InstanceState*>& entered) {
  if (!may_enter(entered)) [[unlikely]]
    return not_begun(*this, cannot_enter().error());
  if (!caller && !current) {
    if (!held.empty()) [[unlikely]]
      return not_begun(*this, check_call(func, caller).error());
    hold_at_ = 0;
  }
  // As nothing comes back in while it runs, they are entered only if it does not return.
  bool passed = !caller || func.plan->params.bits_only || narrow(*this, func.plan->params, slots);
  if (passed) [[likely]] {
    std::optional<engine::Execution> execution;
    const engine::Execution::State state =
        engine::Execution::run(core, func.core, slots, execution);
    if (state != engine::Execution::State::returned) [[unlikely]] {
      enter(entered);
      return stopped_unseen(*this, func, std::move(execution), state);
    }
    passed = func.plan->results.bits_only || narrow(*this, func.plan->results, slots);
  }
  if (passed) [[likely]]
    return DirectEnd::returned;
  enter(entered);  // and never left
  return DirectEnd::failed;
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
