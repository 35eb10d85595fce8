#pragma once
/// Stacks of their own for executions, and going from one stack to another.

#include <cstdint>
#include <mutex>
#include <vector>

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

/// Address space for one stack: an area for emergencies, a guard, then the stack up to the end.
/// Memory is committed by the system as it is touched.
struct FiberStack {
  uint8_t* base = nullptr;
  uint64_t size = 0;  ///< of all three

  static constexpr uint64_t emergency_bytes = 64 << 10;
  static constexpr uint64_t guard_bytes = 1 << 20;

  uint8_t* guard() const { return base + emergency_bytes; }
  uint8_t* low() const { return guard() + guard_bytes; }
  uint8_t* top() const { return base + size; }
  bool in_guard(uint64_t address) const {
    return address - reinterpret_cast<uint64_t>(guard()) < guard_bytes;
  }
};

/// Thread-safe.
class FiberStackPool {
 public:
  FiberStackPool() = default;
  ~FiberStackPool();
  FiberStackPool(const FiberStackPool&) = delete;
  FiberStackPool& operator=(const FiberStackPool&) = delete;

  /// A stack of at least `bytes`; `base` null when the system has no memory.
  FiberStack take(uint64_t bytes);
  void give_back(const FiberStack& stack);
  /// What was used of it beyond `kept_bytes` goes back to the system, as it does with a stack that
  /// is given back. Nothing runs there.
  static void trim(const FiberStack& stack);

  static constexpr uint64_t kept_bytes = 256 << 10;

 private:
  static constexpr size_t kept_max = 16;
  std::mutex mutex_;
  std::vector<FiberStack> free_;
};

/// A run of code on a stack of its own, which may stop and go on, each time on another thread. To
/// destroy it is to forget what stands on the stack: nothing there may own anything.
class Fiber {
 public:
  using Main = void (*)(void* argument);
  /// `main` returns or leaves.
  Fiber(const FiberStack& stack, Main main, void* argument);
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  const FiberStack& stack() const { return stack_; }

  /// Runs `main` until it returns, suspends or leaves. From outside. What stands on the stack is
  /// forgotten.
  void run() {
    if (!is_idle_) restart();
    is_idle_ = false;
    enter();
  }
  /// Runs on after a suspension. From outside.
  void resume() { enter(); }
  /// Goes back to who resumed it, until it is resumed again. From inside.
  void suspend();
  /// The same for good. From inside.
  [[noreturn]] void leave();

 private:
  static void start(void* self);
  void restart();
  void enter();
  void arrive();
  void depart(bool for_good);

  FiberStack stack_;
  Main main_;
  void* argument_;
  bool is_idle_ = false;     ///< what stands on the stack is what calls `main`
  void* inside_ = nullptr;   ///< its stack pointer while it does not run
  void* outside_ = nullptr;  ///< that of who resumed it, while it does

  /// What sanitizers know of the two stacks.
  struct Sanitizer {
    void* outside_fake = nullptr;
    void* inside_fake = nullptr;
    const void* outside_low = nullptr;
    size_t outside_size = 0;
    void* outside_fiber = nullptr;
    void* inside_fiber = nullptr;
  };
  [[maybe_unused]] Sanitizer sanitizer_;
};

[[gnu::always_inline]] inline void Fiber::enter() {
#if CAIRN_ASAN
  __sanitizer_start_switch_fiber(&sanitizer_.outside_fake, stack_.low(),
                                 static_cast<size_t>(stack_.top() - stack_.low()));
#endif
#if CAIRN_TSAN
  sanitizer_.outside_fiber = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(sanitizer_.inside_fiber, 0);
#endif
  switch_stacks(&outside_, inside_);
#if CAIRN_ASAN
  __sanitizer_finish_switch_fiber(sanitizer_.outside_fake, nullptr, nullptr);
#endif
}

}  // namespace cairn::engine
