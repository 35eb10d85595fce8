// Directories and paths (preview 1: fd_readdir, path_*).

#include "descriptors.h"

#define PREVIEW1(name) __attribute__((export_name(#name)))

enum { OPEN_CREATE = 1, OPEN_DIRECTORY = 2, OPEN_EXCLUSIVE = 4, OPEN_TRUNCATE = 8 };
// descriptor-flags
enum { FLAG_READ = 1, FLAG_WRITE = 2, FLAG_SYNC = 4, FLAG_DATASYNC = 8, FLAG_RSYNC = 16,
       FLAG_MUTATE = 32 };

static errno_t none(const result_none* result) {
  return result->failed ? errno_of(result->code) : ESUCCESS;
}

/// What the calls on one path begin with.
static errno_t place(fd_t fd, guest_ptr at, guest_size size, descriptor** directory, path* name) {
  begin_call();
  const errno_t error = directory_at(fd, directory);
  return error != ESUCCESS ? error : path_get(at, size, name);
}

// ---- Reading a directory -----------------------------------------------------------------------

typedef struct {
  uint64_t next, inode;
  uint32_t name_size;
  uint8_t type;
} dirent;

/// The entry that did not fit last time, as its directory's stream has gone past it.
static struct {
  const descriptor* of;
  uint64_t cookie;
  uint8_t type;
  size_t size;
  uint8_t name[256];
} unread;

static void restart(descriptor* it) {
  if (it->entries != 0) directory_drop(it->entries);
  it->entries = 0;
  it->cookie = 2;
}

/// The entry with that cookie; 0 and 1 are "." and "..".
static errno_t entry_at(descriptor* it, uint64_t cookie, result_entry* out) {
  *out = (result_entry){.some = 1};
  if (cookie < 2) {
    static uint8_t dots[2] = {'.', '.'};
    out->entry.type = 3;  // directory
    out->entry.name = (bytes){dots, (size_t)cookie + 1};
    return ESUCCESS;
  }
  if (unread.of == it && unread.cookie == cookie && it->cookie == cookie + 1) {
    out->entry.type = unread.type;
    out->entry.name = (bytes){unread.name, unread.size};
    return ESUCCESS;
  }
  if (it->entries == 0 || it->cookie > cookie) restart(it);
  if (it->entries == 0) {
    result_handle stream;
    file_read_directory(it->handle, &stream);
    if (stream.failed) return errno_of(stream.code);
    it->entries = stream.value;
  }
  do {
    begin_call();
    directory_next(it->entries, out);
    if (out->failed) return errno_of(out->code);
    if (!out->some) {
      restart(it);  // there may be more entries when it is read the next time
      return ESUCCESS;
    }
  } while (it->cookie++ < cookie);
  return ESUCCESS;
}

static void keep_unread(const descriptor* it, uint64_t cookie, const result_entry* entry) {
  unread.of = 0;
  if (cookie < 2 || entry->entry.name.size > sizeof unread.name) return;
  unread.of = it;
  unread.cookie = cookie;
  unread.type = entry->entry.type;
  unread.size = entry->entry.name.size;
  __builtin_memcpy(unread.name, entry->entry.name.data, unread.size);
}

static uint64_t inode_of(const descriptor* it, uint64_t cookie, const bytes* name) {
  result_hash hash;
  if (cookie == 0) {
    file_hash(it->handle, &hash);
  } else if (cookie == 1) {
    return 0;  // what is above may be out of reach
  } else {
    file_hash_at(it->handle, 0, name->data, name->size, &hash);
  }
  return hash.failed ? 0 : hash.value[0];
}

