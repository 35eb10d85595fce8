#pragma once
/// A lock for a few instructions at a time: it spins before it sleeps, since whoever holds it is
/// nearly always running.

#include <atomic>
#include <cstdint>

namespace cairn::actor {

/// Tells the core that this is a loop that waits.
inline void spin_pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// BasicLockable and Lockable, so std::lock_guard and std::scoped_lock take it.
class SpinMutex {
 public:
  void lock() {
    if (!try_lock()) lock_slowly();
  }
  bool try_lock() {
    uint32_t expected = unlocked;
    return state_.compare_exchange_strong(expected, locked, std::memory_order_acquire,
                                          std::memory_order_relaxed);
  }
  void unlock() {
    if (state_.exchange(unlocked, std::memory_order_release) == contended) state_.notify_one();
  }

 private:
  static constexpr uint32_t unlocked = 0;
  static constexpr uint32_t locked = 1;
  static constexpr uint32_t contended = 2;  // somebody may sleep

  [[gnu::noinline]] void lock_slowly() {
    constexpr int looks_max = 100;
    for (int looks = 0; looks < looks_max; ++looks) {
      if (state_.load(std::memory_order_relaxed) == unlocked && try_lock()) return;
      spin_pause();
    }
    while (state_.exchange(contended, std::memory_order_acquire) != unlocked) {
      state_.wait(contended, std::memory_order_relaxed);
    }
  }

  std::atomic<uint32_t> state_ = unlocked;
};

}  // namespace cairn::actor
