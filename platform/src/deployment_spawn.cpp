// Actors that are spawned from outside.

#include <fmt/format.h>

#include <algorithm>

#include "inside.hpp"

namespace cairn::platform {

/// So that it is there again after a new start.
Result<> Deployment::Inside::keep_spawned(const ActorManifest& how,
                                          const actor::ComponentKind& kind) const {
  return tables->put(Tables::Spawned{.name = how.name,
                                     .component = how.component,
                                     .argument = how.argument,
                                     .supervisor = how.supervisor,
                                     .restart = how.restart,
                                     .shutdown_ns = how.shutdown_ns,
                                     .significant = how.significant,
                                     .settings = how.settings,
                                     .upload = upload_of(how.component, kind)});
}

/// Who stopped left a state: one by another component would be an upgrade that nobody asked for.
Result<> Deployment::Inside::check_resumed(std::string_view name, const std::string& component,
                                           const actor::ComponentKind& kind) const {
  if (store == nullptr || !store->chain(name)) return {};
  const chain::StoredRecord last = TRY(last_done(name));
  const bool has_state = last.record.kind != chain::RecordKind::genesis;
  if (!has_state || last.record.module == kind.digest()) return {};
  const std::string why = TRY(why_not_resumed(last.record.module, component, kind));
  if (why.empty()) return {};
  return fail(ErrorKind::usage,
              fmt::format("there is a chain of the name '{}' already: {}", name, why));
}

/// Empty: those were the component's bytes before it was made anew.
Result<std::string> Deployment::Inside::why_not_resumed(const crypto::Sha256& module,
                                                        const std::string& component,
                                                        const actor::ComponentKind& kind) const {
  if (TRY(tables->had_name(module, component))) {
    if (kind.style() == actor::StateStyle::explicit_state) return "";
    return fmt::format("its state is the memory of the component that '{}' was before", component);
  }
  const std::string now = components->name_of(module);
  if (now.empty()) {
    return fmt::format(
        "it was made by another component than '{}', which nothing names any more: upload "
        "{}/components/{}.wasm, spawn it by that, and upgrade it",
        component, data, crypto::to_hex(module));
  }
  return fmt::format("it was made by '{}', not by '{}': spawn it by that, and upgrade it", now,
                     component);
}

/// The component that such a supervisor runs, or that was asked for.
Result<std::string> Deployment::Inside::component_below(const std::string& supervisor,
                                                        std::string_view asked) const {
  const auto& all = manifest.supervisors;
  const auto above = std::ranges::find(all, supervisor, &SupervisorManifest::name);
  if (!supervisor.empty() && above == all.end()) {
    return fail(ErrorKind::not_found, fmt::format("there is no supervisor '{}'", supervisor));
  }
  const std::string only = above == all.end() ? std::string() : above->component;
  if (only.empty() && asked.empty()) {
    return fail(ErrorKind::invalid, "nothing says which component is to run");
  }
  if (!only.empty() && !asked.empty() && only != asked) {
    return fail(
        ErrorKind::usage,
        fmt::format("supervisor '{}' has children of component '{}' alone", supervisor, only));
  }
  return only.empty() ? std::string(asked) : only;
}

Result<> Deployment::spawn(std::string_view name, std::string_view component,
                           actor::Payload argument, std::function<void(const Result<>&)> started,
                           const SpawnOptions& options) {
  Inside& in = *inside_;
  const std::lock_guard lock(in.changing);
  TRY(in.check_new_name(name));
  ActorManifest how = {.name = std::string(name),
                       .component = TRY(in.component_below(options.supervisor, component)),
                       .argument = std::move(argument),
                       .supervisor = options.supervisor,
                       .restart = options.restart,
                       .shutdown_ns = options.shutdown_ns,
                       .significant = options.significant};
  const auto& all = in.manifest.supervisors;
  const auto above = std::ranges::find(all, how.supervisor, &SupervisorManifest::name);
  const std::string why = why_not_significant(how, above == all.end() ? nullptr : &*above);
  if (!why.empty()) return fail(ErrorKind::invalid, "significant: " + why);
  Kind kind = TRY(in.components->choose(how.component, "")).kind;
  if (kind == nullptr) {
    return fail(ErrorKind::not_found, fmt::format("there is no component '{}'", how.component));
  }
  TRY(in.check_resumed(name, how.component, *kind));
  TRY(in.keep_spawned(how, *kind));
  const EntryPtr entry = in.roster->entry_for(name);
  if (started) entry->locked([&](Entry& own) { own.started.push_back(std::move(started)); });
  in.roster->want(entry, std::move(how), std::move(kind), true);
  return {};
}

}  // namespace cairn::platform
