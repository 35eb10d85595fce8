#pragma once
/// Actors that have work, per worker. The owner takes from the front, others steal half; the actor
/// that was made ready last may be next, because what it needs is in the cache (as Go and Tokio
/// do).

#include "cell.hpp"
#include "spin_mutex.hpp"

#include <cairn/actor/system.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <span>
#include <utility>

namespace cairn::actor {

/// Actors one after another, of one worker.
struct Chain {
  Cell* first = nullptr;
  Cell* last = nullptr;
  uint32_t count = 0;

  void push(Cell& cell) {
    cell.next = nullptr;
    *(first == nullptr ? &first : &last->next) = &cell;
    last = &cell;
    ++count;
  }
  Chain take() { return std::exchange(*this, Chain{}); }
};

class RunQueue {
 public:
  explicit RunQueue(Policy policy) : policy_(policy), ageing_(policy == Policy::priority ? 8 : 1) {}

  void push(Cell& cell) {
    std::lock_guard lock(mutex_);
    append(list_of(cell), cell);
    publish_sizes();
  }

  /// Several under one lock.
  void push(std::span<Cell* const> cells) {
    std::lock_guard lock(mutex_);
    for (Cell* cell : cells) append(list_of(*cell), *cell);
    publish_sizes();
  }
  void push(Chain chain) {
    std::lock_guard lock(mutex_);
    while (chain.first != nullptr) {
      Cell& cell = *std::exchange(chain.first, chain.first->next);
      append(list_of(cell), cell);
    }
    publish_sizes();
  }

  /// For the owner, who takes a few at once, to lock seldom.
  Cell* take() {
    if (Cell* cell = pop(mine_)) return cell;
    if (size_.load(std::memory_order_relaxed) == 0) return nullptr;
    std::lock_guard lock(mutex_);
    List& list = next_list();
    Cell* cell = pop(list);
    const uint32_t share = policy_ == Policy::priority ? 0 : std::min(at_once, list.count / 2);
    for (uint32_t taken = 0; taken < share; ++taken) append(mine_, *pop(list));
    publish_sizes();
    return cell;
  }

  /// For simulations: any of them.
  Cell* take_any(uint64_t choice) {
    std::lock_guard lock(mutex_);
    if (size() == 0) return nullptr;
    choice %= size();
    for (List& list : lists_) {
      for (Cell *before = nullptr, *at = list.first; at != nullptr; before = at, at = at->next) {
        if (choice-- != 0) continue;
        unlink(list, before, at);
        publish_sizes();
        return at;
      }
    }
    return nullptr;
  }

  /// Half of what others may run goes to `thief`; the first of it is returned.
  Cell* steal_into(RunQueue& thief) {
    if (loose() == 0) return nullptr;
    std::scoped_lock lock(mutex_, thief.mutex_);
    Cell* first = nullptr;
    for (size_t level = 0; level < pinned; ++level) {
      List& list = lists_[level];
      for (uint32_t take = (list.count + 1) / 2; take > 0; --take) {
        Cell* cell = pop(list);
        if (first == nullptr) {
          first = cell;
        } else {
          append(thief.lists_[level], *cell);
        }
      }
    }
    publish_sizes();
    thief.publish_sizes();
    return first;
  }

  /// Is there one, or one that others may run? Ordered with `push`.
  bool has_any() {
    std::lock_guard lock(mutex_);
    return size() != 0;
  }
  bool has_loose() {
    std::lock_guard lock(mutex_);
    return loose() != 0;
  }
  bool is_empty_for_owner() const { return mine_.first == nullptr && size() == 0; }
  uint32_t size() const { return size_.load(std::memory_order_relaxed); }
  /// Those that others may run.
  uint32_t loose() const { return loose_.load(std::memory_order_relaxed); }

 private:
  struct List {
    Cell* first = nullptr;
    Cell* last = nullptr;
    uint32_t count = 0;
    uint32_t passed_over = 0;
  };
  static constexpr size_t pinned = priority_count;
  static constexpr uint32_t at_once = 16;

  size_t level(const Cell& cell) const {
    if (policy_ != Policy::priority) return 0;
    return static_cast<size_t>(cell.urgency.load(std::memory_order_relaxed));
  }

  List& list_of(const Cell& cell) {
    return lists_[cell.worker.load(std::memory_order_relaxed) >= 0 ? pinned : level(cell)];
  }

  static void append(List& list, Cell& cell) {
    cell.next = nullptr;
    *(list.first == nullptr ? &list.first : &list.last->next) = &cell;
    list.last = &cell;
    ++list.count;
  }

  static Cell* unlink(List& list, Cell* before, Cell* cell) {
    (before == nullptr ? list.first : before->next) = cell->next;
    if (list.last == cell) list.last = before;
    --list.count;
    return cell;
  }
  static Cell* pop(List& list) {
    return list.first == nullptr ? nullptr : unlink(list, nullptr, list.first);
  }

  /// For looks from outside the lock.
  void publish_sizes() {
    uint32_t loose = 0;
    for (size_t level = 0; level < pinned; ++level) loose += lists_[level].count;
    loose_.store(loose, std::memory_order_relaxed);
    size_.store(loose + lists_[pinned].count, std::memory_order_relaxed);
  }

  /// The most urgent list, or one that was passed over too often. Pinned ones take turns with it.
  List& next_list() {
    List* best = nullptr;
    for (List& list : lists_) {
      if (list.first == nullptr) continue;
      if (best != nullptr) {
        ++best->passed_over;
        if (best->passed_over > ageing_) break;
      }
      best = &list;
    }
    if (best == nullptr) return lists_[0];
    best->passed_over = 0;
    return *best;
  }

  Policy policy_;
  uint32_t ageing_;  // so often a list is passed over before it has its turn
  SpinMutex mutex_;
  std::array<List, priority_count + 1> lists_;
  List mine_;  // the owner's alone
  std::atomic<uint32_t> size_ = 0;
  std::atomic<uint32_t> loose_ = 0;
};

}  // namespace cairn::actor
