#include "memory/os_memory.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cairn/base/result.hpp>

namespace cairn::engine::os_memory {
namespace {

uint8_t* map(uint64_t bytes, int protection) {
  void* at = mmap(nullptr, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return at == MAP_FAILED ? nullptr : static_cast<uint8_t*>(at);
}

}  // namespace

uint64_t round_up(uint64_t bytes) {
  static const auto page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  return (std::max<uint64_t>(bytes, 1) + page - 1) & ~(page - 1);
}

uint8_t* reserve(uint64_t bytes) { return map(round_up(bytes), PROT_NONE); }

uint8_t* allocate(uint64_t bytes) { return map(round_up(bytes), PROT_READ | PROT_WRITE); }

bool commit(uint8_t* at, uint64_t bytes) {
  return bytes == 0 || mprotect(at, round_up(bytes), PROT_READ | PROT_WRITE) == 0;
}

bool protect(uint8_t* at, uint64_t bytes) {
  return bytes == 0 || mprotect(at, round_up(bytes), PROT_NONE) == 0;
}

bool make_executable(uint8_t* at, uint64_t bytes) {
  return bytes == 0 || mprotect(at, round_up(bytes), PROT_READ | PROT_EXEC) == 0;
}

bool discard(uint8_t* at, uint64_t bytes) {
  return bytes == 0 || madvise(at, round_up(bytes), MADV_DONTNEED) == 0;
}

uint8_t* regrow(uint8_t* at, uint64_t old_bytes, uint64_t bytes) {
  void* moved = mremap(at, round_up(old_bytes), round_up(bytes), MREMAP_MAYMOVE);
  return moved == MAP_FAILED ? nullptr : static_cast<uint8_t*>(moved);
}

void release(uint8_t* at, uint64_t bytes) { CAIRN_ASSERT(munmap(at, round_up(bytes)) == 0); }

}  // namespace cairn::engine::os_memory
