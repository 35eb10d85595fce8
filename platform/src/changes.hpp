#pragma once
/// What has to be done so that what one manifest says becomes what another says.

#include <cairn/platform/manifest.hpp>

#include <string>
#include <vector>

namespace cairn::platform {

struct ManifestChanges {
  /// Of what is opened at the start, and cannot change later: "listen", "data", …
  std::vector<std::string> fixed = {};
  // Names, in the order of the new manifest; of what is gone, in that of the old one.
  std::vector<std::string> components_gone = {};
  /// Whose settings have changed: its actors start anew. What its file holds is another matter.
  std::vector<std::string> components_changed = {};
  std::vector<std::string> pools_new = {};
  std::vector<std::string> supervisors_moved = {};    ///< under another one
  std::vector<std::string> supervisors_changed = {};  ///< by their settings
  std::vector<std::string> supervisors_new = {};
  std::vector<std::string> supervisors_gone = {};
  std::vector<std::string> actors_gone = {};
  /// By another component, alone: it goes on in place.
  std::vector<std::string> actors_upgraded = {};
  /// Their supervisor, topics, restart or shutdown: they stop, and start again.
  std::vector<std::string> actors_changed = {};
  std::vector<std::string> actors_new = {};

  bool operator==(const ManifestChanges&) const = default;
};

/// An argument that has changed means something to actors that are made anew only: it is no change.
ManifestChanges changes(const Manifest& from, const Manifest& to);

}  // namespace cairn::platform
