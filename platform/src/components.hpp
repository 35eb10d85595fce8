#pragma once
/// The components of a deployment, by name: those of the manifest, and those that were uploaded.
/// The bytes of each that has run are kept by digest, so that its records can be run again later.

#include <cairn/base/disk.hpp>
#include <cairn/base/files.hpp>
#include <cairn/engine/engine.hpp>
#include <cairn/platform/deployment.hpp>

#include <map>
#include <memory>
#include <mutex>
#include <optional>
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
  /// Of one that was uploaded: what it needs beyond the grants of those that have no settings of
  /// their own. Nobody runs `kind` then.
  std::optional<Error> denied = {};
  /// Of one that was uploaded where nothing is kept: to be loaded with other settings.
  std::shared_ptr<const Bytes> source = {};
};

/// A component as somebody is to run it.
struct ChosenComponent {
  Kind kind = {};             ///< null: there is none of that name
  std::string settings = {};  ///< whose hold; empty: its own
};

/// What a kind is called, also when another one has the name by now.
struct KindNames {
  std::string component = {};  ///< empty: nobody knows it
  std::string settings = {};   ///< whose it has; empty: an uploaded one's own
  bool operator==(const KindNames&) const = default;
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
  Result<LoadedComponent> load(const ComponentManifest& manifest, ByteSpan bytes) const;
  /// One that is uploaded, or was. Its grants are those of whoever is to run it.
  Result<LoadedComponent> load_uploaded(const std::string& name, ByteSpan bytes) const;
  Result<LoadedComponent> load_uploaded(const std::string& name,
                                        const crypto::Sha256& digest) const;
  /// One that was uploaded, with the settings of one of the manifest. It is compiled again.
  Result<Kind> load_as(const std::string& name, const crypto::Sha256& digest,
                       const ComponentManifest& settings) const;
  /// The component of that name; if it was uploaded, with the settings of component `settings`,
  /// unless that was uploaded, too, or is none, and if another one was uploaded since under that
  /// name, the one with `digest`.
  Result<ChosenComponent> choose(std::string_view name, const std::string& settings,
                                 const std::optional<crypto::Sha256>& digest = {});

  /// In the place of what had the name.
  void put(LoadedComponent component);
  /// That was made by `load_as`, with the settings that component has now.
  void put_heir(const std::string& name, const std::string& settings, const Kind& kind);
  void remove(const std::string& name);
  std::optional<LoadedComponent> find(std::string_view name) const;
  /// To be run with its own settings; null: there is none.
  Kind kind(std::string_view name) const;
  bool is_uploaded(std::string_view name) const;
  KindNames names_of(const actor::ComponentKind& kind) const;
  /// That there are now and have those bytes; empty: none has.
  std::string name_of(const crypto::Sha256& digest) const;
  std::vector<Deployment::ComponentStatus> list() const;
  static Deployment::ComponentStatus status_of(const LoadedComponent& component);

 private:
  /// Somebody may run it still who began when it had the name.
  struct Known {
    KindNames names = {};
    std::weak_ptr<const actor::ComponentKind> kind = {};
    /// The settings' component, when it was made of that.
    std::weak_ptr<const actor::ComponentKind> above = {};
    std::shared_ptr<const Bytes> source = {};
  };
  std::string path_of(const crypto::Sha256& digest) const;
  /// Durable when it returns.
  Result<> keep(ByteSpan bytes, const crypto::Sha256& digest) const;
  Result<> write_new(const std::string& path, ByteSpan bytes) const;
  Result<Bytes> read_kept(const crypto::Sha256& digest) const;
  /// Null: it was not uploaded, or is kept elsewhere.
  std::shared_ptr<const Bytes> source_of(const crypto::Sha256& digest) const;
  Result<LoadedComponent> load_with(const ComponentManifest& manifest,
                                    const crypto::Sha256& digest) const;
  Kind known_heir(const KindNames& names, const crypto::Sha256& digest, const Kind& above) const;
  void know(Known known);

  World world_;
  mutable std::mutex keeping_;  ///< two may keep the same bytes
  mutable std::shared_mutex mutex_;
  std::map<std::string, LoadedComponent, std::less<>> components_;
  std::vector<Known> known_;
};

}  // namespace cairn::platform
