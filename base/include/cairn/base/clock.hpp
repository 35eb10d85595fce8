#pragma once
/// Time as something that is handed in. Code below apps/ never asks the operating system itself, so
/// that a whole run can be simulated and repeated.

#include <cstdint>

namespace cairn {

/// All times are nanoseconds. Implementations may be used from several threads at once.
class Clock {
 public:
  virtual ~Clock() = default;
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;

  /// Since 1970-01-01 00:00 UTC; may jump when the system's time is set.
  virtual uint64_t realtime_ns() = 0;
  /// Since an arbitrary moment; never goes back.
  virtual uint64_t monotonic_ns() = 0;
  /// Processor time used so far by the process, and by the calling thread.
  virtual uint64_t process_cpu_ns() = 0;
  virtual uint64_t thread_cpu_ns() = 0;

  /// The smallest step of the clocks, at least 1.
  virtual uint64_t realtime_resolution_ns() = 0;
  virtual uint64_t monotonic_resolution_ns() = 0;

  /// Returns when `monotonic_ns()` is at least `deadline_ns`; at once if it already is.
  virtual void sleep_until(uint64_t deadline_ns) = 0;
};

/// The operating system's clocks.
class RealClock final : public Clock {
 public:
  uint64_t realtime_ns() override;
  uint64_t monotonic_ns() override;
  uint64_t process_cpu_ns() override;
  uint64_t thread_cpu_ns() override;
  uint64_t realtime_resolution_ns() override;
  uint64_t monotonic_resolution_ns() override;
  void sleep_until(uint64_t deadline_ns) override;
};

/// A clock that moves only when it is told to, or by sleeping. For one thread.
class SimulatedClock final : public Clock {
 public:
  explicit SimulatedClock(uint64_t realtime_start_ns = 0) : realtime_start_ns_(realtime_start_ns) {}

  void advance(uint64_t by_ns) { elapsed_ns_ += by_ns; }
  /// Somebody sets the wall clock, to any time since 1970.
  void set_realtime(uint64_t at_ns) { realtime_start_ns_ = at_ns - elapsed_ns_; }

  uint64_t realtime_ns() override { return realtime_start_ns_ + elapsed_ns_; }
  uint64_t monotonic_ns() override { return elapsed_ns_; }
  uint64_t process_cpu_ns() override { return elapsed_ns_; }
  uint64_t thread_cpu_ns() override { return elapsed_ns_; }
  uint64_t realtime_resolution_ns() override { return 1; }
  uint64_t monotonic_resolution_ns() override { return 1; }
  void sleep_until(uint64_t deadline_ns) override {
    if (deadline_ns > elapsed_ns_) elapsed_ns_ = deadline_ns;
  }

 private:
  uint64_t realtime_start_ns_;
  uint64_t elapsed_ns_ = 0;
};

}  // namespace cairn
