#pragma once
/// One actor as the system sees it. Cells are places in a table and never freed while the system
/// lives, so that a sender may always push to one: a message for a former inhabitant is found by
/// its generation when it is taken out, and becomes a dead letter.
///
/// What senders touch is atomic. All else belongs to the turn that runs the actor; whoever gives
/// birth owns a vacant cell until it has raised its generation.

#include "inbox.hpp"
#include "supervision_state.hpp"

#include <cairn/actor/actor.hpp>
#include <cairn/actor/settings.hpp>

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace cairn::actor {

/// `tag` of messages of kind `signal`.
enum class Signal : uint32_t {
  wake,          ///< `correlation`: the activity that waits
  alarm,         ///< a time of its own has come
  stop,          ///< for good; `correlation`: how long it may take
  kill,          ///< for good
  halt,          ///< from its parent, which may restart it; `correlation` as in `stop`, 0: killed
  restart,       ///< from its parent, when its run has ended
  remove,        ///< likewise
  linked_ended,  ///< `correlation`: Exit
  child_ready,   ///< to the parent
  child_ended,   ///< to the parent; `correlation`: Exit, | escalated
  monitor,
  demonitor,
  link,
  unlink,
  room_wanted,  ///< from a sender that is blocked
  room,         ///< to it
};
inline constexpr uint64_t escalated_flag = 1 << 8;
/// `Signal::remove`: somebody else may have the name by now.
inline constexpr uint64_t name_is_free = 1;

enum class Phase : uint8_t {
  vacant,
  starting,
  running,
  draining,  ///< told to stop: handles what it has
  stopping,
  halted,  ///< its run is over; its parent decides
};

enum class Activity : uint8_t {
  none,
  pre_start,
  on_restart,
  post_start,
  message,
  health_check,
  pre_stop,
  post_stop,
};

enum class Suspended : uint8_t { no, yielded, waiting };

/// What only some actors need.
struct Extras {
  struct Pending {  // a request without an answer
    uint64_t correlation;
    uint64_t deadline_ns;
    ActorId to;
    bool asked = false;  // by the hook or handler that waits
  };
  struct Timer {
    uint64_t at_ns;
    uint64_t every_ns;
    uint32_t tag;
    bool is_due = false;   // its message waits in the mailbox
    bool is_over = false;  // no other message follows
    bool is_cancelled = false;
  };

  std::unique_ptr<Supervision> supervision;
  std::vector<Pending> requests;  // by correlation
  std::map<uint64_t, Timer> timers;
  std::vector<ActorId> watchers;  // monitor this actor
  std::vector<ActorId> links;
  std::vector<ActorId> monitored;
  std::vector<std::string> topics;
  struct Blocked {  // messages for a receiver that had no room
    Fifo messages;
    uint32_t count = 0;     // since it is blocked
    uint64_t until_ns = 0;  // then they are dead letters
  };
  std::map<ActorId, Blocked> blocked;
  std::vector<ActorId> wait_for_room;
  Error cause;  // of the failure that ended the last run
  struct End {
    Exit exit;
    Error cause;
    bool escalate;
  };
  std::optional<End> end;  // when what cannot be cancelled is done

  uint64_t activity_ends_ns = 0;
  uint64_t wake_at_ns = 0;
  uint64_t stop_ends_ns = 0;
  uint64_t health_at_ns = 0;
  uint64_t throttled_until_ns = 0;
  std::vector<uint64_t> armed;  // alarms that are set, the earliest last
  uint64_t window_ns = 0;       // start of the second that rates are counted in
  uint64_t window_cpu_ns = 0;
  uint32_t window_messages = 0;
  uint32_t unhealthy = 0;
  uint32_t recent = 0;  // messages in the window of the error rate
  uint32_t recent_failures = 0;
  uint32_t asked = 0;  // requests of the hook or handler that waits
  bool trap_exits = false;
};

/// How long a sender waits for room that does not come.
inline constexpr uint64_t block_ns_max = 5'000'000'000;

/// `ns` after `now_ns`; the end of time instead of an overflow.
constexpr uint64_t later(uint64_t now_ns, uint64_t ns) {
  return ns > UINT64_MAX - now_ns ? UINT64_MAX : now_ns + ns;
}

/// May there be one more? 0: there is no limit.
constexpr bool has_room(size_t count, uint32_t limit) { return limit == 0 || count < limit; }

struct alignas(64) Cell {
  // Touched by senders.
  Inbox inbox;
  std::atomic<uint32_t> queued = 0;      // accepted, not handled
  std::atomic<uint32_t> generation = 0;  // of who lives here; 0: nobody yet
  std::atomic<uint32_t> capacity = 0;
  std::atomic<uint32_t> payload_max = 0;
  std::atomic<uint64_t> time_to_live_ns = 0;
  std::array<std::atomic<Overflow>, priority_count> overflow = {};
  std::atomic<bool> alive = false;      // its id means somebody
  std::atomic<bool> accepting = false;  // it has not been told to stop
  std::atomic<int16_t> worker = -1;     // the one that always runs it
  std::atomic<Priority> urgency = Priority::normal;
  std::atomic<ActorId> parent_id;
  std::atomic<ActorId> waits_for;   // whose answer its handler waits for, and for nothing else
  std::atomic<uint64_t> order = 0;  // of births

  // Of whoever has it scheduled.
  Cell* next = nullptr;

  // Of the turn.
  uint32_t index = 0;
  uint32_t lived = 0;  // the generation that was started last; birth is a later one
  Phase phase = Phase::vacant;
  Activity activity = Activity::none;
  Suspended suspended = Suspended::no;
  Exit exit = Exit::normal;
  bool escalate = false;
  bool birth_due = false;      // it is to be started
  bool drain_due = false;      // it was told to stop while it started
  bool gone_for_good = false;  // it was told to stop: it does not start again, however it ends
  bool stop_self = false;      // after the handler at hand
  bool pre_started = false;    // so post_stop is due
  bool restarted = false;
  uint8_t check_every = 8;  // messages between looks at the clock
  uint8_t passed_over = 0;  // messages taken while less urgent ones waited
  uint64_t activity_number = 0;
  uint64_t next_number = 1;  // of requests and timers
  Envelope* current = nullptr;
  Fifo signals;
  std::array<Fifo, priority_count> messages;
  std::unique_ptr<Actor> actor;
  std::shared_ptr<const ChildSpec> spec;
  std::shared_ptr<const ActorSettings> settings;
  std::unique_ptr<Extras> extras;

  ActorId id() const { return ActorId(index, generation.load(std::memory_order_relaxed)); }
  ActorId parent() const { return parent_id.load(std::memory_order_relaxed); }
  Extras& more() {
    if (extras == nullptr) extras = std::make_unique<Extras>();
    return *extras;
  }
};
static_assert(sizeof(Cell) <= 320);

}  // namespace cairn::actor
