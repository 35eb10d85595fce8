#pragma once
/// One call of a preview-1 function.

#include <cairn/engine/linker.hpp>
#include <cairn/wasi/preview1.hpp>

#include "preview1/descriptor_table.hpp"
#include "preview1/guest_memory.hpp"

namespace cairn::wasi {

struct Preview1State {
  explicit Preview1State(Preview1Config from)
      : config(std::move(from)), table(config.descriptors_max) {}
  Preview1Config config;
  DescriptorTable table;
  std::optional<uint32_t> exit_code;
};

struct Call {
  Preview1State& state;
  GuestMemory memory;
  /// The host was told to stop: the execution ends instead of returning an error to the guest.
  bool interrupted = false;

  Outcome<Descriptor*> find(uint32_t fd, Rights needed) { return state.table.find(fd, needed); }
  /// For reads and writes: a directory says that it is one.
  Outcome<Descriptor*> find_for_bytes(uint32_t fd, Rights needed);
  /// Waits until an operation on a blocking handle can go on. Only when the host may interrupt:
  /// else the operation itself blocks.
  Outcome<> wait_for(Handle& handle, bool write);
  /// The same before a write, which is then cut to what does not block.
  Outcome<> wait_to_write(Handle& handle, GuestBuffers& buffers);
  /// Waits for any of the items.
  Outcome<> wait(std::span<Waiter::Item> items, std::optional<uint64_t> deadline_ns);
};

// The functions of `wasi_snapshot_preview1` with the parameters of the guest; pointers and sizes
// are those of its memory. (WebAssembly/WASI, legacy/preview1/docs.md)

Outcome<> args_get(Call&, uint32_t argv, uint32_t argv_buf);
Outcome<> args_sizes_get(Call&, uint32_t argc, uint32_t argv_buf_size);
Outcome<> environ_get(Call&, uint32_t environ, uint32_t environ_buf);
Outcome<> environ_sizes_get(Call&, uint32_t environc, uint32_t environ_buf_size);
Outcome<> clock_res_get(Call&, uint32_t id, uint32_t resolution);
Outcome<> clock_time_get(Call&, uint32_t id, uint64_t precision, uint32_t time);
Outcome<> proc_raise(Call&, uint32_t signal);
Outcome<> sched_yield(Call&);
Outcome<> random_get(Call&, uint32_t buf, uint32_t buf_len);

Outcome<> fd_advise(Call&, uint32_t fd, uint64_t offset, uint64_t length, uint32_t advice);
Outcome<> fd_allocate(Call&, uint32_t fd, uint64_t offset, uint64_t length);
Outcome<> fd_close(Call&, uint32_t fd);
Outcome<> fd_datasync(Call&, uint32_t fd);
Outcome<> fd_fdstat_get(Call&, uint32_t fd, uint32_t stat);
Outcome<> fd_fdstat_set_flags(Call&, uint32_t fd, uint32_t flags);
Outcome<> fd_fdstat_set_rights(Call&, uint32_t fd, uint64_t base, uint64_t inheriting);
Outcome<> fd_filestat_get(Call&, uint32_t fd, uint32_t stat);
Outcome<> fd_filestat_set_size(Call&, uint32_t fd, uint64_t size);
Outcome<> fd_filestat_set_times(Call&, uint32_t fd, uint64_t atim, uint64_t mtim, uint32_t flags);
Outcome<> fd_prestat_get(Call&, uint32_t fd, uint32_t prestat);
Outcome<> fd_prestat_dir_name(Call&, uint32_t fd, uint32_t path, uint32_t path_len);
Outcome<> fd_renumber(Call&, uint32_t from, uint32_t to);
Outcome<> fd_sync(Call&, uint32_t fd);

Outcome<> fd_pread(Call&, uint32_t fd, uint32_t iovs, uint32_t iovs_len, uint64_t offset,
                   uint32_t nread);
Outcome<> fd_pwrite(Call&, uint32_t fd, uint32_t iovs, uint32_t iovs_len, uint64_t offset,
                    uint32_t nwritten);
Outcome<> fd_read(Call&, uint32_t fd, uint32_t iovs, uint32_t iovs_len, uint32_t nread);
Outcome<> fd_readdir(Call&, uint32_t fd, uint32_t buf, uint32_t buf_len, uint64_t cookie,
                     uint32_t bufused);
Outcome<> fd_seek(Call&, uint32_t fd, uint64_t offset, uint32_t whence, uint32_t new_offset);
Outcome<> fd_tell(Call&, uint32_t fd, uint32_t offset);
Outcome<> fd_write(Call&, uint32_t fd, uint32_t iovs, uint32_t iovs_len, uint32_t nwritten);

Outcome<> path_create_directory(Call&, uint32_t fd, uint32_t path, uint32_t path_len);
Outcome<> path_filestat_get(Call&, uint32_t fd, uint32_t flags, uint32_t path, uint32_t path_len,
                            uint32_t stat);
Outcome<> path_filestat_set_times(Call&, uint32_t fd, uint32_t flags, uint32_t path,
                                  uint32_t path_len, uint64_t atim, uint64_t mtim,
                                  uint32_t fst_flags);
Outcome<> path_link(Call&, uint32_t old_fd, uint32_t old_flags, uint32_t old_path,
                    uint32_t old_path_len, uint32_t new_fd, uint32_t new_path,
                    uint32_t new_path_len);
Outcome<> path_open(Call&, uint32_t fd, uint32_t dirflags, uint32_t path, uint32_t path_len,
                    uint32_t oflags, uint64_t base, uint64_t inheriting, uint32_t fdflags,
                    uint32_t opened_fd);
Outcome<> path_readlink(Call&, uint32_t fd, uint32_t path, uint32_t path_len, uint32_t buf,
                        uint32_t buf_len, uint32_t bufused);
Outcome<> path_remove_directory(Call&, uint32_t fd, uint32_t path, uint32_t path_len);
Outcome<> path_rename(Call&, uint32_t fd, uint32_t old_path, uint32_t old_path_len, uint32_t new_fd,
                      uint32_t new_path, uint32_t new_path_len);
Outcome<> path_symlink(Call&, uint32_t old_path, uint32_t old_path_len, uint32_t fd,
                       uint32_t new_path, uint32_t new_path_len);
Outcome<> path_unlink_file(Call&, uint32_t fd, uint32_t path, uint32_t path_len);

Outcome<> poll_oneoff(Call&, uint32_t in, uint32_t out, uint32_t count, uint32_t nevents);

Outcome<> sock_accept(Call&, uint32_t fd, uint32_t flags, uint32_t new_fd);
Outcome<> sock_recv(Call&, uint32_t fd, uint32_t iovs, uint32_t iovs_len, uint32_t flags,
                    uint32_t nread, uint32_t out_flags);
Outcome<> sock_send(Call&, uint32_t fd, uint32_t iovs, uint32_t iovs_len, uint32_t flags,
                    uint32_t nwritten);
Outcome<> sock_shutdown(Call&, uint32_t fd, uint32_t how);

}  // namespace cairn::wasi
