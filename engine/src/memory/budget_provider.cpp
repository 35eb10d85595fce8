#include <cairn/engine/memory_provider.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <vector>

#include "memory/os_memory.hpp"

namespace cairn::engine {
namespace {

/// Memories of one page, as most small guests have, out of regions of many: where the C library
/// would ask the system for each of them, one call does for a region.
class Pages {
 public:
  static constexpr uint64_t page_bytes = 65'536;

  Pages() = default;
  ~Pages() {
    for (uint8_t* region : regions_) os_memory::release(region, region_pages * page_bytes);
  }
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;

  /// Zeroed; null when there is no memory left.
  uint8_t* take() {
    std::unique_lock lock(mutex_);
    if (!used_.empty()) {
      uint8_t* page = used_.back();
      used_.pop_back();
      lock.unlock();
      return static_cast<uint8_t*>(std::memset(page, 0, page_bytes));
    }
    if (empty_.empty() && !add_region()) return nullptr;
    uint8_t* page = empty_.back();
    empty_.pop_back();
    return page;
  }

  void give_back(uint8_t* page) {
    {
      const std::lock_guard lock(mutex_);
      if (used_.size() < used_max) return used_.push_back(page);
    }
    const bool is_empty = os_memory::discard(page, page_bytes);
    const std::lock_guard lock(mutex_);
    (is_empty ? empty_ : used_).push_back(page);
  }

 private:
  static constexpr uint64_t region_pages = 64;
  /// Their memory is kept: to overwrite it costs less than to fault it in again.
  static constexpr size_t used_max = 64;

  bool add_region() {
    uint8_t* const region = os_memory::allocate(region_pages * page_bytes);
    if (region == nullptr) return false;
    regions_.push_back(region);
    for (uint64_t at = region_pages; at-- > 0;) empty_.push_back(region + at * page_bytes);
    return true;
  }

  std::mutex mutex_;
  std::vector<uint8_t*> regions_;
  std::vector<uint8_t*> used_;   // as their memories have left them
  std::vector<uint8_t*> empty_;  // zeroes
};

/// Memories from the C heap, but for those of one page. What counts is what is allocated: of a
/// shared memory, which must not move, its maximum.
class BudgetProvider final : public MemoryProvider {
 public:
  explicit BudgetProvider(uint64_t bytes_max) : bytes_max_(bytes_max) {}

  Result<MemoryBlock> allocate(const wasm::MemoryType& type, uint64_t size,
                               uint64_t max_size) override {
    const uint64_t bytes = type.shared ? std::max(size, max_size) : size;
    if (!take(bytes)) {
      return fail(ErrorKind::limit,
                  fmt::format("a linear memory of {} bytes is beyond the budget of {} bytes", bytes,
                              bytes_max_));
    }
    const bool is_page = bytes == Pages::page_bytes && !type.shared;
    auto* base = is_page ? pages_.take()
                         : static_cast<uint8_t*>(std::calloc(std::max<uint64_t>(bytes, 1), 1));
    if (!base) {
      used_ -= bytes;
      return fail(ErrorKind::limit,
                  fmt::format("no memory of {} bytes left for a linear memory", bytes));
    }
    return MemoryBlock{.base = base,
                       .size = size,
                       .reserved = type.shared ? bytes : 0,
                       .image = zero_image,
                       .cookie = is_page ? &pages_ : nullptr};
  }

  bool grow(MemoryBlock& block, uint64_t size) override {
    if (block.reserved != 0) {
      if (size > block.reserved) return false;
      block.size = size;
      return true;
    }
    const uint64_t more = size - block.size;
    if (!take(more)) return false;
    const bool is_page = block.cookie != nullptr;
    auto* base = static_cast<uint8_t*>(
        std::realloc(is_page ? nullptr : block.base, std::max<uint64_t>(size, 1)));
    if (!base) {
      used_ -= more;
      return false;
    }
    if (is_page) {
      std::memcpy(base, block.base, block.size);
      pages_.give_back(block.base);
      block.cookie = nullptr;
    }
    std::memset(base + block.size, 0, more);
    block.base = base;
    block.size = size;
    return true;
  }

  void release(MemoryBlock& block) override {
    used_ -= block.reserved != 0 ? block.reserved : block.size;
    if (block.cookie != nullptr) {
      pages_.give_back(block.base);
    } else {
      std::free(block.base);
    }
    block = {};
  }

 private:
  bool take(uint64_t bytes) {
    uint64_t used = used_.load();
    do {
      if (bytes > bytes_max_ - used) return false;
    } while (!used_.compare_exchange_weak(used, used + bytes));
    return true;
  }

  const uint64_t bytes_max_;
  std::atomic<uint64_t> used_ = 0;
  Pages pages_;
};

}  // namespace

std::unique_ptr<MemoryProvider> make_budget_provider(uint64_t bytes_max) {
  return std::make_unique<BudgetProvider>(bytes_max);
}

}  // namespace cairn::engine
