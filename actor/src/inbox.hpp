#pragma once
/// The part of a mailbox that senders see: a stack that any thread pushes to and the receiver takes
/// whole. It also says whether the receiver sleeps, so that exactly one sender has to wake it (the
/// idea of CAF's lifo_inbox).

#include "envelope.hpp"

#include <atomic>

namespace cairn::actor {

/// First in, first out; for one thread.
class Fifo {
 public:
  bool empty() const { return first_ == nullptr; }
  Envelope* front() const { return first_; }
  /// Forgets all before `envelope`, which was in it; none: forgets all.
  void set_front(Envelope* envelope) { first_ = envelope; }
  void push(Envelope* envelope) {
    envelope->next = nullptr;
    *(first_ == nullptr ? &first_ : &last_->next) = envelope;
    last_ = envelope;
  }
  Envelope* pop() {
    Envelope* envelope = first_;
    if (envelope == nullptr) return nullptr;
    first_ = envelope->next;
    __builtin_prefetch(first_);
    return envelope;
  }

 private:
  Envelope* first_ = nullptr;
  Envelope* last_ = nullptr;
};

class Inbox {
 public:
  /// True: the receiver slept, and the caller has to schedule it.
  bool push(Envelope* envelope) {
    Envelope* head = head_.load(std::memory_order_relaxed);
    do {
      envelope->next = head == sleeping() ? nullptr : head;
    } while (!head_.compare_exchange_weak(head, envelope, std::memory_order_acq_rel,
                                          std::memory_order_relaxed));
    return head == sleeping();
  }

  /// The same without a message, for one whose cell says why.
  bool wake() {
    Envelope* head = head_.load(std::memory_order_relaxed);
    // Written also when it is awake: so the receiver's `sleep` comes before this, or sees what was
    // written before it.
    while (!head_.compare_exchange_weak(head, head == sleeping() ? nullptr : head,
                                        std::memory_order_acq_rel, std::memory_order_relaxed)) {
    }
    return head == sleeping();
  }

  /// For the receiver while it is awake: all that came, the oldest first, linked by `next`.
  Envelope* take() {
    if (head_.load(std::memory_order_relaxed) == nullptr) return nullptr;
    Envelope* newest = head_.exchange(nullptr, std::memory_order_acquire);
    Envelope* oldest = nullptr;
    while (newest != nullptr) {
      Envelope* before = newest->next;
      prefetch_to_write(before);
      newest->next = oldest;
      oldest = newest;
      newest = before;
    }
    return oldest;
  }

  /// What came last, if anything did. The receiver may look at it, and at those before it by
  /// `next`, until it takes them.
  const Envelope* newest() const {
    const Envelope* head = head_.load(std::memory_order_acquire);
    return head == sleeping() ? nullptr : head;
  }

  /// For the receiver: true: it sleeps now, and must not touch anything; false: something came.
  bool sleep() {
    Envelope* nothing = nullptr;
    return head_.compare_exchange_strong(nothing, sleeping(), std::memory_order_acq_rel,
                                         std::memory_order_relaxed);
  }
  bool is_empty() const {
    Envelope* head = head_.load(std::memory_order_relaxed);
    return head == nullptr || head == sleeping();
  }

 private:
  static Envelope* sleeping() { return reinterpret_cast<Envelope*>(uintptr_t{1}); }
  std::atomic<Envelope*> head_ = sleeping();
};

}  // namespace cairn::actor
