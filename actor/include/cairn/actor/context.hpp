#pragma once
/// What an actor finds while it runs. Valid during the call that it was handed to.

#include <cairn/actor/message.hpp>
#include <cairn/actor/supervision.hpp>

#include <cairn/base/random.hpp>
#include <cairn/base/result.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace cairn::actor {

class Core;
class Turn;
struct Cell;

/// Timers that repeat do so no more often.
inline constexpr uint64_t timer_repeat_ns_min = 1'000'000;

struct SendOptions {
  Priority priority = Priority::normal;
  uint32_t tag = 0;
  uint64_t time_to_live_ns = 0;  ///< 0: as the receiver's mailbox says
  uint64_t cause = 0;            ///< see `Message::cause`
  bool drop_if_full = false;     ///< a dead letter instead of `Sent::full`
  /// What the receiver was looked for by: a dead letter says so, if nobody is called that.
  std::string_view name = {};
};

enum class Sent : uint8_t {
  accepted,  ///< it will be handled, or become a dead letter
  blocked,   ///< accepted; the sender goes on when there is room for it
  dropped,   ///< the mailbox is full; it is a dead letter
  full,      ///< the mailbox is full; nothing was sent
  refused,   ///< no such actor, or too large; it is a dead letter
};

/// Wakes an actor that waits, from any thread and as often as one likes; without effect once the
/// hook or handler that made it is done.
class Waker {
 public:
  void wake() const;

 private:
  friend class Context;
  Waker(Core& core, ActorId id, uint64_t activity) : core_(&core), id_(id), activity_(activity) {}
  Core* core_;
  ActorId id_;
  uint64_t activity_;
};

class Context {
 public:
  ActorId self() const;
  ActorId parent() const;
  /// Empty when it has none.
  std::string_view name() const;
  const ActorSettings& settings() const;
  /// Monotonic, as of the start of this hook or handler.
  uint64_t now_ns();
  Random& random();
  Waker waker();
  /// Wakes a hook or handler that waits at that time; there is one such time.
  void wake_at(uint64_t monotonic_ns);
  /// An event of its own: the text says how much was too much.
  void report_log_flood(std::string_view text);
  /// Is the slice over? Then a long computation should yield.
  bool should_yield();

  Sent send(ActorId to, Payload payload, SendOptions options = {});
  /// Answers with `MessageKind::reply` or `failure`, with the correlation that is returned; after
  /// `timeout_ns` with the failure `timed_out`, and what comes then is counted, not delivered. 0:
  /// nothing was sent, for as many requests as `ActorLimits::requests` have no answer yet.
  uint64_t request(ActorId to, Payload payload, uint64_t timeout_ns, SendOptions options = {});
  /// The same for a hook or handler that waits: the answer comes to `Actor::answered`, which goes
  /// on then. If the other waits for this one, directly or through others, nobody would ever
  /// answer: the failure is `deadlock`, at once. 0: as above.
  uint64_t ask(ActorId to, Payload payload, uint64_t timeout_ns, SendOptions options = {});
  void reply(const Message& request, Payload payload, uint64_t cause = 0);
  /// Who refuses the message at hand and then fails has answered it already.
  void refuse(const Message& request, Refusal refusal, std::string_view why);
  /// As if the first sender had sent it to `to`, who answers to them.
  Sent forward(const Message& message, ActorId to);

  /// Nobody if there is none of that name or address.
  ActorId find(std::string_view address) const;
  bool is_alive(ActorId id) const;
  /// Alive, and of this actor.
  bool is_child(ActorId id) const;
  /// Also by one that has not started yet, or has not quite gone.
  bool is_name_taken(std::string_view name) const;
  /// Messages that it has accepted and not yet handled; a moment ago.
  uint32_t queued(ActorId id) const;
  /// By which others find it: its name, or "#7.1".
  std::string address_of(ActorId id) const;

  /// The number of subscribers that it was sent to.
  size_t publish(std::string_view topic, const Payload& payload, SendOptions options = {});
  /// `a.b.c`; `*` stands for one word, a last `>` for one or more. Errors `malformed`, `limit`.
  Result<> subscribe(std::string_view pattern);
  void unsubscribe(std::string_view pattern);

  /// A child: it stops with this actor. Errors: a name that is taken, grants that this actor has
  /// not, limits above its own, limits of the system. `pre_start` runs later; failures go to the
  /// supervision.
  Result<ActorId> spawn(ChildSpec child);
  Result<ActorId> spawn(std::shared_ptr<const ChildSpec> child);
  /// A child from the template of simple_one_for_one.
  Result<ActorId> spawn_child();
  /// Handles what it has accepted, then stops; after `timeout_ns` it is killed.
  void stop(ActorId id, uint64_t timeout_ns = 5'000'000'000);
  /// Stops after the hook or handler at hand; what it has accepted becomes dead letters.
  void kill(ActorId id);
  /// Ends with `Exit::normal` after this handler.
  void stop_self();

  /// `MessageKind::down`, once, when that actor ends its run or if there is none. False: it
  /// monitors as many as `ActorLimits::monitors` already.
  bool monitor(ActorId id);
  void demonitor(ActorId id);
  /// Whichever fails takes the other with it, unless that one traps exits (then: `down`).
  void link(ActorId id);
  void unlink(ActorId id);
  void trap_exits(bool trap);

  /// `MessageKind::timer`, with the timer as its correlation, after `after_ns`, then each
  /// `every_ns` unless that is 0; a time that comes before the last message was taken from the
  /// mailbox is left out. 0: as many as `ActorLimits::timers` are there already.
  uint64_t start_timer(uint64_t after_ns, uint32_t tag, uint64_t every_ns = 0);
  /// No message of it comes any more.
  void cancel_timer(uint64_t timer);

  /// For another instance within the same run: timers, monitors and subscriptions, but for those,
  /// are gone.
  void forget(std::span<const std::string> topics_kept);

 private:
  friend class Turn;
  explicit Context(Turn& turn) : turn_(turn) {}
  Sent post(Message&& message, SendOptions options);
  /// Takes the message, unless it says `full`.
  Sent post(Message& message);
  Turn& turn_;
};

}  // namespace cairn::actor
