#pragma once
/// A system of actors. It has no thread of its own: `Workers` run it with threads, `Simulation`
/// step by step from a seed.

#include <cairn/actor/context.hpp>
#include <cairn/actor/event.hpp>
#include <cairn/actor/supervision.hpp>

#include <cairn/base/clock.hpp>
#include <cairn/base/random.hpp>

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace cairn::actor {

/// Which actor that has work is next.
enum class Policy : uint8_t {
  round_robin,  ///< the one that waits longest
  priority,     ///< by `ActorSettings::priority`; who waits long rises
  cooperative,  ///< the one that waits longest, and it runs until it has nothing to do
};

struct SystemSettings {
  uint32_t workers = 2;
  Policy policy = Policy::round_robin;
  uint32_t slice_messages = 64;        ///< of one turn
  uint64_t slice_time_ns = 2'000'000;  ///< of one turn
  uint32_t actors_max = 1 << 24;
  uint32_t dead_letters_kept = 256;
  uint32_t subscriptions_max = 1 << 20;
  Observer observer = nullptr;
  /// What dead letters call an actor; none: by its address. Quick and thread-safe.
  std::function<std::string(ActorId)> name_of = nullptr;
};

struct DeadLetter {
  uint64_t at_ns = 0;
  Refusal reason = Refusal::no_such_actor;
  Message message;
  // As they were called when it happened: who has gone since has no name any more.
  std::string to;
  std::string from;  ///< empty: from outside
};

/// Since the start.
struct Counters {
  uint64_t spawned = 0;
  uint64_t removed = 0;
  uint64_t handled = 0;  ///< messages whose handler is done
  uint64_t failed = 0;   ///< messages whose handler failed
  uint64_t late_replies = 0;
  std::array<uint64_t, 16> dead_letters = {};         ///< by Refusal
  std::array<uint64_t, priority_count> blocked = {};  ///< by back-pressure
  std::array<uint64_t, priority_count> dropped = {};
  std::array<uint64_t, priority_count> full = {};
};

struct ActorInfo {
  ActorId id;
  ActorId parent;
  std::string name;
  uint32_t queued = 0;
};

/// May be used from any thread. Outlived by its clock and its random source (which must be safe
/// from several threads if there are several workers).
class System {
 public:
  System(Clock& clock, Random& random, SystemSettings settings = {});
  /// What still lives is dropped; see `shutdown`.
  ~System();
  System(const System&) = delete;
  System& operator=(const System&) = delete;

  /// An actor without a parent: nobody restarts it. Errors as those of `Context::spawn`.
  Result<ActorId> spawn(ChildSpec actor);
  Result<ActorId> spawn(std::shared_ptr<const ChildSpec> actor);
  /// As many alike as `ids` has places. After an error, those that were not made are nobody.
  Result<> spawn(const std::shared_ptr<const ChildSpec>& actor, std::span<ActorId> ids);
  Sent send(ActorId to, Payload payload, SendOptions options = {});
  /// `done` is called once, on any thread: a reply, or a failure.
  void request(ActorId to, Payload payload, uint64_t timeout_ns,
               std::function<void(const Message&)> done, SendOptions options = {});
  size_t publish(std::string_view topic, const Payload& payload, SendOptions options = {});
  void stop(ActorId id, uint64_t timeout_ns = 5'000'000'000);
  void kill(ActorId id);
  /// All actors without a parent stop, the youngest first, each with its children; nobody can be
  /// spawned from then on. Done when `live()` is 0.
  void shutdown(uint64_t timeout_ns = 5'000'000'000);

  /// Nobody if there is none of that name or address.
  ActorId find(std::string_view address) const;
  std::string address_of(ActorId id) const;  ///< see `Context::address_of`
  bool is_alive(ActorId id) const;
  size_t live() const;
  std::vector<ActorInfo> list() const;
  /// None: it does not live.
  std::optional<ActorInfo> info(ActorId id) const;
  Counters counters() const;
  std::vector<DeadLetter> dead_letters() const;

  Core& core() { return *core_; }

 private:
  std::unique_ptr<Core> core_;
};

/// Threads that run a system, one a worker; joined when it is destroyed.
class Workers {
 public:
  explicit Workers(System& system);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cairn::actor
