#include <cairn/component/instance.hpp>
#include <cairn/component/pending_call.hpp>

#include <algorithm>

#include "link/host_calls.hpp"
#include "link/program.hpp"

namespace cairn::component {

Store::Store(engine::Engine& engine, const engine::StoreLimits& limits,
             const RuntimeLimits& runtime_limits, uint64_t seed)
    : core_(engine, limits),
      state_(std::make_unique<rt::StoreState>(core_, runtime_limits, seed)) {}

Store::~Store() = default;

Result<bool> Store::tick() {
  const bool ran = TRY(state_->tick());
  return ran && !state_->paused;
}
uint64_t Store::take_credit() { return state_->take_credit(); }

namespace {
bool is_as_new(const rt::InstanceState& instance) {
  // Calls use the first index, one after another.
  return instance.handles.is_unused() && instance.threads.size() <= 2 && instance.may_enter &&
         instance.may_leave && instance.backpressure == 0 && instance.waiting_to_enter == 0 &&
         instance.exclusive == nullptr;
}
}  // namespace

bool Store::is_as_new() const {
  const rt::StoreState& state = *state_;
  if (state.task_count != 0 || !state.waiting.empty() || !state.held.empty() ||
      state.host_calls_pending != 0 || !state.host_ends.empty() ||
      !state.host_objects.is_unused() || state.paused || state.host_error) {
    return false;
  }
  return std::ranges::all_of(state.kept, [](const std::shared_ptr<rt::World>& world) {
    return std::ranges::all_of(world->instances, [](const rt::InstanceState& instance) {
      return component::is_as_new(instance);
    });
  });
}
HostContext& Store::context() { return state_->context; }
void Store::set_idle(std::function<Result<bool>()> idle) { state_->idle = std::move(idle); }
void Store::set_wake(std::function<void()> wake) { state_->inbox->set_wake(std::move(wake)); }

const FuncType& Func::type() const { return types()[lifted_->plan->id]; }
const Types& Func::types() const { return world_->program->types; }

Result<std::vector<Value>> Func::call(Store& store, std::span<const Value> args) const {
  if (!lifted_) return fail(ErrorKind::usage, "a call of no function");
  std::vector<Value> results(lifted_->plan->results.items.size());
  Value none;
  TRY(call_values(store, args, results.empty() ? none : results.front(), false));
  return results;
}
Result<> Func::call_raw(Store& store, std::span<const Value> args, Value& result) const {
  return call_values(store, args, result, true);
}

Result<> Func::call_values(Store& store, std::span<const Value> args, Value& result,
                           bool raw_lists) const {
  if (!lifted_) return fail(ErrorKind::usage, "a call of no function");
  TRY(rt::check_values(lifted_->plan->params, args, *lifted_->instance));
  return rt::call_with_values(store.state(), *lifted_, args, result, raw_lists);
}

Result<PendingCall> PendingCall::start(Store& store, const Func& func, std::vector<Value> args) {
  if (!func) return fail(ErrorKind::usage, "a call of no function");
  TRY(rt::check_values(func.lifted()->plan->params, args, *func.lifted()->instance));
  auto side = std::make_shared<rt::ValueCaller>(std::span<const Value>(), false);
  side->owned = std::move(args);
  side->args = side->owned;
  auto task = TRY(store.state().call(*func.lifted(), side, nullptr));
  return PendingCall(std::move(side), std::move(task));
}

bool PendingCall::is_done() const { return side_->done; }

Result<std::vector<Value>> PendingCall::wait(Store& store) {
  TRY(rt::run_until(store.state(), side_->done));
  std::vector<Value> results;
  if (side_->has_result) results.push_back(std::move(side_->result));
  return results;
}

Result<> PendingCall::cancel() {
  const auto state = task_->state;
  task_->instance.store.begin_turn();
  const bool can = state == rt::Task::State::initial || state == rt::Task::State::started;
  return can ? task_->request_cancellation(nullptr) : Result<>();
}

bool Func::takes_scalars() const {
  const rt::FuncPlan& plan = *lifted_->plan;
  return plan.params.all_scalar && plan.params.flat_count <= max_flat_params &&
         plan.results.all_scalar;
}

rt::DirectEnd Func::call_directly(Store& store, uint64_t* slots) const {
  if (!lifted_->passes_scalars) [[unlikely]]
    return rt::DirectEnd::untried;
  rt::StoreState& state = store.state();
  return lifted_->is_unseen ? state.call_unseen(*lifted_, slots, nullptr, lifted_->entered)
                            : state.call_direct(*lifted_, slots, nullptr, lifted_->entered);
}

Result<> Func::finish_scalars(Store& store, std::span<uint64_t> slots, rt::DirectEnd end) const {
  return rt::finish_with_scalars(store.state(), *lifted_, slots, end);
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

const Value* Instance::value(std::string_view name) const {
  const auto* const item = find<rt::ValueItem>(exports_, name);
  return item ? &world_->values[item->slot] : nullptr;
}

std::vector<std::string> Instance::func_names() const {
  std::vector<std::string> names;
  if (!exports_) return names;
  for (const auto& [name, item] : exports_->items) {
    const auto* const func = std::get_if<rt::FuncItem>(&item);
    if (func && !func->is_host) names.push_back(name);
    if (std::holds_alternative<rt::InstanceItem>(item))
      for (const std::string& inner : instance(name).func_names())
        names.push_back(name + "#" + inner);
  }
  return names;
}

Instance Instance::instance(std::string_view name) const {
  const auto* const item = find<rt::InstanceItem>(exports_, name);
  return item ? Instance(world_, item->get()) : Instance();
}

}  // namespace cairn::component
