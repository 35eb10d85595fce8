// What others, and the clock, say to an actor.

#include "turn.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace cairn::actor {

void Turn::handle(const Message& signal) {
  switch (static_cast<Signal>(signal.tag)) {
    case Signal::wake:
      if (signal.correlation == cell_.activity_number && cell_.suspended == Suspended::waiting) {
        cell_.suspended = Suspended::yielded;
      }
      return;
    case Signal::alarm: return alarm();
    case Signal::stop:
      cell_.gone_for_good = cell_.phase != Phase::vacant;
      return stop(signal.correlation);
    case Signal::kill: cell_.gone_for_good = cell_.phase != Phase::vacant; return kill();
    case Signal::halt: return signal.correlation == 0 ? kill() : stop(signal.correlation);
    case Signal::restart:
      if (cell_.phase != Phase::halted) return;
      if (cell_.gone_for_good) return end_again();
      cell_.restarted = true;
      return start();
    case Signal::remove:
      if (cell_.phase == Phase::halted) remove(signal.correlation == name_is_free);
      return;
    case Signal::linked_ended:
      return linked_ended(signal.from, static_cast<Exit>(signal.correlation), signal.payload);
    case Signal::child_ready:
      if (cell_.extras == nullptr || cell_.extras->supervision == nullptr) return;
      cell_.extras->supervision->ready(signal.from, now_ns());
      return carry_out();
    case Signal::child_ended:
      if (cell_.extras == nullptr || cell_.extras->supervision == nullptr) {
        return core_.signal(lane_, signal.from, cell_.id(), Signal::remove);
      }
      cell_.extras->supervision->exited(signal.from,
                                        static_cast<Exit>(signal.correlation & ~escalated_flag),
                                        (signal.correlation & escalated_flag) != 0, now_ns());
      return carry_out();
    case Signal::monitor:
      if (cell_.phase == Phase::halted) return handle_orphan(signal);
      cell_.more().watchers.push_back(signal.from);
      return;
    case Signal::demonitor: std::erase(cell_.more().watchers, signal.from); return;
    case Signal::link:
      if (cell_.phase == Phase::halted) return handle_orphan(signal);
      cell_.more().links.push_back(signal.from);
      return;
    case Signal::unlink: std::erase(cell_.more().links, signal.from); return;
    case Signal::room_wanted:
      if (cell_.queued.load(std::memory_order_relaxed) <
              cell_.capacity.load(std::memory_order_relaxed) ||
          !cell_.accepting.load(std::memory_order_relaxed)) {
        return core_.signal(lane_, signal.from, cell_.id(), Signal::room);
      }
      cell_.more().wait_for_room.push_back(signal.from);
      return;
    case Signal::room: return send_blocked(signal.from);
  }
}

/// A signal for one that has gone: whoever waits for an answer gets it.
void Turn::handle_orphan(const Message& signal) {
  switch (static_cast<Signal>(signal.tag)) {
    case Signal::monitor:
    case Signal::link:
      return core_.answer(lane_, {.from = signal.to,
                                  .to = signal.from,
                                  .tag = static_cast<uint32_t>(Exit::normal),
                                  .kind = MessageKind::down});
    case Signal::room_wanted: return core_.signal(lane_, signal.from, signal.to, Signal::room);
    case Signal::child_ended:  // of a parent that has gone
      return core_.signal(lane_, signal.from, signal.to, Signal::remove);
    default: return;
  }
}

void Turn::stop(uint64_t timeout_ns) {
  switch (cell_.phase) {
    case Phase::starting: cell_.drain_due = true; break;
    case Phase::running:
      cell_.phase = Phase::draining;
      cell_.accepting.store(false, std::memory_order_relaxed);
      cell_.capacity.store(0, std::memory_order_relaxed);
      break;
    case Phase::draining:
    case Phase::stopping: break;
    case Phase::halted:
    case Phase::vacant: return;
  }
  const uint64_t ends_ns = later(now_ns(), timeout_ns);
  stop_ends_ns_ = stop_ends_ns_ == 0 ? ends_ns : std::min(stop_ends_ns_, ends_ns);
}

