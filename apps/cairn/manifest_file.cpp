#include "manifest_file.hpp"

#include <filesystem>

namespace cairn::cli {
namespace {

constexpr uint64_t manifest_bytes_max = uint64_t{16} << 20;

}  // namespace

Result<ManifestFile> ManifestFile::read(Files& files, const std::string& path) {
  ManifestFile read{.path = path, .folder = {}, .is_component = path.ends_with(".wasm")};
  if (read.is_component) {
    // Whether it is there is said now, and not when it is loaded.
    TRY(files.info(path));
    read.manifest = platform::Manifest::of_component(path);
    return read;
  }
  const Bytes text = TRY(files.read_file(path, manifest_bytes_max));
  read.folder = std::filesystem::path(path).parent_path().string();
  read.manifest = TRY(platform::Manifest::parse(as_text(text), path));
  return read;
}

std::string ManifestFile::resolve(const std::string& file) const {
  return (std::filesystem::path(folder) / file).string();
}

std::vector<std::string> ManifestFile::files() const {
  std::vector<std::string> all = {path};
  for (const platform::ComponentManifest& component : manifest.components)
    all.push_back(resolve(component.path));
  return all;
}

}  // namespace cairn::cli
