#pragma once
/// The limits that an instance goes on with, as its chain has them: the input of records of kind
/// restart and upgrade. Those that a chain begins with are in its genesis.

#include <cairn/actor/payload.hpp>

#include <cstdint>
#include <optional>

namespace cairn::actor {

inline constexpr std::string_view limits_type = "application/vnd.cairn.limits";

/// As in `ActorLimits`; 0: none.
struct RecordedLimits {
  uint64_t fuel = 0;
  uint64_t memory = 0;
  uint64_t payload = 0;
  bool operator==(const RecordedLimits&) const = default;

  /// "fuel 1\nmemory 2\npayload 3\n", of the type above.
  Payload to_payload() const;
  /// Of exactly such a text; none of any other.
  static std::optional<RecordedLimits> of(ByteSpan bytes);
};

}  // namespace cairn::actor
