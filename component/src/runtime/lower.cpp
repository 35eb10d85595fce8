// `canon lower` (CanonicalABI.md): calls out of a component instance.

#include "runtime/builtin.hpp"
#include "runtime/host_state.hpp"
#include "runtime/inbox.hpp"

namespace cairn::component::rt {

std::unexpected<Error> cannot_stop(StoreState& store) {
  Error error = store.paused ? paused_error(*store.paused) : Call::blocked_error();
  store.abandon();
  return std::unexpected(std::move(error));
}

namespace {

/// Hands a call's outcome to the engine; one that blocks goes on when its thread is resumed.
engine::HostStatus conclude(engine::Caller& caller, Call& call, Result<uint64_t> result,
                            uint64_t* slots, std::optional<wasm::ValType> type) {
  if (!result) return caller.fail(std::move(result).error());
  if (!call.blocked()) {
    if (type) slots[0] = *result;
    return engine::HostStatus::ok;
  }
  Thread& thread = call.thread();
  thread.completion = caller.suspend();
  thread.next = [&thread, &store = call.store(), then = call.take_then(),
                 type](bool cancelled) -> Result<> {
    Result<uint64_t> value = then(cancelled);
    const auto completion = std::exchange(thread.completion, nullptr);
    if (!value)
      completion->fail(std::move(value).error());
    else if (!type)
      completion->complete({});
    else
      completion->complete({engine::Value::from_slots(*type, &*value)});
    return store.run_execution(thread);
  };
  return engine::HostStatus::pending;
}

Result<uint64_t> after_async_start(const LoweredFunc& func,
                                   const std::shared_ptr<Subtask>& subtask) {
  if (subtask->resolved()) {
    subtask->deliver();
    return static_cast<uint64_t>(Subtask::State::returned);
  }
  subtask->index = TRY(add_object(*func.instance, subtask));
  return static_cast<uint64_t>(subtask->state) | (uint64_t{subtask->index} << 4);
}

/// What the core function gives for a call of which the callee has been entered.
Result<uint64_t> after_start(const LoweredFunc& func, Call& call,
                             const std::shared_ptr<Subtask>& subtask) {
  if (!func.options.is_async) {
    if (subtask->resolved()) {
      subtask->deliver();
      return subtask->result;
    }
    if (!call.thread().task) return cannot_stop(call.store());
    // Without `async` in its type it cannot be seen to wait: nobody else may run meanwhile.
    if (!func.plan->is_async) call.store().hold(call.thread(), subtask->callee.lock());
    return call.wait([subtask] { return subtask->resolved(); }, false,
                     [subtask](bool) -> Result<uint64_t> {
                       subtask->deliver();
                       return subtask->result;
                     },
                     {.signal = &subtask->changed});
  }
  return after_async_start(func, subtask);
}

/// Writes the results of a host function where the caller wants them.
Result<> return_from_host(const LoweredFunc& func, Subtask& subtask,
                          const std::optional<Value>& value) {
  Transfer t(func.instance->store.deterministic);
  Side to(func.options);
  const std::span<const Value> values(value ? &*value : nullptr, value ? 1 : 0);
  subtask.progress();
  TRY(t.result(
      values_to_guest(t, func.plan->results, values, to, &subtask.result, subtask.result_limit())));
  subtask.state = Subtask::State::returned;
  return {};
}

/// Work for the store's thread: to bring a host function's result to its caller.
class Completion final : public HostCompletion {
 public:
  Completion(StoreState& store, const LoweredFunc& func, const std::shared_ptr<Subtask>& subtask)
      : inbox_(store.inbox), func_(&func), subtask_(subtask) {}
  void complete(Result<std::optional<Value>> result) override {
    if (done_.exchange(true)) return;
    let_go();
    inbox_->put([func = func_, subtask = subtask_, result = std::move(result)]() -> Result<> {
      const auto waiting = subtask.lock();
      if (!waiting || !waiting->host) return {};  // cancelled
      --func->instance->store.host_calls_pending;
      waiting->host.reset();
      return return_from_host(*func, *waiting, TRY(Result<std::optional<Value>>(result)));
    });
  }

 private:
  std::shared_ptr<StoreState::Inbox> inbox_;
  std::atomic<bool> done_ = false;
  const LoweredFunc* func_;
  std::weak_ptr<Subtask> subtask_;
};

/// A guest: its subtask is on the stack, until the host lets it wait.
class GuestSide final : public HostCallSide {
 public:
  explicit GuestSide(Subtask& subtask) : subtask_(subtask) {}
  std::shared_ptr<HostCompletion> suspend() override {
    kept_ = std::static_pointer_cast<Subtask>(subtask_.outlive());
    const LoweredFunc& func = subtask_.func;
    return std::make_shared<Completion>(func.instance->store, func, kept_);
  }
  const std::shared_ptr<Subtask>& kept() const { return kept_; }

 private:
  Subtask& subtask_;
  std::shared_ptr<Subtask> kept_;
};

}  // namespace

}  // namespace cairn::component::rt

namespace cairn::component {
std::shared_ptr<HostCompletion> HostCall::suspend() {
  if (!completion_) completion_ = side_.suspend();
  return completion_;
}
const HostContext& HostCall::context() const { return store_.context; }
}  // namespace cairn::component

