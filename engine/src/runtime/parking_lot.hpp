#pragma once
/// Where threads sleep in memory.atomic.wait (threads proposal: wait and notify).

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace cairn::engine {

/// Waiters by address, in the order in which they came. Thread-safe.
class ParkingLot {
 public:
  enum class Outcome : uint32_t { woken = 0, not_equal = 1, timed_out = 2 };

  /// Sleeps when the T at `address` equals `expected`. `interrupt`, when given, ends the wait as if
  /// woken while it is not 0, and `wake_interrupted` makes waiters look at it.
  template <class T>
  Outcome wait(T* address, T expected, int64_t timeout_ns, const std::atomic<uint32_t>* interrupt);
  uint32_t notify(const void* address, uint32_t count);
  /// Wakes those whose interrupt is this one and set.
  void wake_interrupted(const std::atomic<uint32_t>* interrupt);

 private:
  struct Waiter;
  /// Waiters of the addresses that fall into it, in a list, oldest first.
  struct Bucket {
    std::mutex mutex;
    Waiter* first = nullptr;
    Waiter* last = nullptr;
    void append(Waiter& waiter);
    void remove(Waiter& waiter);
  };
  Bucket& bucket_of(const void* address);
  Outcome sleep(Bucket& bucket, std::unique_lock<std::mutex>& lock, const void* address,
                int64_t timeout_ns, const std::atomic<uint32_t>* interrupt);

  static constexpr size_t bucket_count = 64;
  std::array<Bucket, bucket_count> buckets_;
};

}  // namespace cairn::engine
