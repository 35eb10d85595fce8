// resource.new, resource.drop, resource.rep, and error contexts.

#include <fmt/format.h>

#include "runtime/builtin.hpp"
#include "runtime/host_state.hpp"

namespace cairn::component::rt {

Result<std::shared_ptr<Object>> find_object(InstanceState& instance, uint32_t index) {
  const Handle* const handle = instance.handles.get(index);
  if (!handle) return trap(fmt::format("unknown handle index {}", index));
  if (!handle->object) return trap(fmt::format("handle index {} used with the wrong type", index));
  return handle->object;
}

Result<uint32_t> add_object(InstanceState& instance, std::shared_ptr<Object> object) {
  Handle handle;
  handle.kind = Handle::Kind::object;
  handle.object = std::move(object);
  const auto index = instance.handles.add(std::move(handle));
  if (!index) return trap("too many handles in a component instance");
  return *index;
}

namespace {

/// Whoever drops the last handle calls the destructor.
struct Dropper final : CallerSide {
  explicit Dropper(uint64_t of) : rep(of) {}
  bool start(Transfer&, Task&, uint64_t* flat) override {
    flat[0] = rep;
    return true;
  }
  bool resolve(Transfer&, Task&, Side&, const uint64_t*, uint32_t) override { return true; }
  void cancelled() override {}
  uint64_t rep;
};

Result<Handle*> find_resource(const BuiltinFunc& self, uint32_t index) {
  Handle* const handle = self.instance->handles.get(index);
  if (!handle) return trap(fmt::format("unknown handle index {}", index));
  const ResourceState* const wanted = &self.instance->resources[self.resource.value];
  if (handle->kind == Handle::Kind::resource && handle->resource == wanted) return handle;
  return trap(fmt::format(
      "handle index {} used with the wrong type, expected guest-defined resource but found a "
      "different {}",
      index, handle->kind == Handle::Kind::resource ? "guest-defined resource" : "handle"));
}

}  // namespace

Result<std::shared_ptr<Task>> destroy_resource(StoreState& store, const ResourceState& resource,
                                               uint64_t rep, InstanceState* caller) {
  if (resource.host_dtor) (*resource.host_dtor)(rep);
  if (resource.host_objects) store.host_objects.remove(rep);
  if (!resource.owner) return nullptr;
  if (resource.dtor.core) return store.call(resource.dtor, std::make_shared<Dropper>(rep), caller);
  if (!resource.owner->may_enter_from(caller)) return trap("cannot enter component instance");
  return nullptr;
}

namespace builtins {

Result<uint64_t> resource_new(const BuiltinFunc& self, Call& call) {
  TRY(check_may_leave(self));
  Handle handle;
  handle.kind = Handle::Kind::resource;
  handle.own = true;
  handle.rep = self.wide ? call.u64(0) : call.u32(0);
  handle.resource = &self.instance->resources[self.resource.value];
  const auto index = self.instance->handles.add(std::move(handle));
  if (!index) return trap("too many handles in a component instance");
  return *index;
}

Result<uint64_t> resource_drop(const BuiltinFunc& self, Call& call) {
  TRY(check_may_leave(self));
  const uint32_t index = call.u32(0);
  Handle handle = *TRY(find_resource(self, index));
  if (handle.lends != 0) return trap("cannot remove owned resource while borrowed");
  self.instance->handles.remove(index);
  if (!handle.own) {
    if (handle.scope) --handle.scope->borrows;
    return 0;
  }
  StoreState& store = call.store();
  const auto task = TRY(destroy_resource(store, *handle.resource, handle.rep, self.instance));
  if (!task || task->is_resolved()) return 0;
  // The destructor waits for the host: it is called like any function without `async`.
  if (!call.thread().task) return cannot_stop(store);
  store.hold(call.thread(), task);
  return call.wait([task] { return task->is_resolved(); }, false,
                   [](bool) -> Result<uint64_t> { return 0; });
}

Result<uint64_t> resource_rep(const BuiltinFunc& self, Call& call) {
  return TRY(find_resource(self, call.u32(0)))->rep;
}

Result<uint64_t> error_context_new(const BuiltinFunc& self, Call& call) {
  TRY(check_may_leave(self));
  std::string message;
  const auto& left = call.store().error_context_bytes_left;
  if (!call.store().deterministic) {
    Transfer t(false);
    const Side from(self.options);
    SourceString string;
    TRY(t.result(lift_string(t, from, self.wide ? call.u64(0) : call.u32(0),
                             self.wide ? call.u64(1) : call.u32(1), string)));
    append_string(message, string, *left);
  }
  return TRY(add_object(*self.instance, std::make_shared<ErrorContext>(std::move(message), left)));
}

Result<uint64_t> error_context_debug_message(const BuiltinFunc& self, Call& call) {
  TRY(check_may_leave(self));
  const auto context =
      TRY(find_object<ErrorContext>(*self.instance, call.u32(0), Object::Kind::error_context));
  Transfer t(call.store().deterministic);
  Side to(self.options);
  const uint64_t at = self.wide ? call.u64(1) : call.u32(1);
  if (at % to.options->ptr_bytes() != 0) return trap("unaligned pointer");
  const SourceString text{.data = reinterpret_cast<const uint8_t*>(context->message.data()),
                          .count = context->message.size()};
  uint64_t ptr, tagged;
  TRY(t.result(lower_string(t, to, text, ptr, tagged)));
  if (!to.holds(at, 2 * to.options->ptr_bytes())) return trap("pointer out of bounds of memory");
  to.store_ptr(at, ptr);
  to.store_ptr(at + to.options->ptr_bytes(), tagged);
  return 0;
}

Result<uint64_t> error_context_drop(const BuiltinFunc& self, Call& call) {
  TRY(check_may_leave(self));
  TRY(find_object<ErrorContext>(*self.instance, call.u32(0), Object::Kind::error_context));
  self.instance->handles.remove(call.u32(0));
  return 0;
}

}  // namespace builtins
}  // namespace cairn::component::rt
