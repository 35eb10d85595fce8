// What the system of actors says, and what follows from it.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "inside.hpp"

namespace cairn::platform {

using actor::EventKind;

namespace {

/// What an event says by numbers.
void add_facts(Happening& happening, const actor::Event& event) {
  switch (event.kind) {
    case EventKind::failed:
    case EventKind::ended:
    case EventKind::removed:
      happening.reason = to_string(static_cast<actor::Exit>(event.code));
      break;
    case EventKind::dead_letter:
      happening.reason = to_string(static_cast<actor::Refusal>(event.code));
      if (!event.actor) std::swap(happening.actor, happening.text);
      break;
    case EventKind::log_flood: happening.reason = to_string(actor::Refusal::too_large); break;
    case EventKind::restarting:
    case EventKind::throttled: happening.delay_ns = event.amount; break;
    case EventKind::unhealthy:
    case EventKind::gave_up: happening.count = event.amount; break;
    default: break;
  }
}

enum class Lasting : uint8_t { no, decision, refusal };

/// What becomes a record of the system's chain. All else is in those of the actors, or tells only
/// how things go.
Lasting lasting(const actor::Event& event) {
  switch (event.kind) {
    case EventKind::failed:
    case EventKind::restarting:
    case EventKind::gave_up:
    case EventKind::escalated:
    case EventKind::auto_shutdown:
    case EventKind::unhealthy:
    case EventKind::halted: return Lasting::decision;
    case EventKind::dead_letter: {
      // Of what a handler had begun with, its actor has a record.
      const auto refusal = static_cast<actor::Refusal>(event.code);
      const bool has_begun = refusal == actor::Refusal::failed ||
                             refusal == actor::Refusal::rejected ||
                             refusal == actor::Refusal::timed_out;
      return has_begun ? Lasting::no : Lasting::refusal;
    }
    case EventKind::deadlock:
    case EventKind::log_flood: return Lasting::refusal;
    default: return Lasting::no;
  }
}

}  // namespace

/// Of one that the roster does not know: "#7.1"; of nobody: nothing.
std::string Deployment::Inside::name_of(actor::ActorId id) const {
  if (!id) return {};
  std::string known = roster->name_of(id);
  if (known.empty()) known = pools->name_of(id);
  return known.empty() ? '#' + actor::to_string(id) : known;
}

std::vector<LostMessage> Deployment::dead_letters() const {
  const Inside& in = *inside_;
  // What they were noted at is time since the machine's start.
  const uint64_t now_ns = in.world.clock->monotonic_ns();
  const uint64_t today_ns = in.world.clock->realtime_ns();
  std::vector<LostMessage> lost;
  for (const actor::DeadLetter& letter : in.system->dead_letters()) {
    const actor::Message& message = letter.message;
    lost.push_back({.at_ns = today_ns - std::min(today_ns, now_ns - std::min(now_ns, letter.at_ns)),
                    .actor = letter.to,
                    .from = letter.from,
                    .reason = letter.reason,
                    .media_type = std::string(message.payload.media_type()),
                    .bytes = message.payload.size()});
  }
  return lost;
}

/// Called on the thread that runs the actor, within its turn.
void Deployment::Inside::observe(const actor::Event& event) {
  const auto name = [&] { return name_of(event.actor); };
  switch (event.kind) {
    case EventKind::failed:
      log(LogLevel::warning, fmt::format("actor '{}' failed: {}", name(), event.text));
      if (const EntryPtr entry = roster->entry_of(event.actor)) {
        entry->tell_started(fail(ErrorKind::exception, std::string(event.text)));
      }
      break;
    case EventKind::ready:
      if (const EntryPtr entry = roster->entry_of(event.actor)) entry->tell_started({});
      break;
    case EventKind::gave_up:
      log(LogLevel::error,
          fmt::format("the supervisor of '{}' has seen more failures than it may", name()));
      break;
    case EventKind::restarting:
      if (const EntryPtr entry = roster->entry_of(event.actor)) ++entry->restarts;
      break;
    default: break;
  }
  const Lasting lasts = system_chain == nullptr ? Lasting::no : lasting(event);
  if (lasts != Lasting::no || hub.has_watchers()) {
    Happening happening = {.kind = Happening::Kind::event,
                           .at_ns = world.clock->realtime_ns(),
                           .actor = name(),
                           .name = std::string(to_string(event.kind)),
                           .text = std::string(event.text),
                           .other = name_of(event.other)};
    add_facts(happening, event);
    if (hub.has_watchers()) hub.tell(happening);
    if (lasts == Lasting::decision) {
      system_chain->decided(std::move(happening));
    } else if (lasts == Lasting::refusal) {
      system_chain->refused(std::move(happening));
    }
  }
  if (event.kind == EventKind::removed) {
    removed(event.actor, static_cast<actor::Exit>(event.code));
  }
}

void Deployment::Inside::tell_refused(std::string_view actor, std::string_view reason,
                                      std::string text) {
  if (system_chain == nullptr) return;
  system_chain->refused({.at_ns = world.clock->realtime_ns(),
                         .actor = std::string(actor),
                         .name = "refused",
                         .text = std::move(text),
                         .reason = std::string(reason)});
}

void Deployment::complain(std::string_view what) const { inside_->log(LogLevel::error, what); }

void Deployment::tell_refused(std::string_view actor, std::string_view reason, std::string text) {
  inside_->tell_refused(actor, reason, std::move(text));
}

/// What it was told and has not done when it ended: its next instance has the component, or nobody
/// does anything.
void Deployment::Inside::drop_orders(const EntryPtr& entry, actor::ActorId id) {
  for (const Order& order : entry->take_orders(id)) {
    const bool is_kept = entry->locked([&](Entry& own) {
      if (order.kind == nullptr || !own.is_wanted) return false;
      own.kind = order.kind;
      own.wanted.component = order.component;
      own.wanted.settings = order.settings;
      return true;
    });
    if (is_kept) {
      apart([this, entry] { keep_upgrade(entry, true); });
      continue;
    }
    const std::string what = order.fork              ? order.why
                             : order.kind != nullptr ? "upgraded to '" + order.component + "'"
                                                     : "started anew";
    log(LogLevel::error,
        fmt::format("actor '{}' was to be {}, and ended before that", entry->name, what));
  }
}

void Deployment::Inside::removed(actor::ActorId id, actor::Exit exit) {
  const EntryPtr entry = roster->removed(id);
  if (entry == nullptr) return;
  entry->tell_stopped();
  drop_orders(entry, id);
  if (draining.load()) return;
  // Whatever has brought it down may pass, and its state is there.
  const auto chain = store == nullptr ? fail(ErrorKind::not_found, "") : store->chain(entry->name);
  const bool may_go_on = !actor::is_failure(exit) || (chain && chain->has_begun);
  enum class Next : uint8_t { nothing, start, forget, keep };
  const Next next = entry->locked([&](Entry& own) {
    if (!own.is_wanted || own.actor_id()) return Next::nothing;
    if (std::exchange(own.respawn, false)) return Next::start;
    if (!own.is_dynamic) return Next::nothing;
    if (own.wanted.restart == actor::Restart::temporary || !may_go_on) return Next::forget;
    // Its supervisor has given up, or was told to stop, and has it again when it starts anew.
    if (!own.wanted.supervisor.empty() && exit != actor::Exit::normal) return Next::nothing;
    // It ended well, or did not start: nobody has told it to stop.
    return actor::is_failure(exit) ? Next::keep : Next::forget;
  });
  if (next == Next::start) return roster->wake(entry);
  if (next == Next::keep) {
    return log(
        LogLevel::error,
        fmt::format("actor '{}' did not start, and is not tried again: restart it, or stop it",
                    entry->name));
  }
  if (next == Next::nothing) return;
  roster->unwant(entry);
  const std::lock_guard lock(forgotten_mutex);
  forgotten.push_back(entry->name);
}

}  // namespace cairn::platform
