#pragma once
/// What a parent decides: a state machine without effects. Told what happened to children, it says
/// what is to be done; the turn of the parent does it. Terms and rules: OTP's supervisor(3).

#include <cairn/actor/event.hpp>
#include <cairn/actor/supervision.hpp>

#include <cairn/base/random.hpp>

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace cairn::actor {

struct Child {
  enum class State : uint8_t {
    unstarted,  ///< of the spec; not started yet
    starting,   ///< told to start; not ready
    running,
    stopping,  ///< told to stop
    halted,    ///< its run ended; it is to be restarted
    delayed,   ///< will be restarted when its delay is over
  };

  std::shared_ptr<const ChildSpec> spec;
  ActorId id = {};  ///< nobody before its first start
  State state = State::unstarted;
  bool planned = false;        ///< one of the spec, not a dynamic one
  uint32_t restarts = 0;       ///< one after another, for the back-off
  uint64_t ready_ns = 0;       ///< when it became ready last
  uint64_t restart_at_ns = 0;  ///< of a delayed one
};

/// What is to be done.
struct Decision {
  enum class Kind : uint8_t {
    start,    ///< spawn it; then `started`
    stop,     ///< stop it within its shutdown time
    restart,  ///< tell it to start again
    remove,   ///< it will not be started again: its id is over
    ready,    ///< all static children run
    fail,     ///< the supervisor itself fails with `exit`
    end,      ///< the supervisor itself ends well (automatic shutdown)
    stopped,  ///< after `stop_all`: no child is left
    report,   ///< an event, nothing else
  };
  Kind kind;
  ActorId child = {};
  std::shared_ptr<const ChildSpec> spec = nullptr;
  Exit exit = Exit::normal;
  EventKind event = EventKind::spawned;
  uint64_t amount = 0;
};

class Supervision {
 public:
  Supervision(SupervisorSpec spec, Random& random);

  /// Static children are started one after another, each when the one before is ready.
  void start_all();
  /// One more child, of `spec` or (none) of the template of simple_one_for_one. Error `usage` when
  /// there is no such template or the supervisor stops.
  Result<std::shared_ptr<const ChildSpec>> admit(std::shared_ptr<const ChildSpec> spec);
  /// It has been spawned: the one that `start` asked for, or one that was admitted.
  void started(const std::shared_ptr<const ChildSpec>& spec, ActorId id);
  /// It could not be spawned at all.
  void not_started(const std::shared_ptr<const ChildSpec>& spec);
  void ready(ActorId id, uint64_t now_ns);
  /// Its run ended. `wanted`: by `stop`, of itself or because somebody asked for it.
  void exited(ActorId id, Exit exit, bool escalate, uint64_t now_ns);
  /// The time of `next_restart_ns` has come.
  void tick(uint64_t now_ns);
  /// In reverse order, each when the one after it has ended.
  void stop_all();

  std::optional<uint64_t> next_restart_ns() const;
  bool has_children() const { return !children_.empty(); }
  /// What is to be done, in this order; empties the list.
  std::vector<Decision> take() { return std::exchange(decisions_, {}); }

 private:
  enum class Mode : uint8_t { idle, starting, halting, restarting, stopping };
  using State = Child::State;
  using Children = std::map<uint64_t, Child>;  // by the order of starts

  Children::iterator find(ActorId id);
  State become(Child& child, State state);
  void decide(Decision::Kind kind, const Child& child);
  void report(EventKind event, ActorId child, uint64_t amount = 0);
  void start_next();
  void halt_next();
  void restart_next();
  void restart(Children::iterator child, uint64_t now_ns);
  void ended(Children::iterator child);
  void drop(Children::iterator child);
  void give_up(Exit exit);
  bool within_intensity(uint64_t now_ns);
  uint64_t delay_ns(Child& child, uint64_t now_ns);

  SupervisorSpec spec_;
  Random& random_;
  std::shared_ptr<const ChildSpec> template_;
  Children children_;
  size_t delayed_ = 0;  // of the children
  std::unordered_map<ActorId, uint64_t> order_;
  uint64_t next_order_ = 0;
  std::deque<uint64_t> restarts_ns_;  // within the period
  std::vector<Decision> decisions_;
  Mode mode_ = Mode::idle;
  bool planned_ = false;    // `start_all` was called
  bool was_ready_ = false;  // all static children ran once
  uint64_t group_ = 0;      // the first of those that are halted and restarted together
  std::optional<uint64_t> group_at_ns_;            // when the group, all halted, is restarted
  Decision::Kind last_ = Decision::Kind::stopped;  // what follows when no child is left
  Exit exit_ = Exit::normal;
};

}  // namespace cairn::actor
