#include "memory/on_demand_provider.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "memory/os_memory.hpp"

namespace cairn::engine {
namespace {

std::unexpected<Error> no_memory(uint64_t bytes) {
  return fail(ErrorKind::limit,
              fmt::format("the system has no memory of {} bytes left for a linear memory", bytes));
}

/// A reservation of which the first `size` bytes are accessible.
bool reserve_block(MemoryBlock& block, uint64_t reserved, uint64_t size) {
  uint8_t* base = os_memory::reserve(reserved);
  if (!base) return false;
  if (!os_memory::commit(base, size)) {
    os_memory::release(base, reserved);
    return false;
  }
  block = {.base = base, .size = size, .reserved = reserved, .image = zero_image};
  return true;
}

}  // namespace

OnDemandProvider::OnDemandProvider() {
  uint8_t* trial = os_memory::reserve(guarded_reservation);
  guards_ = trial != nullptr;
  if (trial) os_memory::release(trial, guarded_reservation);
}

Result<MemoryBlock> OnDemandProvider::allocate(const wasm::MemoryType& type, uint64_t size,
                                               uint64_t max_size) {
  MemoryBlock block;
  if (guards_ && can_be_guarded(type)) {
    if (!reserve_block(block, guarded_reservation, size)) return no_memory(size);
    block.guarded = true;
    return block;
  }
  if (type.shared) {
    if (!reserve_block(block, std::max(size, max_size), size)) return no_memory(size);
    return block;
  }
  block.base = os_memory::allocate(size);
  if (!block.base) return no_memory(size);
  block.size = size;
  block.image = zero_image;
  return block;
}

bool OnDemandProvider::grow(MemoryBlock& block, uint64_t size) {
  if (block.reserved != 0) {
    if (size > block.reserved || !os_memory::commit(block.base, size)) return false;
  } else {
    uint8_t* base = os_memory::regrow(block.base, block.size, size);
    if (!base) return false;
    block.base = base;
  }
  block.size = size;
  return true;
}

void OnDemandProvider::release(MemoryBlock& block) {
  os_memory::release(block.base, block.reserved != 0 ? block.reserved : block.size);
  block = {};
}

std::unique_ptr<MemoryProvider> make_on_demand_provider() {
  return std::make_unique<OnDemandProvider>();
}

}  // namespace cairn::engine
