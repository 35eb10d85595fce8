// Accesses that are checked by hand, sizes, and the bulk instructions on memories.

#include "compiler/semantics/semantics.hpp"

namespace cairn::engine {

CAIRN_SEMANTIC void s_raise(InstanceData* instance, uint32_t trap) {
  calls_of(instance).raise(instance, trap);
}

namespace {

[[gnu::always_inline]] inline uint64_t size_of(const MemoryInst& memory) {
  return memory.size.load(std::memory_order_relaxed);
}

}  // namespace

/// Where an access of `bytes` goes.
CAIRN_SEMANTIC uint8_t* s_address(InstanceData* instance, const MemoryInst* memory,
                                  uint64_t address, uint64_t offset, uint32_t bytes) {
  const uint64_t size = size_of(*memory);
  uint64_t start, end;
  if (__builtin_add_overflow(address, offset, &start) ||
      __builtin_add_overflow(start, bytes, &end) || end > size) [[unlikely]]
    raise(instance, Trap::out_of_bounds_memory_access);
  return memory->base + in_bounds(start, size);
}

/// The same for an atomic one: its alignment comes first.
CAIRN_SEMANTIC uint8_t* s_atomic_address(InstanceData* instance, const MemoryInst* memory,
                                         uint64_t address, uint64_t offset, uint32_t bytes) {
  // The sum keeps its low bits even when it overflows, which the bounds check finds out.
  if (((address + offset) & (bytes - 1)) != 0) [[unlikely]]
    raise(instance, Trap::unaligned_atomic);
  return s_address(instance, memory, address, offset, bytes);
}

/// In pages.
CAIRN_SEMANTIC uint64_t s_memory_size(const MemoryInst* memory) {
  return size_of(*memory) >> memory->type.page_size_log2;
}
CAIRN_SEMANTIC uint64_t s_memory_grow(InstanceData* instance, uint32_t memory, uint64_t delta) {
  return calls_of(instance).memory_grow(instance, memory, delta);
}
CAIRN_SEMANTIC void s_memory_init(InstanceData* instance, uint32_t data, uint32_t memory,
                                  uint64_t d, uint64_t s, uint64_t n) {
  calls_of(instance).memory_init(instance, data, memory, d, s, n);
}
CAIRN_SEMANTIC void s_memory_copy(InstanceData* instance, uint32_t to, uint32_t from, uint64_t d,
                                  uint64_t s, uint64_t n) {
  calls_of(instance).memory_copy(instance, to, from, d, s, n);
}
CAIRN_SEMANTIC void s_memory_fill(InstanceData* instance, uint32_t memory, uint64_t d,
                                  uint32_t value, uint64_t n) {
  calls_of(instance).memory_fill(instance, memory, d, value, n);
}
CAIRN_SEMANTIC void s_data_drop(InstanceData* instance, uint32_t data) {
  calls_of(instance).data_drop(instance, data);
}

// ---- Atomics: addresses are sums with the offset ----

CAIRN_SEMANTIC uint32_t s_memory_atomic_wait32(InstanceData* instance, uint32_t memory,
                                               uint64_t address, uint32_t expected,
                                               uint64_t timeout_ns) {
  return calls_of(instance).atomic_wait32(instance, memory, address, expected, timeout_ns);
}
CAIRN_SEMANTIC uint32_t s_memory_atomic_wait64(InstanceData* instance, uint32_t memory,
                                               uint64_t address, uint64_t expected,
                                               uint64_t timeout_ns) {
  return calls_of(instance).atomic_wait64(instance, memory, address, expected, timeout_ns);
}
CAIRN_SEMANTIC uint32_t s_memory_atomic_notify(InstanceData* instance, uint32_t memory,
                                               uint64_t address, uint32_t count) {
  return calls_of(instance).atomic_notify(instance, memory, address, count);
}

}  // namespace cairn::engine
