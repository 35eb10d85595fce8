// `canon lift`: a task from its start to its end (CanonicalABI.md, "Tasks", "canon lift").

#include <fmt/format.h>

#include "runtime/waitable.hpp"

namespace cairn::component::rt {

namespace {
enum class CallbackCode : uint8_t { exit = 0, yield = 1, wait = 2 };
}  // namespace

Task::Task(const LiftedFunc& of, std::shared_ptr<CallerSide> by)
    : func(of), instance(*of.instance), caller(std::move(by)) {
  ++instance.store.task_count;
}

Task::~Task() {
  if (!is_spare) --instance.store.task_count;
}

// ---- Threads ----------------------------------------------------------------------------------

Result<> Task::make_room_for_thread() {
  if (!instance.free_threads.empty()) return {};
  if (instance.threads.size() > instance.store.limits.threads_max)
    return trap("too many threads in a component instance");
  instance.free_threads.push_back(static_cast<uint32_t>(instance.threads.size()));
  instance.threads.emplace_back();
  return {};
}

Result<> Task::register_thread(Thread& thread) {
  TRY(make_room_for_thread());
  list_thread(thread);
  instance.threads[thread.index].owner = thread.shared_from_this();
  threads.push_back(&thread);
  return {};
}

Result<> Task::unregister_thread(Thread& thread) {
  std::erase(threads, &thread);
  if (threads.empty() && !is_resolved())
    return trap("async-lifted export failed to produce a result");
  instance.free_threads.push_back(thread.index);
  instance.threads[thread.index] = {};
  return {};
}

Result<> Task::begin(Thread& thread) {
  implicit = &thread;
  if (is_async()) {
    const auto open = [this] {
      return instance.backpressure == 0 && !(needs_exclusive() && instance.exclusive != nullptr) &&
             !(from_host && !instance.store.held.empty());
    };
    if (!open() || instance.waiting_to_enter > 0) {
      ++instance.waiting_to_enter;
      Gate& gate = needs_exclusive() ? instance.entering : instance.going_free;
      instance.store.wait(thread, open, true, {.gate = &gate});
      thread.next = [this, &thread](bool cancelled) -> Result<> {
        --instance.waiting_to_enter;
        return cancelled ? cancel() : enter(thread);
      };
      return {};
    }
  }
  return enter(thread);
}

Result<> Task::enter(Thread& thread) {
  if (is_async() && needs_exclusive()) instance.exclusive = &thread;
  TRY(register_thread(thread));
  return call_core(thread);
}

Result<> Task::call_core(Thread& thread) {
  state = State::started;
  uint64_t flat[max_flat_params + 1];
  Transfer t(instance.store.deterministic);
  TRY(t.result(caller->start(t, *this, flat)));
  thread.execution = TRY(engine::Execution::start(instance.store.core, func.core, flat));
  thread.then = !func.options.is_async   ? &Task::after_sync
                : !func.options.callback ? &Task::after_stackful
                                         : &Task::after_callback;
  return instance.store.run_execution(thread);
}

Result<> Task::exit_implicit(Thread& thread) {
  thread.execution.reset();
  TRY(unregister_thread(thread));
  if (is_async() && needs_exclusive()) {
    instance.exclusive = nullptr;
    instance.open_gates();
  }
  return {};
}

// ---- What follows the core call ---------------------------------------------------------------

Result<> Task::after_sync(Thread& thread) {
  uint64_t flat[max_flat_results] = {};
  std::copy_n(thread.execution->result_slots(), func.core.type().results.size(), flat);
  thread.execution.reset();
  TRY(return_values(flat, max_flat_results));
  if (func.options.post_return) {
    instance.may_leave = false;
    TRY(instance.store.call_now(func.options.post_return, flat, false));
    instance.may_leave = true;
  }
  return exit_implicit(thread);
}

Result<> Task::after_stackful(Thread& thread) { return exit_implicit(thread); }

Result<> Task::after_spawned(Thread& thread) {
  thread.execution.reset();
  return unregister_thread(thread);
}

Result<> Task::after_callback(Thread& thread) {
  const auto packed = static_cast<uint32_t>(*thread.execution->result_slots());
  thread.execution.reset();
  const uint32_t code = packed & 0xf;
  if (code > static_cast<uint32_t>(CallbackCode::wait))
    return trap(fmt::format("unsupported callback code: {}", code));
  if (code == static_cast<uint32_t>(CallbackCode::exit)) return exit_implicit(thread);
  instance.exclusive = nullptr;
  instance.open_gates();
  std::shared_ptr<WaitableSet> set;
  if (code == static_cast<uint32_t>(CallbackCode::wait)) {
    const uint32_t index = packed >> 4;
    const Handle* const handle = instance.handles.get(index);
    if (!handle) return trap(fmt::format("unknown handle index {}", index));
    if (!handle->object || handle->object->kind != Object::Kind::waitable_set)
      return trap(fmt::format("handle index {} used with the wrong type", index));
    set = std::static_pointer_cast<WaitableSet>(handle->object);
    ++set->waiting;
  }
  if (deliver_pending_cancel(true)) return callback_event(thread, true, set.get());
  instance.store.wait(
      thread, [this, set] { return instance.exclusive == nullptr && (!set || set->has_event()); },
      true,
      {.signal = set ? &set->has_one : nullptr, .gate = &instance.callbacks, .event = set.get()});
  thread.next = [this, &thread, set](bool cancelled) {
    return callback_event(thread, cancelled, set.get());
  };
  return {};
}

Result<> Task::callback_event(Thread& thread, bool cancelled, WaitableSet* set) {
  Event event;
  if (cancelled)
    event.code = EventCode::task_cancelled;
  else if (set)
    event = set->take_event(instance.store);
  if (set) --set->waiting;
  instance.exclusive = &thread;
  const uint64_t args[] = {static_cast<uint64_t>(event.code), event.index, event.payload};
  thread.execution =
      TRY(engine::Execution::start(instance.store.core, func.options.callback, args));
  thread.then = &Task::after_callback;
  return instance.store.run_execution(thread);
}

// ---- Results and cancellation -----------------------------------------------------------------

Error Task::borrows_remain() {
  return {.kind = ErrorKind::trap, .message = "borrow handles still remain at the end of the call"};
}

Result<> Task::return_values(const uint64_t* flat, uint32_t max) {
  if (is_resolved()) return trap("`task.return` or `task.cancel` called more than once");
  if (borrows > 0) return std::unexpected(borrows_remain());
  Side from(func.options);
  Transfer t(instance.store.deterministic);
  TRY(t.result(caller->resolve(t, *this, from, flat, max)));
  state = State::resolved;
  return {};
}

Result<> Task::cancel() {
  if (state != State::cancel_delivered)
    return trap("`task.cancel` called by task which has not been cancelled");
  if (borrows > 0) return std::unexpected(borrows_remain());
  caller->cancelled();
  state = State::resolved;
  return {};
}

bool Task::deliver_pending_cancel(bool cancellable) {
  if (!cancellable || state != State::pending_cancel) return false;
  state = State::cancel_delivered;
  return true;
}

Result<> Task::request_cancellation(InstanceState* from) {
  StoreState& store = instance.store;
  if (state == State::initial) {
    state = State::cancel_delivered;
    return store.resume(implicit->shared_from_this(), true);
  }
  std::vector<Thread*> candidates;
  for (Thread* const thread : threads) {
    if (!thread->cancellable || thread->running) continue;
    const bool blocked = is_async() && needs_exclusive() && instance.exclusive != nullptr &&
                         instance.exclusive != implicit;
    if (thread != implicit || !blocked) candidates.push_back(thread);
  }
  if (candidates.empty() || !instance.may_enter_from(from)) {
    state = State::pending_cancel;
    return {};
  }
  state = State::cancel_delivered;
  instance.set_may_enter(from, false);
  Thread& chosen = *candidates[store.choose(static_cast<uint32_t>(candidates.size()))];
  TRY(store.resume(chosen.shared_from_this(), true));
  instance.set_may_enter(from, true);
  return {};
}

}  // namespace cairn::component::rt
