#pragma once
/// The operating system's structures and flags in ours.

#include <sys/stat.h>
#include <cairn/wasi/sandbox/handle.hpp>

namespace cairn::wasi {

FileType file_type(mode_t mode);
/// Of an entry's d_type.
FileType file_type_of_entry(unsigned char type);
FileStat file_stat(const struct stat& info);

/// open(2)'s status flags for ours, and back.
int native_flags(FdFlags flags);
FdFlags fd_flags(int native);

/// For futimens(2) and utimensat(2).
struct NativeTimes {
  timespec times[2];
};
NativeTimes native_times(NewTime accessed, NewTime modified);

/// readv, writev and the like take at most this many buffers; more are left for the next call.
inline constexpr size_t buffers_max = 1024;

}  // namespace cairn::wasi
