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
  if (settings.empty() && kind != nullptr) settings = components->names_of(*kind).settings;
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
  const auto [is_wanted, is_dynamic, how, kind] = entry.locked([](const Entry& own) {
    return std::tuple(own.is_wanted, own.is_dynamic, own.wanted, own.kind);
  });
  if (!is_wanted) return {};  // a guest's child
  const std::string& component = how.component;
  const auto upload = upload_of(component, *kind);
  Tables::Upgraded upgraded{entry.name, component,    listed_component(entry.name),
                            true,       how.settings, upload};
  if (is_dynamic) {
    TRY(tables->upgrade(entry.name, component, how.settings, upload));
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

std::optional<crypto::Sha256> Deployment::Inside::upload_of(
    const std::string& component, const actor::ComponentKind& kind) const {
  return components->is_uploaded(component) ? std::optional(kind.digest()) : std::nullopt;
}

Result<Deployment::Inside::Told> Deployment::Inside::as_told(const ActorManifest& listed) {
  ActorManifest how = listed;
  std::optional<crypto::Sha256> upload;
  for (const Tables::Upgraded& one : TRY(tables->upgraded(how.name))) {
    if (!one.is_taken) continue;
    const bool is_there = components->find(one.component).has_value();
    if (one.listed == how.component && is_there) {
      const auto above = components->find(one.settings);
      how.settings = above && !above->is_uploaded ? one.settings : how.component;
      how.component = one.component;
      upload = one.upload;
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
  ChosenComponent chosen = TRY(components->choose(how.component, how.settings, upload));
  how.settings = std::move(chosen.settings);
  return Told{.how = std::move(how), .kind = std::move(chosen.kind)};
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
    const auto told = components->find(one.component);
    const auto last = store == nullptr ? fail(ErrorKind::not_found, "") : last_done(one.name);
    if (told && last && last->record.module == one.upload.value_or(told->kind->digest())) {
      TRY(tables->upgrade(one.name, one.component, one.settings, one.upload));
      Tables::Upgraded taken = one;
      taken.is_taken = true;
      if (!one.listed.empty()) TRY(tables->put(taken));
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
  TRY(in.chosen_after(*TRY(in.going_on(name)), component));
  const std::lock_guard lock(in.changing);
  const EntryPtr entry = TRY(in.going_on(name));
  ChosenComponent chosen = TRY(in.chosen_after(*entry, component));
  if (chosen.kind == nullptr) {
    return fail(ErrorKind::not_found, fmt::format("there is no component '{}'", component));
  }
  const Kind now = entry->locked([](const Entry& own) { return own.kind; });
  if (in.store != nullptr) TRY(in.check_upgrade(name, *now, chosen.kind.get()));
  // Before the chain can say so: if the process ends in between, the next one knows what it meant.
  if (entry->actor_id() && entry->locked([](const Entry& own) { return own.is_wanted; })) {
    const std::string after(component);
    TRY(in.tables->put(Tables::Upgraded{entry->name, after, in.listed_component(name), false,
                                        chosen.settings, in.upload_of(after, *chosen.kind)}));
  }
  return in.upgrade(entry, std::string(component), std::move(chosen), "somebody asked for it");
}

}  // namespace cairn::platform
