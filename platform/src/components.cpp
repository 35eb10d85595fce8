#include "components.hpp"

#include <fmt/format.h>

#include <utility>

namespace cairn::platform {

namespace {

constexpr uint64_t component_bytes_max = uint64_t{256} << 20;

/// What an actor was configured with, for the genesis of its chain.
Bytes text_of(const ComponentManifest& manifest) {
  const actor::ActorLimits& limits = manifest.settings.limits;
  std::string text = fmt::format(
      "component {}\ngrants {}\nfuel {}\nmemory {}\npayload {}\nstate {}\n", manifest.name,
      fmt::join(manifest.settings.grants.names(), " "), limits.fuel_per_message,
      limits.memory_bytes, limits.payload_bytes, manifest.handler_limits.state_bytes_max);
  const ByteSpan bytes = as_bytes(text);
  return {bytes.begin(), bytes.end()};
}

}  // namespace

std::string path_in(const std::string& folder, const std::string& path) {
  return path.starts_with('/') || folder.empty() ? path : folder + '/' + path;
}

std::string Components::path_of(const crypto::Sha256& digest) const {
  return world_.folder + '/' + crypto::to_hex(digest) + ".wasm";
}

Result<LoadedComponent> Components::load(const ComponentManifest& manifest) const {
  const auto bytes =
      world_.files->read_file(path_in(world_.base, manifest.path), component_bytes_max);
  if (!bytes) return std::unexpected(bytes.error());
  return load(manifest, *bytes);
}

Result<LoadedComponent> Components::load(const ComponentManifest& manifest, ByteSpan bytes) const {
  actor::KindSettings settings;
  settings.settings = std::make_shared<const actor::ActorSettings>(manifest.settings);
  settings.handler_limits = manifest.handler_limits;
  settings.manifest = text_of(manifest);
  settings.on_trap = manifest.on_trap;
  settings.on_limit = manifest.on_limit;
  settings.on_error = manifest.on_error;
  settings.on_contract = manifest.on_contract;
  settings.supervision = {.strategy = manifest.supervision.strategy,
                          .intensity = manifest.supervision.intensity,
                          .backoff = manifest.supervision.backoff,
                          .auto_shutdown = manifest.supervision.auto_shutdown};
  settings.env = manifest.env;
  auto kind = actor::ComponentKind::load(*world_.engine, bytes, world_.actors, std::move(settings));
  if (!kind) {
    Error error = std::move(kind).error();
    error.message = fmt::format("component '{}': {}", manifest.name, error.message);
    if (error.path.empty()) error.path = manifest.path;
    return std::unexpected(std::move(error));
  }
  TRY(keep(bytes, (*kind)->digest()));
  return LoadedComponent{.manifest = manifest, .kind = *std::move(kind), .bytes = bytes.size()};
}

Result<LoadedComponent> Components::load_kept(const ComponentManifest& manifest,
                                              const crypto::Sha256& digest) const {
  const std::string path = path_of(digest);
  const auto file = TRY(world_.disk->open(path, Disk::Open::reading));
  Bytes bytes(TRY(file->size()));
  TRY(file->read_exactly(0, bytes));
  if (crypto::sha256(bytes) != digest) {
    return std::unexpected(Error{.kind = ErrorKind::malformed,
                                 .message = "the component has not the digest of its name",
                                 .path = path});
  }
  return load(manifest, bytes);
}

Result<Kind> Components::load_as(const LoadedComponent& uploaded,
                                 const ComponentManifest& settings) const {
  ComponentManifest how = settings;
  how.name = uploaded.manifest.name;
  how.path.clear();
  const auto loaded = uploaded.source == nullptr ? load_kept(how, uploaded.kind->digest())
                                                 : load(how, *uploaded.source);
  if (!loaded) return std::unexpected(loaded.error());
  return loaded->kind;
}

Result<ChosenComponent> Components::choose(std::string_view name, const std::string& settings) {
  const auto asked = find(name);
  if (!asked) return ChosenComponent{};
  const auto above = asked->is_uploaded ? find(settings) : std::nullopt;
  if (!above || above->is_uploaded) return ChosenComponent{.kind = asked->kind};
  const auto heir = above->heirs.find(name);
  if (heir != above->heirs.end() && heir->second->digest() == asked->kind->digest())
    return ChosenComponent{.kind = heir->second, .settings = settings};
  ChosenComponent chosen{.kind = TRY(load_as(*asked, above->manifest)), .settings = settings};
  const std::unique_lock lock(mutex_);
  const auto now = components_.find(settings);
  const bool is_same = now != components_.end() && now->second.kind == above->kind;
  if (is_same) now->second.heirs.insert_or_assign(std::string(name), chosen.kind);
  return chosen;
}

Result<> Components::keep(ByteSpan bytes, const crypto::Sha256& digest) const {
  if (world_.folder.empty()) return {};
  const std::lock_guard lock(keeping_);
  const std::string path = path_of(digest);
  if (const auto file = world_.disk->open(path, Disk::Open::reading)) {
    // What a crash has cut off is written anew.
    Bytes there(TRY((*file)->size()));
    TRY((*file)->read_exactly(0, there));
    if (crypto::sha256(there) == digest) return {};
    TRY(world_.disk->remove_file(path));
  }
  Result<> kept = write_new(path, bytes);
  if (!kept) {
    static_cast<void>(world_.disk->remove_file(path));
    // The folder has gone: that is no fault of who sent it.
    if (kept.error().kind == ErrorKind::not_found) kept.error().kind = ErrorKind::io;
  }
  return kept;
}

Result<> Components::write_new(const std::string& path, ByteSpan bytes) const {
  const auto file = TRY(world_.disk->open(path, Disk::Open::create));
  TRY(file->write(0, bytes));
  TRY(file->sync());
  return world_.disk->sync_directory(world_.folder);
}

void Components::put(LoadedComponent component) {
  const std::unique_lock lock(mutex_);
  std::string name = component.manifest.name;
  components_.insert_or_assign(std::move(name), std::move(component));
}

void Components::remove(const std::string& name) {
  const std::unique_lock lock(mutex_);
  components_.erase(name);
}

std::optional<LoadedComponent> Components::find(std::string_view name) const {
  const std::shared_lock lock(mutex_);
  const auto found = components_.find(name);
  if (found == components_.end()) return std::nullopt;
  return found->second;
}

Kind Components::kind(std::string_view name) const {
  const std::shared_lock lock(mutex_);
  const auto found = components_.find(name);
  return found == components_.end() ? nullptr : found->second.kind;
}

std::string Components::name_of(const actor::ComponentKind& kind) const {
  const std::shared_lock lock(mutex_);
  for (const auto& [name, component] : components_) {
    if (component.kind.get() == &kind) return name;
    for (const auto& [heir, heir_kind] : component.heirs)
      if (heir_kind.get() == &kind) return heir;
  }
  return {};
}

std::vector<Deployment::ComponentStatus> Components::list() const {
  const std::shared_lock lock(mutex_);
  std::vector<Deployment::ComponentStatus> list;
  for (const auto& [name, component] : components_) {
    list.push_back({.name = name,
                    .digest = component.kind->digest(),
                    .bytes = component.bytes,
                    .is_resident = component.kind->style() == actor::StateStyle::resident});
  }
  return list;
}

}  // namespace cairn::platform
