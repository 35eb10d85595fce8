#pragma once
/// Where linear memories get their bytes. An engine has one provider; all are thread-safe.

#include <cairn/base/result.hpp>
#include <cairn/wasm/types.hpp>
#include <cstdint>
#include <memory>

namespace cairn::engine {

/// The bytes of one linear memory. `base` stays where it is for the whole life of a guarded or
/// shared memory; growth may move any other.
struct MemoryBlock {
  uint8_t* base = nullptr;
  uint64_t size = 0;      ///< accessible bytes
  uint64_t reserved = 0;  ///< address space behind `base`, inaccessible past `size`
  /// Every 32-bit address plus an offset below `guard_size` faults instead of reaching other
  /// memory, so that plain accesses need no bounds check.
  bool guarded = false;
  /// What the bytes hold. In a block that comes from a provider: `zero_image` or the image that was
  /// asked for; in one that goes back: what is known of it. An image is a number that stands for
  /// fixed contents; the engine never gives one number to two contents.
  uint64_t image = 0;
  void* cookie = nullptr;  ///< the provider's own
};

inline constexpr uint64_t unknown_image = 0;
inline constexpr uint64_t zero_image = 1;
inline constexpr uint64_t first_image = 2;

/// Offsets of memory instructions below this need no check on a guarded memory.
inline constexpr uint64_t guard_size = uint64_t{32} << 20;

class MemoryProvider {
 public:
  virtual ~MemoryProvider() = default;
  /// Is every memory from here with 32-bit addresses and 64 KiB pages guarded? Code is then
  /// translated without bounds checks for them.
  virtual bool guards() const { return false; }
  /// A zeroed memory of `size` bytes that may grow to `max_size`. Error kind `limit` when the
  /// budget or the system does not allow it.
  virtual Result<MemoryBlock> allocate(const wasm::MemoryType& type, uint64_t size,
                                       uint64_t max_size) = 0;
  /// The same, but the memory may come with the contents `image` instead of zeroes (`block.image`
  /// says which), when the provider has one left over from an earlier release.
  virtual Result<MemoryBlock> allocate_image(const wasm::MemoryType& type, uint64_t size,
                                             uint64_t max_size, uint64_t image) {
    static_cast<void>(image);
    return allocate(type, size, max_size);
  }
  /// Grows to `size` bytes; false (and nothing changed) when that is impossible.
  virtual bool grow(MemoryBlock& block, uint64_t size) = 0;
  virtual void release(MemoryBlock& block) = 0;
};

/// Reserves address space for each memory and commits on demand; guard pages for 32-bit memories,
/// unless the system does not give that much address space to the process.
std::unique_ptr<MemoryProvider> make_on_demand_provider();
/// The same, and keeps up to `slots_max` released reservations of guarded memories for the next
/// one. A memory that comes back with its image untouched is handed out again as it is; others are
/// cleaned when they come back.
std::unique_ptr<MemoryProvider> make_pooled_provider(uint32_t slots_max = 1024);
/// Plain allocations within a budget of `bytes_max` over all memories, checked accesses only.
std::unique_ptr<MemoryProvider> make_budget_provider(uint64_t bytes_max);
/// For tests: hands on to `inner` and fails the N-th call (counting allocate and grow from 1).
std::unique_ptr<MemoryProvider> make_failing_provider(std::unique_ptr<MemoryProvider> inner,
                                                      uint64_t fail_on);

}  // namespace cairn::engine
