#pragma once
/// `canon lower` and the built-ins, as core functions of the host.

#include <cairn/component/canon.hpp>

#include "runtime/waitable.hpp"

namespace cairn::component::rt {

/// One built-in with its immediates, in one component instance.
struct BuiltinFunc {
  using Body = Result<uint64_t> (*)(const BuiltinFunc& self, Call& call);
  Body body = nullptr;
  CanonKind kind = CanonKind::resource_new;
  InstanceState* instance = nullptr;
  Options options = {};
  const Plan* plan = nullptr;         ///< of a stream or future type
  const TuplePlan* result = nullptr;  ///< task.return
  ResourceId resource = {};
  bool flag = false;  ///< async or cancellable
  uint32_t slot = 0;  ///< context.get, context.set
  bool wide = false;  ///< of 64 bits
  engine::Table table = {};
  std::optional<wasm::ValType> result_type = {};  ///< of the core function
};

inline Result<> check_may_leave(const BuiltinFunc& self) {
  if (!self.instance->may_leave) return trap("cannot leave component instance");
  return {};
}

/// Null for what is not supported.
BuiltinFunc::Body builtin_body(CanonKind kind);

// The callbacks; `env` is a BuiltinFunc or a LoweredFunc.
engine::HostStatus call_builtin(void* env, engine::Caller& caller, uint64_t* slots);
engine::HostStatus call_lowered(void* env, engine::Caller& caller, uint64_t* slots);

/// Finds the object behind a handle, or traps.
Result<std::shared_ptr<Object>> find_object(InstanceState& instance, uint32_t index);
template <class T>
Result<std::shared_ptr<T>> find_object(InstanceState& instance, uint32_t index, Object::Kind kind) {
  std::shared_ptr<Object> object = TRY(find_object(instance, index));
  if (object->kind != kind)
    return trap("handle index " + std::to_string(index) + " used with the wrong type");
  return std::static_pointer_cast<T>(std::move(object));
}
Result<uint32_t> add_object(InstanceState& instance, std::shared_ptr<Object> object);

// The bodies.
namespace builtins {
using Body = Result<uint64_t>(const BuiltinFunc& self, Call& call);
Body resource_new, resource_drop, resource_rep;
Body task_return, task_cancel, subtask_cancel, subtask_drop;
Body context_get, context_set, backpressure_inc, backpressure_dec;
Body waitable_set_new, waitable_set_wait, waitable_set_poll, waitable_set_drop, waitable_join;
Body shared_new, copy_read, copy_write, copy_cancel, copy_drop;
Body error_context_new, error_context_debug_message, error_context_drop;
Body thread_index, thread_new_indirect, thread_resume_later, thread_suspend, thread_yield;
Body thread_suspend_then_resume, thread_yield_then_resume, thread_suspend_then_promote,
    thread_yield_then_promote;
}  // namespace builtins

}  // namespace cairn::component::rt
