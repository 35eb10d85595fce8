#include "components/descriptor.hpp"

#include <cairn/crypto/sha256.hpp>
#include <cairn/wasi/limits.hpp>

namespace cairn::wasi {

namespace {

/// About how much of a directory is read at once.
constexpr size_t listing_bytes_max = 32'768;

FdFlags sync_flags(DescriptorFlags flags) {
  FdFlags native = 0;
  if ((flags & descriptor_flag::file_integrity_sync) != 0) native |= fd_flag::sync;
  if ((flags & descriptor_flag::data_integrity_sync) != 0) native |= fd_flag::dsync;
  if ((flags & descriptor_flag::requested_write_sync) != 0) native |= fd_flag::rsync;
  return native;
}

}  // namespace

// ---- What the flags allow ---------------------------------------------------------------------

Outcome<> Descriptor::check_readable() const {
  if (is_directory()) return fail(Errno::isdir);
  if ((flags_ & descriptor_flag::read) == 0) return fail(Errno::badf);
  return {};
}

Outcome<> Descriptor::check_writable() const {
  if (is_directory()) return fail(Errno::isdir);
  if ((flags_ & descriptor_flag::write) == 0) return fail(Errno::badf);
  return {};
}

Outcome<> Descriptor::check_mutable() const {
  if (!is_directory()) return fail(Errno::notdir);
  if ((flags_ & descriptor_flag::mutate_directory) == 0) return fail(Errno::rofs);
  return {};
}

// ---- Files ------------------------------------------------------------------------------------

std::optional<uint64_t> Descriptor::position(uint64_t offset) const {
  if (!handle_->is_seekable()) return std::nullopt;
  return offset;
}

Outcome<std::unique_ptr<ByteSource>> Descriptor::source(EventLoop& loop, uint64_t offset,
                                                        DiskWork disk) const {
  TRY(check_readable());
  return make_source(loop, handle_, position(offset), disk);
}

Outcome<std::unique_ptr<ByteSink>> Descriptor::sink(EventLoop& loop, uint64_t offset,
                                                    DiskWork disk) const {
  TRY(check_writable());
  return make_sink(loop, handle_, position(offset), disk);
}

Outcome<std::unique_ptr<ByteSink>> Descriptor::appender(EventLoop& loop, DiskWork disk) const {
  TRY(check_writable());
  if (!handle_->is_seekable()) return make_sink(loop, handle_, std::nullopt, disk);
  return make_appender(loop, handle_, disk);
}

Outcome<Bytes> Descriptor::read_now(uint64_t length, uint64_t offset) const {
  TRY(check_readable());
  Bytes bytes(std::min<uint64_t>(length, GuestLimits{}.transfer_bytes_max));
  const iovec buffer{bytes.data(), bytes.size()};
  bytes.resize(TRY(handle_->read_now({&buffer, 1}, offset)));
  return bytes;
}

Outcome<Bytes> Descriptor::read(uint64_t length, uint64_t offset) const {
  TRY(check_readable());
  Bytes bytes(std::min<uint64_t>(length, GuestLimits{}.transfer_bytes_max));
  const iovec buffer{bytes.data(), bytes.size()};
  bytes.resize(TRY(handle_->read_at({&buffer, 1}, offset)));
  return bytes;
}

Outcome<uint64_t> Descriptor::write(ByteSpan bytes, uint64_t offset) const {
  TRY(check_writable());
  const iovec buffer{const_cast<uint8_t*>(bytes.data()), bytes.size()};
  return TRY(handle_->write_at({&buffer, 1}, offset));
}

Outcome<> Descriptor::advise(uint64_t offset, uint64_t length, Advice advice) const {
  if (is_directory()) return fail(Errno::badf);
  return handle_->advise(offset, length, advice);
}

Outcome<> Descriptor::set_size(uint64_t size) const {
  TRY(check_writable());
  return handle_->set_size(size);
}

Outcome<> Descriptor::sync_data() const { return handle_->sync_data(); }
Outcome<> Descriptor::sync() const { return handle_->sync(); }

Outcome<> Descriptor::set_times(NewTime accessed, NewTime modified) const {
  const DescriptorFlags changing = descriptor_flag::write | descriptor_flag::mutate_directory;
  if ((flags_ & changing) == 0) return fail(Errno::perm);
  return handle_->set_times(accessed, modified);
}

// ---- Directories ------------------------------------------------------------------------------

Outcome<std::shared_ptr<Descriptor>> Descriptor::open_at(bool follow, std::string_view path,
                                                         uint8_t open_flags,
                                                         DescriptorFlags flags) const {
  if (!is_directory()) return fail(Errno::notdir);
  const bool create = (open_flags & open_flag::create) != 0;
  const bool truncate = (open_flags & open_flag::truncate) != 0;
  const bool mutate = (flags & descriptor_flag::mutate_directory) != 0;
  const bool write = (flags & descriptor_flag::write) != 0;
  if (create || truncate || mutate || write) TRY(check_mutable());
  // Who asks for nothing reads; what is created or cut can be written.
  const OpenOptions options{.follow = follow,
                            .create = create,
                            .exclusive = create && (open_flags & open_flag::exclusive) != 0,
                            .truncate = truncate,
                            .directory = (open_flags & open_flag::directory) != 0,
                            .read = (flags & descriptor_flag::read) != 0 || !write,
                            .write = write || create || truncate,
                            .flags = sync_flags(flags)};
  std::shared_ptr<Handle> handle = TRY(handle_->open(path, options));
  DescriptorFlags got =
      flags & (descriptor_flag::file_integrity_sync | descriptor_flag::data_integrity_sync |
               descriptor_flag::requested_write_sync);
  if (options.read) got |= descriptor_flag::read;
  if (handle->type() == FileType::directory)
    got |= flags & descriptor_flag::mutate_directory;
  else if (options.write)
    got |= descriptor_flag::write;
  return std::make_shared<Descriptor>(std::move(handle), got);
}

Outcome<> Descriptor::set_times_at(bool follow, std::string_view path, NewTime accessed,
                                   NewTime modified) const {
  TRY(check_mutable());
  return handle_->set_times_at(path, follow, accessed, modified);
}

Outcome<> Descriptor::create_directory_at(std::string_view path) const {
  TRY(check_mutable());
  return handle_->create_directory(path);
}

Outcome<> Descriptor::remove_directory_at(std::string_view path) const {
  TRY(check_mutable());
  return handle_->remove_directory(path);
}

Outcome<> Descriptor::unlink_file_at(std::string_view path) const {
  TRY(check_mutable());
  return handle_->remove_file(path);
}

Outcome<> Descriptor::link_at(bool follow, std::string_view path, const Descriptor& to,
                              std::string_view to_path) const {
  // A link to what a symbolic link leads to is not offered: it could not be made in one step.
  if (follow) return fail(Errno::inval);
  TRY(check_mutable());
  TRY(to.check_mutable());
  return handle_->link(path, to.handle(), to_path);
}

Outcome<> Descriptor::rename_at(std::string_view path, const Descriptor& to,
                                std::string_view to_path) const {
  TRY(check_mutable());
  TRY(to.check_mutable());
  return handle_->rename(path, to.handle(), to_path);
}

Outcome<> Descriptor::symlink_at(std::string_view target, std::string_view path) const {
  TRY(check_mutable());
  return handle_->symlink(target, path);
}

Outcome<bool> Descriptor::is_same_object(const Descriptor& other) const {
  const FileStat a = TRY(handle_->stat());
  const FileStat b = TRY(other.handle_->stat());
  return a.device == b.device && a.inode == b.inode;
}

Outcome<std::vector<DirectoryEntry>> DirectoryReader::next() {
  for (;;) {
    std::vector<DirectoryEntry> entries = TRY(directory_->list(cookie_, listing_bytes_max));
    if (entries.empty()) return entries;
    cookie_ = entries.back().next;
    std::erase_if(entries, [](const DirectoryEntry& entry) {
      return entry.name == "." || entry.name == "..";
    });
    if (!entries.empty()) return entries;
  }
}

MetadataHash MetadataHash::of(const FileStat& stat) {
  const uint64_t parts[] = {stat.device, stat.inode, stat.size, stat.modified_ns, stat.changed_ns};
  const auto digest =
      crypto::sha256(ByteSpan(reinterpret_cast<const uint8_t*>(parts), sizeof parts));
  return {load_le<uint64_t>(digest.data()), load_le<uint64_t>(digest.data() + 8)};
}

}  // namespace cairn::wasi
