#pragma once
/// The operating system's address space. Sizes are rounded up to its pages (`page_bytes`).

#include <cstdint>

namespace cairn::engine::os_memory {

/// Reserves inaccessible address space; null when there is none left.
uint8_t* reserve(uint64_t bytes);
/// Allocates zeroed, accessible memory; null when that is impossible.
uint8_t* allocate(uint64_t bytes);
/// Makes a part of a reservation accessible; fresh parts read as zero.
bool commit(uint8_t* at, uint64_t bytes);
/// Makes a part inaccessible again; its contents stay.
bool protect(uint8_t* at, uint64_t bytes);
/// Makes allocated memory code: it can be read and executed, no longer written.
bool make_executable(uint8_t* at, uint64_t bytes);
/// Gives the pages back; the part reads as zero again.
bool discard(uint8_t* at, uint64_t bytes);
/// Grows what `allocate` gave, if need be at another place; null (and nothing changed) when that is
/// impossible.
uint8_t* regrow(uint8_t* at, uint64_t old_bytes, uint64_t bytes);
void release(uint8_t* at, uint64_t bytes);

/// A size in whole pages of the operating system, at least one.
uint64_t round_up(uint64_t bytes);

}  // namespace cairn::engine::os_memory
