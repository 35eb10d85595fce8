// Reading, writing and positions (preview 1: fd_read … fd_tell).

#include "descriptors.h"

#define PREVIEW1(name) __attribute__((export_name(#name)))

enum { CHUNK = 65536, STREAM_CHUNK = 4096, IOVECS_MAX = 1024 };

static uint8_t buffer[CHUNK];

/// The parts of a `list<iovec>` one after another.
typedef struct {
  guest_ptr next;
  guest_size left;           ///< how many vectors
  guest_ptr at;              ///< what is left of the one at hand
  guest_size size;
} iovecs;

static errno_t iovecs_begin(guest_ptr at, guest_size count, iovecs* out) {
  if (!guest_has(at, (uint64_t)count * 8)) return EFAULT;
  if (count > IOVECS_MAX) return EINVAL;
  *out = (iovecs){.next = at, .left = count};
  for (guest_size i = 0; i < count; ++i) {
    const guest_ptr start = bridge_get32(at + i * 8);
    if (!guest_has(start, bridge_get32(at + i * 8 + 4))) return EFAULT;
  }
  return ESUCCESS;
}

/// How many bytes, at most `size_max`, can go next; 0 at the end.
static size_t iovecs_next(iovecs* it, size_t size_max) {
  while (it->size == 0 && it->left != 0) {
    it->at = bridge_get32(it->next);
    it->size = bridge_get32(it->next + 4);
    it->next += 8;
    --it->left;
  }
  return it->size < size_max ? it->size : size_max;
}

static void iovecs_advance(iovecs* it, size_t size) {
  it->at += size;
  it->size -= size;
}

/// Fills `buffer` with what is to be written next.
static size_t gather(iovecs* it) {
  size_t filled = 0;
  for (size_t size; filled < CHUNK && (size = iovecs_next(it, CHUNK - filled)) != 0;) {
    bridge_get(buffer + filled, it->at, size);
    iovecs_advance(it, size);
    filled += size;
  }
  return filled;
}

static errno_t stream_errno(const stream_error* error, errno_t if_closed) {
  if (error->closed) return if_closed;
  error_drop(error->error);
  return EIO;
}

// ---- Streams -----------------------------------------------------------------------------------

static void wait_for(handle pollable) {
  indices ready;
  poll(&pollable, 1, &ready);
  pollable_drop(pollable);
}

static errno_t stream_write_some(handle stream, const uint8_t* data, size_t size, size_t* written) {
  stream_result_u64 room;
  output_check_write(stream, &room);
  if (room.failed) return stream_errno(&room.error, EPIPE);
  if (room.value == 0) {
    wait_for(output_subscribe(stream));
    return ESUCCESS;
  }
  const size_t part = room.value < size ? (size_t)room.value : size;
  stream_result result;
  output_write(stream, data, part, &result);
  if (result.failed) return stream_errno(&result.error, EPIPE);
  *written += part;
  return ESUCCESS;
}

static errno_t stream_write(handle stream, const uint8_t* data, size_t size) {
  stream_result result;
  if (size <= STREAM_CHUNK) {
    output_blocking_write(stream, data, size, &result);
    return result.failed ? stream_errno(&result.error, EPIPE) : ESUCCESS;
  }
  for (size_t written = 0; written < size;) {
    const errno_t error = stream_write_some(stream, data + written, size - written, &written);
    if (error != ESUCCESS) return error;
  }
  output_blocking_flush(stream, &result);
  return result.failed ? stream_errno(&result.error, EPIPE) : ESUCCESS;
}

static errno_t stream_read(handle stream, iovecs* to, uint64_t* count) {
  const size_t wanted = iovecs_next(to, CHUNK);
  if (wanted == 0) return ESUCCESS;
  stream_result_bytes result;
  input_blocking_read(stream, wanted, &result);
  if (result.failed) return stream_errno(&result.error, ESUCCESS);  // closed: the end
  bridge_put(to->at, result.value.data, result.value.size);
  *count = result.value.size;
  return ESUCCESS;
}

// ---- Files -------------------------------------------------------------------------------------

static errno_t file_read_at(handle file, iovecs* to, uint64_t at, uint64_t* count) {
  for (size_t wanted; (wanted = iovecs_next(to, CHUNK)) != 0;) {
    begin_call();
    result_read result;
    file_read(file, wanted, at + *count, &result);
    if (result.failed) return errno_of(result.code);
    bridge_put(to->at, result.value.data, result.value.size);
    iovecs_advance(to, result.value.size);
    *count += result.value.size;
    if (result.at_end || result.value.size < wanted) break;
  }
  return ESUCCESS;
}

static errno_t file_write_at(handle file, iovecs* from, uint64_t at, uint64_t* count) {
  for (size_t size; (size = gather(from)) != 0;) {
    for (size_t done = 0; done < size;) {
      result_u64 result;
      file_write(file, buffer + done, size - done, at + *count, &result);
      if (result.failed) return *count != 0 ? ESUCCESS : errno_of(result.code);
      if (result.value == 0) return ESUCCESS;
      done += (size_t)result.value;
      *count += result.value;
    }
  }
  return ESUCCESS;
}

