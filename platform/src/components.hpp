#pragma once
/// The components of a deployment, by name: those of the manifest, and those that were uploaded.
/// The bytes of each that has run are kept by digest, so that its records can be run again later.

#include <cairn/base/disk.hpp>
#include <cairn/base/files.hpp>
#include <cairn/engine/engine.hpp>
#include <cairn/platform/deployment.hpp>

#include <map>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

#include "entry.hpp"

namespace cairn::platform {

/// A path of the manifest.
std::string path_in(const std::string& folder, const std::string& path);

struct LoadedComponent {
  ComponentManifest manifest;
  Kind kind;
  uint64_t bytes = 0;
  bool is_uploaded = false;
  /// Of one that was uploaded where nothing is kept: to be loaded with other settings.
  std::shared_ptr<const Bytes> source = {};
  /// Uploaded ones, by name, that were loaded with the settings of this one.
  std::map<std::string, Kind, std::less<>> heirs = {};
};

/// A component as somebody is to run it.
struct ChosenComponent {
  Kind kind = {};             ///< null: there is none of that name
  std::string settings = {};  ///< whose hold; empty: its own
};

class Components {
 public:
  struct World {
    engine::Engine* engine = nullptr;
    Disk* disk = nullptr;
    Files* files = nullptr;
    std::string folder = {};  ///< of what is kept; empty: nothing is
    std::string base = {};    ///< of the manifest's paths
    actor::ComponentWorld actors = {};
  };
  explicit Components(World world) : world_(std::move(world)) {}

  /// Reads, checks and links it; it is not there for anybody yet. Errors name the component.
  Result<LoadedComponent> load(const ComponentManifest& manifest) const;
  /// Of these bytes, or of those that are kept under that digest.
  Result<LoadedComponent> load(const ComponentManifest& manifest, ByteSpan bytes) const;
  Result<LoadedComponent> load_kept(const ComponentManifest& manifest,
                                    const crypto::Sha256& digest) const;
  /// Durable when it returns.
  Result<> keep(ByteSpan bytes, const crypto::Sha256& digest) const;
  /// One that was uploaded, with the settings of one of the manifest. It is compiled again.
  Result<Kind> load_as(const LoadedComponent& uploaded, const ComponentManifest& settings) const;
  /// The component of that name; if it was uploaded, with the settings of component `settings`,
  /// unless that was uploaded, too, or is none.
  Result<ChosenComponent> choose(std::string_view name, const std::string& settings);
  Result<> write_new(const std::string& path, ByteSpan bytes) const;

  /// In the place of what had the name.
  void put(LoadedComponent component);
  void remove(const std::string& name);
  std::optional<LoadedComponent> find(std::string_view name) const;
  /// Null: there is none.
  Kind kind(std::string_view name) const;
  /// By whichever settings; empty: it has been replaced.
  std::string name_of(const actor::ComponentKind& kind) const;
  std::vector<Deployment::ComponentStatus> list() const;

 private:
  std::string path_of(const crypto::Sha256& digest) const;

  World world_;
  mutable std::mutex keeping_;  ///< two may keep the same bytes
  mutable std::shared_mutex mutex_;
  std::map<std::string, LoadedComponent, std::less<>> components_;
};

}  // namespace cairn::platform
