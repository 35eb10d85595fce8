#include "link/host_calls.hpp"

namespace cairn::component::rt {

Result<> run_until(StoreState& state, const bool& done) {
  while (!done) {
    const bool ran = TRY(state.tick());
    if (state.paused && !done) return std::unexpected(paused_error(*state.paused));
    if (ran || done) continue;
    if (!TRY(state.wait_for_host()))
      return trap("deadlock detected: event loop cannot make further progress");
  }
  return {};
}

namespace {

/// The host as the caller, with numbers.
struct ScalarCaller final : CallerSide {
  explicit ScalarCaller(std::span<const uint64_t> with) { std::ranges::copy(with, slots); }
  bool start(Transfer&, Task& task, uint64_t* flat) override {
    std::copy_n(slots, task.func.plan->params.items.size(), flat);
    return true;
  }
  bool resolve(Transfer& t, Task& task, Side&, const uint64_t* flat, uint32_t) override {
    done = true;
    const TuplePlan& results = task.func.plan->results;
    std::copy_n(flat, results.items.size(), slots);
    return narrow_scalars(t, results, slots);
  }
  void cancelled() override { done = true; }
  void let_go() {}
  uint64_t slots[max_flat_params + 1] = {};
  bool done = false;
};

/// `run_until` for a caller that returns: what it has lent is no longer there when the call goes
/// on.
template <class Caller>
Result<> finish_call(StoreState& state, Caller& side) {
  Result<> done = run_until(state, side.done);
  if (done) return {};
  side.let_go();
  if (state.paused) state.abandon();
  return done;
}

/// Behind a direct call that has not returned.
template <class Caller>
[[gnu::cold]] Result<> go_on(StoreState& state, DirectEnd end,
                             const std::shared_ptr<Caller>& side) {
  if (end == DirectEnd::failed) return std::unexpected(*std::move(state.direct_error));
  Thread& blocked = *state.direct_blocked;
  blocked.task->caller = side;
  TRY(state.go_on(blocked, nullptr));
  return finish_call(state, *side);
}

template <class Caller>
Result<> call_indirectly(StoreState& state, const LiftedFunc& func,
                         const std::shared_ptr<Caller>& side) {
  const auto task = state.call(func, side, nullptr);
  if (!task) {
    side->let_go();
    return std::unexpected(task.error());
  }
  Result<> done = finish_call(state, *side);
  // Nor does it begin any more.
  if (!done && (*task)->state == Task::State::initial) TRY((*task)->request_cancellation(nullptr));
  return done;
}

}  // namespace

Result<> finish_with_scalars(StoreState& state, const LiftedFunc& func, std::span<uint64_t> slots,
                             DirectEnd end) {
  const auto side = std::make_shared<ScalarCaller>(slots);
  if (end == DirectEnd::untried)
    TRY(call_indirectly(state, func, side));
  else
    TRY(go_on(state, end, side));
  slots[0] = side->slots[0];
  return {};
}

Result<> call_with_values(StoreState& state, const LiftedFunc& func, std::span<const Value> args,
                          Value& result, bool raw_lists) {
  if (!func.is_direct) {
    const auto side = std::make_shared<ValueCaller>(args, raw_lists);
    TRY(call_indirectly(state, func, side));
    result = std::move(side->result);
    return {};
  }
  ValueCaller side(args, raw_lists);
  uint64_t slots[max_flat_params + 1];
  const DirectEnd end = state.call_direct(func, slots, nullptr, func.entered, &side);
  if (end != DirectEnd::returned) [[unlikely]] {
    const auto kept = std::static_pointer_cast<ValueCaller>(side.outlive());
    TRY(go_on(state, end, kept));
    side.result = std::move(kept->result);
  }
  result = std::move(side.result);
  return {};
}

// ---- Functions of the host --------------------------------------------------------------------

namespace {

using HostResult = Result<std::optional<Value>>;

/// The host waits itself.
class WaitingSide final : public HostCallSide {
 public:
  struct Outcome {
    bool done = false;
    HostResult result = std::nullopt;
  };
  explicit WaitingSide(StoreState& store) : store_(store) {}
  std::shared_ptr<HostCompletion> suspend() override {
    ++store_.host_calls_pending;
    return std::make_shared<Completion>(store_, outcome_);
  }
  Outcome& outcome() { return *outcome_; }

 private:
  class Completion final : public HostCompletion {
   public:
    Completion(StoreState& store, std::shared_ptr<Outcome> outcome)
        : store_(&store), inbox_(store.inbox), outcome_(std::move(outcome)) {}
    void complete(HostResult result) override {
      if (done_.exchange(true)) return;
      let_go();
      inbox_->put([store = store_, outcome = outcome_, result = std::move(result)]() -> Result<> {
        --store->host_calls_pending;
        outcome->result = result;
        outcome->done = true;
        return {};
      });
    }

   private:
    StoreState* store_;
    std::shared_ptr<StoreState::Inbox> inbox_;
    std::shared_ptr<Outcome> outcome_;
    std::atomic<bool> done_ = false;
  };
  StoreState& store_;
  std::shared_ptr<Outcome> outcome_ = std::make_shared<Outcome>();
};

}  // namespace

Result<> call_host_function(StoreState& state, const HostFuncState& func, const FuncPlan& plan,
                            std::vector<Value> args, Value& result) {
  WaitingSide side(state);
  HostCall call(state, std::move(args), side);
  std::optional<Value> value = TRY(func.function(call));
  if (call.suspended()) {
    TRY(run_until(state, side.outcome().done));
    value = TRY(std::move(side.outcome().result));
  }
  const std::vector<const Plan*>& results = plan.results.items;
  if (value.has_value() != !results.empty() || (value && !is_value_of(*results.front(), *value)))
    return fail(ErrorKind::usage, "a function of the host has given a result of another type");
  if (value) result = *std::move(value);
  return {};
}

}  // namespace cairn::component::rt
