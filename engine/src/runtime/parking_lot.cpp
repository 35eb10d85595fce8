#include "runtime/parking_lot.hpp"

#include <chrono>

namespace cairn::engine {

struct ParkingLot::Waiter {
  const void* address = nullptr;
  const std::atomic<uint32_t>* interrupt = nullptr;
  bool woken = false;
  std::condition_variable signal;
  Waiter* previous = nullptr;
  Waiter* next = nullptr;
};

void ParkingLot::Bucket::append(Waiter& waiter) {
  waiter.previous = last;
  (last ? last->next : first) = &waiter;
  last = &waiter;
}

void ParkingLot::Bucket::remove(Waiter& waiter) {
  (waiter.previous ? waiter.previous->next : first) = waiter.next;
  (waiter.next ? waiter.next->previous : last) = waiter.previous;
}

ParkingLot::Bucket& ParkingLot::bucket_of(const void* address) {
  const uint64_t hash = (reinterpret_cast<uintptr_t>(address) >> 2) * 0x9E3779B97F4A7C15u;
  return buckets_[hash >> 58];
}

template <class T>
ParkingLot::Outcome ParkingLot::wait(T* address, T expected, int64_t timeout_ns,
                                     const std::atomic<uint32_t>* interrupt) {
  Bucket& bucket = bucket_of(address);
  // The comparison is made under the lock that notify takes, so no wake-up falls in between.
  std::unique_lock lock(bucket.mutex);
  if (std::atomic_ref<T>(*address).load() != expected) return Outcome::not_equal;
  return sleep(bucket, lock, address, timeout_ns, interrupt);
}
template ParkingLot::Outcome ParkingLot::wait(uint32_t*, uint32_t, int64_t,
                                              const std::atomic<uint32_t>*);
template ParkingLot::Outcome ParkingLot::wait(uint64_t*, uint64_t, int64_t,
                                              const std::atomic<uint32_t>*);

ParkingLot::Outcome ParkingLot::sleep(Bucket& bucket, std::unique_lock<std::mutex>& lock,
                                      const void* address, int64_t timeout_ns,
                                      const std::atomic<uint32_t>* interrupt) {
  Waiter self;
  self.address = address;
  self.interrupt = interrupt;
  const auto over = [&] { return self.woken || (interrupt && interrupt->load() != 0); };
  bucket.append(self);
  // A time-out beyond a century is none; adding it to the present time could overflow.
  constexpr int64_t century_ns = int64_t{100} * 365 * 24 * 3600 * 1'000'000'000;
  bool ended = true;
  if (timeout_ns < 0 || timeout_ns > century_ns) {
    self.signal.wait(lock, over);
  } else {
    ended = self.signal.wait_for(lock, std::chrono::nanoseconds(timeout_ns), over);
  }
  if (!self.woken) bucket.remove(self);
  return ended ? Outcome::woken : Outcome::timed_out;
}

uint32_t ParkingLot::notify(const void* address, uint32_t count) {
  Bucket& bucket = bucket_of(address);
  const std::lock_guard lock(bucket.mutex);
  uint32_t woken = 0;
  for (Waiter* waiter = bucket.first; waiter && woken < count;) {
    Waiter& candidate = *waiter;
    waiter = waiter->next;
    if (candidate.address != address) continue;
    bucket.remove(candidate);
    candidate.woken = true;
    candidate.signal.notify_one();  // under the lock: the waiter lives on its thread's stack
    ++woken;
  }
  return woken;
}

void ParkingLot::wake_interrupted(const std::atomic<uint32_t>* interrupt) {
  for (Bucket& bucket : buckets_) {
    const std::lock_guard lock(bucket.mutex);
    for (Waiter* waiter = bucket.first; waiter; waiter = waiter->next) {
      if (waiter->interrupt == interrupt) waiter->signal.notify_one();
    }
  }
}

}  // namespace cairn::engine
