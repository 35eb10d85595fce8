// Descriptors and what they stand for (preview 1: fd_advise … fd_sync, without reading and writing).

#include "descriptors.h"

#define PREVIEW1(name) __attribute__((export_name(#name)))

static errno_t none(const result_none* result) {
  return result->failed ? errno_of(result->code) : ESUCCESS;
}

PREVIEW1(fd_advise)
errno_t fd_advise(fd_t fd, uint64_t at, uint64_t size, int32_t advice) {
  // In the order of preview 1: normal, sequential, random, willneed, dontneed, noreuse.
  begin_call();
  if (advice < 0 || advice > 5) return EINVAL;
  descriptor* it = descriptor_at(fd);
  if (it == 0) return EBADF;
  if (it->kind != FILE_OR_DIRECTORY) return ESPIPE;
  if (it->type == FILETYPE_DIRECTORY) return EBADF;
  result_none result;
  file_advise(it->handle, at, size, advice, &result);
  return none(&result);
}

/// There is no call for it: a file grows by setting its size.
PREVIEW1(fd_allocate)
errno_t fd_allocate(fd_t fd, uint64_t at, uint64_t size) {
  begin_call();
  descriptor* it;
  const errno_t error = file_at(fd, RIGHT_ALLOCATE, &it);
  if (error != ESUCCESS) return error;
  if (it->type == FILETYPE_DIRECTORY) return EBADF;
  uint64_t end;
  if (__builtin_add_overflow(at, size, &end) || size == 0) return EINVAL;
  result_stat stat;
  file_stat(it->handle, &stat);
  if (stat.failed) return errno_of(stat.code);
  if (stat.value.size >= end) return ESUCCESS;
  result_none result;
  file_set_size(it->handle, end, &result);
  return none(&result);
}

PREVIEW1(fd_close)
errno_t fd_close(fd_t fd) {
  begin_call();
  descriptor* const it = descriptor_at(fd);
  if (it == 0) return EBADF;
  descriptor_close(it);
  return ESUCCESS;
}

PREVIEW1(fd_renumber)
errno_t fd_renumber(fd_t from, fd_t to) {
  begin_call();
  descriptor* const source = descriptor_at(from);
  descriptor* const target = descriptor_at(to);
  if (source == 0 || target == 0) return EBADF;
  if (from == to) return ESUCCESS;
  descriptor_close(target);
  *target = *source;
  source->kind = CLOSED;
  return ESUCCESS;
}

static errno_t sync_with(fd_t fd, uint64_t right, void (*how)(handle, result_none*)) {
  begin_call();
  descriptor* it;
  const errno_t error = file_at(fd, right, &it);
  if (error != ESUCCESS) return error;
  result_none result;
  how(it->handle, &result);
  return none(&result);
}

PREVIEW1(fd_datasync)
errno_t fd_datasync(fd_t fd) { return sync_with(fd, RIGHT_DATASYNC, file_sync_data); }

PREVIEW1(fd_sync)
errno_t fd_sync(fd_t fd) { return sync_with(fd, RIGHT_SYNC, file_sync); }

// ---- fdstat and prestat ------------------------------------------------------------------------

typedef struct {
  uint8_t type;
  uint16_t flags;
  uint64_t rights, inheriting;
} fdstat;

PREVIEW1(fd_fdstat_get)
errno_t fd_fdstat_get(fd_t fd, guest_ptr out) {
  begin_call();
  const descriptor* const it = descriptor_at(fd);
  if (it == 0) return EBADF;
  if (!guest_has(out, sizeof(fdstat))) return EFAULT;
  fdstat stat;
  __builtin_memset(&stat, 0, sizeof stat);
  stat.type = it->type;
  stat.flags = it->fdflags;
  stat.rights = it->rights;
  stat.inheriting = it->inheriting;
  bridge_put(out, &stat, sizeof stat);
  return ESUCCESS;
}

PREVIEW1(fd_fdstat_set_flags)
errno_t fd_fdstat_set_flags(fd_t fd, int32_t flags) {
  begin_call();
  descriptor* const it = descriptor_at(fd);
  if (it == 0) return EBADF;
  // How writes are synchronised is settled when a file is opened.
  const int32_t fixed = FDFLAG_DSYNC | FDFLAG_RSYNC | FDFLAG_SYNC;
  if ((flags & ~(fixed | FDFLAG_APPEND | FDFLAG_NONBLOCK)) != 0) return EINVAL;
  if ((flags & fixed) != (it->fdflags & fixed)) return ENOTSUP;
  it->fdflags = (uint16_t)flags;
  return ESUCCESS;
}

PREVIEW1(fd_fdstat_set_rights)
errno_t fd_fdstat_set_rights(fd_t fd, uint64_t rights, uint64_t inheriting) {
  begin_call();
  descriptor* const it = descriptor_at(fd);
  if (it == 0) return EBADF;
  if ((rights & ~it->rights) != 0 || (inheriting & ~it->inheriting) != 0) return ENOTCAPABLE;
  it->rights = rights;
  it->inheriting = inheriting;
  return ESUCCESS;
}

PREVIEW1(fd_prestat_get)
errno_t fd_prestat_get(fd_t fd, guest_ptr out) {
  begin_call();
  const descriptor* const it = descriptor_at(fd);
  if (it == 0 || it->preopen.data == 0) return EBADF;
  if (!guest_has(out, 8)) return EFAULT;
  bridge_put32(out, 0);  // a directory: the only case
  bridge_put32(out + 4, it->preopen.size);
  return ESUCCESS;
}

