#pragma once
/// Threads for work that blocks.

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace cairn {

class WorkThreads {
 public:
  /// A thread is started when there is work and all others have some.
  explicit WorkThreads(size_t count_max) : count_max_(count_max) {}
  /// Waits until all is done.
  ~WorkThreads();
  WorkThreads(const WorkThreads&) = delete;
  WorkThreads& operator=(const WorkThreads&) = delete;

  /// Begins in the order in which it was given. From the thread of the owner.
  void add(std::function<void()> work);

 private:
  void run();

  const size_t count_max_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  size_t idle_ = 0;
  bool ending_ = false;
  std::vector<std::thread> threads_;  ///< the owner's
};

}  // namespace cairn
