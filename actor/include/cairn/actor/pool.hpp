#pragma once
/// One address for several actors that are alike.

#include <cairn/actor/routing.hpp>
#include <cairn/actor/supervision.hpp>

#include <cstdint>
#include <functional>

namespace cairn::actor {

struct Message;

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
