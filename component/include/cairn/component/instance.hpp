#pragma once
/// Stores, instances of components, and their functions.

#include <cairn/component/host_context.hpp>
#include <cairn/component/runtime_limits.hpp>
#include <cairn/component/types.hpp>
#include <cairn/component/value.hpp>
#include <cairn/engine/store.hpp>

#include <functional>
#include <span>
#include <string_view>

namespace cairn::component {

namespace rt {
struct StoreState;
struct LiftedFunc;
struct World;
struct Exports;
}  // namespace rt

/// A core store, and the tasks of the component instances in it. It belongs to one thread at a
/// time.
class Store {
 public:
  /// With `seed` 0 threads run in the order in which they became ready; any other number makes the
  /// scheduler choose at random, always in the same way.
  explicit Store(engine::Engine& engine, const engine::StoreLimits& limits = {},
                 const RuntimeLimits& runtime_limits = {}, uint64_t seed = 0);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  engine::Store& core() { return core_; }
  /// Lets one waiting thread run that can. False: there is none.
  Result<bool> tick();
  /// What functions of the host find here.
  HostContext& context();
  /// Who waits for a guest that waits for the host calls this: it makes some progress of the
  /// host's, for instance by one step of an event loop. False: there is none to be made, so the
  /// guest waits for nothing, which is a trap. Without it, completions are expected from other
  /// threads.
  void set_idle(std::function<Result<bool>()> idle);
  /// Called, from any thread, when something happened that lets guests go on: the store wants to be
  /// ticked until there is nothing left.
  void set_wake(std::function<void()> wake);
  rt::StoreState& state() { return *state_; }

 private:
  engine::Store core_;
  std::unique_ptr<rt::StoreState> state_;
};

/// A function that a component instance exports; valid as long as its store.
class Func {
 public:
  Func() = default;
  Func(rt::World* world, const rt::LiftedFunc* lifted) : world_(world), lifted_(lifted) {}
  explicit operator bool() const { return lifted_ != nullptr; }
  /// Its type; ids in it are those of `types`.
  const FuncType& type() const;
  const Types& types() const;
  /// Calls it and lets threads of the store run until there is a result: no value, or one. Errors:
  /// `usage` for arguments of the wrong shape, `trap`, `limit`, or what a host function returned.
  Result<std::vector<Value>> call(Store& store, std::span<const Value> args) const;

  /// The same with lists of numbers as raw values.
  Result<std::vector<Value>> call_raw(Store& store, std::span<const Value> args) const;
  /// The same where all is numbers, chars and bools (`takes_scalars`): the arguments' bits are in
  /// `slots`, and the result's go to the first. There is room for one at least.
  Result<> call_scalars(Store& store, std::span<uint64_t> slots) const;
  bool takes_scalars() const;

  const rt::LiftedFunc* lifted() const { return lifted_; }
  rt::World* world() const { return world_; }

 private:
  Result<std::vector<Value>> call_values(Store& store, std::span<const Value> args,
                                         bool raw_lists) const;
  rt::World* world_ = nullptr;
  const rt::LiftedFunc* lifted_ = nullptr;
};

/// An instance of a component, or one that it exports; valid as long as its store.
class Instance {
 public:
  Instance() = default;
  Instance(rt::World* world, const rt::Exports* exports) : world_(world), exports_(exports) {}
  explicit operator bool() const { return exports_ != nullptr; }
  /// Exports of that name. Names of interfaces match by their semantic versions: a newer
  /// compatible one serves. Empty when there is none of that kind.
  Func func(std::string_view name) const;
  Instance instance(std::string_view name) const;

 private:
  rt::World* world_ = nullptr;
  const rt::Exports* exports_ = nullptr;
};

}  // namespace cairn::component
