#include <cairn/actor/context.hpp>

#include "turn.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace cairn::actor {

ActorId Context::self() const { return turn_.cell_.id(); }
ActorId Context::parent() const { return turn_.cell_.parent(); }
std::string_view Context::name() const { return turn_.cell_.spec->name; }
const ActorSettings& Context::settings() const { return *turn_.cell_.settings; }
uint64_t Context::now_ns() { return turn_.now_ns(); }
Random& Context::random() { return turn_.core_.random; }

Waker Context::waker() { return Waker(turn_.core_, turn_.cell_.id(), turn_.cell_.activity_number); }

void Waker::wake() const {
  core_->from_outside([&](Lane& lane) { core_->signal(lane, id_, id_, Signal::wake, activity_); });
}

void Context::wake_at(uint64_t monotonic_ns) {
  turn_.cell_.more().wake_at_ns = monotonic_ns;
  turn_.arm(monotonic_ns);
}

bool Context::should_yield() {
  const uint64_t now = turn_.core_.clock.monotonic_ns();
  if (turn_.slice_ends_ns_ == 0) {
    turn_.slice_ends_ns_ = now + turn_.core_.settings.slice_time_ns;
  }
  return now >= turn_.slice_ends_ns_;
}

void Context::report_log_flood(std::string_view text) {
  turn_.event(EventKind::log_flood, 0, {}, 0, text);
}

// --- messages ---

Sent Context::post(Message&& message, SendOptions options) {
  message.priority = options.priority;
  message.tag = options.tag;
  message.cause = options.cause;
  if (options.time_to_live_ns != 0) message.expires_ns = later(now_ns(), options.time_to_live_ns);
  if (!message.to) {
    turn_.core_.dead_letter(turn_.lane_, std::move(message), Refusal::no_such_actor, options.name);
    return Sent::refused;
  }
  const Sent sent = post(message);
  if (sent != Sent::full || !options.drop_if_full) return sent;
  turn_.core_.dead_letter(turn_.lane_, std::move(message), Refusal::mailbox_full);
  return Sent::dropped;
}

/// To a receiver that was full, later messages queue behind those that wait.
Sent Context::post(Message& message) {
  const ActorId to = message.to;
  Cell& cell = turn_.cell_;
  const auto full = [&] {
    turn_.lane_.counters.full[static_cast<size_t>(message.priority)].add();
    return Sent::full;
  };
  if (cell.extras == nullptr || !cell.extras->blocked.contains(to)) {
    const Sent sent = turn_.core_.deliver(turn_.lane_, message);
    if (sent != Sent::blocked) return sent;
    if (to == cell.id()) return full();  // it cannot wait for itself
    const uint64_t until_ns = later(now_ns(), block_ns_max);
    cell.more().blocked[to].until_ns = until_ns;
    turn_.arm(until_ns);
    turn_.core_.signal(turn_.lane_, to, cell.id(), Signal::room_wanted);
  }
  Extras::Blocked& blocked = cell.extras->blocked[to];
  if (blocked.count == cell.settings->mailbox.capacity) return full();
  ++blocked.count;
  blocked.messages.push(turn_.lane_.envelopes.make(std::move(message)));
  return Sent::blocked;
}

Sent Context::send(ActorId to, Payload payload, SendOptions options) {
  return post({.from = self(), .to = to, .payload = std::move(payload)}, options);
}

uint64_t Context::request(ActorId to, Payload payload, uint64_t timeout_ns, SendOptions options) {
  Cell& cell = turn_.cell_;
  if (!has_room(cell.more().requests.size(), cell.settings->limits.requests)) return 0;
  const uint64_t correlation = cell.next_number++;
  const uint64_t deadline_ns = later(now_ns(), timeout_ns);
  cell.more().requests.push_back({correlation, deadline_ns, to});
  turn_.arm(deadline_ns);
  const Sent sent = post({.from = self(),
                          .to = to,
                          .correlation = correlation,
                          .kind = MessageKind::request,
                          .payload = std::move(payload)},
                         options);
  if (sent == Sent::full) {
    turn_.core_.answer(turn_.lane_, {.from = to,
                                     .to = self(),
                                     .correlation = correlation,
                                     .tag = static_cast<uint32_t>(Refusal::mailbox_full),
                                     .kind = MessageKind::failure,
                                     .payload = Payload(to_string(Refusal::mailbox_full))});
  }
  return correlation;
}

