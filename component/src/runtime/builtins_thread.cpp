// Threads of a task.

#include <fmt/format.h>

#include "runtime/builtin.hpp"

namespace cairn::component::rt::builtins {

namespace {

Result<Thread*> find_thread(const BuiltinFunc& self, uint32_t index) {
  const auto& threads = self.instance->threads;
  if (index >= threads.size() || !threads[index])
    return trap(fmt::format("unknown thread index {}", index));
  return threads[index].get();
}

Result<Thread*> find_suspended(const BuiltinFunc& self, uint32_t index) {
  Thread* const thread = TRY(find_thread(self, index));
  if (!thread->is_suspended()) return trap("cannot resume thread which is not suspended");
  return thread;
}

Result<uint64_t> cancelled_flag(bool cancelled) { return cancelled ? 1 : 0; }

/// Blocks the current thread and goes over to another one.
Result<uint64_t> switch_to(const BuiltinFunc& self, Call& call, Thread& other, bool yields) {
  Result<uint64_t> result =
      yields ? call.yield(self.flag, &cancelled_flag) : call.suspend(self.flag, &cancelled_flag);
  if (call.blocked()) call.store().switch_to = &other;
  return result;
}

/// The same if the other one is ready.
Result<uint64_t> promote(const BuiltinFunc& self, Call& call, bool yields) {
  TRY(check_may_leave(self));
  Thread& other = *TRY(find_thread(self, call.u32(0)));
  Thread& me = call.thread();
  const bool is_ready = other.is_ready() && &other != &me;
  Result<uint64_t> result =
      yields ? call.yield(self.flag, &cancelled_flag) : call.suspend(self.flag, &cancelled_flag);
  if (call.blocked() && is_ready) {
    call.store().stop_waiting(other);
    call.store().switch_to = &other;
  }
  return result;
}

}  // namespace

Result<uint64_t> thread_index(const BuiltinFunc& self, Call& call) {
  TRY(check_may_leave(self));
  return call.thread().index;
}

Result<uint64_t> thread_new_indirect(const BuiltinFunc& self, Call& call) {
  TRY(check_may_leave(self));
  const std::shared_ptr<Task> task = call.thread().task;
  if (!task) return trap("there is no task to make a thread in");
  const bool wide_index = self.table.type().address == wasm::AddrType::i64;
  const uint64_t at = wide_index ? call.u64(0) : call.u32(0);
  if (at >= self.table.size()) return trap("thread start function index out of bounds");
  const engine::Value entry = TRY(self.table.get(at));
  if (entry.ref().is_null()) return trap("thread start function is null");
  const engine::Func func = engine::Store::func_of(entry.ref());
  const wasm::FuncType& type = func.type();
  if (type.params != std::vector{self.wide ? wasm::i64 : wasm::i32} || !type.results.empty())
    return trap("start function does not match expected type");
  const auto thread = std::make_shared<Thread>(task);
  const engine::Value context = self.wide ? engine::Value(call.u64(1)) : engine::Value(call.u32(1));
  thread->next = [thread = thread.get(), &store = call.store(), func, context](bool) -> Result<> {
    thread->execution = TRY(engine::Execution::start(store.core, func, {&context, 1}));
    thread->then = &Task::after_spawned;
    return store.run_execution(*thread);
  };
  TRY(task->register_thread(*thread));
  return thread->index;
}

Result<uint64_t> thread_resume_later(const BuiltinFunc& self, Call& call) {
  TRY(check_may_leave(self));
  Thread& other = *TRY(find_suspended(self, call.u32(0)));
  call.store().wait(other, [] { return true; }, other.cancellable);
  return 0;
}

Result<uint64_t> thread_suspend(const BuiltinFunc& self, Call& call) {
  TRY(check_may_leave(self));
  return call.suspend(self.flag, &cancelled_flag);
}

Result<uint64_t> thread_yield(const BuiltinFunc& self, Call& call) {
  TRY(check_may_leave(self));
  return call.yield(self.flag, &cancelled_flag);
}

Result<uint64_t> thread_suspend_then_resume(const BuiltinFunc& self, Call& call) {
  TRY(check_may_leave(self));
  return switch_to(self, call, *TRY(find_suspended(self, call.u32(0))), false);
}

Result<uint64_t> thread_yield_then_resume(const BuiltinFunc& self, Call& call) {
  TRY(check_may_leave(self));
  return switch_to(self, call, *TRY(find_suspended(self, call.u32(0))), true);
}

Result<uint64_t> thread_suspend_then_promote(const BuiltinFunc& self, Call& call) {
  return promote(self, call, false);
}

Result<uint64_t> thread_yield_then_promote(const BuiltinFunc& self, Call& call) {
  return promote(self, call, true);
}

}  // namespace cairn::component::rt::builtins
