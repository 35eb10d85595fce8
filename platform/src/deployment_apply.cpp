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

/// Those that are new, or not what they were; all that is needed is read before anything changes.
Result<std::vector<LoadedComponent>> Deployment::Inside::load_changed(
    const Manifest& next, const ManifestChanges& found) const {
  std::vector<LoadedComponent> loaded;
  for (const ComponentManifest& one : next.components) {
    LoadedComponent now = TRY(components->load(one));
    const auto before = components->find(one.name);
    const bool is_same = before && !before->is_uploaded &&
                         before->kind->digest() == now.kind->digest() &&
                         !has(found.components_changed, one.name);
    if (before) TRY(check_resident(*before, now));
    if (!is_same) loaded.push_back(std::move(now));
  }
  return loaded;
}

/// The memory of a resident actor means something to its own component only.
Result<> Deployment::Inside::check_resident(const LoadedComponent& before,
                                            const LoadedComponent& now) const {
  if (store == nullptr || before.kind->digest() == now.kind->digest() ||
      before.kind->style() == actor::StateStyle::explicit_state) {
    return {};
  }
  for (const EntryPtr& entry : roster->entries("", SIZE_MAX)) {
    const bool uses_it = entry->locked([&](const Entry& own) {
      return own.is_wanted && own.wanted.component == before.manifest.name;
    });
    if (!uses_it) continue;
    return fail(ErrorKind::unsupported,
                fmt::format("component '{}' has changed, and '{}' is resident: its state is the "
                            "memory of the old one",
                            before.manifest.name, entry->name));
  }
  return {};
}

/// New names that somebody has who was spawned meanwhile, and components that such ones need.
Result<> Deployment::Inside::check_names(const Manifest& next, const ManifestChanges& found) const {
  const auto is_taken = [&](const std::string& name) {
    const EntryPtr entry = roster->find(name);
    return entry != nullptr || forking.contains(name);
  };
  for (const auto* names : {&found.actors_new, &found.supervisors_new}) {
    for (const std::string& name : *names) {
      const bool goes = has(found.actors_gone, name);
      if (!goes && is_taken(name)) {
        return fail(ErrorKind::usage, fmt::format("there is an actor '{}' already", name));
      }
      if (goes) {
        return fail(ErrorKind::usage,
                    fmt::format("'{}' cannot become a supervisor while the actor runs", name));
      }
    }
  }
  for (const EntryPtr& entry : roster->entries("", SIZE_MAX)) {
    const auto [is_dynamic, component] = entry->locked(
        [](const Entry& own) { return std::pair(own.is_dynamic, own.wanted.component); });
    if (is_dynamic && has(found.components_gone, component)) {
      return fail(ErrorKind::usage, fmt::format("actor '{}' needs component '{}', which is gone",
                                                entry->name, component));
    }
  }
  for (const std::string& name : found.actors_upgraded) {
    const Kind before = components->kind(named(manifest.actors, name).component);
    const Kind after = components->kind(named(next.actors, name).component);
    if (before != nullptr && store != nullptr) TRY(check_upgrade(name, *before, after.get()));
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

Result<> Deployment::Inside::apply(Manifest next) {
  const std::lock_guard lock(changing);
  if (draining) return fail(ErrorKind::usage, "the system stops");
  const ManifestChanges found = changes(manifest, next);
  if (!found.fixed.empty()) {
    return fail(ErrorKind::usage,
                fmt::format("a change of '{}' needs a new start", found.fixed.front()));
  }
  if (!found.supervisors_moved.empty()) {
    return fail(ErrorKind::usage, fmt::format("a new place for supervisor '{}' needs a new start",
                                              found.supervisors_moved.front()));
  }
  TRY(check_names(next, found));
  std::vector<LoadedComponent> loaded = TRY(load_changed(next, found));

  // From here on nothing fails.
  std::set<std::string> new_bytes;
  for (LoadedComponent& one : loaded) {
    new_bytes.insert(one.manifest.name);
    components->put(std::move(one));
  }
  for (const std::string& name : found.components_gone) components->remove(name);
  const Manifest before = std::exchange(manifest, std::move(next));
  request_timeout_ns = manifest.request_timeout_ns;
  set_schedules();
  show();
  for (const std::string& name : found.actors_gone) {
    const EntryPtr entry = roster->find(name);
    if (entry == nullptr) continue;
    const actor::ActorId id = entry->actor_id();
    roster->unwant(entry);
    if (id) system->stop(id, named(before.actors, name).shutdown_ns);
  }
  roster->set_supervisors(manifest.supervisors, found.supervisors_changed);
  for (const EntryPtr& entry : roster->entries("", SIZE_MAX)) {
    const auto [is_wanted, is_dynamic, component] = entry->locked([](const Entry& own) {
      return std::tuple(own.is_wanted, own.is_dynamic, own.wanted.component);
    });
    if (!is_wanted) continue;
    const bool is_listed = std::ranges::find(manifest.actors, entry->name, &ActorManifest::name) !=
                           manifest.actors.end();
    if (is_listed) {
      const ActorManifest& how = named(manifest.actors, entry->name);
      const bool anew =
          has(found.actors_changed, entry->name) || has(found.components_changed, how.component);
      if (anew) {
        entry->locked([&](Entry& own) {
          own.wanted = how;
          own.kind = components->kind(how.component);
        });
        respawn(entry);
        continue;
      }
    }
    const std::string& now = is_listed ? named(manifest.actors, entry->name).component : component;
    if (now == component && !new_bytes.contains(now)) continue;
    if (Result<> done = upgrade(entry, now, components->kind(now), "the manifest has changed");
        !done) {
      log(LogLevel::error,
          fmt::format("'{}' was not upgraded: {}", entry->name, done.error().message));
    }
  }
  for (const std::string& name : found.actors_new) {
    const ActorManifest& how = named(manifest.actors, name);
    roster->want(roster->entry_for(name), how, components->kind(how.component), false);
  }
  return {};
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
