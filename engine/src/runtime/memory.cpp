/// Memories and the instructions on them that need no handler of their own.

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "runtime/imports.hpp"
#include "runtime/segments.hpp"

namespace cairn::engine {
namespace {

bool in_bounds(uint64_t start, uint64_t count, uint64_t size) {
  return count <= size && start <= size - count;
}

uint64_t size_of(const MemoryInst& memory) { return memory.size.load(std::memory_order_relaxed); }

/// Pages as bytes; UINT64_MAX when that is more than 64 bits hold.
uint64_t to_bytes(const wasm::MemoryType& type, uint64_t pages) {
  return pages > UINT64_MAX >> type.page_size_log2 ? UINT64_MAX : pages << type.page_size_log2;
}

/// The largest size that the type and the implementation allow.
uint64_t max_bytes_of(const wasm::MemoryType& type, const wasm::ImplementationLimits& limits) {
  uint64_t bytes = limits.memory64_bytes;
  if (type.address == wasm::AddrType::i32) {
    bytes = limits.memory32_bytes;
    // With pages of one byte, memory.size could not say 2^32.
    if (type.page_size_log2 == 0) bytes = std::min<uint64_t>(bytes, UINT32_MAX);
  }
  return type.limits.max ? std::min(bytes, to_bytes(type, *type.limits.max)) : bytes;
}

std::unexpected<Error> too_large(const wasm::MemoryType& type, uint64_t bytes_max) {
  return fail(ErrorKind::limit,
              fmt::format("a memory of {} pages does not fit into the {} bytes that are left",
                          type.limits.min, bytes_max));
}

void take_block(MemoryInst& memory, const wasm::MemoryType& type, MemoryProvider& provider,
                const MemoryBlock& block) {
  memory.type = type;
  memory.provider = &provider;
  memory.block = block;
  memory.base = block.base;
  memory.guarded = block.guarded;
  memory.size.store(block.size, std::memory_order_relaxed);
}

}  // namespace

Result<> open_memory(StoreData& store, MemoryInst& memory, const wasm::MemoryType& type,
                     uint64_t image) {
  const Settings& settings = store.engine->settings;
  const uint64_t size = to_bytes(type, type.limits.min);
  const uint64_t max = max_bytes_of(type, settings.limits);
  const uint64_t left = store.limits.memory_bytes_max - store.memory_bytes;
  if (size > max || size > left) return too_large(type, std::min(max, left));
  MemoryProvider& provider = *settings.memory_provider;
  take_block(memory, type, provider, TRY(provider.allocate_image(type, size, max, image)));
  memory.max_bytes = max;
  memory.store = &store;
  store.memory_bytes += size;
  return {};
}

Result<std::shared_ptr<MemoryInst>> make_shared_memory(std::shared_ptr<EngineState> engine,
                                                       const wasm::MemoryType& type,
                                                       uint64_t bytes_max) {
  const Settings& settings = engine->settings;
  const uint64_t size = to_bytes(type, type.limits.min);
  const uint64_t max = std::min(max_bytes_of(type, settings.limits), bytes_max);
  if (size > max) return too_large(type, max);
  auto memory = std::make_shared<MemoryInst>();
  MemoryProvider& provider = *settings.memory_provider;
  take_block(*memory, type, provider, TRY(provider.allocate(type, size, max)));
  memory->max_bytes = max;
  memory->engine = std::move(engine);
  return memory;
}

MemoryInst::~MemoryInst() {
  if (!provider) return;
  const bool is_pristine = store && !store->has_run && !touched;
  block.image = is_pristine ? image : unknown_image;
  if (store) store->memory_bytes -= block.size;
  provider->release(block);
}

uint64_t memory_grow(MemoryInst& memory, uint64_t delta_pages) {
  std::unique_lock<std::mutex> lock;
  if (!memory.store) lock = std::unique_lock(memory.grow_mutex);
  const uint64_t size = size_of(memory);
  const uint64_t old_pages = size >> memory.type.page_size_log2;
  if (delta_pages == 0) return old_pages;
  const uint64_t delta = to_bytes(memory.type, delta_pages);
  if (size > memory.max_bytes || delta > memory.max_bytes - size) return UINT64_MAX;
  if (StoreData* store = memory.store) {
    if (delta > store->limits.memory_bytes_max - store->memory_bytes) return UINT64_MAX;
  }
  if (!memory.provider->grow(memory.block, size + delta)) return UINT64_MAX;
  if (memory.store) memory.store->memory_bytes += delta;
  memory.touched = true;
  if (memory.base != memory.block.base) memory.base = memory.block.base;
  memory.size.store(size + delta, std::memory_order_release);
  return old_pages;
}

// ---- Bulk instructions -------------------------------------------------------------------------

ByteSpan data_bytes(const InstanceData& instance, uint32_t data) {
  return instance.dropped_datas[data] ? ByteSpan() : instance.module->ast.datas[data].bytes;
}

void data_drop(InstanceData& instance, uint32_t data) { instance.dropped_datas[data] = true; }

Trap memory_init(InstanceData& instance, uint32_t data, uint32_t memory_index, uint64_t d,
                 uint64_t s, uint64_t n) {
  MemoryInst& memory = *instance.memories[memory_index];
  const ByteSpan bytes = data_bytes(instance, data);
  if (!in_bounds(s, n, bytes.size()) || !in_bounds(d, n, size_of(memory))) {
    return Trap::out_of_bounds_memory_access;
  }
  if (n != 0) std::memcpy(memory.base + d, bytes.data() + s, n);
  return Trap::none;
}

Trap memory_copy(InstanceData& instance, uint32_t dst_index, uint32_t src_index, uint64_t d,
                 uint64_t s, uint64_t n) {
  MemoryInst& dst = *instance.memories[dst_index];
  MemoryInst& src = *instance.memories[src_index];
  if (!in_bounds(d, n, size_of(dst)) || !in_bounds(s, n, size_of(src))) {
    return Trap::out_of_bounds_memory_access;
  }
  if (n != 0) std::memmove(dst.base + d, src.base + s, n);
  return Trap::none;
}

Trap memory_fill(InstanceData& instance, uint32_t memory_index, uint64_t d, uint8_t value,
                 uint64_t n) {
  MemoryInst& memory = *instance.memories[memory_index];
  if (!in_bounds(d, n, size_of(memory))) return Trap::out_of_bounds_memory_access;
  if (n != 0) std::memset(memory.base + d, value, n);
  return Trap::none;
}

// ---- Waiting -----------------------------------------------------------------------------------

namespace {

template <class T>
uint32_t atomic_wait(MemoryInst& memory, uint64_t address, T expected, int64_t timeout_ns,
                     StoreData* store) {
  auto* at = reinterpret_cast<T*>(memory.base + address);
  return static_cast<uint32_t>(memory.engine->parking.wait<T>(at, expected, timeout_ns,
                                                              store ? &store->interrupt : nullptr));
}

}  // namespace

uint32_t atomic_wait32(MemoryInst& memory, uint64_t address, uint32_t expected, int64_t timeout_ns,
                       StoreData* store) {
  return atomic_wait<uint32_t>(memory, address, expected, timeout_ns, store);
}

uint32_t atomic_wait64(MemoryInst& memory, uint64_t address, uint64_t expected, int64_t timeout_ns,
                       StoreData* store) {
  return atomic_wait<uint64_t>(memory, address, expected, timeout_ns, store);
}

uint32_t atomic_notify(MemoryInst& memory, uint64_t address, uint32_t count) {
  return memory.engine ? memory.engine->parking.notify(memory.base + address, count) : 0;
}

}  // namespace cairn::engine
