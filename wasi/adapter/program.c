// The program's surroundings: arguments, variables, clocks, random numbers, its end, waiting
// (preview 1: args_*, clock_*, environ_*, poll_oneoff, proc_*, random_get, sched_yield, sock_*).

#include "descriptors.h"

#define PREVIEW1(name) __attribute__((export_name(#name)))

FROM("main", "_start") void main_start(void);

/// wasi:cli/run: a program that returns has done well; one that fails ends in proc_exit.
__attribute__((export_name("wasi:cli/run@0.2.3#run"))) int32_t run(void) {
  main_start();
  return 0;
}

PREVIEW1(proc_exit)
_Noreturn void proc_exit(uint32_t code) {
  begin_call();
  if (code == 0) cli_exit(0);
  cli_exit_with_code((int32_t)(code & 255));
  __builtin_trap();
}

PREVIEW1(proc_raise)
errno_t proc_raise(int32_t signal) {
  (void)signal;
  return ENOTSUP;
}

PREVIEW1(sched_yield)
errno_t sched_yield(void) { return ESUCCESS; }

// ---- Arguments and variables -------------------------------------------------------------------

/// Puts texts one after another, each with a zero behind it and a pointer to it in a list.
typedef struct {
  guest_ptr pointers, text;
} text_list;

static void put_pointer(text_list* list) {
  bridge_put32(list->pointers, list->text);
  list->pointers += 4;
}

static void put_text(text_list* list, const bytes* text, uint8_t end) {
  bridge_put(list->text, text->data, text->size);
  bridge_put(list->text + text->size, &end, 1);
  list->text += text->size + 1;
}

static uint64_t size_of_arguments(const strings* list) {
  uint64_t size = 0;
  for (size_t i = 0; i < list->size; ++i) size += list->data[i].size + 1;
  return size;
}

static uint64_t size_of_variables(const variables* list) {
  uint64_t size = 0;
  for (size_t i = 0; i < list->size; ++i) {
    size += list->data[i].name.size + list->data[i].value.size + 2;
  }
  return size;
}

static errno_t put_sizes(guest_ptr count_out, guest_ptr size_out, size_t count, uint64_t size) {
  if (!guest_has(count_out, 4) || !guest_has(size_out, 4)) return EFAULT;
  if (size > UINT32_MAX) return EOVERFLOW;
  bridge_put32(count_out, count);
  bridge_put32(size_out, (uint32_t)size);
  return ESUCCESS;
}

PREVIEW1(args_sizes_get)
errno_t args_sizes_get(guest_ptr count, guest_ptr size) {
  begin_call();
  strings list;
  arguments_get(&list);
  return put_sizes(count, size, list.size, size_of_arguments(&list));
}

PREVIEW1(args_get)
errno_t args_get(guest_ptr pointers, guest_ptr text) {
  begin_call();
  strings list;
  arguments_get(&list);
  if (!guest_has(pointers, (uint64_t)list.size * 4)) return EFAULT;
  if (!guest_has(text, size_of_arguments(&list))) return EFAULT;
  text_list to = {pointers, text};
  for (size_t i = 0; i < list.size; ++i) {
    put_pointer(&to);
    put_text(&to, &list.data[i], 0);
  }
  return ESUCCESS;
}

PREVIEW1(environ_sizes_get)
errno_t environ_sizes_get(guest_ptr count, guest_ptr size) {
  begin_call();
  variables list;
  environment_get(&list);
  return put_sizes(count, size, list.size, size_of_variables(&list));
}

PREVIEW1(environ_get)
errno_t environ_get(guest_ptr pointers, guest_ptr text) {
  begin_call();
  variables list;
  environment_get(&list);
  if (!guest_has(pointers, (uint64_t)list.size * 4)) return EFAULT;
  if (!guest_has(text, size_of_variables(&list))) return EFAULT;
  text_list to = {pointers, text};
  for (size_t i = 0; i < list.size; ++i) {
    put_pointer(&to);
    put_text(&to, &list.data[i].name, '=');
    put_text(&to, &list.data[i].value, 0);
  }
  return ESUCCESS;
}

