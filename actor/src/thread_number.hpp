#pragma once
/// Threads by numbers, so that what is kept in stripes is seldom shared by two of them.

#include <atomic>
#include <cstddef>

namespace cairn::actor {

/// In the order in which threads ask first.
inline size_t number_of_this_thread() {
  static std::atomic<size_t> threads = 0;
  thread_local const size_t number = threads.fetch_add(1, std::memory_order_relaxed);
  return number;
}

}  // namespace cairn::actor
