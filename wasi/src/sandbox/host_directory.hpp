#pragma once
/// Directories of the host. All paths go through a `PathResolver`.

#include <cairn/wasi/sandbox/handle.hpp>
#include <cairn/wasi/sandbox/host.hpp>

#include "sandbox/path_resolver.hpp"
#include "sandbox/unique_fd.hpp"

namespace cairn::wasi {

class HostDirectory final : public Handle {
 public:
  /// `fd` is open for reading.
  HostDirectory(UniqueFd fd, const DirectoryOptions& options)
      : Handle(FileType::directory),
        fd_(std::move(fd)),
        options_(options),
        resolver_(options.resolution) {}

  int native_fd() const override { return fd_.get(); }
  Outcome<FileStat> stat() override;
  Outcome<> set_times(NewTime accessed, NewTime modified) override;
  Outcome<> sync_data() override;
  Outcome<> sync() override;

  Outcome<std::shared_ptr<Handle>> open(std::string_view path, const OpenOptions& options) override;
  Outcome<std::vector<DirectoryEntry>> list(uint64_t cookie, size_t bytes_max) override;
  Outcome<FileStat> stat_at(std::string_view path, bool follow) override;
  Outcome<> set_times_at(std::string_view path, bool follow, NewTime accessed,
                         NewTime modified) override;
  Outcome<> create_directory(std::string_view path) override;
  Outcome<> remove_directory(std::string_view path) override;
  Outcome<> remove_file(std::string_view path) override;
  Outcome<> rename(std::string_view path, Handle& to, std::string_view to_path) override;
  Outcome<> link(std::string_view path, Handle& to, std::string_view to_path) override;
  Outcome<> symlink(std::string_view target, std::string_view path) override;
  Outcome<std::string> read_link(std::string_view path) override;

 private:
  /// The place of `path` for an operation that changes the directory.
  Outcome<Place> place_to_change(std::string_view path) const;
  /// The same in another handle, which must be one of these.
  static Outcome<Place> place_in(Handle& handle, std::string_view path);

  UniqueFd fd_;
  DirectoryOptions options_;
  PathResolver resolver_;
};

}  // namespace cairn::wasi