PREVIEW1(fd_readdir)
errno_t fd_readdir(fd_t fd, guest_ptr at, guest_size size, uint64_t cookie, guest_ptr out) {
  begin_call();
  descriptor* it;
  errno_t error = directory_at(fd, &it);
  if (error != ESUCCESS) return error;
  if ((it->rights & RIGHT_READDIR) == 0) return EBADF;
  if (!guest_has(at, size)) return EFAULT;
  guest_size used = 0;
  for (; used < size; ++cookie) {
    result_entry found;
    error = entry_at(it, cookie, &found);
    if (error != ESUCCESS) return error;
    if (!found.some) break;
    dirent entry;
    __builtin_memset(&entry, 0, sizeof entry);
    entry.next = cookie + 1;
    entry.inode = inode_of(it, cookie, &found.entry.name);
    entry.name_size = found.entry.name.size;
    entry.type = filetype_of(found.entry.type);
    const guest_size room = size - used;
    if (room < sizeof entry + entry.name_size) keep_unread(it, cookie, &found);
    const guest_size head = room < sizeof entry ? room : sizeof entry;
    bridge_put(at + used, &entry, head);
    used += head;
    const guest_size tail = size - used < entry.name_size ? size - used : entry.name_size;
    bridge_put(at + used, found.entry.name.data, tail);
    used += tail;
  }
  bridge_put32(out, used);
  return ESUCCESS;
}

// ---- Opening -----------------------------------------------------------------------------------

static int32_t flags_for(const descriptor* base, int32_t open_flags, uint64_t rights,
                         int32_t fdflags) {
  int32_t flags = 0;
  if ((rights & (RIGHT_READ | RIGHT_READDIR)) != 0) flags |= FLAG_READ;
  if ((rights & (RIGHT_WRITE | RIGHT_ALLOCATE | RIGHT_SET_SIZE)) != 0) flags |= FLAG_WRITE;
  if ((open_flags & OPEN_DIRECTORY) != 0 || flags == 0) flags |= FLAG_READ;
  if ((open_flags & OPEN_DIRECTORY) != 0) flags &= ~FLAG_WRITE;
  if ((open_flags & OPEN_TRUNCATE) != 0) flags |= FLAG_WRITE;
  if ((fdflags & FDFLAG_SYNC) != 0) flags |= FLAG_SYNC;
  if ((fdflags & FDFLAG_DSYNC) != 0) flags |= FLAG_DATASYNC;
  if ((fdflags & FDFLAG_RSYNC) != 0) flags |= FLAG_RSYNC;
  if (base->is_mutable && (flags & FLAG_WRITE) == 0) flags |= FLAG_MUTATE;
  return flags;
}

PREVIEW1(path_open)
errno_t path_open(fd_t fd, int32_t follow, guest_ptr at, guest_size size, int32_t open_flags,
                  uint64_t rights, uint64_t inheriting, int32_t fdflags, guest_ptr out) {
  descriptor* base;
  path name;
  errno_t error = place(fd, at, size, &base, &name);
  if (error != ESUCCESS) return error;
  if (!guest_has(out, 4)) return EFAULT;
  if ((rights & ~base->inheriting) != 0 || (inheriting & ~base->inheriting) != 0) {
    return ENOTCAPABLE;
  }
  if ((open_flags & OPEN_TRUNCATE) != 0 && (base->rights & RIGHT_PATH_SET_SIZE) == 0) {
    return ENOTCAPABLE;
  }
  if ((open_flags & OPEN_DIRECTORY) != 0 && (rights & RIGHT_WRITE) != 0) return EISDIR;
  fd_t opened;
  error = descriptor_new(&opened);
  if (error != ESUCCESS) return error;
  result_handle result;
  file_open(base->handle, follow & 1, name.data, name.size, open_flags & 15,
            flags_for(base, open_flags, rights, fdflags), &result);
  if (result.failed) return errno_of(result.code);
  result_none type;
  file_type(result.value, &type);
  descriptor fresh = {.kind = FILE_OR_DIRECTORY,
                      .type = type.failed ? FILETYPE_UNKNOWN : filetype_of(type.code),
                      .fdflags = (uint16_t)fdflags,
                      .is_mutable = base->is_mutable,
                      .handle = result.value,
                      .rights = rights,
                      .inheriting = inheriting};
  fresh.rights &= fresh.type == FILETYPE_DIRECTORY ? RIGHTS_OF_DIRECTORIES : RIGHTS_OF_FILES;
  descriptor_set(opened, &fresh);
  bridge_put32(out, opened);
  return ESUCCESS;
}

