#include <cairn/base/files.hpp>

#include <fmt/format.h>

#include <cerrno>

namespace cairn {
namespace {

std::string inside(const std::string& directory) {
  return directory.ends_with('/') ? directory : directory + '/';
}

}  // namespace

int SimulatedFiles::begin_operation() {
  const auto failure = failures_.find(calls_++);
  return failure == failures_.end() ? 0 : failure->second;
}

Result<Bytes> SimulatedFiles::read_file(const std::string& path, uint64_t size_max) {
  if (const int error = begin_operation()) return std::unexpected(file_error(error, path));
  const auto file = files_.find(path);
  if (file == files_.end()) {
    return std::unexpected(file_error(is_directory(path) ? EISDIR : ENOENT, path));
  }
  if (file->second.size() > size_max) {
    return std::unexpected(Error{.kind = ErrorKind::limit,
                                 .message = fmt::format("file is larger than {} bytes", size_max),
                                 .path = path});
  }
  return file->second;
}

Result<> SimulatedFiles::write_file(const std::string& path, ByteSpan bytes) {
  if (const int error = begin_operation()) {
    const ByteSpan written = bytes.first(bytes.size() / 2);
    files_[path].assign(written.begin(), written.end());
    return std::unexpected(file_error(error, path));
  }
  if (is_directory(path)) return std::unexpected(file_error(EISDIR, path));
  files_[path].assign(bytes.begin(), bytes.end());
  used_[path] = ++uses_;
  return {};
}

bool SimulatedFiles::exists(const std::string& path) {
  return files_.contains(path) || is_directory(path);
}

bool SimulatedFiles::is_directory(const std::string& path) {
  const std::string prefix = inside(path);
  const auto within = [&prefix](const auto& next, const auto& end, const auto& name) {
    return next != end && name(next).starts_with(prefix);
  };
  return directories_.contains(path) ||
         within(files_.lower_bound(prefix), files_.end(), [](auto at) { return at->first; }) ||
         within(directories_.lower_bound(prefix), directories_.end(), [](auto at) { return *at; });
}

Result<std::vector<std::string>> SimulatedFiles::list_directory(const std::string& path) {
  if (const int error = begin_operation()) return std::unexpected(file_error(error, path));
  if (!is_directory(path)) {
    return std::unexpected(file_error(files_.contains(path) ? ENOTDIR : ENOENT, path));
  }
  std::set<std::string> names;
  const std::string prefix = inside(path);
  const auto add = [&](const std::string& full) {
    if (!full.starts_with(prefix)) return;
    const std::string name =
        full.substr(prefix.size(), full.find('/', prefix.size()) - prefix.size());
    if (!name.empty()) names.insert(name);
  };
  for (const auto& [name, bytes] : files_) add(name);
  for (const std::string& name : directories_) add(name);
  return std::vector(names.begin(), names.end());
}

Result<> SimulatedFiles::make_directories(const std::string& path) {
  if (const int error = begin_operation()) return std::unexpected(file_error(error, path));
  if (files_.contains(path)) return std::unexpected(file_error(EEXIST, path));
  directories_.insert(path);
  return {};
}

Result<> SimulatedFiles::remove_file(const std::string& path) {
  if (const int error = begin_operation()) return std::unexpected(file_error(error, path));
  if (files_.erase(path) == 0) return std::unexpected(file_error(ENOENT, path));
  return {};
}

Result<> SimulatedFiles::rename_file(const std::string& from, const std::string& to) {
  if (const int error = begin_operation()) return std::unexpected(file_error(error, from));
  const auto file = files_.find(from);
  if (file == files_.end()) return std::unexpected(file_error(ENOENT, from));
  Bytes bytes = std::move(file->second);
  files_.erase(file);
  files_[to] = std::move(bytes);
  used_[to] = ++uses_;
  return {};
}

Result<Files::Info> SimulatedFiles::info(const std::string& path) {
  if (const int error = begin_operation()) return std::unexpected(file_error(error, path));
  const auto file = files_.find(path);
  if (file == files_.end()) return std::unexpected(file_error(ENOENT, path));
  return Info{.size = file->second.size(), .used = used_[path]};
}

Result<> SimulatedFiles::touch(const std::string& path) {
  if (const int error = begin_operation()) return std::unexpected(file_error(error, path));
  if (!files_.contains(path)) return std::unexpected(file_error(ENOENT, path));
  used_[path] = ++uses_;
  return {};
}

}  // namespace cairn
