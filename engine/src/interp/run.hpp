#pragma once
/// Running handlers.

#include "interp/execution_data.hpp"

namespace cairn::engine {

/// Sets the registers to the beginning of a function: arguments at `slots`, its bottom frame at
/// `frame`. When it returns, its results are at `slots` and the run ends as `returned`.
void enter_from_bottom(ExecutionData& ex, FuncCode& code, InstanceData& instance, uint64_t* slots,
                       Frame* frame);

/// Runs handlers from the spilled registers until one says stop.
void run_handlers(ExecutionData& ex);

}  // namespace cairn::engine
