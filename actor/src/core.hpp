#pragma once
/// The parts of a system that all turns share: the table of actors, names, topics, timers, queues.

#include "cell.hpp"
#include "lane.hpp"
#include "names.hpp"
#include "timer_queue.hpp"
#include "topics.hpp"

#include <cairn/actor/system.hpp>

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

namespace cairn::actor {

/// Whom replies to requests from outside go to.
inline constexpr ActorId outside_id{UINT32_MAX, 1};

class Core {
 public:
  Core(Clock& clock, Random& random, SystemSettings settings);
  ~Core();

  Clock& clock;
  Random& random;
  const SystemSettings settings;
  Names names;
  Topics topics;
  TimerQueue timers;

  uint32_t workers() const { return settings.workers; }
  Lane& lane(uint32_t worker) { return *lanes_[worker]; }
  /// Calls `use(lane)` with the lane for threads that are no workers.
  template <class Use>
  auto from_outside(Use&& use) {
    struct Rest {  // when the lock is gone: callbacks, and system calls that wake workers
      Core& core;
      uint32_t wakes = 0;
      ~Rest() {
        core.rouse(wakes);
        core.call_answers();
      }
    } rest{*this};
    std::lock_guard lock(outside_mutex_);
    struct Count {
      Rest& rest;
      Lane& lane;
      ~Count() { rest.wakes = std::exchange(lane.unannounced, 0); }
    } count{rest, *lanes_.back()};
    return use(count.lane);
  }

  /// Error `not_found` never; see Context::spawn. `parent`: nobody for those of the system.
  Result<ActorId> spawn(Lane& lane, std::shared_ptr<const ChildSpec> spec, const Cell* parent);
  /// As many alike as `ids` has places, without a parent. An error leaves those that were made
  /// before it.
  Result<> spawn_many(Lane& lane, const std::shared_ptr<const ChildSpec>& spec,
                      std::span<ActorId> ids);
  /// The cell that `id` names, also when its inhabitant has gone; none for ids that never were.
  Cell* cell(ActorId id) const {
    if (id.index() >= cells_.load(std::memory_order_acquire)) return nullptr;
    return chunks_[id.index() >> chunk_bits].load(std::memory_order_relaxed) +
           (id.index() & (chunk_size - 1));
  }
  /// Does it live in that cell of its own?
  static bool lives(const Cell& cell, ActorId id) {
    return cell.generation.load(std::memory_order_acquire) == id.generation() &&
           cell.alive.load(std::memory_order_acquire);
  }
  bool is_alive(ActorId id) const {
    const Cell* place = cell(id);
    return place != nullptr && lives(*place, id);
  }
  /// By its name, or by what `address_of` gave; nobody if there is none.
  ActorId find(std::string_view address) const;
  std::string address_of(ActorId id) const;
  /// Does `id` wait for an answer of one that waits for `id`, at the end? `seen` gets those from
  /// `id` on; null: nobody wants to know.
  bool waits_in_circle(ActorId id, std::vector<ActorId>* seen = nullptr) const;
  /// Whose circle that is, for people: "a -> b -> a".
  std::string circle_text(ActorId id) const;
  /// Gives a cell back; its generation is over.
  void vacate(Lane& lane, Cell& cell);
  void for_each_cell(const std::function<void(Cell&)>& visit) const;

  /// A message of an actor or from outside, with all that limits it. Taken, unless the answer is
  /// `full` or `blocked`.
  Sent deliver(Lane& lane, Message& message);
  /// The same for one that waited for room: no more than that is checked again.
  bool deliver_if_room(Lane& lane, Envelope* envelope);
  /// To all subscribers, each of whom gets `model` with `payload`. Their number.
  size_t publish(Lane& lane, std::string_view topic, const Payload& payload, const Message& model);
  /// A reply, failure, `down` or timer: it is not refused.
  void answer(Lane& lane, Message&& message);
  void signal(Lane& lane, ActorId to, ActorId from, Signal signal, uint64_t argument = 0,
              Payload payload = {});
  /// Keeps it, counts it, and tells a requester that waits for it.
  /// `called`: by which name nobody was found.
  void dead_letter(Lane& lane, Message&& message, Refusal reason, std::string_view called = {});
  void request_from_outside(ActorId to, Payload payload, uint64_t timeout_ns, SendOptions options,
                            std::function<void(const Message&)> done);

