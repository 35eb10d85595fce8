#pragma once
/// An event loop without an operating system: for simulations, tests, and guests whose time is made
/// up.

#include <cairn/base/event_loop.hpp>

#include <atomic>
#include <deque>
#include <map>
#include <mutex>
#include <set>

namespace cairn {

/// Time passes when nothing else is to be done: to the next deadline, at once, by the clock's
/// `sleep_until`, which must not block. Descriptors are numbers that mean nothing; they are ready
/// when `set_ready` has said so.
class SimulatedEventLoop final : public EventLoop {
 public:
  explicit SimulatedEventLoop(Clock& clock) : clock_(clock) {}
  ~SimulatedEventLoop() override;

  /// How long work takes, asked anew for each; nothing: no time at all.
  void set_work_ns(std::function<uint64_t()> duration_ns) { work_ns_ = std::move(duration_ns); }

  void set_ready(int fd, Direction direction, bool ready = true);

  Clock& clock() override { return clock_; }
  [[nodiscard]] Ticket at(uint64_t deadline_ns, Callback run) override;
  [[nodiscard]] Ticket when_ready(int fd, Direction direction, Callback run) override;
  bool is_ready(int fd, Direction direction) override;
  void post(Callback run) override;
  /// Is done when it ends, on the loop's thread; what has not ended with the loop is never done.
  [[nodiscard]] Ticket work(Callback work, Callback done) override;
  Result<bool> run_one() override;
  Result<bool> poll() override;
  void interrupt() override { interrupted_ = true; }

 private:
  struct Waiting;
  /// What happens next, in the order in which waits were made; null: nothing yet.
  std::shared_ptr<Waiting> next_due();
  bool run_posted();
  Ticket add(std::shared_ptr<Waiting> waiting);

  void add_numbered(const std::shared_ptr<Waiting>& waiting);

  Clock& clock_;
  std::function<uint64_t()> work_ns_;
  std::map<uint64_t, std::shared_ptr<Waiting>> waiting_;  ///< by their number
  uint64_t count_ = 0;
  std::set<std::pair<int, Direction>> ready_;
  std::mutex mutex_;
  std::deque<Callback> posted_;
  std::atomic<bool> interrupted_ = false;
};

}  // namespace cairn