// ---- Clocks and random numbers -----------------------------------------------------------------

enum clock { REALTIME, MONOTONIC, PROCESS_TIME, THREAD_TIME };

static uint64_t nanoseconds(const datetime* time) {
  return time->seconds * 1000000000 + time->nanoseconds;
}

PREVIEW1(clock_time_get)
errno_t clock_time_get(int32_t clock, uint64_t precision, guest_ptr out) {
  (void)precision;
  begin_call();
  if (clock < REALTIME || clock > THREAD_TIME) return EINVAL;
  if (clock > MONOTONIC) return ENOTSUP;
  if (!guest_has(out, 8)) return EFAULT;
  uint64_t now;
  if (clock == REALTIME) {
    datetime time;
    wall_now(&time);
    now = nanoseconds(&time);
  } else {
    now = monotonic_now();
  }
  bridge_put64(out, now);
  return ESUCCESS;
}

PREVIEW1(clock_res_get)
errno_t clock_res_get(int32_t clock, guest_ptr out) {
  begin_call();
  if (clock < REALTIME || clock > THREAD_TIME) return EINVAL;
  if (clock > MONOTONIC) return ENOTSUP;
  if (!guest_has(out, 8)) return EFAULT;
  uint64_t step;
  if (clock == REALTIME) {
    datetime time;
    wall_resolution(&time);
    step = nanoseconds(&time);
  } else {
    step = monotonic_resolution();
  }
  bridge_put64(out, step);
  return ESUCCESS;
}

PREVIEW1(random_get)
errno_t random_get(guest_ptr at, guest_size size) {
  begin_call();
  if (!guest_has(at, size)) return EFAULT;
  while (size != 0) {
    begin_call();
    bytes part;
    random_bytes(size < 65536 ? size : 65536, &part);
    bridge_put(at, part.data, part.size);
    at += part.size;
    size -= part.size;
  }
  return ESUCCESS;
}

// ---- Waiting -----------------------------------------------------------------------------------

enum { EVENT_CLOCK, EVENT_READ, EVENT_WRITE, SUBSCRIPTIONS_MAX = 4096 };

typedef struct {
  uint64_t user_data;
  uint8_t type;
  union {
    struct { uint32_t clock; uint64_t timeout, precision; uint16_t flags; } clock;
    fd_t fd;
  };
} subscription;
_Static_assert(sizeof(subscription) == 48, "as preview 1 has it");

typedef struct {
  uint64_t user_data;
  uint16_t error;
  uint8_t type;
  uint64_t size;
  uint16_t flags;
} event;
_Static_assert(sizeof(event) == 32, "as preview 1 has it");

static errno_t clock_pollable(const subscription* it, handle* out) {
  const bool absolute = (it->clock.flags & 1) != 0;
  if (it->clock.clock > MONOTONIC) return it->clock.clock > THREAD_TIME ? EINVAL : ENOTSUP;
  if (it->clock.clock == MONOTONIC && absolute) {
    *out = monotonic_subscribe_instant(it->clock.timeout);
    return ESUCCESS;
  }
  uint64_t duration = it->clock.timeout;
  if (absolute) {
    datetime time;
    wall_now(&time);
    const uint64_t now = nanoseconds(&time);
    duration = duration > now ? duration - now : 0;
  }
  *out = monotonic_subscribe_duration(duration);
  return ESUCCESS;
}

/// Files are always ready.
static errno_t pollable_of(const subscription* it, handle* out) {
  if (it->type == EVENT_CLOCK) return clock_pollable(it, out);
  if (it->type > EVENT_WRITE) return EINVAL;
  const descriptor* const of = descriptor_at(it->fd);
  if (of == 0) return EBADF;
  if (of->kind == INPUT && it->type == EVENT_READ) {
    *out = input_subscribe(of->handle);
  } else if (of->kind == OUTPUT && it->type == EVENT_WRITE) {
    *out = output_subscribe(of->handle);
  } else if (of->kind == FILE_OR_DIRECTORY) {
    *out = monotonic_subscribe_duration(0);
  } else {
    return EBADF;
  }
  return ESUCCESS;
}

