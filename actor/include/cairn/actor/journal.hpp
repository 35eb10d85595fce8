#pragma once
/// Where the transitions of actors are kept so that they last, and can be proven. A pure interface:
/// who keeps them is above. The way of a transition: an actor handles a message, hands the
/// transition to `append`, waits without a thread, and answers once it is durable.

#include <cairn/actor/message.hpp>
#include <cairn/actor/supervision.hpp>

#include <cairn/base/bytes.hpp>
#include <cairn/base/result.hpp>
#include <cairn/crypto/sha256.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::actor {

/// What a chain begins with.
struct Genesis {
  /// The actor's name in all logs and for ever: an id is given anew each time a system starts. Not
  /// empty; unique in a system.
  std::string name;
  crypto::Sha256 module = {};  ///< of the component's bytes
  Bytes manifest;              ///< what the actor was configured with, in whatever form that is
  uint64_t fuel = 0;           ///< limits, as in `ActorLimits`; 0: none
  uint64_t memory = 0;         ///< bytes
  uint64_t payload = 0;        ///< bytes
};

enum class TransitionKind : uint8_t {
  init,         ///< the first state
  message,      ///< a message was handled
  rejection,    ///< of a message, the first state or a new module: the state is what it was
  restart,      ///< a new instance goes on with the last state
  upgrade,      ///< so does a new module, from here on
  supervision,  ///< a decision about a child
  /// The state as a whole; with a reason, what the hook of that name has done. `on-error` has its
  /// directive as the reply; its input is the code and the message of the error with a line's end
  /// between, and the tag says why (Rejection).
  snapshot,
  fork,  ///< the state comes from another chain, or from an earlier place of this one
  stop,  ///< the actor ended in order
};
std::string_view to_string(TransitionKind kind);

/// Why a transition was not made.
enum class Rejection : uint8_t {
  none,
  contract,  ///< the message contract or the state contract said no
  trap,
  limit,  ///< fuel, memory, time, or the size of what came out
  error,  ///< the handler itself said no
};
std::string_view to_string(Rejection rejection);

/// What the host answered that a second run could not know: the time, random bytes, replies.
/// Replaying hands these to the guest, in this order, and checks the names.
struct HostResult {
  std::string name;  ///< of the function, as imported: "wasi:random/random@0.2.12#get-random-u64"
  Bytes bytes;
  bool operator==(const HostResult&) const = default;
};

enum class EffectKind : uint8_t {
  send,          ///< `to`: a durable name
  publish,       ///< `to`: a topic
  subscribe,     ///< `to`: a pattern of topics
  unsubscribe,   ///< likewise
  spawn,         ///< `to`: "KIND NAME" of the child; the payload is what its `init` is told
  stop,          ///< `to`: a child, or nobody: the actor itself
  monitor,       ///< `to`: an actor
  demonitor,     ///< likewise
  start_timer,   ///< `to`: its tag; the payload: after how long and how often, 8 bytes each
  cancel_timer,  ///< `to`: its tag
  set_value,     ///< `to`: a key of the actor's values
  remove_value,  ///< likewise
};
std::string_view to_string(EffectKind kind);

/// What a handler does to the world; it happens, in this order, when the transition is durable.
struct Effect {
  EffectKind kind = EffectKind::send;
  std::string to;
  Payload payload;
  // Of what is sent or published:
  Priority priority = Priority::normal;
  uint64_t time_to_live_ns = 0;  ///< 0: as the receiver's mailbox says
  // Of a child:
  Restart restart = Restart::permanent;
  bool significant = false;
};

/// No actor's address begins with it.
inline constexpr std::string_view outside_prefix = "#outside:";

/// One step of one actor. States are payloads: immutable, shared, with a media type. What has no
/// meaning for a kind is empty.
struct Transition {
  TransitionKind kind = TransitionKind::message;
  Rejection rejection = Rejection::none;
  MessageKind message_kind = MessageKind::user;  ///< of the input
  uint32_t message_tag = 0;  ///< of the input: of a timer its tag, of `down` an Exit
  uint64_t at_ns = 0;        ///< since 1970, when handling began
  Payload input;
  /// Its address: a durable name, or "#7.1"; empty: from outside. A journal may give a message from
  /// outside a name that begins with `outside_prefix`, of which guests see nothing.
  std::string sender;
  uint64_t cause = 0;  ///< sequence number of the sender's record that sent it; 0: none
  std::vector<HostResult> host_results;
  Payload old_state;
  Payload new_state;
  bool has_reply = false;
  Payload reply;
  std::vector<Effect> effects;
  uint64_t fuel_used = 0;
  crypto::Sha256 module = {};  ///< that did it
  std::string reason;          ///< of a rejection, restart, decision or stop; for people
};

/// Where a record is in its chain.
struct Receipt {
  uint64_t sequence = 0;     ///< the genesis is 0
  crypto::Sha256 head = {};  ///< digest of the record
  bool operator==(const Receipt&) const = default;
};

/// Longer reasons are cut.
inline constexpr size_t reason_bytes_max = 4096;
/// Cut there, not within a character of UTF-8.
std::string_view shortened(std::string_view reason);

struct Recovered {
  /// The chain has no state yet: `init` is due, maybe again, after a rejection.
  bool is_new = true;
  Payload state;                               ///< after the last transition
  TransitionKind last = TransitionKind::init;  ///< its kind, unless `is_new`
  crypto::Sha256 module = {};                  ///< that runs; not one that was refused
  Receipt at;                                  ///< the genesis, if `is_new`
  /// Of the last transition: a crash may have come before them. Those that may happen twice
  /// (values that are set or removed) are carried out again.
  std::vector<Effect> effects;
};

/// Called from the threads that run actors, which it must not block. `done` is called once, from
/// any thread, also before the call returns. For one actor there is one call at a time: the next
/// begins after `done`. What was not acknowledged may be there after a crash, or not.
class Journal {
 public:
  virtual ~Journal() = default;
  Journal() = default;
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  using Opened = std::function<void(Result<Recovered>)>;
  using Appended = std::function<void(Result<Receipt>)>;

  /// Finds the chain of that name, or begins one; from then on `actor` stands for it. Opening twice
  /// is what a restart does, and gives the same again. A chain whose genesis names another module
  /// goes on: the actor says `upgrade`. Error `usage` while another actor stands for it.
  virtual void open(ActorId actor, Genesis genesis, Opened done) = 0;
  /// Errors: of kind `limit` (no room) when nothing was written and the actor may go on from
  /// `old_state`; after all others nobody knows what will last, and the actor fails.
  virtual void append(ActorId actor, Transition transition, Appended done) = 0;
  /// The actor has gone.
  virtual void close(ActorId actor) = 0;
};

}  // namespace cairn::actor
