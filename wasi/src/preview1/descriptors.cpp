// Descriptors: what they are, and what they may do.

#include "preview1/call.hpp"
#include "preview1/layout.hpp"

namespace cairn::wasi {

Outcome<> fd_advise(Call& call, uint32_t fd, uint64_t offset, uint64_t length, uint32_t advice) {
  if (advice > static_cast<uint32_t>(Advice::no_reuse)) return fail(Errno::inval);
  Descriptor* descriptor = TRY(call.find_for_bytes(fd, right::fd_advise));
  return descriptor->handle->advise(offset, length, static_cast<Advice>(advice));
}

Outcome<> fd_allocate(Call& call, uint32_t fd, uint64_t offset, uint64_t length) {
  Descriptor* descriptor = TRY(call.find_for_bytes(fd, right::fd_allocate));
  return descriptor->handle->allocate(offset, length);
}

Outcome<> fd_close(Call& call, uint32_t fd) { return call.state.table.remove(fd); }

Outcome<> fd_datasync(Call& call, uint32_t fd) {
  return TRY(call.find(fd, right::fd_datasync))->handle->sync_data();
}

Outcome<> fd_sync(Call& call, uint32_t fd) {
  return TRY(call.find(fd, right::fd_sync))->handle->sync();
}

Outcome<> fd_fdstat_get(Call& call, uint32_t fd, uint32_t stat) {
  const Descriptor* descriptor = TRY(call.state.table.find(fd));
  const FdFlags flags = TRY(descriptor->handle->flags());
  uint8_t* out = TRY(call.memory.slice(stat, fdstat_size)).data();
  std::memset(out, 0, fdstat_size);
  out[0] = static_cast<uint8_t>(descriptor->handle->type());
  store_le<uint16_t>(out + 2, flags);
  store_le<uint64_t>(out + 8, descriptor->base);
  store_le<uint64_t>(out + 16, descriptor->inheriting);
  return {};
}

Outcome<> fd_fdstat_set_flags(Call& call, uint32_t fd, uint32_t flags) {
  if (flags > fd_flag::all) return fail(Errno::inval);
  Descriptor* descriptor = TRY(call.find(fd, right::fd_fdstat_set_flags));
  return descriptor->handle->set_flags(static_cast<FdFlags>(flags));
}

/// Rights can be given up, never gained.
Outcome<> fd_fdstat_set_rights(Call& call, uint32_t fd, uint64_t base, uint64_t inheriting) {
  Descriptor* descriptor = TRY(call.state.table.find(fd));
  if ((base & ~descriptor->base) != 0 || (inheriting & ~descriptor->inheriting) != 0) {
    return fail(Errno::notcapable);
  }
  descriptor->base = base;
  descriptor->inheriting = inheriting;
  return {};
}

Outcome<> fd_filestat_get(Call& call, uint32_t fd, uint32_t stat) {
  Descriptor* descriptor = TRY(call.find(fd, right::fd_filestat_get));
  return put_filestat(call.memory, stat, TRY(descriptor->handle->stat()));
}

Outcome<> fd_filestat_set_size(Call& call, uint32_t fd, uint64_t size) {
  return TRY(call.find_for_bytes(fd, right::fd_filestat_set_size))->handle->set_size(size);
}

Outcome<> fd_filestat_set_times(Call& call, uint32_t fd, uint64_t atim, uint64_t mtim,
                                uint32_t flags) {
  const NewTimes times = TRY(new_times(atim, mtim, flags));
  Descriptor* descriptor = TRY(call.find(fd, right::fd_filestat_set_times));
  return descriptor->handle->set_times(times.accessed, times.modified);
}

/// What is no preopened directory is `badf`: so a guest's C library finds the end of their list.
Outcome<> fd_prestat_get(Call& call, uint32_t fd, uint32_t prestat) {
  const Descriptor* descriptor = TRY(call.state.table.find(fd));
  if (!descriptor->preopen_path) return fail(Errno::badf);
  constexpr uint32_t directory_tag = 0;
  TRY(call.memory.store<uint32_t>(prestat, directory_tag));
  return call.memory.store<uint32_t>(prestat + 4,
                                     static_cast<uint32_t>(descriptor->preopen_path->size()));
}

Outcome<> fd_prestat_dir_name(Call& call, uint32_t fd, uint32_t path, uint32_t path_len) {
  const Descriptor* descriptor = TRY(call.state.table.find(fd));
  if (!descriptor->preopen_path) return fail(Errno::badf);
  const std::string& name = *descriptor->preopen_path;
  if (path_len < name.size()) return fail(Errno::nametoolong);
  const MutableByteSpan out = TRY(call.memory.slice(path, name.size()));
  std::memcpy(out.data(), name.data(), name.size());
  return {};
}

Outcome<> fd_renumber(Call& call, uint32_t from, uint32_t to) {
  return call.state.table.renumber(from, to);
}

}  // namespace cairn::wasi
