#include "work_threads.hpp"

#include <utility>

namespace cairn {

WorkThreads::~WorkThreads() {
  {
    const std::scoped_lock lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void WorkThreads::add(std::function<void()> work) {
  bool enough = false;
  {
    const std::scoped_lock lock(mutex_);
    waiting_.push_back(std::move(work));
    enough = waiting_.size() <= idle_ || threads_.size() == count_max_;
  }
  if (enough)
    changed_.notify_one();
  else
    threads_.emplace_back([this] { run(); });
}

void WorkThreads::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    changed_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    --idle_;
    if (waiting_.empty()) return;
    std::function<void()> work = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    std::exchange(work, nullptr)();
    lock.lock();
  }
}

}  // namespace cairn
