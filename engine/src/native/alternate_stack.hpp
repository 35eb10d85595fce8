#pragma once

namespace cairn::engine {

namespace detail {
extern constinit thread_local bool has_alternate_stack;
void make_alternate_stack();
}  // namespace detail

/// Gives the thread a stack for signal handlers when it has none, until the thread ends: the stack
/// of an execution may be exhausted when a handler has to run.
inline void use_alternate_stack() {
  if (!detail::has_alternate_stack) [[unlikely]]
    detail::make_alternate_stack();
}

}  // namespace cairn::engine
