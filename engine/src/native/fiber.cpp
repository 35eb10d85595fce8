#include "native/fiber.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "native/machine.hpp"

#if __has_feature(address_sanitizer)
#define CAIRN_ASAN 1
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if __has_feature(thread_sanitizer)
#define CAIRN_TSAN 1
#include <sanitizer/tsan_interface.h>
#endif

namespace cairn::engine {

namespace {
constexpr uint64_t page_bytes = 4096;

void unmap(const FiberStack& stack) { munmap(stack.base, stack.size); }

/// Did something write to the page at `kept_bytes` below the top? An untouched one reads as zero,
/// and deeper frames leave addresses there.
bool was_deep(const FiberStack& stack) {
  const uint8_t* const page = stack.top() - FiberStackPool::kept_bytes;
  return *page != 0 || std::memcmp(page, page + 1, page_bytes - 1) != 0;
}
}  // namespace

// ---- Stacks ------------------------------------------------------------------------------------

FiberStackPool::~FiberStackPool() {
  for (const FiberStack& stack : free_) unmap(stack);
}

FiberStack FiberStackPool::take(uint64_t bytes) {
  bytes = (std::max(bytes, 2 * kept_bytes) + page_bytes - 1) & ~(page_bytes - 1);
  const uint64_t size = FiberStack::emergency_bytes + FiberStack::guard_bytes + bytes;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = std::ranges::find(free_, size, &FiberStack::size);
    if (found != free_.end()) {
      const FiberStack stack = *found;
      *found = free_.back();
      free_.pop_back();
      return stack;
    }
  }
  void* const base = mmap(nullptr, size, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (base == MAP_FAILED) return {};
  const FiberStack stack{.base = static_cast<uint8_t*>(base), .size = size};
  if (mprotect(stack.guard(), FiberStack::guard_bytes, PROT_NONE) != 0) {
    unmap(stack);
    return {};
  }
  return stack;
}

void FiberStackPool::give_back(const FiberStack& stack) {
  if (stack.base == nullptr) return;
#if CAIRN_ASAN
  __asan_unpoison_memory_region(stack.low(), static_cast<size_t>(stack.top() - stack.low()));
#endif
  if (was_deep(stack)) {
    madvise(stack.low(), static_cast<size_t>(stack.top() - kept_bytes + page_bytes - stack.low()),
            MADV_DONTNEED);
  }
  const std::scoped_lock lock(mutex_);
  if (free_.size() < kept_max)
    free_.push_back(stack);
  else
    unmap(stack);
}

// ---- Fibers ------------------------------------------------------------------------------------

Fiber::Fiber(const FiberStack& stack, Main main, void* argument)
    : stack_(stack), main_(main), argument_(argument) {
  auto* const start_frame = new (stack.top() - sizeof(FiberStart))
      FiberStart{.r13 = this, .r12 = reinterpret_cast<void*>(&Fiber::start)};
  inside_ = start_frame;
#if CAIRN_TSAN
  sanitizer_.inside_fiber = __tsan_create_fiber(0);
#endif
}

Fiber::~Fiber() {
#if CAIRN_TSAN
  __tsan_destroy_fiber(sanitizer_.inside_fiber);
#endif
}

/// First thing inside after a switch. This and the next belong to their callers' frames.
[[gnu::always_inline]] inline void Fiber::arrive() {
#if CAIRN_ASAN
  __sanitizer_finish_switch_fiber(sanitizer_.inside_fake, &sanitizer_.outside_low,
                                  &sanitizer_.outside_size);
#endif
}

/// Last thing inside before one.
[[gnu::always_inline]] inline void Fiber::depart([[maybe_unused]] bool for_good) {
#if CAIRN_ASAN
  __sanitizer_start_switch_fiber(for_good ? nullptr : &sanitizer_.inside_fake,
                                 sanitizer_.outside_low, sanitizer_.outside_size);
#endif
#if CAIRN_TSAN
  __tsan_switch_to_fiber(sanitizer_.outside_fiber, 0);
#endif
}

void Fiber::start(void* self) {
  auto& fiber = *static_cast<Fiber*>(self);
  fiber.arrive();
  fiber.main_(fiber.argument_);
  std::abort();
}

void Fiber::resume() {
#if CAIRN_ASAN
  __sanitizer_start_switch_fiber(&sanitizer_.outside_fake, stack_.low(),
                                 static_cast<size_t>(stack_.top() - stack_.low()));
#endif
#if CAIRN_TSAN
  sanitizer_.outside_fiber = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(sanitizer_.inside_fiber, 0);
#endif
  cairn_fiber_switch(&outside_, inside_);
#if CAIRN_ASAN
  __sanitizer_finish_switch_fiber(sanitizer_.outside_fake, nullptr, nullptr);
#endif
}

void Fiber::suspend() {
  depart(false);
  cairn_fiber_switch(&inside_, outside_);
  arrive();
}

void Fiber::leave() {
  depart(true);
  cairn_fiber_switch(&inside_, outside_);
  std::abort();
}

}  // namespace cairn::engine