namespace cairn::component::rt {

Result<uint64_t> call_host(const LoweredFunc& func, Call& call) {
  Subtask subtask(func, call.slots(), func.param_slots);
  StoreState& store = call.store();
  Transfer t(store.deterministic);
  t.raw_lists = func.host->raw_lists;
  t.host_bytes_left = store.limits.host_value_bytes_max;
  Side from(func.options, &subtask);
  std::vector<Value> args(func.plan->params.items.size());
  const uint32_t max = func.options.is_async ? max_flat_async_params : max_flat_params;
  TRY(t.result(guest_to_values(t, func.plan->params, from, subtask.flat, max, args)));
  subtask.state = Subtask::State::started;
  GuestSide side(subtask);
  HostCall host_call(store, std::move(args), side);
  const std::optional<Value> value = TRY(func.host->function(host_call));
  if (host_call.suspended()) {
    if (store.host_calls_pending >= store.limits.host_calls_max)
      return trap("too many calls that wait for the host");
    ++store.host_calls_pending;
    side.kept()->host = host_call.completion();
    Result<uint64_t> started = after_start(func, call, side.kept());
    if (!started && side.kept()->host) {  // nobody waits for it
      side.kept()->host.reset();
      --store.host_calls_pending;
    }
    return started;
  }
  TRY(return_from_host(func, subtask, value));
  subtask.deliver();
  return func.options.is_async ? static_cast<uint64_t>(Subtask::State::returned) : subtask.result;
}

void cancel_host_call(Subtask& subtask) {
  subtask.host.reset();
  --subtask.func.instance->store.host_calls_pending;
  subtask.cancelled();
}

namespace {

/// A direct call has not returned.
[[gnu::cold]] engine::HostStatus go_on_indirectly(const LoweredFunc& func, engine::Caller& caller,
                                                  uint64_t* slots, DirectEnd end,
                                                  const std::shared_ptr<Subtask>& subtask) {
  StoreState& store = func.instance->store;
  if (end == DirectEnd::failed) return caller.fail(*std::move(store.direct_error));
  Call call(store, slots);
  const auto body = [&]() -> Result<uint64_t> {
    Thread& blocked = *store.direct_blocked;
    subtask->state = Subtask::State::started;
    subtask->callee = blocked.task;
    blocked.task->caller = subtask;
    TRY(store.go_on(blocked, func.instance));
    return after_start(func, call, subtask);
  };
  return conclude(caller, call, body(), slots, func.result_type);
}

engine::HostStatus call_with_values(const LoweredFunc& func, engine::Caller& caller,
                                    uint64_t* slots) {
  Subtask subtask(func, slots, func.param_slots);
  uint64_t flat[max_flat_params + 1];
  const DirectEnd end =
      func.instance->store.call_direct(*func.lifted, flat, func.instance, func.entered, &subtask);
  if (end != DirectEnd::returned) [[unlikely]]
    return go_on_indirectly(func, caller, slots, end,
                            std::static_pointer_cast<Subtask>(subtask.outlive()));
  subtask.deliver();
  if (func.result_type) slots[0] = subtask.result;
  return engine::HostStatus::ok;
}

engine::HostStatus call_directly(const LoweredFunc& func, engine::Caller& caller, uint64_t* slots) {
  if (!func.passes_scalars) return call_with_values(func, caller, slots);
  StoreState& store = func.instance->store;
  const DirectEnd end = func.lifted->is_unseen
                            ? store.call_unseen(*func.lifted, slots, func.instance, func.entered)
                            : store.call_direct(*func.lifted, slots, func.instance, func.entered);
  if (end == DirectEnd::returned) [[likely]]
    return engine::HostStatus::ok;
  return go_on_indirectly(func, caller, slots, end,
                          std::make_shared<Subtask>(func, slots, func.param_slots));
}

}  // namespace

engine::HostStatus call_lowered(void* env, engine::Caller& caller, uint64_t* slots) {
  const auto& func = *static_cast<const LoweredFunc*>(env);
  if (func.is_direct && func.instance->may_leave) return call_directly(func, caller, slots);
  StoreState& store = func.instance->store;
  Call call(store, slots);
  const auto body = [&]() -> Result<uint64_t> {
    if (!func.instance->may_leave) return trap("cannot leave component instance");
    if (func.plan->is_async && !func.options.is_async && !call.may_block())
      return std::unexpected(Call::blocked_error());
    if (func.host) return call_host(func, call);
    const auto subtask = std::make_shared<Subtask>(func, slots, func.param_slots);
    subtask->callee = TRY(store.call(*func.lifted, subtask, func.instance));
    // A callee that is blocked by the host has not given control back yet.
    if (store.has_held() && func.options.is_async) {
      if (!call.thread().task) return cannot_stop(store);
      store.hold(call.thread(), subtask->callee.lock());
      return call.yield(false, [&func, subtask](bool) { return after_async_start(func, subtask); });
    }
    return after_start(func, call, subtask);
  };
  return conclude(caller, call, body(), slots, func.result_type);
}

engine::HostStatus call_builtin(void* env, engine::Caller& caller, uint64_t* slots) {
  const auto& func = *static_cast<const BuiltinFunc*>(env);
  Call call(func.instance->store, slots);
  return conclude(caller, call, func.body(func, call), slots, func.result_type);
}

}  // namespace cairn::component::rt