static errno_t file_append_all(handle file, iovecs* from, uint64_t* count) {
  result_handle stream;
  file_append(file, &stream);
  if (stream.failed) return errno_of(stream.code);
  errno_t error = ESUCCESS;
  for (size_t size; error == ESUCCESS && (size = gather(from)) != 0;) {
    error = stream_write(stream.value, buffer, size);
    if (error == ESUCCESS) *count += size;
  }
  output_drop(stream.value);
  return error;
}

static errno_t file_size(handle file, uint64_t* size) {
  result_stat result;
  file_stat(file, &result);
  if (result.failed) return errno_of(result.code);
  *size = result.value.size;
  return ESUCCESS;
}

// ---- The functions -----------------------------------------------------------------------------

PREVIEW1(fd_read)
errno_t fd_read(fd_t fd, guest_ptr vectors, guest_size count, guest_ptr out) {
  begin_call();
  descriptor* const it = descriptor_at(fd);
  if (it == 0 || (it->rights & RIGHT_READ) == 0) return EBADF;
  if (it->type == FILETYPE_DIRECTORY) return EISDIR;
  iovecs to;
  errno_t error = iovecs_begin(vectors, count, &to);
  if (error != ESUCCESS) return error;
  uint64_t done = 0;
  if (it->kind == INPUT) {
    error = stream_read(it->handle, &to, &done);
  } else {
    error = file_read_at(it->handle, &to, it->position, &done);
    it->position += done;
  }
  if (error == ESUCCESS) bridge_put32(out, (uint32_t)done);
  return error;
}

PREVIEW1(fd_pread)
errno_t fd_pread(fd_t fd, guest_ptr vectors, guest_size count, uint64_t at, guest_ptr out) {
  begin_call();
  descriptor* it = descriptor_at(fd);
  if (it != 0 && it->kind != FILE_OR_DIRECTORY) return ESPIPE;
  errno_t error = file_at(fd, RIGHT_READ, &it);
  if (error != ESUCCESS) return error;
  iovecs to;
  error = iovecs_begin(vectors, count, &to);
  if (error != ESUCCESS) return error;
  uint64_t done = 0;
  error = file_read_at(it->handle, &to, at, &done);
  if (error == ESUCCESS) bridge_put32(out, (uint32_t)done);
  return error;
}

PREVIEW1(fd_write)
errno_t fd_write(fd_t fd, guest_ptr vectors, guest_size count, guest_ptr out) {
  begin_call();
  descriptor* const it = descriptor_at(fd);
  if (it == 0 || (it->rights & RIGHT_WRITE) == 0) return EBADF;
  iovecs from;
  errno_t error = iovecs_begin(vectors, count, &from);
  if (error != ESUCCESS) return error;
  uint64_t done = 0;
  if (it->kind == OUTPUT) {
    for (size_t size; error == ESUCCESS && (size = gather(&from)) != 0;) {
      error = stream_write(it->handle, buffer, size);
      if (error == ESUCCESS) done += size;
    }
  } else if ((it->fdflags & FDFLAG_APPEND) != 0) {
    error = file_append_all(it->handle, &from, &done);
    uint64_t size;
    if (file_size(it->handle, &size) == ESUCCESS) it->position = size;
  } else {
    error = file_write_at(it->handle, &from, it->position, &done);
    it->position += done;
  }
  if (error == ESUCCESS) bridge_put32(out, (uint32_t)done);
  return error;
}

PREVIEW1(fd_pwrite)
errno_t fd_pwrite(fd_t fd, guest_ptr vectors, guest_size count, uint64_t at, guest_ptr out) {
  begin_call();
  descriptor* it = descriptor_at(fd);
  if (it != 0 && it->kind != FILE_OR_DIRECTORY) return ESPIPE;
  errno_t error = file_at(fd, RIGHT_WRITE, &it);
  if (error != ESUCCESS) return error;
  iovecs from;
  error = iovecs_begin(vectors, count, &from);
  if (error != ESUCCESS) return error;
  uint64_t done = 0;
  error = (it->fdflags & FDFLAG_APPEND) != 0
              ? file_append_all(it->handle, &from, &done)
              : file_write_at(it->handle, &from, at, &done);
  if (error == ESUCCESS) bridge_put32(out, (uint32_t)done);
  return error;
}

PREVIEW1(fd_seek)
errno_t fd_seek(fd_t fd, int64_t offset, int32_t whence, guest_ptr out) {
  begin_call();
  descriptor* const it = descriptor_at(fd);
  if (it == 0) return EBADF;
  if (it->kind != FILE_OR_DIRECTORY) return ESPIPE;
  if (it->type == FILETYPE_DIRECTORY) return EBADF;
  uint64_t base = 0;
  if (whence == 1) base = it->position;
  if (whence == 2) {
    const errno_t error = file_size(it->handle, &base);
    if (error != ESUCCESS) return error;
  }
  if (whence < 0 || whence > 2) return EINVAL;
  int64_t target;
  if (__builtin_add_overflow((int64_t)base, offset, &target)) return EOVERFLOW;
  if (target < 0) return EINVAL;
  it->position = (uint64_t)target;
  bridge_put64(out, it->position);
  return ESUCCESS;
}

PREVIEW1(fd_tell)
errno_t fd_tell(fd_t fd, guest_ptr out) { return fd_seek(fd, 0, 1, out); }
