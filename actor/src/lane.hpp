#pragma once
/// What one worker has of its own. The last lane of a system is for threads from outside, who share
/// it under a lock and run nothing.

#include "envelope.hpp"
#include "run_queue.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>

namespace cairn::actor {

/// Written by one thread, read by any.
class Counter {
 public:
  void add(uint64_t count = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
  }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_ = 0;
};

struct LaneCounters {
  Counter spawned;
  Counter removed;
  Counter handled;
  Counter failed;
  Counter late_replies;
  std::array<Counter, 16> dead_letters;
  std::array<Counter, priority_count> blocked;
  std::array<Counter, priority_count> dropped;
  std::array<Counter, priority_count> full;
};

/// Where a worker sleeps. Who makes work looks at `asleep` after it has put the work where the
/// worker looks before it sleeps, both under that queue's lock, so that no wake-up is lost.
class Bed {
 public:
  bool asleep() const { return asleep_.load(std::memory_order_relaxed); }

  /// True if it slept.
  bool wake() {
    if (!asleep_.exchange(false)) return false;
    // It waits by then, or will look first; and it does not wake only to wait for the lock.
    {
      const std::lock_guard lock(mutex_);
    }
    changed_.notify_one();
    return true;
  }

  /// Until it is woken or `ns` are over. `has_work` is asked once the bed can be seen to be used.
  template <class HasWork>
  void sleep(uint64_t ns, HasWork&& has_work) {
    asleep_.store(true);
    if (!has_work()) {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, std::chrono::nanoseconds(ns), [&] { return !asleep_.load(); });
    }
    asleep_.store(false);
  }

 private:
  std::atomic<bool> asleep_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
};

struct alignas(64) Lane {
  Lane(uint32_t number, Policy policy, EnvelopeDepot& depot)
      : index(number), envelopes(depot), queue(policy) {}

  const uint32_t index;
  EnvelopeCache envelopes;
  Cell* next = nullptr;      // what was made ready last
  uint32_t next_streak = 0;  // how often that was run before the queue
  Chain fresh;               // what was made ready before it, in the turn at hand
  uint32_t turns = 0;
  uint32_t unannounced = 0;  // of the lane for threads from outside: given to workers since locked
  LaneCounters counters;
  RunQueue queue;
  Bed bed;
};

}  // namespace cairn::actor
