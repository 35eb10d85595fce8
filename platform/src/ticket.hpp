#pragma once
/// A message from outside on its way: its number goes with it as its tag, so that who handles it
/// and who records it can say what became of it.

#include <cairn/actor/journal.hpp>

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace cairn::platform {

class Ticket {
 public:
  Ticket() = default;
  explicit Ticket(std::string key_in) : key(std::move(key_in)) {}

  const std::string key = {};  ///< of idempotency; empty: none

  /// It was recorded; `reason` is that of a rejection.
  void record(const actor::Receipt& receipt, std::string reason) {
    const std::lock_guard lock(mutex_);
    receipt_ = receipt;
    reason_ = std::move(reason);
  }
  std::pair<std::optional<actor::Receipt>, std::string> recorded() const {
    const std::lock_guard lock(mutex_);
    return {receipt_, reason_};
  }

  std::atomic<bool> has_begun = false;  ///< its handling
  /// Whoever appends its record says what became of it, and nobody else: it is said once.
  std::atomic<bool> is_appending = false;

 private:
  mutable std::mutex mutex_;
  std::optional<actor::Receipt> receipt_;
  std::string reason_;
};

/// The tags of messages from outside. Guests have no means to set one.
inline constexpr uint32_t control_tag = uint32_t{1} << 30;
inline constexpr uint32_t keyed_bit = uint32_t{1} << 31;

class Tickets {
 public:
  /// The tag for it, not 0.
  uint32_t add(std::shared_ptr<Ticket> ticket) {
    uint32_t tag = 0;
    while (tag == 0) tag = next_.fetch_add(1, std::memory_order_relaxed) & (control_tag - 1);
    if (!ticket->key.empty()) tag |= keyed_bit;
    Stripe& mine = stripe(tag);
    const std::lock_guard lock(mine.mutex);
    mine.tickets.insert_or_assign(tag, std::move(ticket));
    return tag;
  }
  /// Null: nobody waits for that message any more, and one with a key may not be handled.
  std::shared_ptr<Ticket> begin(uint32_t tag) {
    Stripe& mine = stripe(tag);
    const std::lock_guard lock(mine.mutex);
    const auto found = mine.tickets.find(tag);
    if (found == mine.tickets.end()) return nullptr;
    found->second->has_begun = true;
    return found->second;
  }
  /// False: its handling has begun. Then it goes on, and the ticket with it.
  bool remove(uint32_t tag) {
    Stripe& mine = stripe(tag);
    const std::lock_guard lock(mine.mutex);
    const auto found = mine.tickets.find(tag);
    if (found == mine.tickets.end()) return true;
    const bool has_begun = found->second->has_begun;
    mine.tickets.erase(found);
    return !has_begun;
  }

 private:
  struct alignas(64) Stripe {
    std::mutex mutex;
    std::unordered_map<uint32_t, std::shared_ptr<Ticket>> tickets;
  };
  Stripe& stripe(uint32_t tag) { return stripes_[tag % stripes_.size()]; }

  std::atomic<uint32_t> next_ = 1;
  std::array<Stripe, 16> stripes_;
};

}  // namespace cairn::platform
