// Who goes on by another component: told from outside, and what that is worth at the next start.

#include <fmt/format.h>

#include <algorithm>

#include "inside.hpp"

namespace cairn::platform {

Result<> Deployment::Inside::check_upgrade(std::string_view name,
                                           const actor::ComponentKind& before,
                                           const actor::ComponentKind* after) const {
  if (after != nullptr && before.serves_http() != after->serves_http()) {
    return fail(ErrorKind::unsupported,
                fmt::format("'{}' {} requests of HTTP: the other component handles messages of "
                            "another kind, and does not go on with its state",
                            name, before.serves_http() ? "serves" : "does not serve"));
  }
  if (before.style() == actor::StateStyle::resident) {
    if (after != nullptr && before.digest() == after->digest()) return {};
    return fail(ErrorKind::unsupported,
                fmt::format("'{}' is resident: its state is the memory of its component, and no "
                            "other goes on with it",
                            name));
  }
  if (after == nullptr || after->style() == actor::StateStyle::explicit_state) return {};
  return fail(ErrorKind::unsupported,
              fmt::format("'{}' has a state, and a resident component cannot go on with it", name));
}

Result<ChosenComponent> Deployment::Inside::chosen_after(const Entry& entry,
                                                         std::string_view component) {
  auto [before, settings, kind] = entry.locked([](const Entry& own) {
    return std::tuple(own.wanted.component, own.wanted.settings, own.kind);
  });
  if (settings.empty()) settings = std::move(before);
  // A guest's child.
  if (settings.empty() && kind != nullptr) settings = components->name_of(*kind);
  return components->choose(component, settings);
}

Result<> Deployment::Inside::upgrade(const EntryPtr& entry, const std::string& component,
                                     ChosenComponent chosen, std::string why) {
  if (entry->actor_id()) {
    return order(entry, {.why = std::move(why),
                         .kind = std::move(chosen.kind),
                         .component = component,
                         .settings = std::move(chosen.settings)});
  }
  entry->locked([&](Entry& own) {
    own.kind = std::move(chosen.kind);
    own.wanted.component = component;
    own.wanted.settings = std::move(chosen.settings);
  });
  return keep_component(*entry);
}

Result<> Deployment::Inside::keep_component(const Entry& entry) {
  const auto [is_wanted, is_dynamic, component, settings] = entry.locked([](const Entry& own) {
    return std::tuple(own.is_wanted, own.is_dynamic, own.wanted.component, own.wanted.settings);
  });
  if (!is_wanted) return {};  // a guest's child
  Tables::Upgraded upgraded{entry.name, component, listed_component(entry.name), true, settings};
  if (is_dynamic) {
    TRY(tables->upgrade(entry.name, component, settings));
  } else if (upgraded.listed == component) {
    return tables->forget_upgrades(entry.name);
  } else {
    TRY(tables->put(upgraded));
  }
  upgraded.is_taken = false;
  return tables->forget(upgraded);
}

/// May be asked by threads that must not wait for who changes something.
std::string Deployment::Inside::listed_component(std::string_view name) const {
  const std::lock_guard lock(shown_mutex);
  const auto& actors = shown->actors;
  const auto found = std::ranges::find(actors, name, &ActorManifest::name);
  return found == actors.end() ? std::string() : found->component;
}

Result<ActorManifest> Deployment::Inside::as_told(ActorManifest how) {
  for (const Tables::Upgraded& one : TRY(tables->upgraded(how.name))) {
    if (!one.is_taken) continue;
    const bool is_there = components->kind(one.component) != nullptr;
    if (one.listed == how.component && is_there) {
      const auto above = components->find(one.settings);
      how.settings = above && !above->is_uploaded ? one.settings : how.component;
      how.component = one.component;
      continue;
    }
    TRY(tables->forget(one));
    if (one.component == how.component) continue;
    log(LogLevel::warning,
        fmt::format(
            "'{}' ran by component '{}' and runs by '{}' again: {}", how.name, one.component,
            how.component,
            is_there ? "the manifest names another one for it than it did" : "the former is gone"));
  }
  return how;
}

void Deployment::Inside::forget_upgrades(const std::string& name) {
  if (const Result<> done = tables->forget_upgrades(name); !done) {
    log(LogLevel::error, done.error().to_string());
  }
}

/// A rejection names a component that may never have come to run.
Result<chain::StoredRecord> Deployment::Inside::last_done(std::string_view name) const {
  uint64_t at = TRY(store->chain(name)).sequence;
  chain::StoredRecord last = TRY(store->outline(name, at));
  while (at != 0 && last.record.kind == chain::RecordKind::rejection) {
    last = TRY(store->outline(name, --at));
  }
  return last;
}

Result<> Deployment::Inside::settle_upgrades() {
  for (const Tables::Upgraded& one : TRY(tables->upgraded())) {
    if (one.is_taken) {
      // Who went from the manifest was told for the last time.
      if (listed_component(one.name).empty()) TRY(tables->forget(one));
      continue;
    }
    const Kind kind = components->kind(one.component);
    const auto last = store == nullptr ? fail(ErrorKind::not_found, "") : last_done(one.name);
    if (kind != nullptr && last && last->record.module == kind->digest()) {
      TRY(tables->upgrade(one.name, one.component, one.settings));
      if (!one.listed.empty())
        TRY(tables->put(Tables::Upgraded{one.name, one.component, one.listed, true, one.settings}));
    } else {
      log(LogLevel::warning,
          fmt::format("'{}' was told to run by component '{}' and had not begun to when the "
                      "server ended: it does not",
                      one.name, one.component));
    }
    TRY(tables->forget(one));
  }
  return {};
}

void Deployment::Inside::keep_upgrade(const EntryPtr& entry, bool is_first) {
  const std::lock_guard lock(changing);
  const Result<> kept = keep_component(*entry);
  if (kept) return;
  if (is_first) {
    log(LogLevel::error, fmt::format("the upgrade of '{}' was not written, and is tried again: {}",
                                     entry->name, kept.error().to_string()));
  }
  const std::lock_guard waiting(forgotten_mutex);
  unkept.push_back(entry);
}

Result<> Deployment::upgrade(std::string_view name, std::string_view component) {
  Inside& in = *inside_;
  // What has to be compiled is, before others have to wait for it.
  TRY(in.chosen_after(*TRY(in.wanted(name)), component));
  const std::lock_guard lock(in.changing);
  const EntryPtr entry = TRY(in.wanted(name));
  ChosenComponent chosen = TRY(in.chosen_after(*entry, component));
  if (chosen.kind == nullptr) {
    return fail(ErrorKind::not_found, fmt::format("there is no component '{}'", component));
  }
  const Kind now = entry->locked([](const Entry& own) { return own.kind; });
  if (in.store != nullptr) TRY(in.check_upgrade(name, *now, chosen.kind.get()));
  // Before the chain can say so: if the process ends in between, the next one knows what it meant.
  if (entry->actor_id() && entry->locked([](const Entry& own) { return own.is_wanted; })) {
    TRY(in.tables->put(Tables::Upgraded{entry->name, std::string(component),
                                        in.listed_component(name), false, chosen.settings}));
  }
  return in.upgrade(entry, std::string(component), std::move(chosen), "somebody asked for it");
}

}  // namespace cairn::platform
