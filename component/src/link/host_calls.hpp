#pragma once
/// Calls that the host makes: of functions of guests, and for guests of its own.

#include "link/value_caller.hpp"
#include "runtime/host_state.hpp"

namespace cairn::component::rt {

/// Lets threads run until then.
Result<> run_until(StoreState& state, const bool& done);

/// Calls a function and lets threads run until there is a result, if there is to be one. As many
/// arguments as it has parameters.
Result<> call_with_values(StoreState& state, const LiftedFunc& func, std::span<const Value> args,
                          Value& result, bool raw_lists);

/// The same for a function that takes and gives core numbers, behind a direct call that has not
/// returned.
Result<> finish_with_scalars(StoreState& state, const LiftedFunc& func, std::span<uint64_t> slots,
                             DirectEnd end);

/// Calls a function of the host with values of its types, and waits for it.
Result<> call_host_function(StoreState& state, const HostFuncState& func, const FuncPlan& plan,
                            std::vector<Value> args, Value& result);

}  // namespace cairn::component::rt
