#pragma once
/// The rights of preview-1 descriptors (`rights`): what may be done with one, and at most with
/// those that are opened through it.

#include <cairn/wasi/sandbox/handle.hpp>

#include <cstdint>

namespace cairn::wasi {

using Rights = uint64_t;

namespace right {
inline constexpr Rights fd_datasync = 1u << 0;
inline constexpr Rights fd_read = 1u << 1;
inline constexpr Rights fd_seek = 1u << 2;
inline constexpr Rights fd_fdstat_set_flags = 1u << 3;
inline constexpr Rights fd_sync = 1u << 4;
inline constexpr Rights fd_tell = 1u << 5;
inline constexpr Rights fd_write = 1u << 6;
inline constexpr Rights fd_advise = 1u << 7;
inline constexpr Rights fd_allocate = 1u << 8;
inline constexpr Rights path_create_directory = 1u << 9;
inline constexpr Rights path_create_file = 1u << 10;
inline constexpr Rights path_link_source = 1u << 11;
inline constexpr Rights path_link_target = 1u << 12;
inline constexpr Rights path_open = 1u << 13;
inline constexpr Rights fd_readdir = 1u << 14;
inline constexpr Rights path_readlink = 1u << 15;
inline constexpr Rights path_rename_source = 1u << 16;
inline constexpr Rights path_rename_target = 1u << 17;
inline constexpr Rights path_filestat_get = 1u << 18;
inline constexpr Rights path_filestat_set_size = 1u << 19;
inline constexpr Rights path_filestat_set_times = 1u << 20;
inline constexpr Rights fd_filestat_get = 1u << 21;
inline constexpr Rights fd_filestat_set_size = 1u << 22;
inline constexpr Rights fd_filestat_set_times = 1u << 23;
inline constexpr Rights path_symlink = 1u << 24;
inline constexpr Rights path_remove_directory = 1u << 25;
inline constexpr Rights path_unlink_file = 1u << 26;
inline constexpr Rights poll_fd_readwrite = 1u << 27;
inline constexpr Rights sock_shutdown = 1u << 28;
inline constexpr Rights sock_accept = 1u << 29;
inline constexpr Rights all = (1u << 30) - 1;

// What makes sense for each kind of descriptor.
inline constexpr Rights stream =
    fd_read | fd_write | fd_fdstat_set_flags | fd_filestat_get | poll_fd_readwrite;
inline constexpr Rights file = stream | fd_datasync | fd_seek | fd_sync | fd_tell | fd_advise |
                               fd_allocate | fd_filestat_set_size | fd_filestat_set_times;
inline constexpr Rights socket = stream | sock_shutdown | sock_accept;
inline constexpr Rights directory =
    fd_fdstat_set_flags | fd_sync | fd_readdir | fd_filestat_get | fd_filestat_set_times |
    path_create_directory | path_create_file | path_link_source | path_link_target | path_open |
    path_readlink | path_rename_source | path_rename_target | path_filestat_get |
    path_filestat_set_size | path_filestat_set_times | path_symlink | path_remove_directory |
    path_unlink_file;

/// What changes something, and a read-only directory takes away.
inline constexpr Rights changing =
    fd_datasync | fd_write | fd_allocate | fd_filestat_set_size | fd_filestat_set_times |
    path_create_directory | path_create_file | path_link_source | path_link_target |
    path_rename_source | path_rename_target | path_filestat_set_size | path_filestat_set_times |
    path_symlink | path_remove_directory | path_unlink_file;

// How a file must be opened so that its descriptor can have these rights.
inline constexpr Rights need_reading = fd_read | fd_readdir;
inline constexpr Rights need_writing = fd_write | fd_datasync | fd_allocate | fd_filestat_set_size;
}  // namespace right

/// The rights that make sense for a handle.
inline Rights applicable_rights(const Handle& handle) {
  switch (handle.type()) {
    case FileType::directory: return right::directory;
    case FileType::socket_stream:
    case FileType::socket_dgram: return right::socket;
    default: return handle.is_seekable() ? right::file : right::stream;
  }
}

}  // namespace cairn::wasi
