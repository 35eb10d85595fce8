#include "runtime/builtin.hpp"

namespace cairn::component::rt {

BuiltinFunc::Body builtin_body(CanonKind kind) {
  using enum CanonKind;
  switch (kind) {
    case resource_new: return &builtins::resource_new;
    case resource_drop: return &builtins::resource_drop;
    case resource_rep: return &builtins::resource_rep;
    case task_cancel: return &builtins::task_cancel;
    case task_return: return &builtins::task_return;
    case subtask_cancel: return &builtins::subtask_cancel;
    case subtask_drop: return &builtins::subtask_drop;
    case context_get: return &builtins::context_get;
    case context_set: return &builtins::context_set;
    case backpressure_inc: return &builtins::backpressure_inc;
    case backpressure_dec: return &builtins::backpressure_dec;
    case stream_new:
    case future_new: return &builtins::shared_new;
    case stream_read:
    case future_read: return &builtins::copy_read;
    case stream_write:
    case future_write: return &builtins::copy_write;
    case stream_cancel_read:
    case stream_cancel_write:
    case future_cancel_read:
    case future_cancel_write: return &builtins::copy_cancel;
    case stream_drop_readable:
    case stream_drop_writable:
    case future_drop_readable:
    case future_drop_writable: return &builtins::copy_drop;
    case error_context_new: return &builtins::error_context_new;
    case error_context_debug_message: return &builtins::error_context_debug_message;
    case error_context_drop: return &builtins::error_context_drop;
    case waitable_set_new: return &builtins::waitable_set_new;
    case waitable_set_wait: return &builtins::waitable_set_wait;
    case waitable_set_poll: return &builtins::waitable_set_poll;
    case waitable_set_drop: return &builtins::waitable_set_drop;
    case waitable_join: return &builtins::waitable_join;
    case thread_index: return &builtins::thread_index;
    case thread_new_indirect: return &builtins::thread_new_indirect;
    case thread_resume_later: return &builtins::thread_resume_later;
    case thread_suspend: return &builtins::thread_suspend;
    case thread_yield: return &builtins::thread_yield;
    case thread_suspend_then_resume: return &builtins::thread_suspend_then_resume;
    case thread_yield_then_resume: return &builtins::thread_yield_then_resume;
    case thread_suspend_then_promote: return &builtins::thread_suspend_then_promote;
    case thread_yield_then_promote: return &builtins::thread_yield_then_promote;
    case lift:
    case lower:
    case thread_spawn_ref:
    case thread_spawn_indirect:
    case thread_available_parallelism: return nullptr;
  }
  return nullptr;
}

}  // namespace cairn::component::rt
