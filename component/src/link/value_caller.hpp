#pragma once
#include "runtime/state.hpp"

namespace cairn::component::rt {

/// The host as the caller, with values that were checked.
struct ValueCaller final : CallerSide {
  ValueCaller(std::span<const Value> with, bool raw) : args(with), raw_lists(raw) {}
  bool start(Transfer& t, Task& task, uint64_t* flat) override {
    Side to(task.func.options, nullptr, &task);
    t.checked = true;
    return values_to_guest(t, task.func.plan->params, args, to, flat, {});
  }
  bool resolve(Transfer& t, Task& task, Side& from, const uint64_t* flat, uint32_t max) override {
    done = true;
    t.raw_lists = raw_lists;
    t.host_bytes_left = task.instance.store.limits.host_value_bytes_max;
    const TuplePlan& results = task.func.plan->results;
    has_result = !results.items.empty();
    return guest_to_values(t, results, from, flat, max, {&result, has_result ? size_t{1} : 0});
  }
  void cancelled() override { done = true; }
  /// The caller has returned.
  void let_go() { args = owned; }
  std::shared_ptr<CallerSide> outlive() override {
    return std::make_shared<ValueCaller>(std::span<const Value>(), raw_lists);
  }
  std::span<const Value> args;
  std::vector<Value> owned = {};  ///< of a call that outlives its caller
  Value result = {};
  bool has_result = false;
  bool raw_lists;
  bool done = false;
};

}  // namespace cairn::component::rt
