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
      : store(of), resource(resource_of), rep(rep_of), own(owned) {}
  HostHandle(StoreState& of, std::shared_ptr<Object> held) : store(of), object(std::move(held)) {}
  ~HostHandle();
  HostHandle(const HostHandle&) = delete;
  HostHandle& operator=(const HostHandle&) = delete;
  StoreState& store;
  ResourceState* resource = nullptr;
  uint64_t rep = 0;
  bool own = false;
  bool gone = false;  ///< given away or dropped
  std::shared_ptr<Object> object;

 private:
  std::shared_ptr<StoreState::Inbox> inbox_ = store.inbox;
};

/// Calls what destroys a resource, on behalf of `caller` (null: the host).
Result<> destroy_resource(StoreState& store, const ResourceState& resource, uint64_t rep,
                          InstanceState* caller);

struct HostFuncState {
  HostFunction function;
};

/// Calls a function of the host for a lowered one.
Result<uint64_t> call_host(const LoweredFunc& func, Call& call);

}  // namespace cairn::component::rt
