#pragma once
/// `wasi:filesystem/types.descriptor` of both versions: a handle of the sandbox with the flags that
/// it was opened with. What the flags do not allow is refused here, before the system is asked.

#include <cairn/wasi/sandbox/byte_stream.hpp>
#include <cairn/wasi/sandbox/handle.hpp>

#include <memory>
#include <optional>
#include <string>

namespace cairn::wasi {

/// `descriptor-flags`
using DescriptorFlags = uint8_t;
namespace descriptor_flag {
inline constexpr DescriptorFlags read = 1, write = 2, file_integrity_sync = 4,
                                 data_integrity_sync = 8, requested_write_sync = 16,
                                 mutate_directory = 32;
}
/// `open-flags`
namespace open_flag {
inline constexpr uint8_t create = 1, directory = 2, exclusive = 4, truncate = 8;
}

class Descriptor {
 public:
  Descriptor(std::shared_ptr<Handle> handle, DescriptorFlags flags)
      : handle_(std::move(handle)), flags_(flags) {}

  Handle& handle() const { return *handle_; }
  const std::shared_ptr<Handle>& share() const { return handle_; }
  bool is_directory() const { return handle_->type() == FileType::directory; }
  DescriptorFlags flags() const { return flags_; }

  // Files
  /// What has no positions, a pipe for instance, is read and written where it is.
  Outcome<std::unique_ptr<ByteSource>> source(EventLoop& loop, uint64_t offset,
                                              DiskWork disk) const;
  Outcome<std::unique_ptr<ByteSink>> sink(EventLoop& loop, uint64_t offset, DiskWork disk) const;
  Outcome<std::unique_ptr<ByteSink>> appender(EventLoop& loop, DiskWork disk) const;
  /// What follows can wait for a disk, but for `read_now`, which is `again` then.
  Outcome<Bytes> read_now(uint64_t length, uint64_t offset) const;
  Outcome<Bytes> read(uint64_t length, uint64_t offset) const;
  Outcome<uint64_t> write(ByteSpan bytes, uint64_t offset) const;
  Outcome<> set_size(uint64_t size) const;
  Outcome<> sync_data() const;
  Outcome<> sync() const;
  Outcome<> advise(uint64_t offset, uint64_t length, Advice advice) const;
  Outcome<> set_times(NewTime accessed, NewTime modified) const;

  // Directories
  Outcome<std::shared_ptr<Descriptor>> open_at(bool follow, std::string_view path,
                                               uint8_t open_flags, DescriptorFlags flags) const;
  Outcome<> set_times_at(bool follow, std::string_view path, NewTime accessed,
                         NewTime modified) const;
  Outcome<> create_directory_at(std::string_view path) const;
  Outcome<> remove_directory_at(std::string_view path) const;
  Outcome<> unlink_file_at(std::string_view path) const;
  Outcome<> link_at(bool follow, std::string_view path, const Descriptor& to,
                    std::string_view to_path) const;
  Outcome<> rename_at(std::string_view path, const Descriptor& to, std::string_view to_path) const;
  Outcome<> symlink_at(std::string_view target, std::string_view path) const;

  Outcome<bool> is_same_object(const Descriptor& other) const;

 private:
  std::optional<uint64_t> position(uint64_t offset) const;
  Outcome<> check_readable() const;
  Outcome<> check_writable() const;
  /// A directory whose contents may be changed.
  Outcome<> check_mutable() const;

  std::shared_ptr<Handle> handle_;
  DescriptorFlags flags_;
};

/// The entries of a directory without "." and "..", some at a time.
class DirectoryReader {
 public:
  explicit DirectoryReader(std::shared_ptr<Handle> directory) : directory_(std::move(directory)) {}
  /// The next ones; empty at the end.
  Outcome<std::vector<DirectoryEntry>> next();

 private:
  std::shared_ptr<Handle> directory_;
  uint64_t cookie_ = 0;
};

/// Changes when the file does, and does not show what it is made from (SHA-256, cut).
struct MetadataHash {
  uint64_t lower = 0, upper = 0;
  static MetadataHash of(const FileStat& stat);
};

}  // namespace cairn::wasi
