#include "roster.hpp"

#include <algorithm>
#include <utility>

#include "keeper.hpp"

namespace cairn::platform {

namespace {

/// What is granted is for the manifest to say: those above components have everything.
std::shared_ptr<const actor::ActorSettings> keeper_settings() {
  actor::ActorSettings settings;
  settings.grants = actor::Grants::all();
  settings.timeouts.start_ns = 0;  // its children have their own times
  settings.timeouts.stop_ns = 0;
  return std::make_shared<const actor::ActorSettings>(std::move(settings));
}

constexpr uint64_t supervisor_shutdown_ns = 60'000'000'000;

/// The one of all never gives up, and is in no hurry with those who fail again and again.
actor::SupervisorSpec spec_of_all() {
  return {.intensity = {.max_restarts = UINT32_MAX, .period_ns = 10'000'000'000},
          .backoff = {.kind = actor::Backoff::Kind::exponential,
                      .initial_ns = 100'000'000,
                      .multiplier = 2,
                      .max_ns = 30'000'000'000,
                      .jitter = 0.1}};
}

}  // namespace

Roster::Roster(std::vector<SupervisorManifest> supervisors)
    : supervisors_(std::move(supervisors)) {}

Result<> Roster::start() {
  TRY(system_->spawn(actor::ChildSpec{.factory = [this]() -> Result<std::unique_ptr<actor::Actor>> {
                                        return std::make_unique<Keeper>(*this, "");
                                      },
                                      .settings = keeper_settings()}));
  return {};
}

EntryPtr Roster::find(std::string_view name) const {
  const std::shared_lock lock(mutex_);
  const auto found = entries_.find(name);
  return found == entries_.end() ? nullptr : found->second;
}

EntryPtr Roster::entry_for(std::string_view name) {
  const std::unique_lock lock(mutex_);
  const auto found = entries_.find(name);
  if (found != entries_.end()) return found->second;
  return entries_.emplace(name, std::make_shared<Entry>(std::string(name))).first->second;
}

std::vector<EntryPtr> Roster::entries(std::string_view after, size_t count) const {
  const std::shared_lock lock(mutex_);
  std::vector<EntryPtr> found;
  auto at = after.empty() ? entries_.begin() : entries_.upper_bound(after);
  for (; at != entries_.end() && found.size() < count; ++at) found.push_back(at->second);
  return found;
}

void Roster::want(const EntryPtr& entry, ActorManifest how, Kind kind, bool is_dynamic) {
  {
    const std::unique_lock lock(mutex_);
    const std::lock_guard own(entry->mutex);
    entry->wanted = std::move(how);
    entry->kind = std::move(kind);
    entry->is_wanted = true;
    entry->is_dynamic = is_dynamic;
    if (entry->order == 0) entry->order = ++next_order_;
  }
  wake(entry);
}

void Roster::unwant(const EntryPtr& entry) {
  const std::unique_lock lock(mutex_);
  const std::lock_guard own(entry->mutex);
  entry->is_wanted = entry->is_dynamic = entry->respawn = false;
  entry->order = 0;
  if (!entry->actor_id()) erase(entry);
}

/// Another one may have the name.
void Roster::erase(const EntryPtr& entry) {
  const auto found = entries_.find(entry->name);
  if (found != entries_.end() && found->second == entry) entries_.erase(found);
}

void Roster::wake(const EntryPtr& entry) {
  std::string child = entry->name;
  std::string supervisor = entry->locked([](const Entry& own) { return own.wanted.supervisor; });
  {
    const std::shared_lock lock(mutex_);
    for (;;) {
      const auto keeper = keepers_.find(supervisor);
      if (keeper != keepers_.end() && keeper->second.id) break;
      if (supervisor.empty()) return;  // nothing has been started yet
      const SupervisorManifest* const above = supervisor_named(supervisor);
      child = supervisor;
      supervisor = above == nullptr ? "" : above->supervisor;
    }
  }
  mark(supervisor, child);
}

void Roster::mark(const std::string& supervisor, const std::string& child) {
  actor::ActorId id;
  {
    const std::unique_lock lock(mutex_);
    KeeperState& keeper = keepers_[supervisor];
    keeper.marked.push_back(child);
    id = keeper.id;
  }
  // A full mailbox has nudges enough.
  if (id) return static_cast<void>(system_->send(id, actor::Payload(), {.tag = control_tag}));
  // It has gone meanwhile: who starts it starts its children.
  if (const EntryPtr entry = supervisor.empty() ? nullptr : find(child)) wake(entry);
}

void Roster::set_supervisors(std::vector<SupervisorManifest> supervisors,
                             const std::vector<std::string>& changed) {
  std::vector<actor::ActorId> nudged;
  std::vector<actor::ActorId> gone;
  {
    const std::unique_lock lock(mutex_);
    supervisors_ = std::move(supervisors);
    for (const auto& [name, keeper] : keepers_) {
      const bool is_gone = !name.empty() && supervisor_named(name) == nullptr;
      if (is_gone && keeper.id) gone.push_back(keeper.id);
    }
    for (const std::string& name : changed) {
      const auto keeper = keepers_.find(name);
      if (keeper == keepers_.end() || !keeper->second.id) continue;
      keeper->second.has_changed = true;
      nudged.push_back(keeper->second.id);
    }
  }
  for (const actor::ActorId id : gone) system_->stop(id, supervisor_shutdown_ns);
  for (const actor::ActorId id : nudged) {
    system_->send(id, actor::Payload(), {.tag = control_tag});
  }
}

const SupervisorManifest* Roster::supervisor_named(std::string_view name) const {
  const auto found = std::ranges::find(supervisors_, name, &SupervisorManifest::name);
  return found == supervisors_.end() ? nullptr : &*found;
}

bool Roster::is_supervisor(std::string_view name) const {
  const std::shared_lock lock(mutex_);
  return supervisor_named(name) != nullptr;
}

// --- what runs ---

EntryPtr Roster::entry_in(const EntryPtr& entry, actor::ActorId id, actor::ActorId parent) const {
  const std::shared_lock lock(mutex_);
  if (const auto found = by_id_.find(id.value()); found != by_id_.end()) return found->second;
  const bool is_wanted = entry->locked([](const Entry& own) { return own.is_wanted; });
  if (!is_wanted || keepers_by_id_.contains(parent.value())) return entry;
  return std::make_shared<Entry>(entry->name);
}

void Roster::started(const EntryPtr& entry, actor::ActorId id, actor::ActorId parent) {
  bool is_wanted = true;
  {
    const std::unique_lock lock(mutex_);
    entry->parent.store(parent.value(), std::memory_order_relaxed);
    entry->id.store(id.value(), std::memory_order_release);
    by_id_.insert_or_assign(id.value(), entry);
    // Guests' children are theirs to stop.
    if (keepers_by_id_.contains(parent.value()))
      is_wanted = entry->locked([](const Entry& own) { return own.is_wanted; });
  }
  // It was stopped while it was being spawned, when it had no id yet.
  if (!is_wanted) system_->kill(id);
}

EntryPtr Roster::entry_of(actor::ActorId id) const {
  const std::shared_lock lock(mutex_);
  const auto found = by_id_.find(id.value());
  return found == by_id_.end() ? nullptr : found->second;
}

EntryPtr Roster::removed(actor::ActorId id) {
  std::vector<std::string> marked;
  {
    const std::unique_lock lock(mutex_);
    if (const auto keeper = keepers_by_id_.extract(id.value())) {
      KeeperState& state = keepers_[keeper.mapped()];
      if (state.id == id) state.id = {};
      if (!state.id && !keeper.mapped().empty()) marked = std::exchange(state.marked, {});
    }
  }
  // It was told of them, and has not looked at them any more.
  for (const std::string& child : marked) {
    if (const EntryPtr entry = find(child)) wake(entry);
  }
  const std::unique_lock lock(mutex_);
  const auto node = by_id_.extract(id.value());
  if (!node) return nullptr;
  EntryPtr entry = node.mapped();
  uint64_t own = id.value();
  entry->id.compare_exchange_strong(own, 0);
  const std::lock_guard guard(entry->mutex);
  if (!entry->is_wanted && !entry->actor_id()) erase(entry);
  return entry;
}

std::string Roster::name_of(actor::ActorId id) const {
  const std::shared_lock lock(mutex_);
  if (const auto found = by_id_.find(id.value()); found != by_id_.end()) return found->second->name;
  const auto keeper = keepers_by_id_.find(id.value());
  return keeper == keepers_by_id_.end() ? "" : keeper->second;
}

// --- supervisors ---

void Roster::keeper_started(const std::string& name, actor::ActorId id) {
  const std::unique_lock lock(mutex_);
  keepers_[name].id = id;
  keepers_by_id_.insert_or_assign(id.value(), name);
}

actor::ChildSpec Roster::spec_of(const EntryPtr& entry) const {
  return entry->locked([&](const Entry& own) {
    const actor::ChildSpec made = own.kind->spec(own.name, own.wanted.argument);
    return actor::ChildSpec{.name = own.name,
                            // What makes its next instance may be another one by then.
                            .factory = [entry]() -> Result<std::unique_ptr<actor::Actor>> {
                              auto [kind, argument] = entry->locked([](const Entry& now) {
                                return std::pair(now.kind, now.wanted.argument);
                              });
                              auto made = kind->spec(entry->name, std::move(argument)).factory();
                              if (!made) entry->tell_started(std::unexpected(made.error()));
                              return made;
                            },
                            .settings = made.settings,
                            .restart = own.wanted.restart,
                            .shutdown_ns = own.wanted.shutdown_ns,
                            .significant = own.wanted.significant};
  });
}

actor::ChildSpec Roster::spec_of(const SupervisorManifest& supervisor) {
  return {.name = supervisor.name,
          .factory = [this, name = supervisor.name]() -> Result<std::unique_ptr<actor::Actor>> {
            return std::make_unique<Keeper>(*this, name);
          },
          .settings = keeper_settings(),
          .shutdown_ns = supervisor_shutdown_ns};
}

actor::SupervisorSpec Roster::supervision(const std::string& name) {
  if (name.empty()) return spec_of_all();  // `Keeper::post_start` starts its children
  actor::SupervisorSpec spec;
  {
    const std::unique_lock lock(mutex_);
    keepers_[name].has_changed = false;
    if (const SupervisorManifest* const own = supervisor_named(name)) {
      // Its children differ by their names and arguments, so there is no template to be made of.
      const bool is_simple = own->strategy == actor::Strategy::simple_one_for_one;
      spec.strategy = is_simple ? actor::Strategy::one_for_one : own->strategy;
      spec.intensity = own->intensity;
      spec.backoff = own->backoff;
      spec.auto_shutdown = own->auto_shutdown;
    }
  }
  for (const std::string& child_name : children_of(name)) {
    // Who still runs below another one comes when that is over (`wake`).
    if (runs_elsewhere(child_name, name)) continue;
    if (auto one = child(child_name, name)) spec.children.push_back(*std::move(one));
  }
  return spec;
}

bool Roster::runs_elsewhere(const std::string& child, const std::string& supervisor) const {
  const std::shared_lock lock(mutex_);
  const auto entry = entries_.find(child);
  if (entry == entries_.end() || !entry->second->actor_id()) return false;
  const auto keeper = keepers_.find(supervisor);
  return keeper == keepers_.end() || entry->second->parent != keeper->second.id.value();
}

std::vector<std::string> Roster::take_marked(const std::string& name, bool& has_changed) {
  const std::unique_lock lock(mutex_);
  KeeperState& keeper = keepers_[name];
  has_changed = keeper.has_changed;
  return std::exchange(keeper.marked, {});
}

void Roster::not_spawned(const std::string& child, const Error& why, bool is_first) {
  const std::string what =
      "actor '" + child + "' was not spawned, and is tried again: " + why.message;
  if (is_first) complain_(what);
  if (const EntryPtr entry = find(child)) entry->tell_started(fail(why.kind, what));
}

/// Supervisors first, each kind in the order of the manifest.
std::vector<std::string> Roster::children_of(const std::string& name) const {
  const std::shared_lock lock(mutex_);
  std::vector<std::string> names;
  for (const SupervisorManifest& supervisor : supervisors_) {
    if (supervisor.supervisor == name) names.push_back(supervisor.name);
  }
  std::vector<std::pair<uint64_t, std::string>> actors;
  for (const auto& [key, entry] : entries_) {
    entry->locked([&](const Entry& own) {
      if (own.is_wanted && own.wanted.supervisor == name) actors.emplace_back(own.order, own.name);
    });
  }
  std::ranges::sort(actors);
  for (auto& [order, actor_name] : actors) names.push_back(std::move(actor_name));
  return names;
}

std::optional<actor::ChildSpec> Roster::child(const std::string& name,
                                              const std::string& supervisor) {
  EntryPtr entry;
  {
    const std::shared_lock lock(mutex_);
    if (const SupervisorManifest* const one = supervisor_named(name)) {
      if (one->supervisor != supervisor) return std::nullopt;
      return spec_of(*one);
    }
    const auto found = entries_.find(name);
    if (found == entries_.end()) return std::nullopt;
    entry = found->second;
  }
  const bool is_here = entry->locked(
      [&](const Entry& own) { return own.is_wanted && own.wanted.supervisor == supervisor; });
  if (!is_here) return std::nullopt;
  return spec_of(entry);
}

}  // namespace cairn::platform
