// A changed manifest.

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "inside.hpp"

namespace cairn::platform {

namespace {

template <class T>
const T& named(const std::vector<T>& all, const std::string& name) {
  return *std::ranges::find(all, name, &T::name);
}

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

/// All that is needed is read before anything changes, and while others change things.
Result<std::vector<LoadedComponent>> Deployment::Inside::load_all(const Manifest& next) const {
  std::vector<LoadedComponent> loaded;
  for (const ComponentManifest& one : next.components) loaded.push_back(TRY(components->load(one)));
  return loaded;
}

Result<Deployment::Inside::Heirs> Deployment::Inside::load_heirs(
    const Manifest& next, const ManifestChanges& found) const {
  Heirs heirs;
  for (const EntryPtr& entry : roster->entries("", SIZE_MAX)) {
    const auto [is_wanted, kind, component, settings] = entry->locked([](const Entry& own) {
      return std::tuple(own.is_wanted, own.kind, own.wanted.component, own.wanted.settings);
    });
    if (!is_wanted || !has(found.components_changed, settings) || heirs.contains(kind)) continue;
    auto heir = components->load_as(component, kind->digest(), named(next.components, settings));
    if (!heir) {
      heir.error().message +=
          fmt::format("; '{}' runs by it, with the settings of '{}'", entry->name, settings);
      return std::unexpected(std::move(heir).error());
    }
    heirs.emplace(kind, *std::move(heir));
  }
  return heirs;
}

/// Leaves those that are new, or not what they were.
Result<> Deployment::Inside::keep_changed(std::vector<LoadedComponent>& loaded,
                                          const ManifestChanges& found) const {
  std::vector<LoadedComponent> changed;
  for (LoadedComponent& now : loaded) {
    const std::string& name = now.manifest.name;
    const auto before = components->find(name);
    const bool is_same = before && !before->is_uploaded &&
                         before->kind->digest() == now.kind->digest() &&
                         !has(found.components_changed, name);
    if (before) TRY(check_resident(*before, now));
    if (!is_same) changed.push_back(std::move(now));
  }
  loaded = std::move(changed);
  return {};
}

/// The memory of a resident actor means something to its own component only; nor does every other
/// go on with a value.
Result<> Deployment::Inside::check_resident(const LoadedComponent& before,
                                            const LoadedComponent& now) const {
  if (store == nullptr || before.kind->digest() == now.kind->digest()) return {};
  for (const EntryPtr& entry : roster->entries("", SIZE_MAX)) {
    const bool uses_it = entry->locked([&](const Entry& own) {
      return own.is_wanted && own.wanted.component == before.manifest.name;
    });
    if (!uses_it) continue;
    if (before.kind->style() == actor::StateStyle::explicit_state) {
      TRY(check_upgrade(entry->name, *before.kind, now.kind.get()));
      continue;
    }
    return fail(ErrorKind::unsupported,
                fmt::format("component '{}' has changed, and '{}' is resident: its state is the "
                            "memory of the old one",
                            before.manifest.name, entry->name));
  }
  return {};
}

/// New names that somebody has who was spawned meanwhile, and components that such ones need.
Result<> Deployment::Inside::check_names(const ManifestChanges& found) const {
  const auto is_taken = [&](const std::string& name) {
    const EntryPtr entry = roster->find(name);
    return entry != nullptr || forking.contains(name);
  };
  for (const auto* names : {&found.actors_new, &found.supervisors_new, &found.pools_new}) {
    for (const std::string& name : *names) {
      const bool goes = has(found.actors_gone, name);
      if (!goes && is_taken(name)) {
        return fail(ErrorKind::usage, fmt::format("there is an actor '{}' already", name));
      }
      if (goes) {
        return fail(
            ErrorKind::usage,
            fmt::format("'{}' cannot become a supervisor or a pool while the actor runs", name));
      }
    }
  }
  for (const EntryPtr& entry : roster->entries("", SIZE_MAX)) {
    const auto [is_dynamic, wanted] =
        entry->locked([](const Entry& own) { return std::pair(own.is_dynamic, own.wanted); });
    for (const std::string& needed : {wanted.component, wanted.settings}) {
      if (is_dynamic && has(found.components_gone, needed)) {
        return fail(ErrorKind::usage, fmt::format("actor '{}' needs component '{}', which is gone",
                                                  entry->name, needed));
      }
    }
    if (is_dynamic && has(found.supervisors_gone, wanted.supervisor)) {
      return fail(ErrorKind::usage,
                  fmt::format("actor '{}' was spawned below supervisor '{}', which is gone",
                              entry->name, wanted.supervisor));
    }
  }
  return {};
}

/// Of those for whom the manifest names another component than it did.
Result<> Deployment::Inside::check_upgrades(const Manifest& next, const ManifestChanges& found,
                                            const std::vector<LoadedComponent>& loaded) const {
  if (store == nullptr) return {};
  for (const std::string& name : found.actors_upgraded) {
    const EntryPtr entry = roster->find(name);
    const Kind before =
        entry == nullptr ? nullptr : entry->locked([](const Entry& own) { return own.kind; });
    const std::string& component = named(next.actors, name).component;
    const auto one = std::ranges::find(loaded, component, [](const LoadedComponent& each) {
      return std::string_view(each.manifest.name);
    });
    const Kind after = one == loaded.end() ? components->kind(component) : one->kind;
    if (before != nullptr) TRY(check_upgrade(name, *before, after.get()));
  }
  return {};
}

/// It stops, and starts again as it is wanted then.
void Deployment::Inside::respawn(const EntryPtr& entry) {
  const actor::ActorId id = entry->actor_id();
  if (!id) return roster->wake(entry);
  const uint64_t timeout_ns = entry->locked([](Entry& own) {
    own.respawn = true;
    return own.wanted.shutdown_ns;
  });
  system->stop(id, timeout_ns);
}

/// What differs, if nothing speaks against it.
Result<ManifestChanges> Deployment::Inside::check_changes(const Manifest& next) const {
  if (draining) return fail(ErrorKind::usage, "the system stops");
  ManifestChanges found = changes(manifest, next);
  if (!found.fixed.empty()) {
    return fail(ErrorKind::usage,
                fmt::format("a change of '{}' needs a new start", found.fixed.front()));
  }
  if (!found.supervisors_moved.empty()) {
    return fail(ErrorKind::usage, fmt::format("a new place for supervisor '{}' needs a new start",
                                              found.supervisors_moved.front()));
  }
  TRY(check_names(found));
  return found;
}

Result<> Deployment::Inside::apply(Manifest next) {
  const std::lock_guard one_at_a_time(applying);
  ManifestChanges found;
  {
    const std::lock_guard lock(changing);
    found = TRY(check_changes(next));
  }
  // Compiling takes long, and holds nobody up.
  std::vector<LoadedComponent> loaded = TRY(load_all(next));
  const Heirs heirs = TRY(load_heirs(next, found));
  const std::lock_guard lock(changing);
  found = TRY(check_changes(next));
  TRY(keep_changed(loaded, found));
  TRY(check_upgrades(next, found, loaded));

  // From here on nothing fails.
  std::set<std::string> new_bytes;
  for (LoadedComponent& one : loaded) {
    new_bytes.insert(one.manifest.name);
    put_component(std::move(one));
  }
  for (const std::string& name : found.components_gone) components->remove(name);
  const Manifest before = std::exchange(manifest, std::move(next));
  request_timeout_ns = manifest.request_timeout_ns;
  set_schedules();
  show();
  prune_due_ns = 0;
  for (const std::string& name : found.actors_gone) {
    const EntryPtr entry = roster->find(name);
    if (entry == nullptr) continue;
    const actor::ActorId id = entry->actor_id();
    roster->unwant(entry);
    forget_upgrades(name);
    entry->tell_stopped();
    if (id) system->stop(id, named(before.actors, name).shutdown_ns);
  }
  roster->set_supervisors(manifest.supervisors, found.supervisors_changed);
  for (const EntryPtr& entry : roster->entries("", SIZE_MAX)) {
    const bool is_wanted = entry->locked([](const Entry& own) { return own.is_wanted; });
    if (is_wanted) change_entry(entry, before, found, new_bytes, heirs);
  }
  for (const std::string& name : found.actors_new) {
    const ActorManifest& how = named(manifest.actors, name);
    roster->want(roster->entry_for(name), how, components->kind(how.component), false);
  }
  if (const Result<> set = pools->set(manifest.pools); !set) {
    log(LogLevel::error, set.error().to_string());
  }
  return {};
}

/// By what it is to go on, if that is `component`. What was uploaded since counts for who is
/// upgraded to it.
Result<ChosenComponent> Deployment::Inside::chosen_now(const Entry& entry,
                                                       const std::string& component,
                                                       const ManifestChanges& found,
                                                       const Heirs& heirs) {
  auto [before, settings, kind] = entry.locked([](const Entry& own) {
    return std::tuple(own.wanted.component, own.wanted.settings, own.kind);
  });
  if (component != before || !components->is_uploaded(component))
    return components->choose(component, settings);
  if (!has(found.components_changed, settings))
    return ChosenComponent{.kind = std::move(kind), .settings = std::move(settings)};
  const auto heir = heirs.find(kind);
  // It was upgraded meanwhile.
  if (heir == heirs.end()) return components->choose(component, settings, kind->digest());
  components->put_heir(component, settings, heir->second);
  return ChosenComponent{.kind = heir->second, .settings = std::move(settings)};
}

/// One that was there before, and goes on to be.
void Deployment::Inside::change_entry(const EntryPtr& entry, const Manifest& before,
                                      const ManifestChanges& found,
                                      const std::set<std::string>& new_bytes, const Heirs& heirs) {
  const std::string component =
      entry->locked([](const Entry& own) { return own.wanted.component; });
  std::string now = component;
  const auto listed = std::ranges::find(manifest.actors, entry->name, &ActorManifest::name);
  const bool is_listed = listed != manifest.actors.end();
  if (is_listed) {
    // Who was told from outside to run by another component stays there until the manifest says
    // something else than it did.
    const auto was = std::ranges::find(before.actors, entry->name, &ActorManifest::name);
    const bool is_told = was == before.actors.end() || was->component != listed->component;
    if (is_told || !components->find(now)) {
      now = listed->component;
      forget_upgrades(entry->name);
    }
  }
  const auto not_upgraded = [&](const Error& why) {
    log(LogLevel::error, fmt::format("'{}' was not upgraded: {}", entry->name, why.message));
  };
  Result<ChosenComponent> chosen = chosen_now(*entry, now, found, heirs);
  if (!chosen) return not_upgraded(chosen.error());
  const bool has_new_settings =
      has(found.components_changed, now) || has(found.components_changed, chosen->settings);
  if (is_listed && (has_new_settings || has(found.actors_changed, entry->name))) {
    entry->locked([&](Entry& own) {
      own.wanted = *listed;
      own.wanted.component = now;
      own.wanted.settings = chosen->settings;
      own.kind = chosen->kind;
    });
    return respawn(entry);
  }
  if (now == component && !new_bytes.contains(now) && !has_new_settings) return;
  const Result<> done = upgrade(entry, now, *std::move(chosen), "the manifest has changed");
  if (!done) not_upgraded(done.error());
}

/// Those that are as they were keep their time.
void Deployment::Inside::set_schedules() {
  const std::lock_guard lock(schedules_mutex);
  const std::vector<Schedule> before = std::exchange(schedules, {});
  const uint64_t now_ns = world.clock->monotonic_ns();
  for (const ScheduleManifest& one : manifest.schedules) {
    uint64_t next_ns = now_ns + one.every_ns;
    for (const Schedule& old : before) {
      if (old.manifest.name == one.name && old.manifest.every_ns == one.every_ns) {
        next_ns = old.next_ns;
      }
    }
    schedules.push_back({.manifest = one, .next_ns = next_ns});
  }
}

void Deployment::Inside::show() {
  const std::lock_guard lock(shown_mutex);
  shown = std::make_shared<const Manifest>(manifest);
}

Result<> Deployment::apply(Manifest manifest) { return inside_->apply(std::move(manifest)); }

}  // namespace cairn::platform
