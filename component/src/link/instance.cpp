#include <cairn/component/instance.hpp>

#include "link/program.hpp"

namespace cairn::component {

Store::Store(engine::Engine& engine, const engine::StoreLimits& limits,
             const RuntimeLimits& runtime_limits, uint64_t seed)
    : core_(engine, limits),
      state_(std::make_unique<rt::StoreState>(core_, runtime_limits, seed)) {}

Store::~Store() = default;

Result<bool> Store::tick() { return state_->tick(); }

namespace {

/// The host as the caller, with values.
struct ValueCaller final : rt::CallerSide {
  explicit ValueCaller(std::span<const Value> with) : args(with) {}
  bool start(rt::Transfer& t, rt::Task& task, uint64_t* flat) override {
    rt::Side to(task.func.options, nullptr, &task);
    return values_to_guest(t, task.func.plan->params, args, to, flat, {});
  }
  bool resolve(rt::Transfer& t, rt::Task& task, rt::Side& from, const uint64_t* flat,
               uint32_t max) override {
    done = true;
    return guest_to_values(t, task.func.plan->results, from, flat, max, results);
  }
  void cancelled() override { done = true; }
  std::span<const Value> args;
  std::vector<Value> results;
  bool done = false;
};

}  // namespace

const FuncType& Func::type() const { return types()[lifted_->plan->id]; }
const Types& Func::types() const { return world_->program->types; }

Result<std::vector<Value>> Func::call(Store& store, std::span<const Value> args) const {
  if (!lifted_) return fail(ErrorKind::usage, "a call of no function");
  if (args.size() != lifted_->plan->params.items.size())
    return fail(ErrorKind::usage, "a call with the wrong number of arguments");
  rt::StoreState& state = store.state();
  const auto side = std::make_shared<ValueCaller>(args);
  const auto task = TRY(state.call(*lifted_, side, nullptr));
  while (!side->done) {
    if (TRY(state.tick())) continue;
    if (!TRY(state.take_inbox(true)))
      return rt::trap("deadlock detected: event loop cannot make further progress");
  }
  return std::move(side->results);
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
