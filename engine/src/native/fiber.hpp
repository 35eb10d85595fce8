#pragma once
/// Stacks of their own for executions, and going from one stack to another.

#include <cstdint>
#include <mutex>
#include <vector>

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
  /// What was used of it beyond `kept_bytes` goes back to the system.
  void give_back(const FiberStack& stack);

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
  /// `main` does not return, it leaves.
  Fiber(const FiberStack& stack, Main main, void* argument);
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  const FiberStack& stack() const { return stack_; }

  /// Runs it until it suspends or leaves. From outside.
  void resume();
  /// Goes back to who resumed it, until it is resumed again. From inside.
  void suspend();
  /// The same for good. From inside.
  [[noreturn]] void leave();

 private:
  static void start(void* self);
  void arrive();
  void depart(bool for_good);

  FiberStack stack_;
  Main main_;
  void* argument_;
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

}  // namespace cairn::engine
