#pragma once
/// Stores, instances of components, and their functions.

#include <cairn/component/host_context.hpp>
#include <cairn/component/runtime_limits.hpp>
#include <cairn/component/types.hpp>
#include <cairn/component/value.hpp>
#include <cairn/engine/store.hpp>

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::component {

namespace rt {
struct StoreState;
struct LiftedFunc;
struct World;
struct Exports;
/// How a call has ended that was tried without a task of its own.
enum class [[nodiscard]] DirectEnd : uint8_t {
  returned,
  blocked,
  failed,
  untried,  ///< it needs a task
};
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
  /// Fuel that was used without being there, since this was called last: what memory is allocated
  /// with runs to its end.
  uint64_t take_credit();
  /// Lets one waiting thread run that can. False: there is none, or it has stopped for want of fuel
  /// or by an interruption, and goes on with the next tick.
  Result<bool> tick();
  /// Whether what component instances here have besides their core instances is as it was before
  /// the first call: nothing is under way, and there never was a handle. Between calls.
  bool is_as_new() const;
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
  /// `usage` for arguments of the wrong shape, before the guest is entered; `trap`, `limit`, or
  /// what a host function returned.
  Result<std::vector<Value>> call(Store& store, std::span<const Value> args) const;

  /// The same with lists of numbers as raw values, and a result, if there is one, in `result`.
  Result<> call_raw(Store& store, std::span<const Value> args, Value& result) const;
  /// The same where all is numbers, chars and bools (`takes_scalars`): the arguments' bits are in
  /// `slots`, and the result's go to the first. There is room for one at least.
  Result<> call_scalars(Store& store, std::span<uint64_t> slots) const {
    const rt::DirectEnd end = call_directly(store, slots.data());
    if (end == rt::DirectEnd::returned) [[likely]]
      return {};
    return finish_scalars(store, slots, end);
  }
  bool takes_scalars() const;

  const rt::LiftedFunc* lifted() const { return lifted_; }
  rt::World* world() const { return world_; }

 private:
  rt::DirectEnd call_directly(Store& store, uint64_t* slots) const;
  Result<> finish_scalars(Store& store, std::span<uint64_t> slots, rt::DirectEnd end) const;
  Result<> call_values(Store& store, std::span<const Value> args, Value& result,
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
  /// Null when no value of that name is exported.
  const Value* value(std::string_view name) const;
  /// The names of all exported functions; those in exported instances as `instance#function`.
  std::vector<std::string> func_names() const;

 private:
  rt::World* world_ = nullptr;
  const rt::Exports* exports_ = nullptr;
};

}  // namespace cairn::component
