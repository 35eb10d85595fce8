// How messages come to mailboxes, and what becomes of those that do not.

#include "core.hpp"

#include <algorithm>
#include <utility>

namespace cairn::actor {

namespace {

bool is_too_large(const Payload& payload, const Cell& to) {
  return payload.size() > to.payload_max.load(std::memory_order_relaxed) ||
         payload.has_long_media_type();
}

}  // namespace

void Core::push(Lane& lane, Cell& cell, Envelope* envelope) {
  if (cell.inbox.push(envelope)) schedule(lane, cell);
}

Sent Core::deliver(Lane& lane, Message& message) {
  Cell* to = cell(message.to);
  if (to == nullptr || !lives(*to, message.to)) {
    dead_letter(lane, std::move(message), Refusal::no_such_actor);
    return Sent::refused;
  }
  if (is_too_large(message.payload, *to)) {
    dead_letter(lane, std::move(message), Refusal::too_large);
    return Sent::refused;
  }
  const auto level = static_cast<size_t>(message.priority);
  if (to->queued.fetch_add(1, std::memory_order_relaxed) >=
      to->capacity.load(std::memory_order_relaxed)) {
    to->queued.fetch_sub(1, std::memory_order_relaxed);
    if (!to->accepting.load(std::memory_order_relaxed)) {
      dead_letter(lane, std::move(message), Refusal::stopped);
      return Sent::refused;
    }
    switch (to->overflow[level].load(std::memory_order_relaxed)) {
      case Overflow::drop:
        lane.counters.dropped[level].add();
        dead_letter(lane, std::move(message), Refusal::mailbox_full);
        return Sent::dropped;
      case Overflow::fail: lane.counters.full[level].add(); return Sent::full;
      case Overflow::block: lane.counters.blocked[level].add(); return Sent::blocked;
    }
  }
  if (message.expires_ns == 0) {
    if (const uint64_t ns = to->time_to_live_ns.load(std::memory_order_relaxed); ns != 0) {
      message.expires_ns = later(clock.monotonic_ns(), ns);
    }
  }
  push(lane, *to, lane.envelopes.make(std::move(message)));
  return Sent::accepted;
}

size_t Core::publish(Lane& lane, std::string_view topic, const Payload& payload,
                     const Message& model) {
  if (!check_topic(topic)) return 0;
  const Payload published = payload.published_to(topic);
  return topics.publish(topic, [&](std::span<const ActorId> subscribers) {
    Payload::Copies copies(published, subscribers.size());
    for (const ActorId subscriber : subscribers) {
      Message message = {.from = model.from,
                         .to = subscriber,
                         .expires_ns = model.expires_ns,
                         .tag = model.tag,
                         .kind = MessageKind::published,
                         .priority = model.priority,
                         .payload = copies.next(),
                         .cause = model.cause};
      // Whoever subscribes cannot hold up those who publish.
      const Sent sent = deliver(lane, message);
      if (sent != Sent::full && sent != Sent::blocked) continue;
      dead_letter(lane, std::move(message), Refusal::mailbox_full);
    }
  });
}

bool Core::deliver_if_room(Lane& lane, Envelope* envelope) {
  const ActorId id = envelope->message.to;
  Cell* to = cell(id);
  const bool there = to != nullptr &&
                     to->generation.load(std::memory_order_acquire) == id.generation() &&
                     to->accepting.load(std::memory_order_relaxed);
  if (there) {
    if (to->queued.fetch_add(1, std::memory_order_relaxed) >=
        to->capacity.load(std::memory_order_relaxed)) {
      to->queued.fetch_sub(1, std::memory_order_relaxed);
      return false;
    }
    push(lane, *to, envelope);
    return true;
  }
  dead_letter(lane, std::move(envelope->message), Refusal::stopped);
  lane.envelopes.free(envelope);
  return true;
}

void Core::answer(Lane& lane, Message&& message) {
  if (message.to == outside_id) return answer_outside(std::move(message));
  Cell* to = cell(message.to);
  if (to == nullptr) return dead_letter(lane, std::move(message), Refusal::no_such_actor);
  if (is_too_large(message.payload, *to)) {
    if (message.kind == MessageKind::reply) {
      message.kind = MessageKind::failure;
      message.tag = static_cast<uint32_t>(Refusal::too_large);
    }
    // Of others it is a text, which they can do without.
    message.payload = Payload(to_string(Refusal::too_large));
  }
  to->queued.fetch_add(1, std::memory_order_relaxed);
  push(lane, *to, lane.envelopes.make(std::move(message)));
}

void Core::signal(Lane& lane, ActorId to, ActorId from, Signal signal, uint64_t argument,
                  Payload payload) {
  Cell* place = cell(to);
  if (place == nullptr) {
    // Only who watches needs to hear that there is nobody.
    if (signal != Signal::monitor && signal != Signal::link) return;
    return answer(lane, {.from = to,
                         .to = from,
                         .tag = static_cast<uint32_t>(Exit::normal),
                         .kind = MessageKind::down});
  }
  push(lane, *place,
       lane.envelopes.make({.from = from,
                            .to = to,
                            .correlation = argument,
                            .tag = static_cast<uint32_t>(signal),
                            .kind = MessageKind::signal,
                            .payload = std::move(payload)}));
}

void Core::dead_letter(Lane& lane, Message&& message, Refusal reason, std::string_view called) {
  lane.counters.dead_letters[static_cast<size_t>(reason)].add();
  // Who asks from outside is nobody of the system.
  const ActorId sender = message.from == outside_id ? ActorId() : message.from;
  event({.kind = EventKind::dead_letter,
         .actor = message.to,
         .other = sender,
         .code = static_cast<uint32_t>(reason),
         .text = called});
  if (message.kind == MessageKind::request) {
    answer(lane, {.from = message.to,
                  .to = message.from,
                  .correlation = message.correlation,
                  .tag = static_cast<uint32_t>(reason),
                  .kind = MessageKind::failure,
                  .payload = Payload(to_string(reason))});
  }
  if (settings.dead_letters_kept == 0) return;
  message.from = sender;
  const auto name = [&](ActorId id) {
    return settings.name_of ? settings.name_of(id) : address_of(id);
  };
  std::string to = called.empty() ? name(message.to) : std::string(called);
  std::string from = name(sender);
  std::lock_guard lock(dead_letters_mutex_);
  if (dead_letters_.size() == settings.dead_letters_kept) dead_letters_.pop_front();
  dead_letters_.push_back(
      {clock.monotonic_ns(), reason, std::move(message), std::move(to), std::move(from)});
}

std::vector<DeadLetter> Core::dead_letters() const {
  std::lock_guard lock(dead_letters_mutex_);
  return {dead_letters_.begin(), dead_letters_.end()};
}

// --- requests from outside ---

void Core::request_from_outside(ActorId to, Payload payload, uint64_t timeout_ns,
                                SendOptions options, std::function<void(const Message&)> done) {
  const uint64_t now_ns = clock.monotonic_ns();
  Message message = {
      .from = outside_id,
      .to = to,
      .expires_ns = options.time_to_live_ns == 0 ? 0 : later(now_ns, options.time_to_live_ns),
      .tag = options.tag,
      .kind = MessageKind::request,
      .priority = options.priority,
      .payload = std::move(payload)};
  const uint64_t deadline_ns = later(now_ns, timeout_ns);
  bool arm = false;
  {
    std::lock_guard lock(requests_mutex_);
    message.correlation = next_request_++;
    requests_.emplace(message.correlation, OutsideRequest{std::move(done), deadline_ns});
    arm = deadline_ns < requests_armed_ns_;
    if (arm) requests_armed_ns_ = deadline_ns;
  }
  from_outside([&](Lane& lane) {
    if (arm) set_alarm(lane, deadline_ns, outside_id);
    Message failure = {.from = to,
                       .to = outside_id,
                       .correlation = message.correlation,
                       .tag = static_cast<uint32_t>(Refusal::mailbox_full),
                       .kind = MessageKind::failure,
                       .payload = Payload(to_string(Refusal::mailbox_full))};
    const Sent sent = deliver(lane, message);
    if (sent == Sent::full || sent == Sent::blocked) answer_outside(std::move(failure));
  });
}

void Core::answer_outside(Message&& message) {
  std::lock_guard lock(requests_mutex_);
  auto request = requests_.find(message.correlation);
  if (request == requests_.end()) {
    ++late_replies_outside_;
    // Who asked is nobody of the system.
    return event({.kind = EventKind::late_reply, .other = message.from});
  }
  answers_.emplace_back(std::move(request->second.done), std::move(message));
  has_answers_.store(true, std::memory_order_relaxed);
  requests_.erase(request);
}

/// One alarm is set, for the earliest deadline; requests that were answered before it cost nothing.
void Core::expire_outside(Lane& lane, uint64_t now_ns) {
  uint64_t next_ns = TimerQueue::never;
  {
    std::lock_guard lock(requests_mutex_);
    for (auto at = requests_.begin(); at != requests_.end();) {
      if (at->second.deadline_ns > now_ns) {
        next_ns = std::min(next_ns, at->second.deadline_ns);
        ++at;
        continue;
      }
      answers_.emplace_back(std::move(at->second.done),
                            Message{.to = outside_id,
                                    .correlation = at->first,
                                    .tag = static_cast<uint32_t>(Refusal::timed_out),
                                    .kind = MessageKind::failure,
                                    .payload = Payload(to_string(Refusal::timed_out))});
      has_answers_.store(true, std::memory_order_relaxed);
      at = requests_.erase(at);
    }
    requests_armed_ns_ = next_ns;
  }
  if (next_ns != TimerQueue::never) set_alarm(lane, next_ns, outside_id);
}

void Core::call_answers() {
  while (has_answers_.load(std::memory_order_relaxed)) {
    std::vector<std::pair<std::function<void(const Message&)>, Message>> answers;
    {
      std::lock_guard lock(requests_mutex_);
      answers.swap(answers_);
      has_answers_.store(false, std::memory_order_relaxed);
    }
    for (auto& [done, message] : answers) done(message);
  }
}

// --- what is told ---

void Core::observe(Event event) {
  event.at_ns = clock.monotonic_ns();
  settings.observer(event);
}

Counters Core::counters() const {
  Counters sum;
  for (const auto& lane : lanes_) {
    const LaneCounters& own = lane->counters;
    sum.spawned += own.spawned.value();
    sum.removed += own.removed.value();
    sum.handled += own.handled.value();
    sum.failed += own.failed.value();
    sum.late_replies += own.late_replies.value();
    for (size_t at = 0; at < sum.dead_letters.size(); ++at) {
      sum.dead_letters[at] += own.dead_letters[at].value();
    }
    for (size_t level = 0; level < priority_count; ++level) {
      sum.blocked[level] += own.blocked[level].value();
      sum.dropped[level] += own.dropped[level].value();
      sum.full[level] += own.full[level].value();
    }
  }
  sum.late_replies += late_replies_outside_.load(std::memory_order_relaxed);
  return sum;
}

}  // namespace cairn::actor
