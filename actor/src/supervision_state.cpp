#include "supervision_state.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <ranges>

namespace cairn::actor {

using Kind = Decision::Kind;

Supervision::Supervision(SupervisorSpec spec, Random& random)
    : spec_(std::move(spec)), random_(random) {
  if (spec_.strategy == Strategy::simple_one_for_one) {
    if (!spec_.children.empty()) {
      template_ = std::make_shared<const ChildSpec>(std::move(spec_.children.front()));
    }
    spec_.children.clear();
  }
}

void Supervision::decide(Kind kind, const Child& child) {
  decisions_.push_back({.kind = kind, .child = child.id, .spec = child.spec});
}

void Supervision::report(EventKind event, ActorId child, uint64_t amount) {
  decisions_.push_back({.kind = Kind::report, .child = child, .event = event, .amount = amount});
}

Supervision::Children::iterator Supervision::find(ActorId id) {
  auto known = order_.find(id);
  return known == order_.end() ? children_.end() : children_.find(known->second);
}

/// What it was before.
Child::State Supervision::become(Child& child, State state) {
  if (child.state == State::delayed) --delayed_;
  if (state == State::delayed) ++delayed_;
  return std::exchange(child.state, state);
}

void Supervision::start_all() {
  for (ChildSpec& child : spec_.children) {
    children_.emplace(
        next_order_++,
        Child{.spec = std::make_shared<const ChildSpec>(std::move(child)), .planned = true});
  }
  spec_.children.clear();
  planned_ = true;
  mode_ = Mode::starting;
  start_next();
}

void Supervision::start_next() {
  auto next = std::ranges::find_if(children_, [](const auto& entry) {
    return entry.second.planned &&
           (entry.second.state == State::unstarted || entry.second.state == State::starting);
  });
  if (next != children_.end() && next->second.state == State::starting) return;
  if (next == children_.end()) {
    mode_ = Mode::idle;
    was_ready_ = true;
    decisions_.push_back({.kind = Kind::ready});
    return;
  }
  next->second.state = State::starting;
  decide(Kind::start, next->second);
}

Result<std::shared_ptr<const ChildSpec>> Supervision::admit(std::shared_ptr<const ChildSpec> spec) {
  if (mode_ == Mode::stopping) return fail(ErrorKind::usage, "the parent stops");
  if (spec == nullptr) {
    if (template_ == nullptr) {
      return fail(ErrorKind::usage, "children without a spec need simple_one_for_one");
    }
    spec = template_;
  }
  return spec;
}

void Supervision::started(const std::shared_ptr<const ChildSpec>& spec, ActorId id) {
  if (mode_ == Mode::starting) {
    auto asked = std::ranges::find_if(children_, [&](const auto& entry) {
      return entry.second.spec == spec && !entry.second.id;
    });
    if (asked != children_.end()) {
      asked->second.id = id;
      order_[id] = asked->first;
      return;
    }
  }
  order_[id] = next_order_;
  children_.emplace(next_order_++, Child{.spec = spec, .id = id, .state = State::starting});
}

void Supervision::not_started(const std::shared_ptr<const ChildSpec>& spec) {
  std::erase_if(children_,
                [&](const auto& entry) { return entry.second.spec == spec && !entry.second.id; });
  give_up(Exit::error);
}

void Supervision::ready(ActorId id, uint64_t now_ns) {
  auto child = find(id);
  if (child == children_.end() || child->second.state != State::starting) return;
  child->second.state = State::running;
  child->second.ready_ns = now_ns;
  if (mode_ == Mode::starting) start_next();
  if (mode_ == Mode::restarting) restart_next();
}

void Supervision::exited(ActorId id, Exit exit, bool escalate, uint64_t now_ns) {
  auto child = find(id);
  if (child == children_.end()) {  // nobody else will tell it to go
    decisions_.push_back({.kind = Kind::remove, .child = id});
    return;
  }
  Child& who = child->second;
  const State was = become(who, State::halted);
  if (mode_ == Mode::stopping) {
    if (was == State::stopping) halt_next();
    return;
  }
  if (was == State::stopping) {  // as a member of the group
    if (who.spec->restart == Restart::temporary) drop(child);
    return halt_next();
  }
  if (escalate) {
    report(EventKind::escalated, id);
    return give_up(Exit::escalated);
  }
  const bool first_start = was == State::starting && who.ready_ns == 0 && who.restarts == 0;
  if (first_start && mode_ == Mode::starting) return give_up(Exit::escalated);
  const bool asked_to = exit == Exit::shutdown || exit == Exit::killed;
  const bool again = who.spec->restart == Restart::permanent ||
                     (who.spec->restart == Restart::transient && is_failure(exit));
  if (first_start || asked_to || !again) {
    ended(child);
    if (mode_ == Mode::starting) start_next();
    if (mode_ == Mode::restarting && !group_at_ns_) restart_next();
    return;
  }
  if (!within_intensity(now_ns)) {
    report(EventKind::gave_up, id, restarts_ns_.size());
    return give_up(Exit::escalated);
  }
  restart(child, now_ns);
}

void Supervision::restart(Children::iterator child, uint64_t now_ns) {
  const uint64_t delay = delay_ns(child->second, now_ns);
  report(EventKind::restarting, child->second.id, delay);
  if (spec_.strategy == Strategy::one_for_one || spec_.strategy == Strategy::simple_one_for_one) {
    if (delay == 0) {
      become(child->second, State::starting);
      decide(Kind::restart, child->second);
    } else {
      become(child->second, State::delayed);
      child->second.restart_at_ns = now_ns + delay;
    }
    return;
  }
  const bool grouping = mode_ == Mode::halting || mode_ == Mode::restarting;
  const uint64_t first = spec_.strategy == Strategy::one_for_all ? 0 : child->first;
  group_ = grouping ? std::min(group_, first) : first;
  group_at_ns_ = now_ns + delay;
  mode_ = Mode::halting;
  halt_next();
}

/// The next of the group (or of all, when they stop) in reverse order.
void Supervision::halt_next() {
  const uint64_t first = mode_ == Mode::stopping ? 0 : group_;
  for (auto at = children_.end(); at != children_.begin() && std::prev(at)->first >= first;) {
    Child& child = (--at)->second;
    if (child.state == State::stopping) return;
    if (child.state == State::running || child.state == State::starting) {
      child.state = State::stopping;
      if (mode_ == Mode::halting) report(EventKind::halted, child.id);
      return decide(Kind::stop, child);
    }
    if (child.state == State::delayed) become(child, State::halted);
    if (mode_ == Mode::stopping) drop(std::exchange(at, std::next(at)));
  }
  if (mode_ == Mode::stopping) {
    decisions_.push_back({.kind = last_, .exit = exit_});
  } else if (mode_ == Mode::halting) {
    mode_ = Mode::restarting;
  }
}

void Supervision::restart_next() {
  group_at_ns_.reset();
  for (auto at = children_.lower_bound(group_); at != children_.end(); ++at) {
    if (at->second.state == State::starting) return;
    if (at->second.state != State::halted) continue;
    at->second.state = State::starting;
    return decide(Kind::restart, at->second);
  }
  if (!was_ready_ && planned_) {  // the failure was in the midst of the start
    mode_ = Mode::starting;
    return start_next();
  }
  mode_ = Mode::idle;
}

void Supervision::tick(uint64_t now_ns) {
  if (mode_ == Mode::restarting && group_at_ns_ && *group_at_ns_ <= now_ns) restart_next();
  if (mode_ == Mode::stopping || delayed_ == 0) return;
  for (Child& child : children_ | std::views::values) {
    if (child.state != State::delayed || child.restart_at_ns > now_ns) continue;
    become(child, State::starting);
    decide(Kind::restart, child);
  }
}

std::optional<uint64_t> Supervision::next_restart_ns() const {
  std::optional<uint64_t> next;
  if (mode_ == Mode::stopping) return next;
  if (mode_ == Mode::restarting) next = group_at_ns_;
  if (delayed_ == 0) return next;
  for (const Child& child : children_ | std::views::values) {
    if (child.state == State::delayed) {
      next = std::min(next.value_or(child.restart_at_ns), child.restart_at_ns);
    }
  }
  return next;
}

/// It ended and is not restarted.
void Supervision::ended(Children::iterator child) {
  const ActorId id = child->second.id;
  const bool significant = child->second.spec->significant;
  drop(child);
  if (!significant || spec_.auto_shutdown == AutoShutdown::never) return;
  const bool others = std::ranges::any_of(
      children_ | std::views::values, [](const Child& other) { return other.spec->significant; });
  if (spec_.auto_shutdown == AutoShutdown::all_significant && others) return;
  report(EventKind::auto_shutdown, id);
  last_ = Kind::end;
  mode_ = Mode::stopping;
  halt_next();
}

void Supervision::drop(Children::iterator child) {
  become(child->second, State::halted);
  if (child->second.id) {
    order_.erase(child->second.id);
    decide(Kind::remove, child->second);
  }
  children_.erase(child);
}

void Supervision::give_up(Exit exit) {
  last_ = Kind::fail;
  exit_ = exit;
  mode_ = Mode::stopping;
  halt_next();
}

void Supervision::stop_all() {
  last_ = Kind::stopped;
  if (std::exchange(mode_, Mode::stopping) == Mode::stopping) {
    // It stops them already; when they are gone, `stopped` follows instead of what was planned.
    if (!children_.empty()) return;
  }
  halt_next();
}

/// OTP: more than max_restarts within the period are too many.
bool Supervision::within_intensity(uint64_t now_ns) {
  restarts_ns_.push_back(now_ns);
  while (now_ns - restarts_ns_.front() > spec_.intensity.period_ns) restarts_ns_.pop_front();
  return restarts_ns_.size() <= spec_.intensity.max_restarts;
}

uint64_t Supervision::delay_ns(Child& child, uint64_t now_ns) {
  const Backoff& backoff = spec_.backoff;
  const bool ran_well = child.ready_ns != 0 && now_ns - child.ready_ns > spec_.intensity.period_ns;
  child.restarts = ran_well ? 1 : child.restarts + 1;
  // However often it is multiplied, also where that is no finite number.
  if (backoff.initial_ns == 0) return 0;
  double delay = 0;
  switch (backoff.kind) {
    case Backoff::Kind::immediate: break;
    case Backoff::Kind::linear:
      delay = static_cast<double>(backoff.initial_ns) * child.restarts;
      break;
    case Backoff::Kind::exponential:
      delay = static_cast<double>(backoff.initial_ns) *
              std::pow(backoff.multiplier, child.restarts - 1);
      break;
  }
  delay = std::min(delay, static_cast<double>(backoff.max_ns));
  if (backoff.jitter > 0) {
    const double even = static_cast<double>(random_.next_u64() >> 11) / 0x1p53;  // [0, 1)
    delay *= 1 + backoff.jitter * (2 * even - 1);
  }
  // Half of all time is for ever, and can be added to what has gone by.
  return static_cast<uint64_t>(std::min(delay, 0x1p63));
}

}  // namespace cairn::actor
