#pragma once
/// What one actor may use, and how its mailbox behaves. Shared by all actors that are made alike.

#include <cairn/actor/grants.hpp>
#include <cairn/actor/message.hpp>

#include <array>
#include <cstdint>
#include <optional>

namespace cairn::actor {

/// What happens to a message for a full mailbox.
enum class Overflow : uint8_t {
  block,  ///< an actor that sends is suspended until there is room; who sends from outside fails
  fail,   ///< the sender is told
  drop,   ///< goes to the dead letters
};

struct MailboxSettings {
  uint32_t capacity = 1000;  ///< messages accepted and not yet handled
  /// By priority: low, normal, high, critical.
  std::array<Overflow, priority_count> overflow = {Overflow::drop, Overflow::block, Overflow::block,
                                                   Overflow::fail};
  uint64_t time_to_live_ns = 0;  ///< of messages that name none; 0: for ever
};

/// 0 means no limit, unless it says otherwise.
struct ActorLimits {
  uint64_t memory_bytes = 0;         ///< of its guest
  uint64_t fuel_per_message = 0;     ///< of its guest
  uint64_t cpu_ns_per_s = 0;         ///< processor time in each second of the clock
  uint32_t messages_per_s = 0;       ///< handled
  uint32_t payload_bytes = 1 << 20;  ///< of a message that it is sent; not 0
  uint64_t message_time_ns = 0;      ///< from the start of a handler to its end, waits included
  uint32_t timers = 1'000;  ///< of its own: those that run, and those whose message it has not had
  uint32_t monitors = 10'000;      ///< actors that it monitors
  uint32_t subscriptions = 1'000;  ///< patterns of topics
  uint32_t requests = 10'000;      ///< of its own that have no answer

  /// Kind `denied`, with the first limit of a child that is above this one of its parent, or that
  /// it has not. What it may be sent is its own affair.
  Result<> bound(const ActorLimits& child) const;
};

/// How long each hook may take, waits included. 0: for ever.
struct HookTimeouts {
  uint64_t start_ns = 5'000'000'000;
  uint64_t stop_ns = 5'000'000'000;
  uint64_t health_ns = 1'000'000'000;
};

/// OTP has none of this; the idea is Kubernetes' liveness probe.
struct HealthSettings {
  uint64_t interval_ns = 0;  ///< 0: never asked
  uint32_t threshold = 3;    ///< so many failures one after another are `Exit::unhealthy`
};

/// More than `failures` of the last `window` messages: the actor fails, whatever `on_error` said.
struct ErrorRate {
  uint32_t failures = 0;  ///< 0: never
  uint32_t window = 100;
};

struct ActorSettings {
  MailboxSettings mailbox = {};
  ActorLimits limits = {};
  HookTimeouts timeouts = {};
  HealthSettings health = {};
  ErrorRate error_rate = {};
  Grants grants = {};
  /// Of the actor, for the scheduling policy `priority`.
  Priority priority = Priority::normal;
  /// The worker that always runs it; else any.
  std::optional<uint32_t> worker = {};
};

}  // namespace cairn::actor
