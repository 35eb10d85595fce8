#include <cairn/engine/memory_provider.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>

namespace cairn::engine {
namespace {

/// Memories from the C heap. What counts is what is allocated: of a shared memory, which must not
/// move, its maximum.
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
    auto* base = static_cast<uint8_t*>(std::calloc(std::max<uint64_t>(bytes, 1), 1));
    if (!base) {
      used_ -= bytes;
      return fail(ErrorKind::limit,
                  fmt::format("no memory of {} bytes left for a linear memory", bytes));
    }
    return MemoryBlock{
        .base = base, .size = size, .reserved = type.shared ? bytes : 0, .image = zero_image};
  }

  bool grow(MemoryBlock& block, uint64_t size) override {
    if (block.reserved != 0) {
      if (size > block.reserved) return false;
      block.size = size;
      return true;
    }
    const uint64_t more = size - block.size;
    if (!take(more)) return false;
    auto* base = static_cast<uint8_t*>(std::realloc(block.base, std::max<uint64_t>(size, 1)));
    if (!base) {
      used_ -= more;
      return false;
    }
    std::memset(base + block.size, 0, more);
    block.base = base;
    block.size = size;
    return true;
  }

  void release(MemoryBlock& block) override {
    used_ -= block.reserved != 0 ? block.reserved : block.size;
    std::free(block.base);
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
};

}  // namespace

std::unique_ptr<MemoryProvider> make_budget_provider(uint64_t bytes_max) {
  return std::make_unique<BudgetProvider>(bytes_max);
}

}  // namespace cairn::engine
