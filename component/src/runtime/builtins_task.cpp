// Tasks, subtasks, context, back-pressure, waitable sets.

#include "runtime/builtin.hpp"
#include "runtime/host_state.hpp"

namespace cairn::component::rt::builtins {

namespace {

constexpr uint64_t blocked = 0xffff'ffff;

Result<Task*> current_task(Call& call) {
  Task* const task = call.thread().task.get();
  if (!task) return trap("there is no task to return from");
  return task;
}

/// Options that the result does not need may be left out (official suite, cross-abi-calls.wast).
bool lifts_alike(const Options& given, const Options& of_task) {
  return given.encoding == of_task.encoding &&
         (!given.memory || given.memory.inst() == of_task.memory.inst());
}

Result<uint64_t> store_event(const BuiltinFunc& self, uint64_t at, const Event& event) {
  const Side to(self.options);
  if (at % 4 != 0) return trap("unaligned pointer");
  if (!to.holds(at, 8)) return trap("pointer out of bounds of memory");
  store_le(&to.memory[at], event.index);
  store_le(&to.memory[at + 4], event.payload);
  return static_cast<uint64_t>(event.code);
}

}  // namespace

Result<uint64_t> task_return(const BuiltinFunc& self, Call& call) {
  TRY(check_may_leave(self));
  Task& task = *TRY(current_task(call));
  if (!task.func.options.is_async || self.result->items != task.func.plan->results.items ||
      !lifts_alike(self.options, task.func.options))
    return trap("invalid `task.return` signature and/or options for current task");
  TRY(task.return_values(call.slots(), max_flat_params));
  return 0;
}

Result<uint64_t> task_cancel(const BuiltinFunc& self, Call& call) {
  TRY(check_may_leave(self));
  Task& task = *TRY(current_task(call));
  if (!task.func.options.is_async)
    return trap("`task.cancel` called by a task that was not lifted with `async`");
  TRY(task.cancel());
  return 0;
}

Result<uint64_t> subtask_cancel(const BuiltinFunc& self, Call& call) {
  TRY(check_may_leave(self));
  auto found = find_object<Subtask>(*self.instance, call.u32(0), Object::Kind::subtask);
  if (!found && !self.flag && !call.may_block()) return std::unexpected(Call::blocked_error());
  const auto subtask = TRY(std::move(found));
  if (subtask->delivered) return trap("`subtask.cancel` called after terminal status delivered");
  if (subtask->cancel_requested) return trap("`subtask.cancel` called more than once");
  if (subtask->set && !self.flag)
    return trap("waitable cannot be used synchronously while added to a waitable set");
  if (!subtask->resolved()) {
    subtask->cancel_requested = true;
    if (subtask->host) cancel_host_call(*subtask);
    if (const auto task = subtask->callee.lock()) TRY(task->request_cancellation(self.instance));
    // A callee that is blocked by the host has not given control back yet.
    if (call.store().has_held() && call.thread().task && (self.flag || subtask->resolved())) {
      call.store().hold(call.thread(), subtask->callee.lock());
      return call.yield(false, [subtask](bool) -> Result<uint64_t> {
        if (!subtask->resolved()) return blocked;
        subtask->take_event();
        return static_cast<uint64_t>(subtask->state);
      });
    }
    if (!subtask->resolved()) {
      if (self.flag) return blocked;
      subtask->sync_waiter = true;
      return call.wait([subtask] { return subtask->pending; }, false,
                       [subtask](bool) -> Result<uint64_t> {
                         subtask->sync_waiter = false;
                         subtask->take_event();
                         return static_cast<uint64_t>(subtask->state);
                       },
                       {.signal = &subtask->changed});
    }
  }
  subtask->take_event();
  return static_cast<uint64_t>(subtask->state);
}

Result<uint64_t> subtask_drop(const BuiltinFunc& self, Call& call) {
  TRY(check_may_leave(self));
  const uint32_t index = call.u32(0);
  const auto subtask = TRY(find_object<Subtask>(*self.instance, index, Object::Kind::subtask));
  if (!subtask->delivered) return trap("cannot drop a subtask which has not yet resolved");
  subtask->join(nullptr);
  self.instance->handles.remove(index);
  return 0;
}

Result<uint64_t> context_get(const BuiltinFunc& self, Call& call) {
  const uint64_t value = call.thread().storage[self.slot];
  return self.wide ? value : static_cast<uint32_t>(value);
}

Result<uint64_t> context_set(const BuiltinFunc& self, Call& call) {
  call.thread().storage[self.slot] = self.wide ? call.u64(0) : call.u32(0);
  return 0;
}

Result<uint64_t> backpressure_inc(const BuiltinFunc& self, Call&) {
  if (++self.instance->backpressure == 1u << 16) return trap("backpressure counter overflow");
  return 0;
}

Result<uint64_t> backpressure_dec(const BuiltinFunc& self, Call&) {
  if (self.instance->backpressure == 0) return trap("backpressure counter underflow");
  if (--self.instance->backpressure == 0) self.instance->open_gates();
  return 0;
}

// ---- Waitable sets ----------------------------------------------------------------------------

Result<uint64_t> waitable_set_new(const BuiltinFunc& self, Call&) {
  TRY(check_may_leave(self));
  return TRY(add_object(*self.instance, std::make_shared<WaitableSet>()));
}

Result<uint64_t> waitable_set_wait(const BuiltinFunc& self, Call& call) {
  TRY(check_may_leave(self));
  const auto set =
      TRY(find_object<WaitableSet>(*self.instance, call.u32(0), Object::Kind::waitable_set));
  const uint64_t at = self.options.ptr == PtrSize::bits64 ? call.u64(1) : call.u32(1);
  ++set->waiting;
  return call.wait([set] { return set->has_event(); }, self.flag,
                   [&self, set, at](bool cancelled) -> Result<uint64_t> {
                     --set->waiting;
                     const Event event = cancelled ? Event{EventCode::task_cancelled}
                                                   : set->take_event(self.instance->store);
                     return store_event(self, at, event);
                   },
                   {.signal = &set->has_one});
}

Result<uint64_t> waitable_set_poll(const BuiltinFunc& self, Call& call) {
  TRY(check_may_leave(self));
  const auto set =
      TRY(find_object<WaitableSet>(*self.instance, call.u32(0), Object::Kind::waitable_set));
  const uint64_t at = self.options.ptr == PtrSize::bits64 ? call.u64(1) : call.u32(1);
  Task* const task = call.thread().task.get();
  Event event;
  if (task && task->deliver_pending_cancel(self.flag))
    event.code = EventCode::task_cancelled;
  else if (set->has_event())
    event = set->take_event(call.store());
  return store_event(self, at, event);
}

Result<uint64_t> waitable_set_drop(const BuiltinFunc& self, Call& call) {
  TRY(check_may_leave(self));
  const auto set =
      TRY(find_object<WaitableSet>(*self.instance, call.u32(0), Object::Kind::waitable_set));
  if (!set->elements.empty()) return trap("cannot drop waitable set with waitables in it");
  if (set->waiting > 0) return trap("cannot drop waitable set with waiters");
  self.instance->handles.remove(call.u32(0));
  return 0;
}

Result<uint64_t> waitable_join(const BuiltinFunc& self, Call& call) {
  TRY(check_may_leave(self));
  const auto object = TRY(find_object(*self.instance, call.u32(0)));
  auto* const waitable = dynamic_cast<Waitable*>(object.get());
  if (!waitable) return trap("a handle used with the wrong type, expected a waitable");
  if (waitable->sync_waiter)
    return trap("waitable cannot be used synchronously while added to a waitable set");
  if (call.u32(1) == 0) {
    waitable->join(nullptr);
    return 0;
  }
  const auto set =
      TRY(find_object<WaitableSet>(*self.instance, call.u32(1), Object::Kind::waitable_set));
  waitable->join(set.get());
  return 0;
}

}  // namespace cairn::component::rt::builtins
