#include "interp/stack_pool.hpp"

#include <sys/mman.h>

#include <cstring>

#include "interp/execution_data.hpp"

namespace cairn::engine {

namespace {
void* reserve(uint64_t bytes) {
  void* const address = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return address == MAP_FAILED ? nullptr : address;
}
void unmap(const Stacks& stacks) {
  munmap(stacks.slots, stacks.slot_count * sizeof(uint64_t) + stacks.frame_count * sizeof(Frame));
}

constexpr uint64_t page_bytes = 4096;
constexpr uint64_t kept_bytes = 256 << 10;

/// What was touched beyond `kept_bytes` goes back to the system. Memory that was not touched is
/// zero; that of who went deep is seldom so all over the first page that is not kept.
void trim(void* begin, uint64_t size) {
  const auto address = reinterpret_cast<uint64_t>(begin);
  const uint64_t from = (address + kept_bytes + page_bytes - 1) & ~(page_bytes - 1);
  const uint64_t end = (address + size) & ~(page_bytes - 1);
  if (from >= end) return;
  auto* const page = reinterpret_cast<uint8_t*>(from);
  if (*page == 0 && std::memcmp(page, page + 1, page_bytes - 1) == 0) return;
  madvise(page, end - from, MADV_DONTNEED);
}
}  // namespace

StackPool::~StackPool() {
  for (const Stacks& stacks : free_) unmap(stacks);
}

Stacks StackPool::take(uint64_t slot_count, uint64_t frame_count) {
  {
    const std::scoped_lock lock(mutex_);
    for (size_t i = free_.size(); i-- > 0;) {
      if (free_[i].slot_count != slot_count || free_[i].frame_count != frame_count) continue;
      const Stacks stacks = free_[i];
      free_[i] = free_.back();
      free_.pop_back();
      return stacks;
    }
  }
  // One reservation for both: the frames lie behind the slots.
  void* const block = reserve(slot_count * sizeof(uint64_t) + frame_count * sizeof(Frame));
  if (block == nullptr) return {};
  auto* const slots = static_cast<uint64_t*>(block);
  return {slots, slot_count, reinterpret_cast<Frame*>(slots + slot_count), frame_count};
}

void StackPool::give_back(const Stacks& stacks) {
  if (stacks.slots == nullptr) return;
  trim(stacks.slots, stacks.slot_count * sizeof(uint64_t));
  trim(stacks.frames, stacks.frame_count * sizeof(Frame));
  const std::scoped_lock lock(mutex_);
  if (free_.size() < kept_max)
    free_.push_back(stacks);
  else
    unmap(stacks);
}

}  // namespace cairn::engine
