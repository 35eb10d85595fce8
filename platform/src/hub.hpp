#pragma once
/// Who watches, and what they are told.

#include <cairn/platform/deployment.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace cairn::platform {

/// From any thread.
class Hub {
 public:
  Hub();

  bool has_watchers() const { return state_->count.load(std::memory_order_relaxed) != 0; }
  void tell(const Happening& happening);
  Deployment::Watch watch(std::string_view actor, std::function<void(const Happening&)> seen);

 private:
  struct Watcher {
    std::string actor;
    std::function<void(const Happening&)> seen;
    std::recursive_mutex mutex;  ///< held during a call; a callback may give its own ticket back
    bool is_gone = false;
  };
  struct State {
    std::mutex mutex;
    std::vector<std::shared_ptr<Watcher>> watchers;
    std::atomic<size_t> count = 0;
  };
  std::shared_ptr<State> state_;  // tickets may outlive the hub
};

/// Hands lines on, to another log and to those who watch: "NAME: text".
class WatchedLog final : public Log {
 public:
  WatchedLog(Log* next, Hub& hub, Clock& clock);

 protected:
  void write(LogLevel level, std::string_view message) override;

 private:
  Log* next_;
  Hub& hub_;
  Clock& clock_;
};

}  // namespace cairn::platform