static void fill_event(const subscription* it, errno_t error, event* out) {
  __builtin_memset(out, 0, sizeof *out);
  out->user_data = it->user_data;
  out->error = (uint16_t)error;
  out->type = it->type;
  if (error != ESUCCESS || it->type == EVENT_CLOCK) return;
  out->size = 1;
  const descriptor* const of = descriptor_at(it->fd);
  if (of->kind != FILE_OR_DIRECTORY || it->type != EVENT_READ) return;
  result_stat stat;
  file_stat(of->handle, &stat);
  const uint64_t size = stat.failed ? 0 : stat.value.size;
  out->size = size > of->position ? size - of->position : 0;
}

PREVIEW1(poll_oneoff)
errno_t poll_oneoff(guest_ptr in, guest_ptr out, guest_size count, guest_ptr count_out) {
  begin_call();
  if (count == 0 || count > SUBSCRIPTIONS_MAX) return EINVAL;
  if (!guest_has(in, (uint64_t)count * sizeof(subscription))) return EFAULT;
  if (!guest_has(out, (uint64_t)count * sizeof(event))) return EFAULT;
  subscription* const wanted = arena_get(8, count * sizeof(subscription));
  bridge_get(wanted, in, count * sizeof(subscription));
  handle* const pollables = arena_get(4, count * sizeof(handle));
  uint32_t* const which = arena_get(4, count * sizeof(uint32_t));
  guest_size waiting = 0, done = 0;
  event ready;
  for (guest_size i = 0; i < count; ++i) {
    const errno_t error = pollable_of(&wanted[i], &pollables[waiting]);
    if (error == ESUCCESS) {
      which[waiting++] = i;
    } else {
      fill_event(&wanted[i], error, &ready);
      bridge_put(out + done++ * sizeof ready, &ready, sizeof ready);
    }
  }
  if (done == 0) {  // what failed has happened already
    indices list;
    poll(pollables, waiting, &list);
    for (size_t i = 0; i < list.size; ++i) {
      fill_event(&wanted[which[list.data[i]]], ESUCCESS, &ready);
      bridge_put(out + done++ * sizeof ready, &ready, sizeof ready);
    }
  }
  for (guest_size i = 0; i < waiting; ++i) pollable_drop(pollables[i]);
  bridge_put32(count_out, done);
  return ESUCCESS;
}

// ---- Sockets -----------------------------------------------------------------------------------

/// Preview 1 has sockets only where somebody hands them in; WASI 0.2 has no way to do that.
static errno_t no_socket(fd_t fd) {
  begin_call();
  return descriptor_at(fd) != 0 ? ENOTSOCK : EBADF;
}

PREVIEW1(sock_accept)
errno_t sock_accept(fd_t fd, int32_t flags, guest_ptr out) {
  (void)flags, (void)out;
  return no_socket(fd);
}

PREVIEW1(sock_recv)
errno_t sock_recv(fd_t fd, guest_ptr vectors, guest_size count, int32_t flags, guest_ptr size_out,
                  guest_ptr flags_out) {
  (void)vectors, (void)count, (void)flags, (void)size_out, (void)flags_out;
  return no_socket(fd);
}

PREVIEW1(sock_send)
errno_t sock_send(fd_t fd, guest_ptr vectors, guest_size count, int32_t flags, guest_ptr out) {
  (void)vectors, (void)count, (void)flags, (void)out;
  return no_socket(fd);
}

PREVIEW1(sock_shutdown)
errno_t sock_shutdown(fd_t fd, int32_t how) {
  (void)how;
  return no_socket(fd);
}
