// Handles: lifted and lowered (CanonicalABI.md, `lift_own` and the following, `lower_own` …).

#include <fmt/format.h>
#include <cairn/component/host_types.hpp>

#include "runtime/host_state.hpp"

namespace cairn::component::rt {

namespace {

bool unknown(Transfer& t, uint32_t index) {
  return t.trap(fmt::format("unknown handle index {}", index));
}

std::string_view kind_of(const ResourceState* resource) {
  return resource->owner ? "guest-defined resource" : "host-defined resource";
}

Handle* find_resource(Transfer& t, Side& from, const Plan& plan, uint32_t index) {
  Handle* const handle = from.instance->handles.get(index);
  const ResourceState& wanted = from.instance->resources[plan.resource.value];
  if (!handle) {
    unknown(t, index);
  } else if (handle->kind != Handle::Kind::resource) {
    t.trap(fmt::format("handle index {} used with the wrong type, expected {}", index,
                       kind_of(&wanted)));
  } else if (handle->resource != &wanted) {
    t.trap(fmt::format(
        "handle index {} used with the wrong type, expected {} but found a different {}", index,
        kind_of(&wanted), kind_of(handle->resource)));
  } else {
    return handle;
  }
  return nullptr;
}

bool add_handle(Transfer& t, InstanceState& to, Handle handle, uint32_t& index) {
  const auto added = to.handles.add(std::move(handle));
  if (!added) return t.trap("too many handles in a component instance");
  index = *added;
  return true;
}

}  // namespace

bool lift_own(Transfer& t, Side& from, const Plan& plan, uint32_t index, uint64_t& rep) {
  const Handle* const handle = find_resource(t, from, plan, index);
  if (!handle) return false;
  if (handle->lends != 0) return t.trap("cannot remove owned resource while borrowed");
  if (!handle->own) return t.trap("cannot lift own resource from a borrow");
  rep = handle->rep;
  from.instance->handles.remove(index);
  return true;
}

bool lift_borrow(Transfer& t, Side& from, const Plan& plan, uint32_t index, uint64_t& rep) {
  const Handle* const handle = find_resource(t, from, plan, index);
  if (!handle) return false;
  rep = handle->rep;
  if (from.lender) from.lender->add_lender(index);
  return true;
}

bool lower_own(Transfer& t, Side& to, const Plan& plan, uint64_t rep, uint32_t& index) {
  ResourceState* const resource = &to.instance->resources[plan.resource.value];
  Handle handle;
  handle.kind = Handle::Kind::resource;
  handle.own = true;
  handle.rep = rep;
  handle.resource = resource;
  return add_handle(t, *to.instance, std::move(handle), index);
}

bool lower_borrow(Transfer& t, Side& to, const Plan& plan, uint64_t rep, uint32_t& index) {
  ResourceState* const resource = &to.instance->resources[plan.resource.value];
  if (resource->owner == to.instance) {
    index = static_cast<uint32_t>(rep);
    return true;
  }
  Handle handle;
  handle.kind = Handle::Kind::resource;
  handle.rep = rep;
  handle.resource = resource;
  handle.scope = to.scope;
  if (!add_handle(t, *to.instance, std::move(handle), index)) return false;
  if (to.scope) ++to.scope->borrows;
  return true;
}

bool lift_object(Transfer& t, Side& from, const Plan& plan, uint32_t index,
                 std::shared_ptr<Object>& object) {
  const Handle* const handle = from.instance->handles.get(index);
  if (!handle) return unknown(t, index);
  const auto wanted = plan.op == Op::stream   ? Object::Kind::stream_reader
                      : plan.op == Op::future ? Object::Kind::future_reader
                                              : Object::Kind::error_context;
  if (!handle->object || handle->object->kind != wanted)
    return t.trap(fmt::format("handle index {} used with the wrong type", index));
  if (wanted == Object::Kind::error_context) {
    object = handle->object;
    return true;
  }
  const auto& end = static_cast<const CopyEnd&>(*handle->object);
  const bool is_future = end.shared->is_future();
  if (end.shared->plan != &plan)
    return t.trap(fmt::format("handle index {} used with the wrong type", index));
  if (end.state == CopyEnd::State::done) {
    return t.trap(is_future
                      ? "cannot lift future after previous read succeeded"
                      : "cannot lift stream after being notified that the writable end dropped");
  }
  if (end.state != CopyEnd::State::idle)
    return t.trap(is_future ? "cannot remove busy future" : "cannot remove busy stream");
  if (end.set) {
    return t.trap(is_future ? "cannot lift future while it's in a waitable set"
                            : "cannot lift stream while it's in a waitable set");
  }
  object = end.shared;
  from.instance->handles.remove(index);
  return true;
}

bool lower_object(Transfer& t, Side& to, const Plan& plan, std::shared_ptr<Object> object,
                  uint32_t& index) {
  Handle handle;
  handle.kind = Handle::Kind::object;
  if (plan.op == Op::error_context) {
    handle.object = std::move(object);
    return add_handle(t, *to.instance, std::move(handle), index);
  }
  const auto kind =
      plan.op == Op::stream ? Object::Kind::stream_reader : Object::Kind::future_reader;
  const auto end = std::make_shared<CopyEnd>(kind, std::static_pointer_cast<Shared>(object));
  end->instance = to.instance;
  handle.object = end;
  if (!add_handle(t, *to.instance, std::move(handle), index)) return false;
  end->index = index;
  return true;
}

// ---- Of the host ------------------------------------------------------------------------------

/// A resource that is let go of is destroyed when the store runs next: this may be any place of the
/// host, also one that guests have called.
HostHandle::~HostHandle() {
  // Who writes to a stream or future learns that nobody will read it.
  if (object && !gone && object->kind != Object::Kind::error_context) {
    inbox_->put([shared = std::static_pointer_cast<Shared>(object)]() -> Result<> {
      CopyEnd end(shared->is_future() ? Object::Kind::future_reader : Object::Kind::stream_reader,
                  shared);
      drop_end(end);
      return {};
    });
    return;
  }
  if (!resource || !own || gone) return;
  const auto destroy = [&of = *store, what = resource, which = rep]() -> Result<> {
    TRY(destroy_resource(of, *what, which, nullptr));
    return {};
  };
  inbox_->put([&of = *store, destroy]() -> Result<> {
    if (of.held.empty()) return destroy();
    of.after_held.emplace_back(destroy);
    return {};
  });
}

namespace {
Object::Kind object_kind(const Plan& plan) {
  return plan.op == Op::stream   ? Object::Kind::stream
         : plan.op == Op::future ? Object::Kind::future
                                 : Object::Kind::error_context;
}
}  // namespace

std::optional<std::string> refused_handle(const InstanceState& to, const Plan& plan,
                                          const Value& value) {
  const HostHandle& handle = *value.handle();
  if (plan.op != Op::own && plan.op != Op::borrow) {
    if (handle.gone || !handle.object || handle.object->kind != object_kind(plan))
      return "not a handle of the type";
    if (handle.object->kind == Object::Kind::error_context) return std::nullopt;
    // What the host has made gets its type where it is handed over.
    const Plan* const made = static_cast<const Shared&>(*handle.object).plan;
    if (made && made != &plan) return "a stream or future of another type";
    return std::nullopt;
  }
  if (handle.gone) return "a resource was given away already";
  const ResourceState* const resource = &to.resources[plan.resource.value];
  if (handle.host_object ? resource->host_objects != handle.host_type : resource != handle.resource)
    return "a resource of another type";
  if (!handle.host_object && plan.op == Op::own && !handle.own)
    return "a borrowed resource cannot be given away";
  return std::nullopt;
}

bool value_to_rep(Transfer& t, Side& to, const Plan& plan, const Value& value, uint64_t& rep) {
  if (auto why = refused_handle(*to.instance, plan, value))
    return t.fail({.kind = ErrorKind::usage, .message = *std::move(why)});
  HostHandle& handle = *value.handle();
  if (handle.host_object) {
    const auto added = to.instance->store.host_objects.add(handle.host_object, handle.host_type);
    if (!added) return t.trap("too many resources of the host");
    handle.gone = true;
    rep = *added;
    return true;
  }
  if (plan.op == Op::own) handle.gone = true;
  rep = handle.rep;
  return true;
}

bool rep_to_value(Transfer&, Side& from, const Plan& plan, uint64_t rep, Value& value) {
  ResourceState* const resource = &from.instance->resources[plan.resource.value];
  if (resource->host_objects) {
    HostObjects& objects = from.instance->store.host_objects;
    auto object = plan.op == Op::own ? objects.remove(rep) : objects.get(rep);
    value = Value::handle(std::make_shared<HostHandle>(std::move(object), resource->host_objects));
    return true;
  }
  value = Value::handle(
      std::make_shared<HostHandle>(from.instance->store, resource, rep, plan.op == Op::own));
  return true;
}

bool value_to_object(Transfer& t, Side& to, const Plan& plan, const Value& value,
                     std::shared_ptr<Object>& object) {
  if (auto why = refused_handle(*to.instance, plan, value))
    return t.fail({.kind = ErrorKind::usage, .message = *std::move(why)});
  HostHandle& handle = *value.handle();
  if (handle.object->kind != Object::Kind::error_context) {
    auto& shared = static_cast<Shared&>(*handle.object);
    if (!shared.plan) {
      shared.plan = &plan;
      if (shared.waiting) shared.waiting->buffer.element = plan.element;
    }
    handle.gone = true;
  }
  object = handle.object;
  return true;
}

bool object_to_value(Transfer&, Side& from, const Plan&, std::shared_ptr<Object> object,
                     Value& value) {
  value = Value::handle(std::make_shared<HostHandle>(from.instance->store, std::move(object)));
  return true;
}

}  // namespace cairn::component::rt

