/// The table of descriptors, and the types of preview 1
/// (WASI, legacy/preview1/witx/typenames.witx).
#ifndef CAIRN_ADAPTER_DESCRIPTORS_H
#define CAIRN_ADAPTER_DESCRIPTORS_H

#include "imports.h"

typedef int32_t errno_t;
typedef uint32_t fd_t;

enum {
  ESUCCESS = 0, EACCES = 2, EAGAIN = 6, EBADF = 8, EEXIST = 20, EFAULT = 21, EINVAL = 28, EIO = 29,
  EISDIR = 31, EMFILE = 33, ENAMETOOLONG = 37, ENOENT = 44, ENOTDIR = 54, ENOTSOCK = 57,
  ENOTSUP = 58, EOVERFLOW = 61, EPERM = 63, EPIPE = 64, ESPIPE = 70, ENOTCAPABLE = 76
};

enum filetype { FILETYPE_UNKNOWN, FILETYPE_BLOCK, FILETYPE_CHARACTER, FILETYPE_DIRECTORY,
                FILETYPE_REGULAR, FILETYPE_DGRAM, FILETYPE_STREAM, FILETYPE_SYMLINK };

enum { FDFLAG_APPEND = 1, FDFLAG_DSYNC = 2, FDFLAG_NONBLOCK = 4, FDFLAG_RSYNC = 8, FDFLAG_SYNC = 16 };

enum {
  RIGHT_DATASYNC = 1 << 0, RIGHT_READ = 1 << 1, RIGHT_SEEK = 1 << 2, RIGHT_SET_FLAGS = 1 << 3,
  RIGHT_SYNC = 1 << 4, RIGHT_TELL = 1 << 5, RIGHT_WRITE = 1 << 6, RIGHT_ADVISE = 1 << 7,
  RIGHT_ALLOCATE = 1 << 8, RIGHT_READDIR = 1 << 14, RIGHT_PATH_SET_SIZE = 1 << 19, RIGHT_SET_SIZE = 1 << 22,
  RIGHTS_OF_FILES = 0x08e001ff, RIGHTS_OF_DIRECTORIES = 0x0fbffe98, RIGHTS_ALL = 0x1fffffff
};

enum kind { CLOSED, INPUT, OUTPUT, FILE_OR_DIRECTORY };

typedef struct {
  enum kind kind;
  uint8_t type;      ///< a `filetype`
  uint16_t fdflags;
  bool is_mutable;   ///< a directory in which something may be changed
  handle handle;     ///< input-stream, output-stream or descriptor
  uint64_t rights, inheriting;
  uint64_t position;
  bytes preopen;     ///< the name of a preopened directory
  handle entries;    ///< the stream of a directory that is being read, or 0
  uint64_t cookie;   ///< of the entry that it gives next
} descriptor;

/// The descriptor, or null.
descriptor* descriptor_at(fd_t fd);
/// A descriptor of a file or directory with these rights.
errno_t file_at(fd_t fd, uint64_t rights, descriptor** out);
errno_t directory_at(fd_t fd, descriptor** out);
/// The lowest free number, or EMFILE.
errno_t descriptor_new(fd_t* out);
void descriptor_set(fd_t fd, const descriptor* value);
void descriptor_close(descriptor* it);
/// Empties the arena for the results of one call; opens the standard streams and preopened
/// directories at the first one.
void begin_call(void);
/// Room in the arena.
void* arena_get(size_t align, size_t size);

/// error-code of wasi:filesystem, and descriptor-type.
errno_t errno_of(uint8_t code);
uint8_t filetype_of(uint8_t type);

typedef struct { uint8_t* data; size_t size; } path;
/// A path of the program, in the arena.
errno_t path_get(guest_ptr at, guest_size size, path* out);

#endif
