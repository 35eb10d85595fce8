#pragma once
/// What the system did, for logs, metrics and tests. Every decision of a supervisor is one.

#include <cairn/actor/message.hpp>

#include <cstdint>
#include <functional>
#include <string_view>

namespace cairn::actor {

enum class EventKind : uint8_t {
  spawned,     ///< pre_start is done
  registered,  ///< its name is known
  ready,       ///< post_start is done
  failed,      ///< `code` is an Exit; the text says what happened
  ended,       ///< its run is over; `code` is an Exit
  removed,     ///< its id means nothing any more; `code` is the Exit of its last run
  restarting,  ///< its parent (`other`) decided so; `amount` is the delay in ns
  restarted,   ///< the new instance is ready
  gave_up,     ///< a supervisor had more restarts than its intensity allows
  escalated,   ///< its failure became that of its parent (`other`)
  auto_shutdown,
  unhealthy,    ///< a health check failed; `amount` in a row
  throttled,    ///< over its rate of messages or processor time; goes on after `amount` ns
  dead_letter,  ///< `code` is a Refusal; `other` sent it; without an actor, the text is its name
  late_reply,   ///< `other` answered after the time-out
  halted,       ///< its parent (`other`) stops it, to start it again with a sibling that failed
  deadlock,     ///< its request of `other` closes a circle; the text says whose: "a -> b -> a"
  log_flood,    ///< what it logs of one message is too much, and no longer written
};
std::string_view to_string(EventKind kind);

struct Event {
  uint64_t at_ns = 0;  ///< monotonic
  EventKind kind = EventKind::spawned;
  ActorId actor = {};
  ActorId other = {};
  uint32_t code = 0;
  uint64_t amount = 0;
  std::string_view text = {};  ///< valid during the call
};

/// Called on the thread where it happens, while the actor runs: must be quick and thread-safe.
using Observer = std::function<void(const Event&)>;

}  // namespace cairn::actor
