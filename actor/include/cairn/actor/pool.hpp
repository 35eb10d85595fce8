#pragma once
/// One address for several actors that are alike.

#include <cairn/actor/supervision.hpp>

#include <cstdint>
#include <functional>

namespace cairn::actor {

struct Message;

/// Who of a pool is next.
enum class Routing : uint8_t {
  round_robin,      ///< one after the other
  least_loaded,     ///< who has least in its mailbox
  consistent_hash,  ///< the same for the same key; when one goes, only its keys move
};

struct PoolSpec {
  Routing routing = Routing::round_robin;
  uint32_t size = 1;
  /// Each is made from it, without a name; restarts are those of its own spec.
  ChildSpec member = {};
  Intensity intensity = {};
  Backoff backoff = {};
  /// For `consistent_hash`; null: of the payload's bytes.
  std::function<uint64_t(const Message&)> key = nullptr;
};

/// An actor that hands each message on to a member, who answers to the sender. What comes when no
/// member is left is refused.
Factory pool(PoolSpec spec);

}  // namespace cairn::actor
