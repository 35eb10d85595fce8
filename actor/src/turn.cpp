#include "turn.hpp"

#include <algorithm>
#include <utility>

namespace cairn::actor {

void Turn::run() {
  for (;;) {
    drain();
    const int16_t worker = cell_.worker.load(std::memory_order_relaxed);
    if (worker >= 0 && worker != static_cast<int16_t>(lane_.index)) {
      return core_.hand_over(cell_);  // born into a place that another worker had emptied
    }
    if (std::exchange(cell_.birth_due, false)) born();
    while (Envelope* envelope = cell_.signals.pop()) {
      if (envelope->message.kind == MessageKind::signal) {
        handle(envelope->message);
      } else {
        answered(envelope->message);
      }
      lane_.envelopes.free(envelope);
      if (++signals_ >= core_.settings.slice_messages) break;
    }
    const bool more = advance() || !cell_.signals.empty();
    if (stop_ends_ns_ != 0) arm_stop();
    if (given_back_ != 0) give_back_room();
    if (more) return core_.requeue(lane_, cell_);
    const uint32_t lived = cell_.lived;
    if (!cell_.inbox.sleep()) continue;
    // Somebody else may run it from here on, unless one was born after `drain` had looked, and
    // whoever gave birth saw this turn.
    if (cell_.generation.load(std::memory_order_acquire) == lived || !cell_.inbox.wake()) return;
  }
}

void Turn::drain() {
  scout_ = nullptr;
  Envelope* next = cell_.inbox.take();
  // Looked at after messages were taken: whoever sent one to the newly born knows that it is.
  const uint32_t generation = cell_.generation.load(std::memory_order_acquire);
  if (generation != cell_.lived) {
    cell_.lived = generation;
    cell_.phase = Phase::starting;
    cell_.birth_due = true;
  }
  while (next != nullptr) {
    Envelope* envelope = std::exchange(next, next->next);
    Message& message = envelope->message;
    const bool of_now = message.to.generation() == generation;
    const bool is_signal = message.kind == MessageKind::signal;
    if (of_now && cell_.phase != Phase::vacant) {
      (is_signal || is_asked_for(message) ? cell_.signals
                                          : cell_.messages[static_cast<size_t>(message.priority)])
          .push(envelope);
      continue;
    } else if (is_signal) {
      handle_orphan(message);
    } else {
      cell_.queued.fetch_sub(1, std::memory_order_relaxed);
      core_.dead_letter(lane_, std::move(message), Refusal::no_such_actor);
    }
    lane_.envelopes.free(envelope);
  }
}

/// True: there is more to do, in another turn.
bool Turn::advance() {
  for (;;) {
    switch (cell_.suspended) {
      case Suspended::waiting: return false;
      case Suspended::yielded:
        if (resumed_) return true;
        if (cell_.extras != nullptr && !cell_.extras->blocked.empty()) return false;
        go_on();
        continue;
      case Suspended::no: break;
    }
    if (cell_.phase != Phase::running && cell_.phase != Phase::draining) return false;
    handle_messages();
    if (cell_.suspended == Suspended::no &&
        (cell_.phase == Phase::running || cell_.phase == Phase::draining)) {
      return over_;
    }
  }
}

void Turn::handle_messages() {
  while (cell_.suspended == Suspended::no &&
         (cell_.phase == Phase::running || cell_.phase == Phase::draining)) {
    if (cell_.extras != nullptr && (!cell_.extras->blocked.empty() || throttle())) return;
    if (over_) return;
    Envelope* envelope = next_message();
    if (envelope == nullptr) {
      if (cell_.phase == Phase::running) return;
      begin_stop(Exit::shutdown);
      return;
    }
    ++given_back_;
    if (cell_.extras != nullptr) ++cell_.extras->window_messages;
    if (!is_due(envelope->message)) {
      lane_.envelopes.free(envelope);
      continue;
    }
    cell_.current = envelope;
    scout();
    perform(Activity::message);
    over_ = slice_is_over();
  }
}

/// The most urgent one; one that is less urgent has its turn after sixteen others.
Envelope* Turn::next_message() {
  constexpr uint8_t patience = 16;
  Fifo* best = nullptr;
  for (size_t level = priority_count; level-- > 0;) {
    Fifo& list = cell_.messages[level];
    if (list.empty()) continue;
    if (best == nullptr) {
      best = &list;
    } else if (++cell_.passed_over > patience) {
      cell_.passed_over = 0;
      best = &list;
      break;
    } else {
      break;
    }
  }
  return best == nullptr ? nullptr : best->pop();
}

/// False: too late for it, and it is taken care of.
bool Turn::is_due(const Message& message) {
  if (message.expires_ns != 0 && message.expires_ns <= now_ns()) {
    core_.dead_letter(lane_, Message(message), Refusal::expired);
    return false;
  }
  if (message.kind == MessageKind::timer) return take_timer(message.correlation);
  if (message.kind == MessageKind::down && cell_.extras != nullptr) {
    // Nobody may be monitored several times.
    auto& monitored = cell_.extras->monitored;
    const auto found = std::ranges::find(monitored, message.from);
    if (found != monitored.end()) monitored.erase(found);
  }
  if (message.kind != MessageKind::reply && message.kind != MessageKind::failure) return true;
  if (cell_.extras != nullptr) {
    auto& requests = cell_.extras->requests;
    auto request =
        std::ranges::lower_bound(requests, message.correlation, {}, &Extras::Pending::correlation);
    if (request != requests.end() && request->correlation == message.correlation) {
      requests.erase(request);
      return true;
    }
  }
  lane_.counters.late_replies.add();
  event(EventKind::late_reply, 0, message.from);
  return false;
}

/// A timer's message has been taken from the mailbox. False: the timer was cancelled, or belonged
/// to a run that is over.
bool Turn::take_timer(uint64_t number) {
  if (cell_.extras == nullptr) return false;
  auto& timers = cell_.extras->timers;
  const auto timer = timers.find(number);
  if (timer == timers.end()) return false;
  const bool is_cancelled = timer->second.is_cancelled;
  timer->second.is_due = false;
  if (timer->second.is_over) timers.erase(timer);
  return !is_cancelled;
}

/// It does not wait behind others: the handler that is at hand cannot end without it.
bool Turn::is_asked_for(const Message& message) const {
  if (message.kind != MessageKind::reply && message.kind != MessageKind::failure) return false;
  if (cell_.extras == nullptr || cell_.extras->asked == 0) return false;
  return std::ranges::any_of(cell_.extras->requests, [&](const Extras::Pending& request) {
    return request.asked && request.correlation == message.correlation;
  });
}

void Turn::answered(const Message& message) {
  ++given_back_;
  // It was asked for when it came; meanwhile a time-out may have been the answer.
  if (!is_asked_for(message)) {
    lane_.counters.late_replies.add();
    return event(EventKind::late_reply, 0, message.from);
  }
  std::erase_if(cell_.extras->requests, [&](const Extras::Pending& request) {
    return request.correlation == message.correlation;
  });
  if (--cell_.extras->asked == 0) cell_.waits_for.store(ActorId(), std::memory_order_relaxed);
  Context context(*this);
  now_ns_ = 0;
  cell_.actor->answered(context, message);
  if (cell_.suspended == Suspended::waiting) cell_.suspended = Suspended::yielded;
}

/// The hook or handler is over: what comes now is late.
void Turn::forget_asked() {
  if (cell_.extras == nullptr) return;
  cell_.extras->wake_at_ns = 0;
  if (cell_.extras->asked == 0) return;
  std::erase_if(cell_.extras->requests,
                [](const Extras::Pending& request) { return request.asked; });
  cell_.extras->asked = 0;
  cell_.waits_for.store(ActorId(), std::memory_order_relaxed);
}

void Turn::finish_message(const Result<Progress>& result) {
  close_message(result);
  if (result) {
    if (cell_.settings->error_rate.failures != 0) ++cell_.more().recent;
    if (cell_.stop_self) begin_stop(Exit::normal);
    return;
  }
  const Error& error = result.error();
  const Exit exit = error.kind == ErrorKind::trap    ? Exit::trap
                    : error.kind == ErrorKind::limit ? Exit::limit
                                                     : Exit::error;
  Context context(*this);
  switch (cell_.actor->on_error(context, error)) {
    case Directive::stop:
      event(EventKind::failed, static_cast<uint32_t>(exit), {}, 0, error.message);
      return begin_stop(Exit::shutdown);
    case Directive::restart: return fail(exit, error);
    case Directive::escalate: return fail(exit, error, true);
    case Directive::resume: count_failure();
  }
}

/// Counts it, and tells who waits, and does not know why yet, that it has failed.
void Turn::close_message(const Result<Progress>& result) {
  Envelope* envelope = std::exchange(cell_.current, nullptr);
  if (result) {
    lane_.counters.handled.add();
    lane_.envelopes.free(envelope);
    return;
  }
  lane_.counters.failed.add();
  Message& message = envelope->message;
  if (message.kind == MessageKind::request) {
    if (!is_refused_) {
      core_.answer(lane_, {.from = cell_.id(),
                           .to = message.from,
                           .correlation = message.correlation,
                           .tag = static_cast<uint32_t>(Refusal::failed),
                           .kind = MessageKind::failure,
                           .priority = message.priority,
                           .payload = Payload(result.error().message)});
    }
    message.kind = MessageKind::user;  // so that it is not answered again
  }
  core_.dead_letter(lane_, std::move(message), Refusal::failed);
  lane_.envelopes.free(envelope);
}

/// An actor that always goes on may fail too often all the same.
void Turn::count_failure() {
  const ErrorRate& rate = cell_.settings->error_rate;
  if (rate.failures == 0) return;
  Extras& extras = cell_.more();
  if (++extras.recent >= rate.window) extras.recent = extras.recent_failures = 0;
  if (++extras.recent_failures > rate.failures) {
    extras.recent = extras.recent_failures = 0;
    fail(Exit::error,
         {.kind = ErrorKind::limit, .message = "more messages failed than the error rate allows"});
  }
}

/// The clock is looked at seldom when messages are handled quickly, and each time when they are
/// not.
bool Turn::slice_is_over() {
  if (core_.settings.policy == Policy::cooperative) return false;
  if (++messages_ >= core_.settings.slice_messages) return true;
  if (++unchecked_ < cell_.check_every) return false;
  const uint64_t now = core_.clock.monotonic_ns();
  const uint64_t slice = core_.settings.slice_time_ns;
  if (slice_ends_ns_ == 0) {
    slice_ends_ns_ = now + slice;
    unchecked_ = 0;
    return false;
  }
  const uint64_t left = slice_ends_ns_ > now ? slice_ends_ns_ - now : 0;
  cell_.check_every =
      static_cast<uint8_t>(left < slice / 2 ? 1 : std::min(cell_.check_every * 2, 16));
  unchecked_ = 0;
  return left == 0;
}

/// Messages come from other workers' caches, and each says only where the one before it lies. So
/// while one is handled one is fetched of those that have come meanwhile.
void Turn::scout() {
  constexpr uint32_t messages_between = 16;
  if (scout_ != nullptr) {
    scout_ = scout_->next;
  } else if (messages_ % messages_between == 0) {
    scout_ = cell_.inbox.newest();
  } else {
    return;
  }
  prefetch_to_write(scout_);
}

/// What was handled makes room; senders that wait for it are told when half of it is free.
void Turn::give_back_room() {
  const uint32_t taken = std::exchange(given_back_, 0);
  const uint32_t queued = cell_.queued.fetch_sub(taken, std::memory_order_relaxed) - taken;
  if (cell_.extras == nullptr || cell_.extras->wait_for_room.empty()) return;
  if (queued > cell_.capacity.load(std::memory_order_relaxed) / 2) return;
  for (ActorId sender : std::exchange(cell_.extras->wait_for_room, {})) {
    core_.signal(lane_, sender, cell_.id(), Signal::room);
  }
}

/// True: it has used up what it may in this second.
bool Turn::throttle() {
  const ActorLimits& limits = cell_.settings->limits;
  if (limits.messages_per_s == 0 && limits.cpu_ns_per_s == 0) return false;
  constexpr uint64_t second = 1'000'000'000;
  Extras& extras = *cell_.extras;
  now_ns_ = 0;
  const uint64_t now = now_ns();
  if (now - extras.window_ns >= second || extras.window_ns == 0) {
    extras.window_ns = now;
    extras.window_messages = 0;
    extras.window_cpu_ns = 0;
    extras.throttled_until_ns = 0;
  }
  const bool over =
      (limits.messages_per_s != 0 && extras.window_messages >= limits.messages_per_s) ||
      (limits.cpu_ns_per_s != 0 && extras.window_cpu_ns >= limits.cpu_ns_per_s);
  if (!over) return false;
  if (extras.throttled_until_ns == 0) {
    extras.throttled_until_ns = extras.window_ns + second;
    event(EventKind::throttled, 0, {}, extras.throttled_until_ns - now);
    arm(extras.throttled_until_ns);
  }
  return true;
}

void Turn::event(EventKind kind, uint32_t code, ActorId other, uint64_t amount,
                 std::string_view text) {
  core_.event({.kind = kind,
               .actor = cell_.id(),
               .other = other,
               .code = code,
               .amount = amount,
               .text = text});
}

uint64_t Turn::now_ns() {
  if (now_ns_ == 0) now_ns_ = core_.clock.monotonic_ns();
  return now_ns_;
}

}  // namespace cairn::actor
