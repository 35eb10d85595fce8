#include "core.hpp"

#include "turn.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <new>
#include <utility>

namespace cairn::actor {

Core::Core(Clock& clock_in, Random& random_in, SystemSettings settings_in)
    : clock(clock_in),
      random(random_in),
      settings(std::move(settings_in)),
      topics(settings.subscriptions_max),
      chunks_(std::make_unique<std::atomic<Cell*>[]>((settings.actors_max >> chunk_bits) + 1)) {
  for (uint32_t number = 0; number <= settings.workers; ++number) {
    lanes_.push_back(std::make_unique<Lane>(number, settings.policy, depot_));
  }
}

Core::~Core() {
  // Actors go first: they may still send. Then the messages, whose payloads are counted.
  for_each_cell([](Cell& cell) { cell.actor.reset(); });
  EnvelopeCache& cache = lanes_.back()->envelopes;
  const auto free_all = [&](Fifo& list) {
    while (Envelope* envelope = list.pop()) cache.free(envelope);
  };
  for_each_cell([&](Cell& cell) {
    for (Envelope* next = cell.inbox.is_empty() ? nullptr : cell.inbox.take(); next != nullptr;) {
      cache.free(std::exchange(next, next->next));
    }
    free_all(cell.signals);
    for (Fifo& list : cell.messages) free_all(list);
    if (cell.current != nullptr) cache.free(cell.current);
    if (cell.extras != nullptr) {
      for (auto& [to, blocked] : cell.extras->blocked) free_all(blocked.messages);
    }
  });
  for_each_cell([](Cell& cell) { std::destroy_at(&cell); });
  for (uint32_t at = 0; at < cells_; at += chunk_size) {
    ::operator delete(chunks_[at >> chunk_bits].load(), std::align_val_t{alignof(Cell)});
  }
}

ActorId Core::find(std::string_view address) const {
  if (!address.starts_with('#')) return names.find(address);
  const size_t dot = address.find('.');
  uint32_t index = 0;
  uint32_t generation = 0;
  const auto number = [](std::string_view text, uint32_t& to) {
    const auto [end, error] = std::from_chars(text.begin(), text.end(), to);
    return error == std::errc() && end == text.end();
  };
  if (dot == std::string_view::npos || !number(address.substr(1, dot - 1), index) ||
      !number(address.substr(dot + 1), generation)) {
    return {};
  }
  const ActorId id(index, generation);
  return is_alive(id) ? id : ActorId();
}

std::string Core::address_of(ActorId id) const {
  if (!id || id == outside_id) return {};
  std::string name = names.name_of(id);
  return name.empty() ? '#' + to_string(id) : name;
}

/// Whoever closes the circle has said for whom it waits before it looks, and so have all others in
/// it: of two that close it at the same time, one sees it at least.
bool Core::waits_in_circle(ActorId id, std::vector<ActorId>* seen) const {
  constexpr uint32_t steps_max = 1000;
  ActorId at = id;
  for (uint32_t step = 0; step < steps_max; ++step) {
    const Cell* place = cell(at);
    if (place == nullptr || place->generation.load() != at.generation()) return false;
    if (seen != nullptr) seen->push_back(at);
    at = place->waits_for.load();
    if (!at) return false;
    if (at == id) return true;
  }
  return false;
}

std::string Core::circle_text(ActorId id) const {
  constexpr size_t named_max = 8;
  std::vector<ActorId> circle;
  waits_in_circle(id, &circle);
  std::string text;
  for (size_t at = 0; at < std::min(circle.size(), named_max); ++at) {
    text += address_of(circle[at]) + " -> ";
  }
  if (circle.size() > named_max) text += fmt::format("{} more -> ", circle.size() - named_max);
  return text + address_of(id);
}

void Core::for_each_cell(const std::function<void(Cell&)>& visit) const {
  const uint32_t count = cells_.load(std::memory_order_acquire);
  for (uint32_t at = 0; at < count; ++at) visit(chunks_[at >> chunk_bits][at & (chunk_size - 1)]);
}

/// Memory is taken for many at once, and touched for one.
Cell* Core::make_cell(uint32_t index) {
  std::atomic<Cell*>& chunk = chunks_[index >> chunk_bits];
  const uint32_t at = index & (chunk_size - 1);
  if (at == 0) {
    chunk.store(static_cast<Cell*>(
        ::operator new(chunk_size * sizeof(Cell), std::align_val_t{alignof(Cell)})));
  }
  Cell* cell = new (chunk.load(std::memory_order_relaxed) + at) Cell;
  cell->index = index;
  return cell;
}

/// Fills `cells`, all or none.
Result<> Core::take_cells(std::span<Cell*> cells) {
  std::lock_guard lock(cells_mutex_);
  uint32_t next = cells_.load(std::memory_order_relaxed);
  const size_t fresh = cells.size() - std::min(cells.size(), vacant_.size());
  if (fresh > settings.actors_max - next) {
    return fail(ErrorKind::limit, fmt::format("the system has {} actors, as many as it may",
                                              live_.load(std::memory_order_relaxed)));
  }
  for (Cell*& cell : cells) {
    if (!vacant_.empty()) {
      cell = vacant_.back();
      vacant_.pop_back();
    } else {
      cell = make_cell(next++);
    }
  }
  cells_.store(next, std::memory_order_release);
  return {};
}

/// From its last line on others may run it, and it may be gone before anything else is done here.
ActorId Core::give_birth(Cell& cell, std::shared_ptr<const ChildSpec> spec,
                         std::shared_ptr<const ActorSettings> actor_settings, ActorId parent,
                         uint64_t order) {
  const ActorSettings& own = *actor_settings;
  cell.spec = std::move(spec);
  cell.parent_id.store(parent, std::memory_order_relaxed);
  cell.order.store(order, std::memory_order_relaxed);
  cell.capacity.store(own.mailbox.capacity, std::memory_order_relaxed);
  cell.payload_max.store(own.limits.payload_bytes, std::memory_order_relaxed);
  cell.time_to_live_ns.store(own.mailbox.time_to_live_ns, std::memory_order_relaxed);
  for (size_t level = 0; level < priority_count; ++level) {
    cell.overflow[level].store(own.mailbox.overflow[level], std::memory_order_relaxed);
  }
  cell.urgency.store(own.priority, std::memory_order_relaxed);
  cell.worker.store(own.worker ? static_cast<int16_t>(*own.worker % settings.workers) : int16_t{-1},
                    std::memory_order_relaxed);
  cell.settings = std::move(actor_settings);
  cell.alive.store(true, std::memory_order_relaxed);
  cell.accepting.store(true, std::memory_order_relaxed);
  const uint32_t generation = cell.generation.load(std::memory_order_relaxed) + 1;
  const ActorId id(cell.index, generation);
  cell.generation.store(generation, std::memory_order_release);
  return id;
}

Result<std::shared_ptr<const ActorSettings>> Core::settings_for(const ChildSpec& spec,
                                                                const Cell* parent) const {
  static const auto defaults = std::make_shared<const ActorSettings>();
  if (closing_.load(std::memory_order_relaxed)) {
    return fail(ErrorKind::usage, "the system is shutting down");
  }
  if (spec.name.starts_with('#')) {
    return fail(ErrorKind::usage, "names that begin with '#' stand for actors without one");
  }
  if (spec.name.size() > actor_name_bytes_max) {
    return fail(ErrorKind::limit, fmt::format("the name of an actor has {} bytes; the limit is {}",
                                              spec.name.size(), actor_name_bytes_max));
  }
  if (parent == nullptr) return spec.settings == nullptr ? defaults : spec.settings;
  if (spec.settings == nullptr || spec.settings == parent->settings) return parent->settings;
  TRY(parent->settings->grants.covers(spec.settings->grants));
  TRY(parent->settings->limits.bound(spec.settings->limits));
  return spec.settings;
}

Result<ActorId> Core::spawn(Lane& lane, std::shared_ptr<const ChildSpec> spec, const Cell* parent) {
  std::shared_ptr<const ActorSettings> own = TRY(settings_for(*spec, parent));
  if (!spec->name.empty() && !names.reserve(spec->name)) {
    return fail(ErrorKind::usage, fmt::format("there is an actor of the name '{}'", spec->name));
  }
  Cell* cell = nullptr;
  if (Result<> taken = take_cells({&cell, 1}); !taken) {
    if (!spec->name.empty()) names.remove(spec->name);
    return std::unexpected(std::move(taken).error());
  }
  live_.fetch_add(1, std::memory_order_relaxed);
  lane.counters.spawned.add();
  const ActorId id = give_birth(*cell, std::move(spec), std::move(own),
                                parent == nullptr ? ActorId() : parent->id(),
                                births_.fetch_add(1, std::memory_order_relaxed));
  if (cell->inbox.wake()) schedule(lane, *cell);
  return id;
}

Result<> Core::spawn_many(Lane& lane, const std::shared_ptr<const ChildSpec>& spec,
                          std::span<ActorId> ids) {
  constexpr size_t block = 64;
  std::ranges::fill(ids, ActorId());
  if (!spec->name.empty()) return fail(ErrorKind::usage, "many actors cannot have one name");
  std::shared_ptr<const ActorSettings> own = TRY(settings_for(*spec, nullptr));
  for (size_t first = 0; first < ids.size(); first += block) {
    std::array<Cell*, block> cells;
    std::span<ActorId> wanted = ids.subspan(first, std::min(block, ids.size() - first));
    TRY(take_cells({cells.data(), wanted.size()}));
    live_.fetch_add(wanted.size(), std::memory_order_relaxed);
    lane.counters.spawned.add(wanted.size());
    const uint64_t order = births_.fetch_add(wanted.size(), std::memory_order_relaxed);
    size_t asleep = 0;  // those that are to be scheduled, moved to the front
    for (size_t at = 0; at < wanted.size(); ++at) {
      Cell& cell = *cells[at];
      wanted[at] = give_birth(cell, spec, own, ActorId(), order + at);
      if (cell.inbox.wake()) cells[asleep++] = &cell;
    }
    if (asleep == 0) continue;
    const uint32_t target = target_of(lane, *cells[0]);
    lanes_[target]->queue.push({cells.data(), asleep});
    if (!lanes_[target]->bed.wake()) wake_anyone();
  }
  return {};
}

void Core::vacate(Lane& lane, Cell& cell) {
  cell.spec.reset();
  cell.settings.reset();
  cell.extras.reset();
  cell.phase = Phase::vacant;
  cell.activity = Activity::none;
  cell.suspended = Suspended::no;
  cell.exit = Exit::normal;
  cell.waits_for.store(ActorId(), std::memory_order_relaxed);
  cell.escalate = cell.drain_due = cell.gone_for_good = false;
  cell.stop_self = cell.pre_started = cell.restarted = false;
  lane.counters.removed.add();
  live_.fetch_sub(1, std::memory_order_relaxed);
  if (!cell.parent()) stop_next_root(lane, cell.id());
  std::lock_guard lock(cells_mutex_);
  // A place whose generations are used up is never given away again.
  if (cell.generation.load(std::memory_order_relaxed) != UINT32_MAX) vacant_.push_back(&cell);
}

std::vector<ActorInfo> Core::list() const {
  std::vector<ActorInfo> list;
  for_each_cell([&](Cell& cell) {
    if (!cell.alive.load(std::memory_order_acquire)) return;
    list.push_back({.id = cell.id(),
                    .parent = cell.parent(),
                    .name = names.name_of(cell.id()),
                    .queued = cell.queued.load(std::memory_order_relaxed)});
  });
  return list;
}

void Core::stop_roots(Lane& lane, uint64_t timeout_ns) {
  std::vector<std::pair<uint64_t, ActorId>> roots;
  for_each_cell([&](Cell& cell) {
    if (!cell.alive.load(std::memory_order_acquire) || cell.parent()) return;
    roots.emplace_back(cell.order.load(std::memory_order_relaxed), cell.id());
  });
  std::ranges::sort(roots);
  {
    std::lock_guard lock(cells_mutex_);
    roots_to_stop_.clear();
    for (auto& [order, id] : roots) roots_to_stop_.push_back(id);
    root_timeout_ns_ = timeout_ns;
  }
  stop_next_root(lane, ActorId());
}

void Core::stop_next_root(Lane& lane, ActorId gone) {
  if (!closing_.load(std::memory_order_relaxed)) return;
  ActorId next;
  uint64_t timeout_ns = 0;
  {
    std::lock_guard lock(cells_mutex_);
    if (gone != stopping_root_) return;  // another one, that ended by itself
    while (!next && !roots_to_stop_.empty()) {
      if (is_alive(roots_to_stop_.back())) next = roots_to_stop_.back();
      roots_to_stop_.pop_back();
    }
    stopping_root_ = next;
    timeout_ns = root_timeout_ns_;
  }
  if (next) signal(lane, next, ActorId(), Signal::stop, timeout_ns);
}

// --- running ---

void Core::schedule(Lane& lane, Cell& cell) {
  const int16_t pinned = cell.worker.load(std::memory_order_relaxed);
  const bool by_worker = lane.index < settings.workers;
  if (by_worker && (pinned < 0 || static_cast<uint32_t>(pinned) == lane.index) &&
      settings.policy != Policy::priority) {
    // The others wait until the turn is over, and go to the queue together.
    constexpr uint32_t shared_at = 32;
    Cell* before = std::exchange(lane.next, &cell);
    if (before == nullptr) return;
    lane.fresh.push(*before);
    if (lane.fresh.count >= shared_at) share_if_wanted(lane);
    return;
  }
  const uint32_t target = target_of(lane, cell);
  lanes_[target]->queue.push(cell);
  if (!by_worker && pinned < 0) {
    ++lane.unannounced;
    return;
  }
  if (lanes_[target]->bed.asleep() && lanes_[target]->bed.wake()) return;
  if (pinned < 0) wake_anyone();
}

/// The worker whose queue it goes to.
uint32_t Core::target_of(const Lane& lane, const Cell& cell) {
  const int16_t pinned = cell.worker.load(std::memory_order_relaxed);
  if (pinned >= 0) return static_cast<uint32_t>(pinned);
  if (lane.index < settings.workers) return lane.index;
  return next_lane_.fetch_add(1, std::memory_order_relaxed) % settings.workers;
}

void Core::requeue(Lane& lane, Cell& cell) {
  lane.fresh.push(cell);
  share(lane);
}

void Core::share(Lane& lane) {
  if (lane.fresh.first == nullptr) return;
  lane.queue.push(lane.fresh.take());
  wake_anyone();
}

void Core::hand_over(Cell& cell) {
  Lane& lane = *lanes_[static_cast<size_t>(cell.worker.load(std::memory_order_relaxed))];
  lane.queue.push(cell);
  lane.bed.wake();
}

bool Core::wake_anyone() {
  for (uint32_t worker = 0; worker < settings.workers; ++worker) {
    Bed& bed = lanes_[worker]->bed;
    if (bed.asleep() && bed.wake()) return true;
  }
  return false;
}

void Core::rouse(uint32_t count) {
  while (count > 0 && wake_anyone()) --count;
}

bool Core::run_one(Lane& lane) {
  constexpr uint32_t streak_max = 16;
  constexpr uint32_t turns_between_timers = 16;
  if (++lane.turns % turns_between_timers == 0) fire_timers(lane);
  Cell* cell = nullptr;
  if (lane.next != nullptr && (lane.next_streak < streak_max || lane.queue.is_empty_for_owner())) {
    ++lane.next_streak;
    cell = std::exchange(lane.next, nullptr);
  } else {
    lane.next_streak = 0;
    cell = lane.queue.take();
  }
  for (uint32_t step = 1; cell == nullptr && step < settings.workers; ++step) {
    cell = lanes_[(lane.index + step) % settings.workers]->queue.steal_into(lane.queue);
  }
  if (cell == nullptr) return false;
  run(lane, *cell);
  return true;
}

void Core::run(Lane& lane, Cell& cell) {
  Turn(*this, lane, cell).run();
  share(lane);
  call_answers();
}

bool Core::run_any(Lane& lane, uint64_t choice) {
  if (lane.next != nullptr) lane.fresh.push(*std::exchange(lane.next, nullptr));
  share(lane);
  Cell* cell = lane.queue.take_any(choice);
  if (cell == nullptr) return false;
  run(lane, *cell);
  return true;
}

bool Core::has_work(Lane& lane) const {
  if (lane.next != nullptr || lane.queue.has_any()) return true;
  for (uint32_t worker = 0; worker < settings.workers; ++worker) {
    if (lanes_[worker]->queue.has_loose()) return true;
  }
  return false;
}

bool Core::seems_to_have_work(const Lane& lane) const {
  if (lane.next != nullptr || lane.queue.size() != 0) return true;
  for (uint32_t worker = 0; worker < settings.workers; ++worker) {
    if (lanes_[worker]->queue.loose() != 0) return true;
  }
  return false;
}

void Core::fire_timers(Lane& lane) {
  if (timers.next_ns() == TimerQueue::never) return;
  const uint64_t now_ns = clock.monotonic_ns();
  while (std::optional<ActorId> id = timers.take(now_ns)) {
    if (*id == outside_id) {
      expire_outside(lane, now_ns);
    } else {
      signal(lane, *id, ActorId(), Signal::alarm);
    }
  }
  call_answers();
}

void Core::set_alarm(Lane& lane, uint64_t at_ns, ActorId id) {
  // A worker looks at the clock before it sleeps; all may sleep when somebody from outside comes.
  if (timers.add(at_ns, id) && lane.index == settings.workers) wake_anyone();
}

}  // namespace cairn::actor
