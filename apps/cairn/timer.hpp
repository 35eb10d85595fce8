#pragma once
/// Ends a run that takes too long.

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

namespace cairn::cli {

/// Longer times mean the same as this one, and would not fit the clock: a century.
inline constexpr uint64_t timeout_ns_max = 3'155'760'000'000'000'000;

/// Calls `expired` from a thread of its own after `timeout_ns`, unless it is destroyed before.
class Timer {
 public:
  Timer(uint64_t timeout_ns, std::function<void()> expired)
      : thread_([this, timeout_ns, run = std::move(expired)] {
          std::unique_lock lock(mutex_);
          const std::chrono::nanoseconds timeout(std::min(timeout_ns, timeout_ns_max));
          const auto until = std::chrono::steady_clock::now() + timeout;
          if (cancelled_.wait_until(lock, until, [this] { return done_; })) return;
          expired_ = true;
          lock.unlock();
          run();
        }) {}
  ~Timer() {
    {
      const std::lock_guard lock(mutex_);
      done_ = true;
    }
    cancelled_.notify_one();
    thread_.join();
  }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  bool expired() {
    const std::lock_guard lock(mutex_);
    return expired_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable cancelled_;
  bool done_ = false;
  bool expired_ = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace cairn::cli
