#include "sandbox/native.hpp"

#include <dirent.h>
#include <fcntl.h>

namespace cairn::wasi {
namespace {

constexpr uint64_t ns_per_s = 1'000'000'000;

/// Nanoseconds since 1970; times before that are 0.
uint64_t to_ns(const timespec& time) {
  if (time.tv_sec < 0) return 0;
  return static_cast<uint64_t>(time.tv_sec) * ns_per_s + static_cast<uint64_t>(time.tv_nsec);
}

timespec to_native(NewTime time) {
  switch (time.kind) {
    case NewTime::Kind::keep: return {0, UTIME_OMIT};
    case NewTime::Kind::now: return {0, UTIME_NOW};
    case NewTime::Kind::at: break;
  }
  return {static_cast<time_t>(time.ns / ns_per_s), static_cast<long>(time.ns % ns_per_s)};
}

}  // namespace

FileType file_type(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFBLK: return FileType::block_device;
    case S_IFCHR: return FileType::character_device;
    case S_IFDIR: return FileType::directory;
    case S_IFREG: return FileType::regular_file;
    case S_IFSOCK: return FileType::socket_stream;
    case S_IFLNK: return FileType::symbolic_link;
    default: return FileType::unknown;
  }
}

FileType file_type_of_entry(unsigned char type) { return file_type(DTTOIF(type)); }

FileStat file_stat(const struct stat& info) {
  return {.device = info.st_dev,
          .inode = info.st_ino,
          .type = file_type(info.st_mode),
          .links = info.st_nlink,
          .size = static_cast<uint64_t>(info.st_size),
          .accessed_ns = to_ns(info.st_atim),
          .modified_ns = to_ns(info.st_mtim),
          .changed_ns = to_ns(info.st_ctim)};
}

int native_flags(FdFlags flags) {
  int native = 0;
  if ((flags & fd_flag::append) != 0) native |= O_APPEND;
  if ((flags & fd_flag::dsync) != 0) native |= O_DSYNC;
  if ((flags & fd_flag::nonblock) != 0) native |= O_NONBLOCK;
  // Linux has no O_RSYNC of its own: reads after O_SYNC writes see what was written.
  if ((flags & (fd_flag::sync | fd_flag::rsync)) != 0) native |= O_SYNC;
  return native;
}

FdFlags fd_flags(int native) {
  FdFlags flags = 0;
  if ((native & O_APPEND) != 0) flags |= fd_flag::append;
  if ((native & O_NONBLOCK) != 0) flags |= fd_flag::nonblock;
  if ((native & O_SYNC) == O_SYNC) {
    flags |= fd_flag::sync;
  } else if ((native & O_DSYNC) != 0) {
    flags |= fd_flag::dsync;
  }
  return flags;
}

NativeTimes native_times(NewTime accessed, NewTime modified) {
  return {{to_native(accessed), to_native(modified)}};
}

}  // namespace cairn::wasi