namespace cairn::component::detail {

Value::Handle make_host_object(std::shared_ptr<void> object, TypeKey type) {
  return std::make_shared<rt::HostHandle>(std::move(object), type);
}

std::shared_ptr<void> host_object(const Value& value, TypeKey type) {
  // Which type an interface's resource has is said once, where the function's types are.
  CAIRN_ASSERT(value.handle() && value.handle()->host_type == type);
  return value.handle()->host_object;
}

}  // namespace cairn::component::detail

namespace cairn::component::rt {

// ---- Reallocation -----------------------------------------------------------------------------

bool reallocate(Transfer& t, Side& to, uint64_t old_ptr, uint64_t old_bytes, uint64_t alignment,
                uint64_t new_bytes, uint64_t& ptr) {
  if (!to.options->realloc)
    return t.fail({.kind = ErrorKind::trap, .message = "there is no `realloc` to allocate with"});
  uint64_t slots[4] = {old_ptr, old_bytes, alignment, new_bytes};
  to.instance->may_leave = false;
  const Result<> done = to.instance->store.call_now(to.options->realloc, slots, true);
  if (!done) return t.fail(done.error());
  to.instance->may_leave = true;
  to.refresh();
  if (t.exposed && t.exposed->options->memory) t.exposed->refresh();
  ptr = to.options->ptr == PtrSize::bits32 ? static_cast<uint32_t>(slots[0]) : slots[0];
  return true;
}

}  // namespace cairn::component::rt
