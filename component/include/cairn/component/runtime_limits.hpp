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
  /// Calls of the store's guests that wait for the host.
  uint32_t host_calls_max = 100'000;
  /// Of one call or one copy of a stream's elements: what the host keeps of values that a guest
  /// hands over. The same bytes of a guest may be in a list many times.
  uint64_t host_value_bytes_max = uint64_t{128} << 20;
  /// Of the messages of all error contexts of the store. Longer ones are cut, as the text allows.
  uint64_t error_context_bytes_max = uint64_t{16} << 20;
};

}  // namespace cairn::component
