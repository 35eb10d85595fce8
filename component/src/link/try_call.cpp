// Calls by a host that must not wait: an event loop, or an actor's turn.

#include <cairn/component/pending_call.hpp>

#include "link/host_calls.hpp"

namespace cairn::component {

Result<std::optional<PendingCall>> PendingCall::try_call(Store& store, const Func& func,
                                                         std::span<const Value> args,
                                                         Value& result) {
  if (!func) return fail(ErrorKind::usage, "a call of no function");
  rt::StoreState& state = store.state();
  const rt::LiftedFunc& lifted = *func.lifted();
  TRY(rt::check_values(lifted.plan->params, args, *lifted.instance));
  if (!lifted.is_direct) {
    auto side = std::make_shared<rt::ValueCaller>(std::span<const Value>(), true);
    side->owned.assign(args.begin(), args.end());
    side->args = side->owned;
    auto task = TRY(state.call(lifted, side, nullptr));
    return PendingCall(std::move(side), std::move(task));
  }
  rt::ValueCaller side(args, true);
  uint64_t slots[max_flat_params + 1];
  const rt::DirectEnd end = state.call_direct(lifted, slots, nullptr, lifted.entered, &side);
  if (end == rt::DirectEnd::returned) [[likely]] {
    result = std::move(side.result);
    return std::nullopt;
  }
  if (end == rt::DirectEnd::failed) return std::unexpected(*std::move(state.direct_error));
  // It has its arguments by now.
  rt::Thread& blocked = *state.direct_blocked;
  std::shared_ptr<rt::Task> task = blocked.task;
  auto kept = std::static_pointer_cast<rt::ValueCaller>(side.outlive());
  task->caller = kept;
  TRY(state.go_on(blocked, nullptr));
  return PendingCall(std::move(kept), std::move(task));
}

Result<PendingCall::State> PendingCall::advance(Store& store) {
  rt::StoreState& state = store.state();
  while (!side_->done) {
    const bool ran = TRY(state.tick());
    if (side_->done) break;
    if (state.paused) return State::paused;
    if (!ran) return State::waiting;
  }
  return State::done;
}

Result<PendingCall::State> PendingCall::advance_to_end(Store& store) {
  rt::StoreState& state = store.state();
  for (bool ran = true; ran;) {
    ran = TRY(state.tick());
    if (state.paused) return State::paused;
  }
  return has_ended() ? State::done : State::waiting;
}

Value PendingCall::take_result() { return std::move(side_->result); }

}  // namespace cairn::component
