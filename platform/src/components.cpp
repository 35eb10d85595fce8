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

Result<Bytes> Components::read_kept(const crypto::Sha256& digest) const {
  const std::string path = path_of(digest);
  const auto file = TRY(world_.disk->open(path, Disk::Open::reading));
  Bytes bytes(TRY(file->size()));
  TRY(file->read_exactly(0, bytes));
  if (crypto::sha256(bytes) != digest) {
    return std::unexpected(Error{.kind = ErrorKind::malformed,
                                 .message = "the component has not the digest of its name",
                                 .path = path});
  }
  return bytes;
}

Result<LoadedComponent> Components::load_with(const ComponentManifest& manifest,
                                              const crypto::Sha256& digest) const {
  if (!world_.folder.empty()) return load(manifest, TRY(read_kept(digest)));
  if (const auto source = source_of(digest)) return load(manifest, *source);
  return fail(ErrorKind::not_found,
              fmt::format("component '{}' was uploaded, and is kept nowhere", manifest.name));
}

std::shared_ptr<const Bytes> Components::source_of(const crypto::Sha256& digest) const {
  const std::shared_lock lock(mutex_);
  for (const auto& [name, component] : components_)
    if (component.kind->digest() == digest && component.source) return component.source;
  for (const Known& known : known_) {
    const Kind kind = known.kind.lock();
    if (kind != nullptr && kind->digest() == digest && known.source) return known.source;
  }
  return nullptr;
}

Result<LoadedComponent> Components::load_uploaded(const std::string& name, ByteSpan bytes) const {
  ComponentManifest settings;
  settings.name = name;
  auto loaded = load(settings, bytes);
  if (!loaded && loaded.error().kind == ErrorKind::denied) {
    Error denied = std::move(loaded).error();
    settings.settings.grants = actor::Grants::all();
    loaded = load(settings, bytes);
    if (loaded) loaded->denied = std::move(denied);
  }
  if (loaded) loaded->is_uploaded = true;
  return loaded;
}

Result<LoadedComponent> Components::load_uploaded(const std::string& name,
                                                  const crypto::Sha256& digest) const {
  return load_uploaded(name, TRY(read_kept(digest)));
}

Result<Kind> Components::load_as(const std::string& name, const crypto::Sha256& digest,
                                 const ComponentManifest& settings) const {
  ComponentManifest how = settings;
  how.name = name;
  how.path.clear();
  return TRY(load_with(how, digest)).kind;
}

Result<ChosenComponent> Components::choose(std::string_view name, const std::string& settings,
                                           const std::optional<crypto::Sha256>& digest) {
  const auto asked = find(name);
  if (!asked) return ChosenComponent{};
  if (!asked->is_uploaded) return ChosenComponent{.kind = asked->kind};
  const crypto::Sha256 wanted = digest.value_or(asked->kind->digest());
  const bool is_former = wanted != asked->kind->digest();
  const auto above = find(settings);
  const bool has_settings = above && !above->is_uploaded;
  if (!is_former && !has_settings) {
    if (asked->denied) return std::unexpected(*asked->denied);
    return ChosenComponent{.kind = asked->kind};
  }
  KindNames names = {.component = std::string(name),
                     .settings = has_settings ? settings : std::string()};
  const Kind above_kind = has_settings ? above->kind : nullptr;
  if (Kind known = known_heir(names, wanted, above_kind))
    return ChosenComponent{.kind = std::move(known), .settings = std::move(names.settings)};
  const ComponentManifest how = has_settings ? above->manifest : ComponentManifest();
  ChosenComponent chosen{.kind = TRY(load_as(names.component, wanted, how)),
                         .settings = names.settings};
  know({.names = std::move(names), .kind = chosen.kind, .above = above_kind});
  return chosen;
}

Kind Components::known_heir(const KindNames& names, const crypto::Sha256& digest,
                            const Kind& above) const {
  const std::shared_lock lock(mutex_);
  for (const Known& known : known_) {
    if (known.names != names || known.above.lock() != above) continue;
    if (Kind kind = known.kind.lock(); kind != nullptr && kind->digest() == digest) return kind;
  }
  return nullptr;
}

void Components::know(Known known) {
  const Kind kind = known.kind.lock();
  if (known.source == nullptr) known.source = source_of(kind->digest());
  const std::unique_lock lock(mutex_);
  std::erase_if(known_, [](const Known& each) { return each.kind.expired(); });
  known_.push_back(std::move(known));
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
  std::string name = component.manifest.name;
  // Who is denied may not be found there.
  if (!component.denied)
    know({.names = {.component = name, .settings = component.is_uploaded ? std::string() : name},
          .kind = component.kind,
          .source = component.source});
  const std::unique_lock lock(mutex_);
  components_.insert_or_assign(std::move(name), std::move(component));
}

void Components::put_heir(const std::string& name, const std::string& settings, const Kind& kind) {
  const Kind above = find(settings).value_or(LoadedComponent()).kind;
  know({.names = {.component = name, .settings = settings}, .kind = kind, .above = above});
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
  return found == components_.end() || found->second.denied ? nullptr : found->second.kind;
}

bool Components::is_uploaded(std::string_view name) const {
  const std::shared_lock lock(mutex_);
  const auto found = components_.find(name);
  return found != components_.end() && found->second.is_uploaded;
}

KindNames Components::names_of(const actor::ComponentKind& kind) const {
  const std::shared_lock lock(mutex_);
  for (const Known& known : known_)
    if (known.kind.lock().get() == &kind) return known.names;
  return {};
}

std::string Components::name_of(const crypto::Sha256& digest) const {
  const std::shared_lock lock(mutex_);
  for (const auto& [name, component] : components_)
    if (component.kind->digest() == digest) return name;
  return {};
}

Deployment::ComponentStatus Components::status_of(const LoadedComponent& component) {
  return {.name = component.manifest.name,
          .digest = component.kind->digest(),
          .bytes = component.bytes,
          .is_resident = component.kind->style() == actor::StateStyle::resident,
          .denied = component.denied ? component.denied->message : std::string()};
}

std::vector<Deployment::ComponentStatus> Components::list() const {
  const std::shared_lock lock(mutex_);
  std::vector<Deployment::ComponentStatus> list;
  for (const auto& [name, component] : components_) list.push_back(status_of(component));
  return list;
}

}  // namespace cairn::platform
