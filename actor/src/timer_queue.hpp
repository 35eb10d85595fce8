#pragma once
/// When actors want to be woken: one heap for the system, with at most a few entries an actor.

#include <cairn/actor/id.hpp>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <queue>
#include <vector>

namespace cairn::actor {

class TimerQueue {
 public:
  static constexpr uint64_t never = UINT64_MAX;

  /// True: it is the next of all.
  bool add(uint64_t at_ns, ActorId id) {
    std::lock_guard lock(mutex_);
    const bool first = entries_.empty() || at_ns < entries_.top().at_ns;
    entries_.push({at_ns, id});
    next_ns_.store(entries_.top().at_ns, std::memory_order_relaxed);
    return first;
  }

  /// The next whose time has come.
  std::optional<ActorId> take(uint64_t now_ns) {
    if (next_ns() > now_ns) return std::nullopt;
    std::lock_guard lock(mutex_);
    if (entries_.empty() || entries_.top().at_ns > now_ns) return std::nullopt;
    const ActorId id = entries_.top().id;
    entries_.pop();
    next_ns_.store(entries_.empty() ? never : entries_.top().at_ns, std::memory_order_relaxed);
    return id;
  }

  size_t size() {
    std::lock_guard lock(mutex_);
    return entries_.size();
  }
  uint64_t next_ns() const { return next_ns_.load(std::memory_order_relaxed); }

 private:
  struct Entry {
    uint64_t at_ns;
    ActorId id;
    // The queue has the greatest on top; equal times go by id, so that a simulation repeats.
    bool operator<(const Entry& other) const {
      return at_ns != other.at_ns ? at_ns > other.at_ns : id > other.id;
    }
  };
  std::mutex mutex_;
  std::priority_queue<Entry> entries_;
  std::atomic<uint64_t> next_ns_ = never;
};

}  // namespace cairn::actor