  void schedule(Lane& lane, Cell& cell);
  /// Behind all others.
  void requeue(Lane& lane, Cell& cell);
  /// To be called now and then while a turn goes on: hands out what it has made ready, if a worker
  /// has nothing to do.
  void share_if_wanted(Lane& lane) {
    if (lane.fresh.first != nullptr && seekers_.load(std::memory_order_relaxed) != 0) share(lane);
  }
  /// A worker begins, or ends, to look for work.
  void begin_to_seek(Lane& lane) {
    lane.envelopes.drop_payloads();
    seekers_.fetch_add(1, std::memory_order_relaxed);
  }
  void end_to_seek() { seekers_.fetch_sub(1, std::memory_order_relaxed); }
  /// To the worker that always runs it.
  void hand_over(Cell& cell);
  /// Runs the turn of the next actor of the lane, or of one that is stolen. False: there is none.
  bool run_one(Lane& lane);
  /// Runs a turn of any actor of the lane. For simulations.
  bool run_any(Lane& lane, uint64_t choice);
  bool has_work(Lane& lane) const;
  /// The same at a glance; may be wrong for a moment.
  bool seems_to_have_work(const Lane& lane) const;
  /// Wakes whom the time has come for.
  void fire_timers(Lane& lane);
  void set_alarm(Lane& lane, uint64_t at_ns, ActorId id);

  void event(Event event) {
    if (settings.observer) observe(event);
  }
  void begin_shutdown() { closing_.store(true, std::memory_order_relaxed); }
  /// Those without a parent, the youngest first, each when the one before it has gone.
  void stop_roots(Lane& lane, uint64_t timeout_ns);
  std::vector<ActorInfo> list() const;
  size_t live() const { return live_.load(std::memory_order_relaxed); }
  Counters counters() const;
  std::vector<DeadLetter> dead_letters() const;

 private:
  struct OutsideRequest {
    std::function<void(const Message&)> done;
    uint64_t deadline_ns;
  };
  static constexpr uint32_t chunk_bits = 10;
  static constexpr uint32_t chunk_size = 1 << chunk_bits;

  Result<> take_cells(std::span<Cell*> cells);
  Cell* make_cell(uint32_t index);
  void run(Lane& lane, Cell& cell);
  void share(Lane& lane);
  Result<std::shared_ptr<const ActorSettings>> settings_for(const ChildSpec& spec,
                                                            const Cell* parent) const;
  uint32_t target_of(const Lane& lane, const Cell& cell);
  ActorId give_birth(Cell& cell, std::shared_ptr<const ChildSpec> spec,
                     std::shared_ptr<const ActorSettings> actor_settings, ActorId parent,
                     uint64_t order);
  void stop_next_root(Lane& lane, ActorId gone);
  void push(Lane& lane, Cell& cell, Envelope* envelope);
  /// False: nobody sleeps.
  bool wake_anyone();
  void rouse(uint32_t count);
  void answer_outside(Message&& message);
  void expire_outside(Lane& lane, uint64_t now_ns);
  void call_answers();
  void observe(Event event);

  std::vector<std::unique_ptr<Lane>> lanes_;
  EnvelopeDepot depot_;
  SpinMutex outside_mutex_;
  std::atomic<uint32_t> next_lane_ = 0;

  std::unique_ptr<std::atomic<Cell*>[]> chunks_;
  mutable SpinMutex cells_mutex_;
  std::vector<Cell*> vacant_;
  std::atomic<uint32_t> cells_ = 0;
  std::atomic<uint64_t> births_ = 0;
  std::atomic<size_t> live_ = 0;
  std::atomic<bool> closing_ = false;
  std::vector<ActorId> roots_to_stop_;  // the next is the last
  ActorId stopping_root_;
  uint64_t root_timeout_ns_ = 0;

  mutable std::mutex dead_letters_mutex_;
  std::deque<DeadLetter> dead_letters_;

  std::mutex requests_mutex_;
  std::unordered_map<uint64_t, OutsideRequest> requests_;
  uint64_t next_request_ = 1;
  uint64_t requests_armed_ns_ = TimerQueue::never;
  std::atomic<bool> has_answers_ = false;
  std::atomic<uint64_t> late_replies_outside_ = 0;
  std::vector<std::pair<std::function<void(const Message&)>, Message>> answers_;
  // Workers that look for work. It changes often, and what is beside it does not.
  alignas(64) std::atomic<uint32_t> seekers_ = 0;
};

}  // namespace cairn::actor
