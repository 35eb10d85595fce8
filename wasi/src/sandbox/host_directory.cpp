#include "sandbox/host_directory.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "sandbox/host_file.hpp"
#include "sandbox/native.hpp"

namespace cairn::wasi {
namespace {

constexpr mode_t file_mode = 0666;       ///< less the process's umask
constexpr mode_t directory_mode = 0777;  ///< likewise

Outcome<> done(int result) {
  if (result != 0) return fail_native(errno);
  return {};
}

/// A record of getdents64(2); the name follows.
struct NativeEntry {
  uint64_t inode;
  int64_t next;
  uint16_t size;
  uint8_t type;
};
constexpr size_t native_entry_name = 19;

int open_flags(const OpenOptions& options) {
  int flags = O_CLOEXEC | O_NOCTTY;
  // Never wait for the other end of a pipe; what was asked for is set once it is open.
  flags |= native_flags(options.flags) | O_NONBLOCK;
  if (options.create) flags |= O_CREAT;
  if (options.exclusive) flags |= O_EXCL;
  if (options.truncate) flags |= O_TRUNC;
  if (options.directory) flags |= O_DIRECTORY;
  const bool write = options.write || options.truncate;
  return flags | (write ? (options.read ? O_RDWR : O_WRONLY) : O_RDONLY);
}

}  // namespace

Outcome<FileStat> HostDirectory::stat() {
  struct stat info;
  if (fstat(fd_.get(), &info) != 0) return fail_native(errno);
  return file_stat(info);
}

Outcome<> HostDirectory::set_times(NewTime accessed, NewTime modified) {
  if (options_.read_only) return fail(Errno::rofs);
  return done(futimens(fd_.get(), native_times(accessed, modified).times));
}

Outcome<> HostDirectory::sync_data() { return done(fdatasync(fd_.get())); }
Outcome<> HostDirectory::sync() { return done(fsync(fd_.get())); }

Outcome<std::shared_ptr<Handle>> HostDirectory::open(std::string_view path,
                                                     const OpenOptions& options) {
  if (options_.read_only && (options.write || options.create || options.truncate)) {
    return fail(Errno::rofs);
  }
  // O_CREAT and O_DIRECTORY together mean nothing that all systems agree on.
  if (options.create && options.directory) return fail(Errno::inval);
  Outcome<UniqueFd> opened =
      resolver_.open(fd_.get(), path, open_flags(options), file_mode, options.follow);
  if (!opened) return fail(opened.error());
  struct stat info;
  if (fstat(opened->get(), &info) != 0) return fail_native(errno);
  const FileType type = file_type(info.st_mode);
  if (type == FileType::directory) {
    return std::make_shared<HostDirectory>(*std::move(opened), options_);
  }
  if ((options.flags & fd_flag::nonblock) == 0) {
    const int native = fcntl(opened->get(), F_GETFL);
    if (native < 0 || fcntl(opened->get(), F_SETFL, native & ~O_NONBLOCK) != 0) {
      return fail_native(errno);
    }
  }
  return std::make_shared<HostFile>(opened->release(), type, true);
}

Outcome<std::vector<DirectoryEntry>> HostDirectory::list(uint64_t cookie, size_t bytes_max) {
  struct stat self;
  if (fstat(fd_.get(), &self) != 0) return fail_native(errno);
  if (lseek(fd_.get(), static_cast<off_t>(cookie), SEEK_SET) < 0) return fail_native(errno);
  std::vector<DirectoryEntry> entries;
  std::array<char, 8192> buffer;
  size_t bytes = 0;
  while (bytes <= bytes_max) {
    const long got = syscall(SYS_getdents64, fd_.get(), buffer.data(), buffer.size());
    if (got < 0) return fail_native(errno);
    if (got == 0) break;
    for (long at = 0; at < got;) {
      NativeEntry native;
      std::memcpy(&native, buffer.data() + at, native_entry_name);
      const char* name = buffer.data() + at + native_entry_name;
      at += native.size;
      const bool parent = std::strcmp(name, "..") == 0;
      // What lies above the directory is no business of the guest's.
      entries.push_back({.next = static_cast<uint64_t>(native.next),
                         .inode = parent ? self.st_ino : native.inode,
                         .type = file_type_of_entry(native.type),
                         .name = name});
      bytes += entries.back().name.size() + sizeof(DirectoryEntry);
    }
  }
  return entries;
}

Outcome<FileStat> HostDirectory::stat_at(std::string_view path, bool follow) {
  const Outcome<UniqueFd> opened = resolver_.open(fd_.get(), path, O_PATH, 0, follow);
  if (!opened) return fail(opened.error());
  struct stat info;
  if (fstat(opened->get(), &info) != 0) return fail_native(errno);
  return file_stat(info);
}

Outcome<> HostDirectory::set_times_at(std::string_view path, bool follow, NewTime accessed,
                                      NewTime modified) {
  if (options_.read_only) return fail(Errno::rofs);
  const NativeTimes times = native_times(accessed, modified);
  if (!follow && !path.ends_with('/')) {
    const Outcome<Place> place = resolver_.find_parent(fd_.get(), path);
    if (!place) return fail(place.error());
    return done(utimensat(place->directory, place->name.c_str(), times.times, AT_SYMLINK_NOFOLLOW));
  }
  const Outcome<UniqueFd> opened = resolver_.open(fd_.get(), path, O_PATH, 0, true);
  if (!opened) return fail(opened.error());
  if (utimensat(opened->get(), "", times.times, AT_EMPTY_PATH) == 0) return {};
  if (errno != EINVAL) return fail_native(errno);
  // Linux before 5.8 knows a descriptor without a path only by this name.
  return done(
      utimensat(AT_FDCWD, fmt::format("/proc/self/fd/{}", opened->get()).c_str(), times.times, 0));
}

Outcome<Place> HostDirectory::place_to_change(std::string_view path) const {
  if (options_.read_only) return fail(Errno::rofs);
  return resolver_.find_parent(fd_.get(), path);
}

Outcome<Place> HostDirectory::place_in(Handle& handle, std::string_view path) {
  const auto* directory = dynamic_cast<HostDirectory*>(&handle);
  if (directory == nullptr) {
    return fail(handle.type() == FileType::directory ? Errno::xdev : Errno::notdir);
  }
  return directory->place_to_change(path);
}

Outcome<> HostDirectory::create_directory(std::string_view path) {
  const Outcome<Place> place = place_to_change(path);
  if (!place) return fail(place.error());
  return done(mkdirat(place->directory, place->name_with_slash().c_str(), directory_mode));
}

Outcome<> HostDirectory::remove_directory(std::string_view path) {
  const Outcome<Place> place = place_to_change(path);
  if (!place) return fail(place.error());
  if (unlinkat(place->directory, place->name_with_slash().c_str(), AT_REMOVEDIR) == 0) return {};
  const int error = errno;
  if (error == ENOTDIR && place->trailing_slash) {
    // A symbolic link is not removed through its name with a slash; where it leads comes first.
    const Outcome<UniqueFd> opened = resolver_.open(fd_.get(), path, O_PATH | O_DIRECTORY, 0, true);
    if (!opened) return fail(opened.error());
  }
  return fail_native(error);
}

Outcome<> HostDirectory::remove_file(std::string_view path) {
  const Outcome<Place> place = place_to_change(path);
  if (!place) return fail(place.error());
  return done(unlinkat(place->directory, place->name_with_slash().c_str(), 0));
}

Outcome<> HostDirectory::rename(std::string_view path, Handle& to, std::string_view to_path) {
  const Outcome<Place> from = place_to_change(path);
  if (!from) return fail(from.error());
  const Outcome<Place> target = place_in(to, to_path);
  if (!target) return fail(target.error());
  return done(renameat(from->directory, from->name_with_slash().c_str(), target->directory,
                       target->name_with_slash().c_str()));
}

Outcome<> HostDirectory::link(std::string_view path, Handle& to, std::string_view to_path) {
  const Outcome<Place> from = place_to_change(path);
  if (!from) return fail(from.error());
  const Outcome<Place> target = place_in(to, to_path);
  if (!target) return fail(target.error());
  if (from->trailing_slash) {
    // Only directories may be named so, and they cannot be linked; linkat would follow a symbolic
    // link here, even out of the sandbox.
    const Outcome<UniqueFd> opened = resolver_.open(fd_.get(), path, O_PATH | O_DIRECTORY, 0, true);
    return fail(opened ? Errno::perm : opened.error());
  }
  return done(linkat(from->directory, from->name.c_str(), target->directory,
                     target->name_with_slash().c_str(), 0));
}

Outcome<> HostDirectory::symlink(std::string_view target, std::string_view path) {
  if (target.empty()) return fail(Errno::noent);
  if (target.find('\0') != std::string_view::npos) return fail(Errno::inval);
  // It could never be followed here, but it could mislead a program outside.
  if (target.front() == '/') return fail(Errno::perm);
  const Outcome<Place> place = place_to_change(path);
  if (!place) return fail(place.error());
  return done(
      symlinkat(std::string(target).c_str(), place->directory, place->name_with_slash().c_str()));
}

Outcome<std::string> HostDirectory::read_link(std::string_view path) {
  const Outcome<UniqueFd> opened = resolver_.open(fd_.get(), path, O_PATH, 0, false);
  if (!opened) return fail(opened.error());
  std::string target(PATH_MAX, '\0');
  const ssize_t size = readlinkat(opened->get(), "", target.data(), target.size());
  // The system says so when it is no link.
  if (size < 0) return fail_native(errno == ENOENT ? EINVAL : errno);
  target.resize(static_cast<size_t>(size));
  if (target.starts_with('/')) return fail(Errno::perm);
  return target;
}

Result<std::shared_ptr<Handle>> open_host_directory(const std::string& path,
                                                    const DirectoryOptions& options) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) {
    const int error = errno;
    ErrorKind kind = ErrorKind::io;
    if (error == ENOENT) kind = ErrorKind::not_found;
    if (error == EACCES) kind = ErrorKind::denied;
    return std::unexpected(
        Error{.kind = kind, .message = std::strerror(error), .path = path, .os_error = error});
  }
  return std::make_shared<HostDirectory>(std::move(fd), options);
}

std::shared_ptr<Handle> host_stream(int fd, bool owned) {
  struct stat info;
  const FileType type = fstat(fd, &info) == 0 ? file_type(info.st_mode) : FileType::unknown;
  return std::make_shared<HostFile>(fd, type, owned);
}

}  // namespace cairn::wasi
