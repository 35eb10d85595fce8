#pragma once
/// The provider behind the default ones: address space from the operating system for each memory.

#include <cairn/engine/memory_provider.hpp>

namespace cairn::engine {

/// Address space behind a guarded memory: every 32-bit address, an offset below `guard_size`, and
/// the widest access.
inline constexpr uint64_t guarded_reservation =
    (uint64_t{4} << 30) + guard_size + (uint64_t{64} << 10);

/// Do memories of this type get guard pages? Those whose addresses have 32 bits and whose size is
/// always a multiple of the operating system's pages.
constexpr bool can_be_guarded(const wasm::MemoryType& type) {
  return type.address == wasm::AddrType::i32 && type.page_size_log2 == 16 && sizeof(void*) == 8;
}

/// A guarded memory lies in a reservation of `guarded_reservation` bytes and never moves. Other
/// types are unguarded, and all are where a process may not have that much address space, which is
/// tried once. A shared memory reserves its maximum and never moves either.
class OnDemandProvider final : public MemoryProvider {
 public:
  OnDemandProvider();
  bool guards() const override { return guards_; }
  Result<MemoryBlock> allocate(const wasm::MemoryType& type, uint64_t size,
                               uint64_t max_size) override;
  bool grow(MemoryBlock& block, uint64_t size) override;
  void release(MemoryBlock& block) override;

 private:
  bool guards_;
};

}  // namespace cairn::engine
