// From birth to the end of a run, and to the next run or the end of all.

#include "turn.hpp"

#include <algorithm>
#include <utility>

namespace cairn::actor {

void Turn::born() {
  const ActorLimits& limits = cell_.settings->limits;
  if (limits.messages_per_s != 0 || limits.cpu_ns_per_s != 0) cell_.more();
  start();
}

/// A new instance, at birth and at each restart.
void Turn::start() {
  cell_.phase = Phase::starting;
  cell_.exit = Exit::normal;
  cell_.stop_self = cell_.pre_started = false;
  cell_.capacity.store(cell_.settings->mailbox.capacity, std::memory_order_relaxed);
  cell_.accepting.store(true, std::memory_order_relaxed);
  Result<std::unique_ptr<Actor>> made = cell_.spec->factory();
  if (!made) return fail(Exit::error, std::move(made).error());
  cell_.actor = std::move(*made);
  perform(cell_.restarted ? Activity::on_restart : Activity::pre_start);
}

void Turn::perform(Activity activity) {
  core_.share_if_wanted(lane_);
  cell_.activity = activity;
  ++cell_.activity_number;
  now_ns_ = 0;
  is_refused_ = false;
  if (cell_.settings->limits.cpu_ns_per_s == 0) return settle(call(activity));
  const uint64_t before = now_ns();
  Result<Progress> result = call(activity);
  cell_.more().window_cpu_ns += core_.clock.monotonic_ns() - before;
  settle(std::move(result));
}

void Turn::go_on() {
  Context context(*this);
  resumed_ = true;
  now_ns_ = 0;
  const uint64_t before = cell_.settings->limits.cpu_ns_per_s == 0 ? 0 : now_ns();
  Result<Progress> result = cell_.actor->resume(context);
  if (before != 0) cell_.more().window_cpu_ns += core_.clock.monotonic_ns() - before;
  settle(std::move(result));
}

Result<Progress> Turn::call(Activity activity) {
  Context context(*this);
  Actor& actor = *cell_.actor;
  switch (activity) {
    case Activity::pre_start: return actor.pre_start(context);
    case Activity::on_restart: return actor.on_restart(context, cell_.more().cause);
    case Activity::post_start: return actor.post_start(context);
    case Activity::message: return actor.handle_message(context, cell_.current->message);
    case Activity::health_check: return actor.health_check(context);
    case Activity::pre_stop: return actor.pre_stop(context);
    case Activity::post_stop: return actor.post_stop(context);
    case Activity::none: break;
  }
  return Progress::done;
}

namespace {

uint64_t time_of(Activity activity, const ActorSettings& settings) {
  switch (activity) {
    case Activity::message: return settings.limits.message_time_ns;
    case Activity::health_check: return settings.timeouts.health_ns;
    case Activity::pre_stop:
    case Activity::post_stop: return settings.timeouts.stop_ns;
    default: return settings.timeouts.start_ns;
  }
}

}  // namespace

void Turn::settle(Result<Progress> result) {
  if (result && *result != Progress::done) {
    cell_.suspended = *result == Progress::yielded ? Suspended::yielded : Suspended::waiting;
    resumed_ = true;
    over_ = over_ || *result == Progress::yielded;
    const uint64_t time_ns = time_of(cell_.activity, *cell_.settings);
    if (time_ns == 0) return;
    Extras& extras = cell_.more();
    if (extras.activity_ends_ns == 0) extras.activity_ends_ns = later(now_ns(), time_ns);
    return arm(extras.activity_ends_ns);
  }
  cell_.suspended = Suspended::no;
  if (cell_.extras != nullptr) cell_.extras->activity_ends_ns = 0;
  forget_asked();
  const Activity activity = std::exchange(cell_.activity, Activity::none);
  if (cell_.extras != nullptr && cell_.extras->end) return end_now(activity, result);
  completed(activity, result);
}

void Turn::completed(Activity activity, const Result<Progress>& result) {
  const bool starting = cell_.phase == Phase::starting;
  if (!result && starting) return fail(Exit::error, result.error());
  switch (activity) {
    case Activity::on_restart: return perform(Activity::pre_start);
    case Activity::pre_start: return continue_start();
    case Activity::post_start: return started();
    case Activity::message: return finish_message(result);
    case Activity::health_check: return checked(result);
    case Activity::pre_stop: return stop_children();
    case Activity::post_stop: return end_run();
    case Activity::none: return;
  }
}

/// After pre_start: its name, its children, post_start.
void Turn::continue_start() {
  cell_.pre_started = true;
  event(EventKind::spawned, 0, cell_.parent());
  const std::string& name = cell_.spec->name;
  if (!name.empty() && core_.names.find(name) != cell_.id()) {
    core_.names.add(name, cell_.id());
    event(EventKind::registered, 0, {}, 0, name);
  }
  SupervisorSpec spec = cell_.actor->supervision();
  if (spec.children.empty() || spec.strategy == Strategy::simple_one_for_one) {
    return perform(Activity::post_start);
  }
  supervision().start_all();
  carry_out();
}

void Turn::started() {
  cell_.phase = Phase::running;
  event(cell_.restarted ? EventKind::restarted : EventKind::ready);
  if (cell_.parent()) core_.signal(lane_, cell_.parent(), cell_.id(), Signal::child_ready);
  const HealthSettings& health = cell_.settings->health;
  if (health.interval_ns != 0) {
    cell_.more().health_at_ns = later(now_ns(), health.interval_ns);
    arm(cell_.extras->health_at_ns);
  }
  if (!std::exchange(cell_.drain_due, false)) return;
  cell_.phase = Phase::draining;
  cell_.accepting.store(false, std::memory_order_relaxed);
  cell_.capacity.store(0, std::memory_order_relaxed);
}

void Turn::checked(const Result<Progress>& result) {
  Extras& extras = cell_.more();
  extras.health_at_ns = later(now_ns(), cell_.settings->health.interval_ns);
  arm(extras.health_at_ns);
  if (result) {
    extras.unhealthy = 0;
    return;
  }
  event(EventKind::unhealthy, 0, {}, ++extras.unhealthy, result.error().message);
  if (extras.unhealthy >= cell_.settings->health.threshold) fail(Exit::unhealthy, result.error());
}

/// A good end, with all hooks.
void Turn::begin_stop(Exit exit) {
  cell_.exit = exit;
  cell_.phase = Phase::stopping;
  cell_.accepting.store(false, std::memory_order_relaxed);
  perform(Activity::pre_stop);
}

void Turn::stop_children() {
  if (cell_.extras == nullptr || cell_.extras->supervision == nullptr) return without_children();
  cell_.extras->supervision->stop_all();
  carry_out();
}

void Turn::without_children() {
  if (!cell_.pre_started) return end_run();
  if (!is_failure(cell_.exit) && !cell_.spec->name.empty()) {
    core_.names.hide(cell_.spec->name);
  }
  cell_.pre_started = false;  // the hook is called once
  perform(Activity::post_stop);
}

bool Turn::can_cancel() const {
  return cell_.suspended == Suspended::no || cell_.actor->can_cancel();
}

/// What is at hand cannot be given up: the end follows it.
bool Turn::ends_later(Exit exit, const Error& cause, bool escalate) {
  if (can_cancel()) return false;
  std::optional<Extras::End>& end = cell_.more().end;
  // Whoever is killed does not start again, whatever else comes.
  if (!end || end->exit != Exit::killed) {
    end = Extras::End{.exit = exit, .cause = cause, .escalate = escalate};
  }
  return true;
}

void Turn::end_now(Activity activity, const Result<Progress>& result) {
  Extras::End end = *std::exchange(cell_.extras->end, std::nullopt);
  if (cell_.phase == Phase::stopping) {  // it was killed meanwhile
    cell_.exit = end.exit;
    return completed(activity, result);
  }
  if (activity == Activity::message) close_message(result);
  fail(end.exit, std::move(end.cause), end.escalate);
}

/// A bad end. What was at hand is given up; children stop first.
void Turn::fail(Exit exit, Error cause, bool escalate) {
  if (cell_.phase == Phase::halted || cell_.phase == Phase::vacant) return;
  if (ends_later(exit, cause, escalate)) return;
  event(EventKind::failed, static_cast<uint32_t>(exit), {}, 0, cause.message);
  cancel();
  cell_.exit = exit;
  cell_.escalate = escalate;
  cell_.more().cause = std::move(cause);
  cell_.phase = Phase::stopping;
  stop_children();
}

/// Ends what is suspended, without a result.
void Turn::cancel() {
  if (cell_.suspended != Suspended::no) {
    Context context(*this);
    cell_.actor->cancel(context);
  }
  cell_.suspended = Suspended::no;
  cell_.activity = Activity::none;
  ++cell_.activity_number;
  if (cell_.extras != nullptr) cell_.extras->activity_ends_ns = 0;
  forget_asked();
  if (Envelope* envelope = std::exchange(cell_.current, nullptr)) {
    core_.dead_letter(lane_, std::move(envelope->message), Refusal::failed);
    lane_.envelopes.free(envelope);
  }
}

void Turn::end_run() {
  cell_.actor.reset();
  stop_ends_ns_ = 0;
  event(EventKind::ended, static_cast<uint32_t>(cell_.exit));
  if (cell_.extras != nullptr) {
    tell_watchers();
    forget_run();
  }
  if (!cell_.parent()) return remove();
  cell_.phase = Phase::halted;
  cell_.drain_due = false;
  // How one ends that was told to stop is no matter of those above it any more.
  const Exit exit = cell_.gone_for_good ? Exit::shutdown : cell_.exit;
  const uint64_t flags = cell_.escalate && !cell_.gone_for_good ? escalated_flag : 0;
  core_.signal(lane_, cell_.parent(), cell_.id(), Signal::child_ended,
               static_cast<uint64_t>(exit) | flags);
}

/// It was to be restarted, and somebody has told it to stop meanwhile: as if it had, at once.
void Turn::end_again() {
  cell_.exit = Exit::shutdown;
  cell_.escalate = false;
  core_.signal(lane_, cell_.parent(), cell_.id(), Signal::child_ended,
               static_cast<uint64_t>(cell_.exit));
}

void Turn::tell_watchers() {
  Extras& extras = *cell_.extras;
  const Payload text(extras.cause.message);
  for (ActorId watcher : std::exchange(extras.watchers, {})) {
    core_.answer(lane_, {.from = cell_.id(),
                         .to = watcher,
                         .tag = static_cast<uint32_t>(cell_.exit),
                         .kind = MessageKind::down,
                         .payload = text});
  }
  for (ActorId linked : std::exchange(extras.links, {})) {
    core_.signal(lane_, linked, cell_.id(), Signal::linked_ended, static_cast<uint64_t>(cell_.exit),
                 text);
  }
}

/// What the instance has set up for later, but for those subscriptions.
void Turn::forget_instance(std::span<const std::string> topics_kept) {
  Extras& extras = *cell_.extras;
  std::erase_if(extras.topics, [&](const std::string& topic) {
    if (std::ranges::find(topics_kept, topic) != topics_kept.end()) return false;
    core_.topics.unsubscribe(topic, cell_.id());
    return true;
  });
  for (ActorId other : std::exchange(extras.monitored, {})) {
    core_.signal(lane_, other, cell_.id(), Signal::demonitor);
  }
  extras.timers.clear();  // a message of one that is in the mailbox is nobody's
}

/// What belonged to the instance. The cause stays, for `on_restart`.
void Turn::forget_run() {
  forget_instance({});
  Extras& extras = *cell_.extras;
  for (auto& [to, blocked] : extras.blocked) {
    while (Envelope* envelope = blocked.messages.pop()) {
      core_.dead_letter(lane_, std::move(envelope->message), Refusal::stopped);
      lane_.envelopes.free(envelope);
    }
  }
  for (ActorId sender : extras.wait_for_room) {
    core_.signal(lane_, sender, cell_.id(), Signal::room);
  }
  std::vector<uint64_t> armed = std::move(extras.armed);
  Error cause = std::move(extras.cause);
  extras = Extras();
  extras.armed = std::move(armed);
  extras.cause = std::move(cause);
}

void Turn::remove(bool has_no_name) {
  cell_.phase = Phase::stopping;
  cell_.accepting.store(false, std::memory_order_relaxed);
  cell_.alive.store(false, std::memory_order_relaxed);
  for (Fifo& list : cell_.messages) {
    while (Envelope* envelope = list.pop()) {
      ++given_back_;
      core_.dead_letter(lane_, std::move(envelope->message), Refusal::stopped);
      lane_.envelopes.free(envelope);
    }
  }
  if (cell_.extras != nullptr) {
    for (ActorId sender : cell_.extras->wait_for_room) {
      core_.signal(lane_, sender, cell_.id(), Signal::room);
    }
  }
  if (!has_no_name && !cell_.spec->name.empty()) core_.names.remove(cell_.spec->name);
  event(EventKind::removed, static_cast<uint32_t>(cell_.exit));
  cell_.queued.fetch_sub(std::exchange(given_back_, 0), std::memory_order_relaxed);
  while (Envelope* envelope = cell_.signals.pop()) {
    if (envelope->message.kind == MessageKind::signal) {
      handle_orphan(envelope->message);
    } else {  // an answer, which nobody asks for any more
      cell_.queued.fetch_sub(1, std::memory_order_relaxed);
    }
    lane_.envelopes.free(envelope);
  }
  over_ = false;
  core_.vacate(lane_, cell_);
}

}  // namespace cairn::actor
