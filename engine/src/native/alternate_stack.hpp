#pragma once

namespace cairn::engine {

/// Gives the thread a stack for signal handlers when it has none, until the thread ends: the stack
/// of an execution may be exhausted when a handler has to run.
void use_alternate_stack();

}  // namespace cairn::engine
