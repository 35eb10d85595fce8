#include "native/fiber.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

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
  trim(stack);
  const std::scoped_lock lock(mutex_);
  if (free_.size() < kept_max)
    free_.push_back(stack);
  else
    unmap(stack);
}

void FiberStackPool::trim(const FiberStack& stack) {
  if (!was_deep(stack)) return;
  madvise(stack.low(), static_cast<size_t>(stack.top() - kept_bytes + page_bytes - stack.low()),
          MADV_DONTNEED);
}

// ---- Fibers ------------------------------------------------------------------------------------

Fiber::Fiber(const FiberStack& stack, Main main, void* argument)
    : stack_(stack), main_(main), argument_(argument) {
  restart();
}

void Fiber::restart() {
  inside_ = new (stack_.top() - sizeof(FiberStart))
      FiberStart{.argument = this, .function = reinterpret_cast<void*>(&Fiber::start)};
#if CAIRN_ASAN
  __asan_unpoison_memory_region(stack_.low(), static_cast<size_t>(stack_.top() - stack_.low()));
  sanitizer_.inside_fake = nullptr;  // it went with what stood there
#endif
#if CAIRN_TSAN
  if (sanitizer_.inside_fiber != nullptr) __tsan_destroy_fiber(sanitizer_.inside_fiber);
  sanitizer_.inside_fiber = __tsan_create_fiber(0);
#endif
  is_idle_ = true;
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

/// Between two runs the stack pointer is here, so that going there and back takes no return.
void Fiber::start(void* self) {
  auto& fiber = *static_cast<Fiber*>(self);
  fiber.arrive();
  for (;;) {
    fiber.main_(fiber.argument_);
#if CAIRN_ASAN
    fiber.leave();
#else
    fiber.is_idle_ = true;
    fiber.depart(false);
    switch_stacks(&fiber.inside_, fiber.outside_);
    fiber.arrive();
#endif
  }
}

void Fiber::suspend() {
  depart(false);
  switch_stacks(&inside_, outside_);
  arrive();
}

void Fiber::leave() {
  depart(true);
  switch_stacks(&inside_, outside_);
  std::abort();
}

}  // namespace cairn::engine
