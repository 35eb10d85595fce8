// Paths: each is relative to a directory that the guest holds. The handles keep them beneath it.

#include <algorithm>

#include "preview1/call.hpp"
#include "preview1/layout.hpp"

namespace cairn::wasi {
namespace {

/// The directory of a path; what is no directory is `notdir` before rights are looked at.
Outcome<Descriptor*> find_directory(Call& call, uint32_t fd, Rights needed) {
  const Descriptor* descriptor = TRY(call.state.table.find(fd));
  if (descriptor->handle->type() != FileType::directory) return fail(Errno::notdir);
  return call.find(fd, needed);
}

/// `lookupflags`: whether a symbolic link in the last place is followed.
Outcome<bool> follow_flag(uint32_t flags) {
  if (flags > 1) return fail(Errno::inval);
  return flags == 1;
}

enum OpenFlag : uint32_t { oflag_creat = 1, oflag_directory = 2, oflag_excl = 4, oflag_trunc = 8 };

/// What the directory's own rights must allow.
Rights rights_to_open(uint32_t oflags) {
  return right::path_open | ((oflags & oflag_creat) != 0 ? right::path_create_file : 0) |
         ((oflags & oflag_trunc) != 0 ? right::path_filestat_set_size : 0);
}

}  // namespace

Outcome<> path_create_directory(Call& call, uint32_t fd, uint32_t path, uint32_t path_len) {
  Descriptor* directory = TRY(find_directory(call, fd, right::path_create_directory));
  return directory->handle->create_directory(TRY(call.memory.text(path, path_len)));
}

Outcome<> path_filestat_get(Call& call, uint32_t fd, uint32_t flags, uint32_t path,
                            uint32_t path_len, uint32_t stat) {
  const bool follow = TRY(follow_flag(flags));
  Descriptor* directory = TRY(find_directory(call, fd, right::path_filestat_get));
  const std::string name = TRY(call.memory.text(path, path_len));
  return put_filestat(call.memory, stat, TRY(directory->handle->stat_at(name, follow)));
}

Outcome<> path_filestat_set_times(Call& call, uint32_t fd, uint32_t flags, uint32_t path,
                                  uint32_t path_len, uint64_t atim, uint64_t mtim,
                                  uint32_t fst_flags) {
  const bool follow = TRY(follow_flag(flags));
  const NewTimes times = TRY(new_times(atim, mtim, fst_flags));
  Descriptor* directory = TRY(find_directory(call, fd, right::path_filestat_set_times));
  const std::string name = TRY(call.memory.text(path, path_len));
  return directory->handle->set_times_at(name, follow, times.accessed, times.modified);
}

Outcome<> path_link(Call& call, uint32_t old_fd, uint32_t old_flags, uint32_t old_path,
                    uint32_t old_path_len, uint32_t new_fd, uint32_t new_path,
                    uint32_t new_path_len) {
  // A link to what a symbolic link leads to is not offered: it could not be made in one step.
  if (TRY(follow_flag(old_flags))) return fail(Errno::inval);
  Descriptor* from = TRY(find_directory(call, old_fd, right::path_link_source));
  Descriptor* to = TRY(find_directory(call, new_fd, right::path_link_target));
  const std::string old_name = TRY(call.memory.text(old_path, old_path_len));
  const std::string new_name = TRY(call.memory.text(new_path, new_path_len));
  return from->handle->link(old_name, *to->handle, new_name);
}

/// The new descriptor gets what was asked for, as far as the directory hands it on and the kind of
/// file has it. Reading or writing that the directory does not hand on is refused here already.
Outcome<> path_open(Call& call, uint32_t fd, uint32_t dirflags, uint32_t path, uint32_t path_len,
                    uint32_t oflags, uint64_t base, uint64_t inheriting, uint32_t fdflags,
                    uint32_t opened_fd) {
  const bool follow = TRY(follow_flag(dirflags));
  if (oflags > 15 || fdflags > fd_flag::all) return fail(Errno::inval);
  Descriptor* directory = TRY(find_directory(call, fd, rights_to_open(oflags)));
  const Rights missing = base & ~directory->inheriting;
  if ((missing & (right::fd_read | right::fd_write)) != 0) return fail(Errno::notcapable);
  const Rights granted = base & directory->inheriting;
  const std::string name = TRY(call.memory.text(path, path_len));
  TRY(call.memory.slice(opened_fd, sizeof(uint32_t)));
  const OpenOptions options{.follow = follow,
                            .create = (oflags & oflag_creat) != 0,
                            .exclusive = (oflags & oflag_excl) != 0,
                            .truncate = (oflags & oflag_trunc) != 0,
                            .directory = (oflags & oflag_directory) != 0,
                            .read = (granted & right::need_reading) != 0,
                            .write = (granted & right::need_writing) != 0,
                            .flags = static_cast<FdFlags>(fdflags)};
  Descriptor opened;
  opened.handle = TRY(directory->handle->open(name, options));
  opened.base = granted & applicable_rights(*opened.handle);
  if (opened.handle->type() == FileType::directory) {
    opened.inheriting = inheriting & directory->inheriting;
  }
  const uint32_t number = TRY(call.state.table.add(std::move(opened)));
  return call.memory.store<uint32_t>(opened_fd, number);
}

Outcome<> path_readlink(Call& call, uint32_t fd, uint32_t path, uint32_t path_len, uint32_t buf,
                        uint32_t buf_len, uint32_t bufused) {
  Descriptor* directory = TRY(find_directory(call, fd, right::path_readlink));
  const std::string name = TRY(call.memory.text(path, path_len));
  const std::string target = TRY(directory->handle->read_link(name));
  const MutableByteSpan out = TRY(call.memory.slice(buf, buf_len));
  const size_t size = std::min(target.size(), out.size());
  std::copy_n(target.begin(), size, out.begin());
  return call.memory.store(bufused, static_cast<uint32_t>(size));
}

Outcome<> path_remove_directory(Call& call, uint32_t fd, uint32_t path, uint32_t path_len) {
  Descriptor* directory = TRY(find_directory(call, fd, right::path_remove_directory));
  return directory->handle->remove_directory(TRY(call.memory.text(path, path_len)));
}

Outcome<> path_rename(Call& call, uint32_t fd, uint32_t old_path, uint32_t old_path_len,
                      uint32_t new_fd, uint32_t new_path, uint32_t new_path_len) {
  Descriptor* from = TRY(find_directory(call, fd, right::path_rename_source));
  Descriptor* to = TRY(find_directory(call, new_fd, right::path_rename_target));
  const std::string old_name = TRY(call.memory.text(old_path, old_path_len));
  const std::string new_name = TRY(call.memory.text(new_path, new_path_len));
  return from->handle->rename(old_name, *to->handle, new_name);
}

Outcome<> path_symlink(Call& call, uint32_t old_path, uint32_t old_path_len, uint32_t fd,
                       uint32_t new_path, uint32_t new_path_len) {
  Descriptor* directory = TRY(find_directory(call, fd, right::path_symlink));
  const std::string target = TRY(call.memory.text(old_path, old_path_len));
  return directory->handle->symlink(target, TRY(call.memory.text(new_path, new_path_len)));
}

Outcome<> path_unlink_file(Call& call, uint32_t fd, uint32_t path, uint32_t path_len) {
  Descriptor* directory = TRY(find_directory(call, fd, right::path_unlink_file));
  return directory->handle->remove_file(TRY(call.memory.text(path, path_len)));
}

}  // namespace cairn::wasi
