#pragma once
/// Waiting for descriptors and for time, in a way that another thread can end.

#include <cairn/base/clock.hpp>
#include <cairn/wasi/errno.hpp>

#include <atomic>
#include <optional>
#include <span>

namespace cairn::wasi {

class Waiter {
 public:
  struct Item {
    int fd = -1;
    bool write = false;  ///< wait until it can be written; else, read
    bool ready = false;
    bool hung_up = false;
    Errno error = Errno::success;
  };

  virtual ~Waiter() = default;
  /// Returns when an item is ready or the deadline (of the monotonic clock) has come. `canceled`:
  /// it was interrupted. Marks all items that are ready.
  virtual Outcome<> wait(std::span<Item> items, std::optional<uint64_t> deadline_ns) = 0;
  /// Can `interrupt` come at all? If not, operations may block in the system by themselves.
  virtual bool is_interruptible() const = 0;
  /// Ends the current wait and every later one. From any thread.
  virtual void interrupt() = 0;
};

/// The operating system's.
class RealWaiter final : public Waiter {
 public:
  /// `clock` outlives the waiter. Without `interruptible`, `interrupt` does nothing.
  RealWaiter(Clock& clock, bool interruptible);
  ~RealWaiter() override;
  Outcome<> wait(std::span<Item> items, std::optional<uint64_t> deadline_ns) override;
  bool is_interruptible() const override { return event_fd_ >= 0; }
  void interrupt() override;

 private:
  Clock& clock_;
  int event_fd_ = -1;
};

/// For simulations and tests: time passes at once, and every descriptor is ready. For one thread.
class SimulatedWaiter final : public Waiter {
 public:
  explicit SimulatedWaiter(Clock& clock) : clock_(clock) {}
  Outcome<> wait(std::span<Item> items, std::optional<uint64_t> deadline_ns) override;
  bool is_interruptible() const override { return true; }
  void interrupt() override { interrupted_ = true; }

 private:
  Clock& clock_;
  std::atomic<bool> interrupted_ = false;
};

}  // namespace cairn::wasi
