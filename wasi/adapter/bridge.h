/// The way to the memory of the program that the adapter serves. The adapter has a memory of its
/// own; what is a `guest_ptr` counts in the program's. The functions are those of the core module
/// that `cairn component new` puts between the two.
#ifndef CAIRN_ADAPTER_BRIDGE_H
#define CAIRN_ADAPTER_BRIDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint32_t guest_ptr;
typedef uint32_t guest_size;

#define FROM(module, name) __attribute__((import_module(module), import_name(name)))

/// Size of the program's memory, in pages of 64 KiB.
FROM("bridge", "pages") uint32_t bridge_pages(void);
FROM("bridge", "get") void bridge_get(void* to, guest_ptr from, size_t size);
FROM("bridge", "put") void bridge_put(guest_ptr to, const void* from, size_t size);
FROM("bridge", "get32") uint32_t bridge_get32(guest_ptr at);
FROM("bridge", "put32") void bridge_put32(guest_ptr at, uint32_t value);
FROM("bridge", "put64") void bridge_put64(guest_ptr at, uint64_t value);
/// Where lists and strings that come in are put from now on, upwards, in the adapter's memory.
FROM("bridge", "arena") void bridge_arena(void* start);
FROM("bridge", "realloc")
void* bridge_realloc(void* old, size_t old_size, size_t align, size_t size);

/// Whether `size` bytes at `at` lie in the program's memory.
static inline bool guest_has(guest_ptr at, uint64_t size) {
  return (uint64_t)at + size <= (uint64_t)bridge_pages() << 16;
}

#endif