/// Most have stopped when the turn is over; only the others need an alarm.
void Turn::arm_stop() {
  const uint64_t ends_ns = std::exchange(stop_ends_ns_, 0);
  Extras& extras = cell_.more();
  if (extras.stop_ends_ns != 0 && extras.stop_ends_ns <= ends_ns) return;
  extras.stop_ends_ns = ends_ns;
  arm(ends_ns);
}

void Turn::kill() {
  switch (cell_.phase) {
    case Phase::halted:
    case Phase::vacant: return;
    case Phase::stopping:
      // Its hook is given up; children have their own times.
      if (cell_.suspended == Suspended::no || ends_later(Exit::killed, {}, false)) return;
      cell_.exit = Exit::killed;
      cancel();
      return stop_children();
    default: break;
  }
  cell_.accepting.store(false, std::memory_order_relaxed);
  fail(Exit::killed, {.kind = ErrorKind::limit, .message = "killed"});
}

void Turn::linked_ended(ActorId who, Exit exit, const Payload& text) {
  if (cell_.extras == nullptr || std::erase(cell_.extras->links, who) == 0) return;
  if (cell_.extras->trap_exits) {
    return core_.answer(lane_, {.from = who,
                                .to = cell_.id(),
                                .tag = static_cast<uint32_t>(exit),
                                .kind = MessageKind::down,
                                .payload = text});
  }
  if (!is_failure(exit) || cell_.phase == Phase::stopping) return;
  // Nobody asked this one to stop, even if the other was killed.
  fail(exit == Exit::killed ? Exit::error : exit,
       {.kind = ErrorKind::trap,
        .message = fmt::format("linked {} ended: {}", to_string(who), text.text())});
}

/// There may be room for what waits here.
void Turn::send_blocked(ActorId to) {
  if (cell_.extras == nullptr) return;
  auto entry = cell_.extras->blocked.find(to);
  if (entry == cell_.extras->blocked.end()) return;
  Fifo& messages = entry->second.messages;
  while (!messages.empty()) {
    Envelope* envelope = messages.front();
    Envelope* following = envelope->next;
    if (!core_.deliver_if_room(lane_, envelope)) {
      return core_.signal(lane_, to, cell_.id(), Signal::room_wanted);
    }
    messages.set_front(following);
    entry->second.until_ns = later(now_ns(), block_ns_max);
  }
  cell_.extras->blocked.erase(entry);
}

// --- time ---

void Turn::alarm() {
  if (cell_.extras == nullptr) return;
  now_ns_ = 0;
  // Those behind it are still set, so they are not set again.
  auto& armed = cell_.extras->armed;
  while (!armed.empty() && armed.back() <= now_ns()) armed.pop_back();
  take_time(now_ns());
  if (cell_.extras == nullptr) return;
  const uint64_t next_ns = next_alarm_ns();
  if (next_ns != TimerQueue::never) arm(next_ns);
}

/// Any of it may end the run, or all.
void Turn::take_time(uint64_t now_ns) {
  const auto is_over = [&](uint64_t& at_ns) {
    return at_ns != 0 && at_ns <= now_ns && std::exchange(at_ns, 0) != 0;
  };
  if (is_over(cell_.extras->stop_ends_ns)) kill();
  if (cell_.extras == nullptr) return;
  if (is_over(cell_.extras->activity_ends_ns)) took_too_long();
  if (cell_.extras == nullptr) return;
  give_up_blocked(now_ns);
  expire_requests(now_ns);
  fire_timers(now_ns);
  is_over(cell_.extras->throttled_until_ns);
  if (is_over(cell_.extras->wake_at_ns) && cell_.suspended == Suspended::waiting) {
    cell_.suspended = Suspended::yielded;
  }
  if (cell_.extras->supervision != nullptr) carry_out();
  if (cell_.extras == nullptr || !is_over(cell_.extras->health_at_ns)) return;
  if (cell_.phase != Phase::running) return;
  if (cell_.suspended == Suspended::no) return perform(Activity::health_check);
  cell_.extras->health_at_ns = later(now_ns, cell_.settings->health.interval_ns);
}