uint64_t Context::ask(ActorId to, Payload payload, uint64_t timeout_ns, SendOptions options) {
  Cell& cell = turn_.cell_;
  Extras& extras = cell.more();
  if (!has_room(extras.requests.size(), cell.settings->limits.requests)) return 0;
  ++extras.asked;
  // Who waits for several can go on with any answer, so it closes no circle.
  cell.waits_for.store(extras.asked == 1 ? to : ActorId());
  if (extras.asked != 1 || !turn_.core_.waits_in_circle(self())) {
    const uint64_t correlation = request(to, std::move(payload), timeout_ns, options);
    extras.requests.back().asked = true;
    return correlation;
  }
  turn_.event(EventKind::deadlock, 0, to, 0, turn_.core_.circle_text(self()));
  const uint64_t correlation = cell.next_number++;
  extras.requests.push_back({correlation, later(now_ns(), timeout_ns), to, true});
  turn_.core_.answer(turn_.lane_, {.from = to,
                                   .to = self(),
                                   .correlation = correlation,
                                   .tag = static_cast<uint32_t>(Refusal::deadlock),
                                   .kind = MessageKind::failure,
                                   .payload = Payload(to_string(Refusal::deadlock))});
  return correlation;
}

void Context::reply(const Message& request, Payload payload, uint64_t cause) {
  if (request.kind != MessageKind::request) return;
  turn_.core_.answer(turn_.lane_, {.from = self(),
                                   .to = request.from,
                                   .correlation = request.correlation,
                                   .kind = MessageKind::reply,
                                   .priority = request.priority,
                                   .payload = std::move(payload),
                                   .cause = cause});
}

void Context::refuse(const Message& request, Refusal refusal, std::string_view why) {
  if (request.kind != MessageKind::request) return;
  if (const Envelope* const at_hand = turn_.cell_.current) {
    turn_.is_refused_ |= at_hand->message.kind == MessageKind::request &&
                         at_hand->message.from == request.from &&
                         at_hand->message.correlation == request.correlation;
  }
  turn_.core_.answer(turn_.lane_, {.from = self(),
                                   .to = request.from,
                                   .correlation = request.correlation,
                                   .tag = static_cast<uint32_t>(refusal),
                                   .kind = MessageKind::failure,
                                   .priority = request.priority,
                                   .payload = Payload(why)});
}

Sent Context::forward(const Message& message, ActorId to) {
  Message copy = message;
  copy.to = to;
  return post(copy);
}

ActorId Context::find(std::string_view address) const { return turn_.core_.find(address); }
bool Context::is_alive(ActorId id) const { return turn_.core_.is_alive(id); }
bool Context::is_child(ActorId id) const {
  return is_alive(id) && turn_.core_.cell(id)->parent() == self();
}
bool Context::is_name_taken(std::string_view name) const {
  return turn_.core_.names.is_taken(name);
}
uint32_t Context::queued(ActorId id) const {
  const Cell* place = turn_.core_.cell(id);
  return place == nullptr ? 0 : place->queued.load(std::memory_order_relaxed);
}
std::string Context::address_of(ActorId id) const { return turn_.core_.address_of(id); }

// --- topics ---

size_t Context::publish(std::string_view topic, const Payload& payload, SendOptions options) {
  const uint64_t expires_ns =
      options.time_to_live_ns == 0 ? 0 : later(now_ns(), options.time_to_live_ns);
  return turn_.core_.publish(turn_.lane_, topic, payload,
                             {.from = self(),
                              .expires_ns = expires_ns,
                              .tag = options.tag,
                              .priority = options.priority,
                              .cause = options.cause});
}

