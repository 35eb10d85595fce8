#include <algorithm>
#include <atomic>
#include <cstring>
#include <mutex>
#include <vector>

#include "memory/on_demand_provider.hpp"
#include "memory/os_memory.hpp"

namespace cairn::engine {
namespace {

/// A reservation without a memory. All bytes from 0 to `accessible` can be read and written; they
/// hold `image`, or zeroes.
struct Slot {
  uint8_t* base = nullptr;
  uint64_t accessible = 0;
  uint64_t image = zero_image;
};

/// Up to this size it is cheaper to overwrite a memory with zeroes than to give its pages back and
/// to have them faulted in again (measured: engine/README.md).
constexpr uint64_t overwrite_bytes_max = 128 << 10;

/// Idle slots keep pages of physical memory (an image, or overwritten bytes) up to this number of
/// slots; any more are emptied.
constexpr size_t resident_slots_max = 64;

/// How many slots are looked at for one that fits without a system call. The newest come first:
/// their bytes are still in the processor's caches.
constexpr size_t search_depth = 16;

class PooledProvider final : public MemoryProvider {
 public:
  explicit PooledProvider(uint32_t slots_max) : slots_max_(slots_max) {}
  ~PooledProvider() override {
    for (const Slot& slot : slots_) os_memory::release(slot.base, guarded_reservation);
  }

  bool guards() const override { return system_.guards(); }

  Result<MemoryBlock> allocate(const wasm::MemoryType& type, uint64_t size,
                               uint64_t max_size) override {
    return allocate_image(type, size, max_size, zero_image);
  }

  Result<MemoryBlock> allocate_image(const wasm::MemoryType& type, uint64_t size, uint64_t max_size,
                                     uint64_t image) override {
    Slot slot;
    if (can_be_guarded(type) && take(size, image, slot)) {
      MemoryBlock block{.base = slot.base,
                        .size = size,
                        .reserved = guarded_reservation,
                        .guarded = true,
                        .image = slot.image};
      if (fit(slot, block, image)) return block;
      os_memory::release(slot.base, guarded_reservation);
    }
    return system_.allocate(type, size, max_size);
  }

  bool grow(MemoryBlock& block, uint64_t size) override { return system_.grow(block, size); }

  void release(MemoryBlock& block) override {
    if (!block.guarded || !keep(block)) system_.release(block);
    block = {};
  }

 private:
  /// Takes the slot that costs the least to make ready.
  bool take(uint64_t size, uint64_t image, Slot& out) {
    const std::lock_guard lock(mutex_);
    if (slots_.empty()) return false;
    size_t best = slots_.size() - 1;
    int best_cost = 3;
    const size_t end = slots_.size() > search_depth ? slots_.size() - search_depth : 0;
    for (size_t i = slots_.size(); i-- > end && best_cost > 0;) {
      const Slot& slot = slots_[i];
      const int cost = slot.accessible != size ? 2 : slot.image != image ? 1 : 0;
      if (cost < best_cost) {
        best = i;
        best_cost = cost;
      }
    }
    out = slots_[best];
    slots_.erase(slots_.begin() + static_cast<ptrdiff_t>(best));
    idle_.store(slots_.size(), std::memory_order_relaxed);
    return true;
  }

  /// Brings a slot's bytes and protection into the state that the block promises.
  static bool fit(const Slot& slot, MemoryBlock& block, uint64_t image) {
    if (slot.image != zero_image && (slot.image != image || slot.accessible != block.size)) {
      if (!clean(slot.base, slot.accessible)) return false;
      block.image = zero_image;
    }
    if (slot.accessible < block.size) return os_memory::commit(slot.base, block.size);
    return os_memory::protect(slot.base + block.size, slot.accessible - block.size);
  }

  static bool clean(uint8_t* base, uint64_t bytes, bool keep_pages = true) {
    const uint64_t overwritten = keep_pages ? std::min(bytes, overwrite_bytes_max) : 0;
    std::memset(base, 0, overwritten);
    return os_memory::discard(base + overwritten, bytes - overwritten);
  }

  bool keep(const MemoryBlock& block) {
    Slot slot{.base = block.base, .accessible = block.size, .image = block.image};
    const bool keep_pages = idle_.load(std::memory_order_relaxed) < resident_slots_max;
    if (slot.image == unknown_image || !keep_pages) {
      // Outside the lock, and now: what a guest left must not stay in memory.
      if (!clean(slot.base, slot.accessible, keep_pages)) return false;
      slot.image = zero_image;
    }
    const std::lock_guard lock(mutex_);
    if (slots_.size() >= slots_max_) return false;
    slots_.push_back(slot);
    idle_.store(slots_.size(), std::memory_order_relaxed);
    return true;
  }

  OnDemandProvider system_;
  const uint32_t slots_max_;
  std::mutex mutex_;
  std::atomic<size_t> idle_ = 0;  ///< `slots_.size()`
  std::vector<Slot> slots_;       ///< the most recently released last
};

}  // namespace

std::unique_ptr<MemoryProvider> make_pooled_provider(uint32_t slots_max) {
  return std::make_unique<PooledProvider>(slots_max);
}

}  // namespace cairn::engine
