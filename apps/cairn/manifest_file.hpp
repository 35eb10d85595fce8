#pragma once
/// What `cairn serve` is told to run, as a file: a manifest, or a component alone.

#include <cairn/base/files.hpp>
#include <cairn/platform/manifest.hpp>

#include <string>
#include <vector>

namespace cairn::cli {

inline constexpr const char* default_manifest = "cairn.toml";

struct ManifestFile {
  std::string path;
  std::string folder;  ///< what its paths are relative to; empty: the current one
  bool is_component = false;
  platform::Manifest manifest = {};

  /// Errors: those of reading, with the path, and of the manifest, with line and column.
  static Result<ManifestFile> read(Files& files, const std::string& path);

  /// A path as the manifest has it, as one that can be opened.
  std::string resolve(const std::string& path) const;
  /// The file itself and those of its components.
  std::vector<std::string> files() const;
};

}  // namespace cairn::cli
