// What component instances keep between calls beside their memories, and how others get the same.

#include <cairn/component/handle_image.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "link/program.hpp"

namespace cairn::component {

namespace {

using rt::Handle;
using rt::HandleTable;
using rt::InstanceState;
using rt::Object;
using rt::ResourceState;
using Kind = SavedHandle::Kind;

std::vector<InstanceState*> instances_of(rt::StoreState& store) {
  std::vector<InstanceState*> instances;
  for (const auto& world : store.kept)
    for (InstanceState& instance : world->instances) instances.push_back(&instance);
  return instances;
}

std::string name_of(const Handle& handle) {
  if (handle.kind == Handle::Kind::resource) {
    const std::string_view name = handle.resource->owner ? "resource" : handle.resource->name;
    return fmt::format("{} '{}'", handle.own ? "a" : "a borrowed", name);
  }
  switch (handle.object->kind) {
    case Object::Kind::subtask: return "a call that goes on";
    case Object::Kind::stream_reader: return "the readable end of a stream";
    case Object::Kind::stream_writer: return "the writable end of a stream";
    case Object::Kind::future_reader: return "the readable end of a future";
    case Object::Kind::future_writer: return "the writable end of a future";
    case Object::Kind::waitable_set: return "a waitable set in use";
    default: return "an object";
  }
}

std::unexpected<Error> cannot_keep(std::string_view what) {
  return fail(ErrorKind::unsupported, fmt::format("no image can hold {}", what));
}

/// All that is behind a handle; nothing: there cannot be the like of it.
std::optional<SavedHandle> saved(rt::StoreState& store, const InstanceState& instance,
                                 const Handle& handle, ObjectKeeper* keeper) {
  SavedHandle made;
  if (handle.kind == Handle::Kind::resource) {
    const ResourceState& type = *handle.resource;
    made.resource = static_cast<uint32_t>(&type - instance.resources);
    if (!handle.own || handle.lends != 0) return std::nullopt;
    if (type.owner) {
      if (handle.rep > UINT32_MAX) return std::nullopt;
      made.kind = Kind::guest_resource;
      made.rep = static_cast<uint32_t>(handle.rep);
      return made;
    }
    if (!type.host_objects || !keeper) return std::nullopt;
    std::optional<Bytes> bytes =
        keeper->describe({type.host_objects, store.host_objects.get(handle.rep)});
    if (!bytes) return std::nullopt;
    made.bytes = *std::move(bytes);
    return made;
  }
  if (handle.object->kind == Object::Kind::error_context) {
    made.kind = Kind::error_context;
    const ByteSpan text = as_bytes(static_cast<const rt::ErrorContext&>(*handle.object).message);
    made.bytes.assign(text.begin(), text.end());
    return made;
  }
  if (handle.object->kind != Object::Kind::waitable_set) return std::nullopt;
  const auto& set = static_cast<const rt::WaitableSet&>(*handle.object);
  if (!set.elements.empty() || set.waiting != 0) return std::nullopt;
  made.kind = Kind::waitable_set;
  return made;
}

/// Beside handles nothing may be under way.
Result<> check_rest(const rt::StoreState& store, const std::vector<InstanceState*>& instances) {
  for (const InstanceState* const instance : instances) {
    if (std::ranges::any_of(instance->threads, &rt::ThreadEntry::operator bool))
      return cannot_keep("a task that goes on");
    if (instance->backpressure != 0) return cannot_keep("back-pressure");
  }
  if (store.host_calls_pending != 0) return cannot_keep("a call of the host that goes on");
  if (!store.host_ends.empty())
    return cannot_keep("a stream or future that the host has an end of");
  return {};
}

void forget_order(InstanceState& instance) {
  instance.handles.forget_order();
  std::ranges::sort(instance.free_threads, std::greater());
}

/// A handle like the one that was saved.
Result<Handle> make_handle(rt::StoreState& store, const rt::World& world,
                           const InstanceState& instance, const SavedHandle& from,
                           ObjectKeeper* keeper) {
  const auto malformed = [&](std::string_view what) {
    return fail(ErrorKind::malformed, fmt::format("handle {} of an image {}", from.index, what));
  };
  Handle handle;
  if (from.kind == Kind::waitable_set || from.kind == Kind::error_context) {
    handle.kind = Handle::Kind::object;
    if (from.kind == Kind::waitable_set) {
      handle.object = std::make_shared<rt::WaitableSet>();
      return handle;
    }
    if (from.bytes.size() > *store.error_context_bytes_left) return malformed("has a long message");
    handle.object = std::make_shared<rt::ErrorContext>(std::string(as_text(from.bytes)),
                                                       store.error_context_bytes_left);
    return handle;
  }
  if (from.resource >= world.resources.size()) return malformed("is of no known type");
  handle.kind = Handle::Kind::resource;
  handle.own = true;
  handle.resource = &instance.resources[from.resource];
  if (from.kind == Kind::guest_resource) {
    if (!handle.resource->owner) return malformed("is of another type");
    handle.rep = from.rep;
    return handle;
  }
  if (!keeper) return malformed("is of no known type");
  HostObject object = TRY(keeper->make(from.bytes));
  if (object.type != handle.resource->host_objects) return malformed("is of another type");
  const auto rep = store.host_objects.add(std::move(object.object), object.type);
  if (!rep) return fail(ErrorKind::limit, "too many resources of the host");
  handle.rep = *rep;
  return handle;
}

void clear(rt::StoreState& store, HandleTable& table) {
  for (uint32_t index = 1; index < table.end(); ++index) {
    const Handle* const handle = table.get(index);
    const bool is_object = handle && handle->own && handle->resource->host_objects;
    if (is_object) store.host_objects.remove(handle->rep);
  }
  table.clear();
}

const rt::World& world_of(const rt::StoreState& store, uint32_t instance) {
  auto world = store.kept.begin();
  for (; instance >= (*world)->instances.size(); ++world)
    instance -= static_cast<uint32_t>((*world)->instances.size());
  return **world;
}

}  // namespace

Result<std::vector<SavedHandle>> save_handles(Store& of, ObjectKeeper* keeper) {
  rt::StoreState& store = of.state();
  TRY(store.take_inbox(false));
  TRY(store.handle_host_events());
  const std::vector<InstanceState*> instances = instances_of(store);
  std::vector<SavedHandle> handles;
  for (uint32_t at = 0; at < instances.size(); ++at) {
    HandleTable& table = instances[at]->handles;
    for (uint32_t index = 1; index < table.end(); ++index) {
      const Handle* const handle = table.get(index);
      if (!handle) continue;
      std::optional<SavedHandle> made = saved(store, *instances[at], *handle, keeper);
      if (!made) return cannot_keep(fmt::format("handle {}, {}", index, name_of(*handle)));
      made->instance = at;
      made->index = index;
      handles.push_back(*std::move(made));
    }
  }
  TRY(check_rest(store, instances));
  for (InstanceState* const instance : instances) forget_order(*instance);
  return handles;
}

Result<> load_handles(Store& of, std::span<const SavedHandle> handles, ObjectKeeper* keeper) {
  rt::StoreState& store = of.state();
  const std::vector<InstanceState*> instances = instances_of(store);
  for (InstanceState* const instance : instances) clear(store, instance->handles);
  for (const SavedHandle& each : handles) {
    if (each.instance >= instances.size())
      return fail(ErrorKind::usage, "an image with handles of other instances");
    InstanceState& instance = *instances[each.instance];
    if (each.index < instance.handles.end())
      return fail(ErrorKind::malformed, "an image with handles that are not in order");
    Handle handle = TRY(make_handle(store, world_of(store, each.instance), instance, each, keeper));
    if (!instance.handles.put(each.index, std::move(handle)))
      return fail(ErrorKind::limit, "too many handles in a component instance");
  }
  for (InstanceState* const instance : instances) forget_order(*instance);
  return {};
}

}  // namespace cairn::component
