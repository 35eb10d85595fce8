#pragma once
/// What the guests of one store may use of the host.

#include <cstdint>

namespace cairn::component {

/// A value is the largest that is still allowed; more is a trap that names the limit.
struct RuntimeLimits {
  /// Of one component instance: resources, waitables, sets, error contexts (CanonicalABI.md allows
  /// 2^28 - 1).
  uint32_t handles_max = 1'000'000;
  uint32_t threads_max = 100'000;    ///< of one component instance
  uint32_t tasks_max = 1'000'000;    ///< of the store, alive at the same time
  uint32_t instances_max = 100'000;  ///< component instances of the store
  /// Of the store: resources that the host keeps as objects, and ends of streams and futures that
  /// it holds.
  uint32_t host_resources_max = 100'000;
  uint32_t host_streams_max = 100'000;
};

}  // namespace cairn::component
