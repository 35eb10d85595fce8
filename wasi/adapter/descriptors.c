#include "descriptors.h"

enum { DESCRIPTORS_MAX = 1024, PATH_MAX = 4096 };

extern uint8_t __heap_base;

static descriptor table[DESCRIPTORS_MAX];
static fd_t used;            // all above are closed
static uint8_t* arena_start; // null: nothing is opened yet

void* arena_get(size_t align, size_t size) { return bridge_realloc(0, 0, align, size); }

static void open_stream(fd_t fd, enum kind kind, handle stream, const option_handle* terminal) {
  table[fd] = (descriptor){
      .kind = kind,
      .type = terminal->some ? FILETYPE_CHARACTER : FILETYPE_UNKNOWN,
      .handle = stream,
      .rights = kind == INPUT ? RIGHT_READ | (1 << 27) : RIGHT_WRITE | (1 << 27)};
  // A character device that can neither seek nor tell is what isatty(3) looks for.
  if (!terminal->some) return;
  if (kind == INPUT) {
    terminal_input_drop(terminal->value);
  } else {
    terminal_output_drop(terminal->value);
  }
}

static void open_all(void) {
  option_handle terminal;
  terminal_stdin(&terminal);
  open_stream(0, INPUT, stdin_get(), &terminal);
  terminal_stdout(&terminal);
  open_stream(1, OUTPUT, stdout_get(), &terminal);
  terminal_stderr(&terminal);
  open_stream(2, OUTPUT, stderr_get(), &terminal);
  used = 3;
  preopens list;
  preopens_get(&list);
  for (size_t i = 0; i < list.size && used < DESCRIPTORS_MAX; ++i) {
    result_none flags;
    file_flags(list.data[i].directory, &flags);
    table[used++] = (descriptor){.kind = FILE_OR_DIRECTORY,
                                 .type = FILETYPE_DIRECTORY,
                                 .is_mutable = !flags.failed && (flags.code & 1 << 5) != 0,
                                 .handle = list.data[i].directory,
                                 .rights = RIGHTS_OF_DIRECTORIES,
                                 .inheriting = RIGHTS_OF_DIRECTORIES | RIGHTS_OF_FILES,
                                 .preopen = list.data[i].path};
  }
}

void begin_call(void) {
  if (arena_start == 0) {
    bridge_arena(&__heap_base);
    open_all();
    arena_start = arena_get(16, 0);  // the names of the preopened directories stay below
  }
  bridge_arena(arena_start);
}

descriptor* descriptor_at(fd_t fd) {
  return fd < used && table[fd].kind != CLOSED ? &table[fd] : 0;
}

errno_t file_at(fd_t fd, uint64_t rights, descriptor** out) {
  *out = descriptor_at(fd);
  if (*out == 0 || (*out)->kind != FILE_OR_DIRECTORY) return EBADF;
  return ((*out)->rights & rights) == rights ? ESUCCESS : EBADF;
}

errno_t directory_at(fd_t fd, descriptor** out) {
  const errno_t error = file_at(fd, 0, out);
  if (error != ESUCCESS) return descriptor_at(fd) != 0 ? ENOTDIR : EBADF;
  return (*out)->type == FILETYPE_DIRECTORY ? ESUCCESS : ENOTDIR;
}

errno_t descriptor_new(fd_t* out) {
  for (fd_t fd = 0; fd < DESCRIPTORS_MAX; ++fd) {
    if (table[fd].kind != CLOSED) continue;
    if (fd >= used) used = fd + 1;
    table[fd] = (descriptor){.kind = CLOSED};
    *out = fd;
    return ESUCCESS;
  }
  return EMFILE;
}

void descriptor_set(fd_t fd, const descriptor* value) { table[fd] = *value; }

void descriptor_close(descriptor* it) {
  if (it->entries != 0) directory_drop(it->entries);
  if (it->kind == INPUT) input_drop(it->handle);
  if (it->kind == OUTPUT) output_drop(it->handle);
  if (it->kind == FILE_OR_DIRECTORY) file_drop(it->handle);
  it->kind = CLOSED;
}

errno_t errno_of(uint8_t code) {
  // In the order of error-code: access, would-block, already …
  static const uint8_t numbers[] = {2,  6,  7,  8,  10, 16, 19, 20, 22, 25, 26, 27, 28,
                                    29, 31, 32, 34, 35, 37, 43, 44, 46, 48, 51, 54, 55,
                                    56, 58, 59, 60, 61, 63, 64, 69, 70, 74, 75};
  return code < sizeof numbers ? numbers[code] : EIO;
}

uint8_t filetype_of(uint8_t type) {
  static const uint8_t types[] = {FILETYPE_UNKNOWN, FILETYPE_BLOCK,   FILETYPE_CHARACTER,
                                  FILETYPE_DIRECTORY, FILETYPE_UNKNOWN, FILETYPE_SYMLINK,
                                  FILETYPE_REGULAR, FILETYPE_STREAM};
  return type < sizeof types ? types[type] : FILETYPE_UNKNOWN;
}

errno_t path_get(guest_ptr at, guest_size size, path* out) {
  if (!guest_has(at, size)) return EFAULT;
  if (size > PATH_MAX) return ENAMETOOLONG;
  out->data = arena_get(1, size);
  out->size = size;
  bridge_get(out->data, at, size);
  return ESUCCESS;
}