Result<> Context::subscribe(std::string_view pattern) {
  std::vector<std::string>& topics = turn_.cell_.more().topics;
  const uint32_t limit = turn_.cell_.settings->limits.subscriptions;
  if (!has_room(topics.size(), limit) && std::ranges::find(topics, pattern) == topics.end()) {
    return fail(ErrorKind::limit,
                fmt::format("the actor has {} subscriptions, as many as it may", limit));
  }
  if (TRY(turn_.core_.topics.subscribe(pattern, self()))) topics.emplace_back(pattern);
  return {};
}

void Context::unsubscribe(std::string_view pattern) {
  if (!turn_.core_.topics.unsubscribe(pattern, self())) return;
  std::erase(turn_.cell_.more().topics, pattern);
}

// --- others ---

Result<ActorId> Context::spawn(ChildSpec child) {
  return spawn(std::make_shared<const ChildSpec>(std::move(child)));
}

Result<ActorId> Context::spawn(std::shared_ptr<const ChildSpec> child) {
  if (turn_.cell_.phase == Phase::stopping) {
    return fail(ErrorKind::usage, "an actor that stops has no more children");
  }
  Supervision& supervision = turn_.supervision();
  child = TRY(supervision.admit(std::move(child)));
  const ActorId id = TRY(turn_.core_.spawn(turn_.lane_, child, &turn_.cell_));
  supervision.started(child, id);
  return id;
}

Result<ActorId> Context::spawn_child() { return spawn(std::shared_ptr<const ChildSpec>()); }

void Context::stop(ActorId id, uint64_t timeout_ns) {
  turn_.core_.signal(turn_.lane_, id, self(), Signal::stop, timeout_ns);
}
void Context::kill(ActorId id) { turn_.core_.signal(turn_.lane_, id, self(), Signal::kill); }
void Context::stop_self() { turn_.cell_.stop_self = true; }

bool Context::monitor(ActorId id) {
  std::vector<ActorId>& monitored = turn_.cell_.more().monitored;
  // Nobody ends for each who asks.
  if (id && std::ranges::find(monitored, id) != monitored.end()) return true;
  if (!has_room(monitored.size(), turn_.cell_.settings->limits.monitors)) return false;
  monitored.push_back(id);
  turn_.core_.signal(turn_.lane_, id, self(), Signal::monitor);
  return true;
}
void Context::demonitor(ActorId id) {
  if (std::erase(turn_.cell_.more().monitored, id) == 0) return;
  turn_.core_.signal(turn_.lane_, id, self(), Signal::demonitor);
}
void Context::link(ActorId id) {
  turn_.cell_.more().links.push_back(id);
  turn_.core_.signal(turn_.lane_, id, self(), Signal::link);
}
void Context::unlink(ActorId id) {
  if (std::erase(turn_.cell_.more().links, id) == 0) return;
  turn_.core_.signal(turn_.lane_, id, self(), Signal::unlink);
}
void Context::trap_exits(bool trap) { turn_.cell_.more().trap_exits = trap; }

// --- time ---

uint64_t Context::start_timer(uint64_t after_ns, uint32_t tag, uint64_t every_ns) {
  auto& timers = turn_.cell_.more().timers;
  if (!has_room(timers.size(), turn_.cell_.settings->limits.timers)) return 0;
  const uint64_t number = turn_.cell_.next_number++;
  const uint64_t at_ns = later(now_ns(), after_ns);
  timers[number] = {.at_ns = at_ns,
                    .every_ns = every_ns == 0 ? 0 : std::max(every_ns, timer_repeat_ns_min),
                    .tag = tag};
  turn_.arm(at_ns);
  return number;
}

void Context::cancel_timer(uint64_t timer) {
  auto& timers = turn_.cell_.more().timers;
  const auto found = timers.find(timer);
  if (found == timers.end()) return;
  if (!found->second.is_due) {
    timers.erase(found);
    return;
  }
  // Its message is in the mailbox: it is there until that is taken out.
  found->second.is_over = found->second.is_cancelled = true;
}

void Context::forget(std::span<const std::string> topics_kept) {
  if (turn_.cell_.extras != nullptr) turn_.forget_instance(topics_kept);
}

}  // namespace cairn::actor