// ---- Changing directories ----------------------------------------------------------------------

typedef void on_path(handle, const uint8_t*, size_t, result_none*);

static errno_t with_path(fd_t fd, guest_ptr at, guest_size size, on_path* how) {
  descriptor* directory;
  path name;
  const errno_t error = place(fd, at, size, &directory, &name);
  if (error != ESUCCESS) return error;
  result_none result;
  how(directory->handle, name.data, name.size, &result);
  return none(&result);
}

PREVIEW1(path_create_directory)
errno_t path_create_directory(fd_t fd, guest_ptr at, guest_size size) {
  return with_path(fd, at, size, file_create_directory);
}

PREVIEW1(path_remove_directory)
errno_t path_remove_directory(fd_t fd, guest_ptr at, guest_size size) {
  return with_path(fd, at, size, file_remove_directory);
}

PREVIEW1(path_unlink_file)
errno_t path_unlink_file(fd_t fd, guest_ptr at, guest_size size) {
  return with_path(fd, at, size, file_unlink);
}

PREVIEW1(path_link)
errno_t path_link(fd_t from, int32_t follow, guest_ptr old_at, guest_size old_size, fd_t to,
                  guest_ptr new_at, guest_size new_size) {
  descriptor *source, *target;
  path old_name, new_name;
  errno_t error = place(from, old_at, old_size, &source, &old_name);
  if (error == ESUCCESS) error = directory_at(to, &target);
  if (error == ESUCCESS) error = path_get(new_at, new_size, &new_name);
  if (error != ESUCCESS) return error;
  result_none result;
  file_link(source->handle, follow & 1, old_name.data, old_name.size, target->handle,
            new_name.data, new_name.size, &result);
  return none(&result);
}

PREVIEW1(path_rename)
errno_t path_rename(fd_t from, guest_ptr old_at, guest_size old_size, fd_t to, guest_ptr new_at,
                    guest_size new_size) {
  descriptor *source, *target;
  path old_name, new_name;
  errno_t error = place(from, old_at, old_size, &source, &old_name);
  if (error == ESUCCESS) error = directory_at(to, &target);
  if (error == ESUCCESS) error = path_get(new_at, new_size, &new_name);
  if (error != ESUCCESS) return error;
  result_none result;
  file_rename(source->handle, old_name.data, old_name.size, target->handle, new_name.data,
              new_name.size, &result);
  return none(&result);
}

PREVIEW1(path_symlink)
errno_t path_symlink(guest_ptr old_at, guest_size old_size, fd_t fd, guest_ptr at,
                     guest_size size) {
  descriptor* directory;
  path name, old_name;
  errno_t error = place(fd, at, size, &directory, &name);
  if (error == ESUCCESS) error = path_get(old_at, old_size, &old_name);
  if (error != ESUCCESS) return error;
  result_none result;
  file_symlink(directory->handle, old_name.data, old_name.size, name.data, name.size, &result);
  return none(&result);
}

PREVIEW1(path_readlink)
errno_t path_readlink(fd_t fd, guest_ptr at, guest_size size, guest_ptr to, guest_size to_size,
                      guest_ptr out) {
  descriptor* directory;
  path name;
  const errno_t error = place(fd, at, size, &directory, &name);
  if (error != ESUCCESS) return error;
  if (!guest_has(to, to_size)) return EFAULT;
  result_bytes result;
  file_readlink(directory->handle, name.data, name.size, &result);
  if (result.failed) return errno_of(result.code);
  const size_t part = result.value.size < to_size ? result.value.size : to_size;
  bridge_put(to, result.value.data, part);
  bridge_put32(out, part);
  return ESUCCESS;
}