PREVIEW1(fd_prestat_dir_name)
errno_t fd_prestat_dir_name(fd_t fd, guest_ptr out, guest_size size) {
  begin_call();
  const descriptor* const it = descriptor_at(fd);
  if (it == 0 || it->preopen.data == 0) return EBADF;
  if (size < it->preopen.size) return ENAMETOOLONG;
  if (!guest_has(out, it->preopen.size)) return EFAULT;
  bridge_put(out, it->preopen.data, it->preopen.size);
  return ESUCCESS;
}

// ---- filestat ----------------------------------------------------------------------------------

typedef struct {
  uint64_t device, inode;
  uint8_t type;
  uint64_t links, size, accessed, modified, changed;
} filestat;

static uint64_t nanoseconds(const option_datetime* time) {
  return time->some ? time->value.seconds * 1000000000 + time->value.nanoseconds : 0;
}

/// Files have no numbers in WASI 0.2; what tells them apart is a hash.
static errno_t filestat_put(guest_ptr out, const result_stat* stat, const result_hash* hash) {
  if (stat->failed) return errno_of(stat->code);
  if (hash->failed) return errno_of(hash->code);
  filestat result;
  __builtin_memset(&result, 0, sizeof result);
  result.device = 1;
  result.inode = hash->value[0];
  result.type = filetype_of(stat->value.type);
  result.links = stat->value.link_count;
  result.size = stat->value.size;
  result.accessed = nanoseconds(&stat->value.accessed);
  result.modified = nanoseconds(&stat->value.modified);
  result.changed = nanoseconds(&stat->value.changed);
  bridge_put(out, &result, sizeof result);
  return ESUCCESS;
}

PREVIEW1(fd_filestat_get)
errno_t fd_filestat_get(fd_t fd, guest_ptr out) {
  begin_call();
  const descriptor* const it = descriptor_at(fd);
  if (it == 0) return EBADF;
  if (!guest_has(out, sizeof(filestat))) return EFAULT;
  result_stat stat;
  result_hash hash;
  if (it->kind != FILE_OR_DIRECTORY) {
    filestat result;
    __builtin_memset(&result, 0, sizeof result);
    result.type = it->type;
    bridge_put(out, &result, sizeof result);
    return ESUCCESS;
  }
  file_stat(it->handle, &stat);
  file_hash(it->handle, &hash);
  return filestat_put(out, &stat, &hash);
}

PREVIEW1(path_filestat_get)
errno_t path_filestat_get(fd_t fd, int32_t follow, guest_ptr at, guest_size size, guest_ptr out) {
  begin_call();
  descriptor* it;
  path name;
  errno_t error = directory_at(fd, &it);
  if (error == ESUCCESS) error = path_get(at, size, &name);
  if (error != ESUCCESS) return error;
  if (!guest_has(out, sizeof(filestat))) return EFAULT;
  result_stat stat;
  result_hash hash;
  file_stat_at(it->handle, follow & 1, name.data, name.size, &stat);
  if (stat.failed) return errno_of(stat.code);
  file_hash_at(it->handle, follow & 1, name.data, name.size, &hash);
  return filestat_put(out, &stat, &hash);
}

PREVIEW1(fd_filestat_set_size)
errno_t fd_filestat_set_size(fd_t fd, uint64_t size) {
  begin_call();
  descriptor* it;
  const errno_t error = file_at(fd, RIGHT_SET_SIZE, &it);
  if (error != ESUCCESS) return error;
  if (it->type == FILETYPE_DIRECTORY) return EBADF;
  result_none result;
  file_set_size(it->handle, size, &result);
  return none(&result);
}

/// new-timestamp.
typedef struct {
  int32_t what;  ///< 0 no-change, 1 now, 2 timestamp
  uint64_t seconds;
  int32_t nanoseconds;
} new_time;

/// Of `flags`, bit 0 asks for `time` and bit 1 for now.
static errno_t time_of(int32_t flags, uint64_t time, new_time* out) {
  if ((flags & 3) == 3) return EINVAL;
  *out = (new_time){.what = flags & 1 ? 2 : flags & 2 ? 1 : 0};
  if (out->what == 2) {
    out->seconds = time / 1000000000;
    out->nanoseconds = (int32_t)(time % 1000000000);
  }
  return ESUCCESS;
}

PREVIEW1(fd_filestat_set_times)
errno_t fd_filestat_set_times(fd_t fd, uint64_t access, uint64_t change, int32_t flags) {
  begin_call();
  descriptor* it;
  new_time a, m;
  errno_t error = file_at(fd, 0, &it);
  if (error == ESUCCESS) error = time_of(flags, access, &a);
  if (error == ESUCCESS) error = time_of(flags >> 2, change, &m);
  if (error != ESUCCESS) return error;
  result_none result;
  file_set_times(it->handle, a.what, a.seconds, a.nanoseconds, m.what, m.seconds, m.nanoseconds,
                 &result);
  return none(&result);
}

PREVIEW1(path_filestat_set_times)
errno_t path_filestat_set_times(fd_t fd, int32_t follow, guest_ptr at, guest_size size,
                                uint64_t access, uint64_t change, int32_t flags) {
  begin_call();
  descriptor* it;
  path name;
  new_time a, m;
  errno_t error = directory_at(fd, &it);
  if (error == ESUCCESS) error = path_get(at, size, &name);
  if (error == ESUCCESS) error = time_of(flags, access, &a);
  if (error == ESUCCESS) error = time_of(flags >> 2, change, &m);
  if (error != ESUCCESS) return error;
  result_none result;
  file_set_times_at(it->handle, follow & 1, name.data, name.size, a.what, a.seconds, a.nanoseconds,
                    m.what, m.seconds, m.nanoseconds, &result);
  return none(&result);
}