/// A receiver that makes no room for so long does not hold its senders for ever.
void Turn::give_up_blocked(uint64_t now_ns) {
  auto& blocked = cell_.extras->blocked;
  for (auto at = blocked.begin(); at != blocked.end();) {
    if (at->second.until_ns > now_ns) {
      ++at;
      continue;
    }
    while (Envelope* envelope = at->second.messages.pop()) {
      core_.dead_letter(lane_, std::move(envelope->message), Refusal::mailbox_full);
      lane_.envelopes.free(envelope);
    }
    at = blocked.erase(at);
  }
}

void Turn::took_too_long() {
  if (!can_cancel()) return;  // it has done its part
  if (cell_.activity == Activity::health_check) {
    cancel();
    return checked(cairn::fail(ErrorKind::limit, "the health check took too long"));
  }
  fail(Exit::limit, {.kind = ErrorKind::limit, .message = "a hook or handler took too long"});
}

/// The failure goes through the mailbox, and an answer that comes before it still counts.
void Turn::expire_requests(uint64_t now_ns) {
  for (Extras::Pending& request : cell_.extras->requests) {
    if (request.deadline_ns > now_ns) continue;
    request.deadline_ns = TimerQueue::never;
    core_.answer(lane_, {.from = request.to,
                         .to = cell_.id(),
                         .correlation = request.correlation,
                         .tag = static_cast<uint32_t>(Refusal::timed_out),
                         .kind = MessageKind::failure,
                         .payload = Payload(to_string(Refusal::timed_out))});
  }
}

void Turn::fire_timers(uint64_t now_ns) {
  auto& timers = cell_.extras->timers;
  for (auto at = timers.begin(); at != timers.end();) {
    Extras::Timer& timer = at->second;
    if (timer.at_ns > now_ns) {
      ++at;
      continue;
    }
    if (!std::exchange(timer.is_due, true)) {
      core_.answer(lane_, {.to = cell_.id(),
                           .correlation = at->first,
                           .tag = timer.tag,
                           .kind = MessageKind::timer});
    }
    timer.is_over = timer.is_over || timer.every_ns == 0;
    if (timer.is_over) {
      timer.at_ns = TimerQueue::never;
    } else {
      const uint64_t missed = (now_ns - timer.at_ns) / timer.every_ns;
      timer.at_ns = later(timer.at_ns + missed * timer.every_ns, timer.every_ns);
    }
    ++at;
  }
}

uint64_t Turn::next_alarm_ns() const {
  const Extras& extras = *cell_.extras;
  uint64_t next = TimerQueue::never;
  for (uint64_t at : {extras.activity_ends_ns, extras.stop_ends_ns, extras.health_at_ns,
                      extras.throttled_until_ns, extras.wake_at_ns}) {
    if (at != 0) next = std::min(next, at);
  }
  for (const Extras::Pending& request : extras.requests) next = std::min(next, request.deadline_ns);
  for (const auto& [number, timer] : extras.timers) next = std::min(next, timer.at_ns);
  for (const auto& [to, blocked] : extras.blocked) next = std::min(next, blocked.until_ns);
  if (extras.supervision != nullptr) {
    next = std::min(next, extras.supervision->next_restart_ns().value_or(TimerQueue::never));
  }
  return next;
}

/// Asks to be woken at that time, unless it will be woken before.
void Turn::arm(uint64_t at_ns) {
  auto& armed = cell_.more().armed;
  if (!armed.empty() && armed.back() <= at_ns) return;
  armed.push_back(at_ns);
  core_.set_alarm(lane_, at_ns, cell_.id());
}

}  // namespace cairn::actor
