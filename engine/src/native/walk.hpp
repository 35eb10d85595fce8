#pragma once
/// Walking the stack of an execution over both tiers, newest frames first.

#include <functional>

#include "interp/frames.hpp"
#include "native/image.hpp"

namespace cairn::engine {

/// Visits the frames until one of the functions gives false. With an empty `on_native` those of
/// compiled code are left out.
void walk_stack(const ExecutionData& ex, const std::function<bool(const FrameCursor&)>& on_frame,
                const std::function<bool(const ModuleState&, const ImageFrame&)>& on_native);

/// The same for where an exception was thrown that nobody has caught.
void walk_throw(const ThrowTrace& trace,
                const std::function<bool(const FuncCode&, uint32_t pc_index)>& on_frame,
                const std::function<bool(const ModuleState&, const ImageFrame&)>& on_native);

/// The references that compiled code of the execution holds.
void visit_native_roots(const ExecutionData& ex, RootVisitor& visitor);

}  // namespace cairn::engine
