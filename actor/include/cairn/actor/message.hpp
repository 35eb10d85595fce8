#pragma once
/// Messages, and why an actor ended.

#include <cairn/actor/id.hpp>
#include <cairn/actor/payload.hpp>

namespace cairn::actor {

/// Within one priority, messages of one sender to one receiver arrive in order.
enum class Priority : uint8_t { low, normal, high, critical };
inline constexpr size_t priority_count = 4;

enum class MessageKind : uint8_t {
  user,       ///< sent
  request,    ///< sent, and an answer with the same correlation is awaited
  reply,      ///< the answer to a request
  failure,    ///< a request ended without an answer; `tag` is a Refusal, the payload says why
  published,  ///< from a topic, `payload.topic()`
  down,       ///< an actor that is monitored, or linked, ended; `tag` is an Exit
  timer,      ///< a timer of the actor's own; `tag` as it was started
  signal,     ///< between parts of the system; no actor sees one
};

/// Why a message was not handled.
enum class Refusal : uint32_t {
  no_such_actor,  ///< it never was, or has ended
  stopped,        ///< it stopped before it came to the message
  mailbox_full,   ///< and the policy of that priority is to fail, or to drop
  expired,        ///< its time to live was over
  too_large,      ///< the payload is over the receiver's limit, or its media type over that of all
  failed,         ///< the handler failed
  timed_out,      ///< no answer came in time
  deadlock,       ///< the request closes a circle of actors that wait for each other
  rejected,       ///< a contract, or the receiver itself, said no
};
std::string_view to_string(Refusal refusal);

/// How an actor's run ended.
enum class Exit : uint32_t {
  normal,     ///< it stopped itself
  shutdown,   ///< it was told to stop
  killed,     ///< it was stopped at once, or had not stopped in time
  error,      ///< a handler or hook returned an error
  trap,       ///< its guest trapped
  limit,      ///< it exhausted a limit
  unhealthy,  ///< its health checks failed
  escalated,  ///< a child's failure was too much for it
};
std::string_view to_string(Exit exit);
/// Normal and shutdown are no failures (OTP: normal, shutdown).
constexpr bool is_failure(Exit exit) { return exit > Exit::shutdown; }

struct Message {
  ActorId from = {};  ///< nobody: from outside
  ActorId to = {};
  uint64_t correlation = 0;  ///< joins request and reply; unique for the requester
  uint64_t expires_ns = 0;   ///< monotonic; 0: never
  uint32_t tag = 0;          ///< the sender's, or what `kind` says
  MessageKind kind = MessageKind::user;
  Priority priority = Priority::normal;
  Payload payload = {};
  uint64_t cause = 0;  ///< sequence number of the sender's record that sent it; 0: none
};

}  // namespace cairn::actor
