#pragma once
/// What the host holds of guests, and functions of the host.

#include <cairn/component/host.hpp>

#include "runtime/inbox.hpp"
#include "runtime/waitable.hpp"

namespace cairn::component::rt {

/// A resource, a stream or another object in the hands of the host.
class HostHandle {
 public:
  HostHandle(StoreState& of, ResourceState* resource_of, uint64_t rep_of, bool owned)
      : store(&of), resource(resource_of), rep(rep_of), own(owned), inbox_(of.inbox) {}
  HostHandle(StoreState& of, std::shared_ptr<Object> held)
      : store(&of), object(std::move(held)), inbox_(of.inbox) {}
  /// An object of the host, for a new resource or behind a handle that a guest gave.
  HostHandle(std::shared_ptr<void> of, TypeKey type)
      : host_object(std::move(of)), host_type(type) {}
  ~HostHandle();
  HostHandle(const HostHandle&) = delete;
  HostHandle& operator=(const HostHandle&) = delete;
  StoreState* store = nullptr;
  ResourceState* resource = nullptr;
  uint64_t rep = 0;
  bool own = false;
  bool gone = false;  ///< given away or dropped
  std::shared_ptr<Object> object;
  std::shared_ptr<void> host_object;
  TypeKey host_type = nullptr;

 private:
  std::shared_ptr<StoreState::Inbox> inbox_;
};

/// Calls what destroys a resource, on behalf of `caller` (null: the host). The task, if a guest has
/// a destructor for it.
Result<std::shared_ptr<Task>> destroy_resource(StoreState& store, const ResourceState& resource,
                                               uint64_t rep, InstanceState* caller);
/// The callee has stopped for the host and the caller cannot, because it has no task: neither goes
/// on.
std::unexpected<Error> cannot_stop(StoreState& store);

/// Who calls a function of the host.
class HostCallSide {
 public:
  /// The call does not end yet.
  virtual std::shared_ptr<HostCompletion> suspend() = 0;

 protected:
  ~HostCallSide() = default;
};

struct HostFuncState {
  HostFunction function;
  bool raw_lists = false;
};

/// Calls a function of the host for a lowered one.
Result<uint64_t> call_host(const LoweredFunc& func, Call& call);
/// Ends a call of the host that goes on: the guest wants it no more.
void cancel_host_call(Subtask& subtask);

}  // namespace cairn::component::rt
