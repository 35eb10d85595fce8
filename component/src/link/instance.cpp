#include <cairn/component/instance.hpp>
#include <cairn/component/pending_call.hpp>

#include "link/program.hpp"
#include "link/value_caller.hpp"

namespace cairn::component {

Store::Store(engine::Engine& engine, const engine::StoreLimits& limits,
             const RuntimeLimits& runtime_limits, uint64_t seed)
    : core_(engine, limits),
      state_(std::make_unique<rt::StoreState>(core_, runtime_limits, seed)) {}

Store::~Store() = default;

Result<bool> Store::tick() { return state_->tick(); }
HostContext& Store::context() { return state_->context; }
void Store::set_idle(std::function<Result<bool>()> idle) { state_->idle = std::move(idle); }
void Store::set_wake(std::function<void()> wake) { state_->inbox->set_wake(std::move(wake)); }

namespace {

/// The host as the caller, with numbers.
struct ScalarCaller final : rt::CallerSide {
  explicit ScalarCaller(std::span<uint64_t> with) : slots(with) {}
  bool start(rt::Transfer&, rt::Task& task, uint64_t* flat) override {
    std::copy_n(slots.data(), task.func.plan->params.items.size(), flat);
    return true;
  }
  bool resolve(rt::Transfer& t, rt::Task& task, rt::Side&, const uint64_t* flat,
               uint32_t) override {
    done = true;
    const rt::TuplePlan& results = task.func.plan->results;
    std::copy_n(flat, results.items.size(), slots.data());
    return narrow_scalars(t, results, slots.data());
  }
  void cancelled() override { done = true; }
  std::span<uint64_t> slots;
  bool done = false;
};

/// Lets threads run until the call has ended.
Result<> run_until(rt::StoreState& state, const bool& done) {
  while (!done) {
    if (TRY(state.tick())) continue;
    if (!TRY(state.wait_for_host()))
      return rt::trap("deadlock detected: event loop cannot make further progress");
  }
  return {};
}

template <class Caller>
Result<> finish_call(rt::StoreState& state, const rt::LiftedFunc& func,
                     const std::shared_ptr<Caller>& side) {
  const auto task = TRY(state.call(func, side, nullptr));
  return run_until(state, side->done);
}

}  // namespace

const FuncType& Func::type() const { return types()[lifted_->plan->id]; }
const Types& Func::types() const { return world_->program->types; }

Result<std::vector<Value>> Func::call(Store& store, std::span<const Value> args) const {
  return call_values(store, args, false);
}
Result<std::vector<Value>> Func::call_raw(Store& store, std::span<const Value> args) const {
  return call_values(store, args, true);
}

Result<std::vector<Value>> Func::call_values(Store& store, std::span<const Value> args,
                                             bool raw_lists) const {
  if (!lifted_) return fail(ErrorKind::usage, "a call of no function");
  if (args.size() != lifted_->plan->params.items.size())
    return fail(ErrorKind::usage, "a call with the wrong number of arguments");
  const auto side = std::make_shared<rt::ValueCaller>(args, raw_lists);
  TRY(finish_call(store.state(), *lifted_, side));
  return std::move(side->results);
}

Result<PendingCall> PendingCall::start(Store& store, const Func& func, std::vector<Value> args) {
  if (!func || args.size() != func.lifted()->plan->params.items.size())
    return fail(ErrorKind::usage, "a call of no function, or with the wrong number of arguments");
  auto side = std::make_shared<rt::ValueCaller>(std::span<const Value>(), false);
  side->owned = std::move(args);
  side->args = side->owned;
  auto task = TRY(store.state().call(*func.lifted(), side, nullptr));
  return PendingCall(std::move(side), std::move(task));
}

bool PendingCall::is_done() const { return side_->done; }

Result<std::vector<Value>> PendingCall::wait(Store& store) {
  TRY(run_until(store.state(), side_->done));
  return std::move(side_->results);
}

Result<> PendingCall::cancel() {
  const auto state = task_->state;
  const bool can = state == rt::Task::State::initial || state == rt::Task::State::started;
  return can ? task_->request_cancellation(nullptr) : Result<>();
}

bool Func::takes_scalars() const {
  const rt::FuncPlan& plan = *lifted_->plan;
  return plan.params.all_scalar && plan.params.flat_count <= max_flat_params &&
         plan.results.all_scalar;
}

Result<> Func::call_scalars(Store& store, std::span<uint64_t> slots) const {
  if (lifted_->is_direct) {
    rt::StoreState& state = store.state();
    const rt::DirectEnd end = state.call_direct(*lifted_, slots.data(), nullptr, lifted_->entered);
    if (end.returned()) return {};
    if (end.error) return std::unexpected(std::move(*end.error));
    const auto side = std::make_shared<ScalarCaller>(slots);
    end.blocked->task->caller = side;
    TRY(state.go_on(*end.blocked, nullptr));
    return run_until(state, side->done);
  }
  return finish_call(store.state(), *lifted_, std::make_shared<ScalarCaller>(slots));
}

namespace {
template <class T>
const T* find(const rt::Exports* exports, std::string_view name) {
  const rt::Item* const item = exports ? exports->find(name) : nullptr;
  return item ? std::get_if<T>(item) : nullptr;
}
}  // namespace

Func Instance::func(std::string_view name) const {
  const auto* const item = find<rt::FuncItem>(exports_, name);
  if (!item || item->is_host) return {};
  return Func(world_, &world_->lifted[item->index]);
}

Instance Instance::instance(std::string_view name) const {
  const auto* const item = find<rt::InstanceItem>(exports_, name);
  return item ? Instance(world_, item->get()) : Instance();
}

}  // namespace cairn::component
