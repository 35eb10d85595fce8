#pragma once
/// Where other threads of the host leave work for a store.

#include <condition_variable>
#include <functional>
#include <mutex>
#include <vector>

#include "runtime/state.hpp"

namespace cairn::component::rt {

struct StoreState::Inbox {
  using Work = std::function<Result<>()>;

  /// Dropped when the store is gone.
  void put(Work work) {
    const std::scoped_lock lock(mutex_);
    if (closed_) return;
    work_.push_back(std::move(work));
    arrived_.notify_one();
    if (wake_) wake_();
  }
  void set_wake(std::function<void()> wake) {
    const std::scoped_lock lock(mutex_);
    wake_ = std::move(wake);
  }
  void wake() {
    const std::scoped_lock lock(mutex_);
    if (wake_) wake_();
  }
  std::vector<Work> take(bool block) {
    std::unique_lock lock(mutex_);
    if (block) arrived_.wait(lock, [&] { return !work_.empty(); });
    return std::exchange(work_, {});
  }
  void close() {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
    wake_ = nullptr;
    work_.clear();
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<Work> work_;
  std::function<void()> wake_;
  bool closed_ = false;
};

}  // namespace cairn::component::rt
