// What becomes of messages for a full mailbox, which each priority may say for itself.

#include "testing.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <optional>

namespace cairn::actor {
namespace {

using namespace testing;
using Overflows = std::array<Overflow, priority_count>;

/// All ways in which four priorities can differ.
Overflows overflows_of(uint32_t number) {
  Overflows overflows = {};
  for (Overflow& overflow : overflows) {
    overflow = static_cast<Overflow>(number % 3);
    number /= 3;
  }
  return overflows;
}

class FullMailbox {
 public:
  explicit FullMailbox(const Overflows& overflows) {
    Hooks hooks;
    hooks.handle = [this](Context& context, const Message&) -> Result<Progress> {
      ++handled_;
      if (is_open_) return Progress::done;
      waker_ = context.waker();
      return Progress::waiting;
    };
    receiver_ =
        *system().spawn({.factory = puppet(hooks), .settings = with([&](ActorSettings& own) {
                                                     own.mailbox.capacity = 1;
                                                     own.mailbox.overflow = overflows;
                                                   })});
    system().send(receiver_, Payload());  // it waits in this one
    simulation_.run();
    EXPECT_EQ(system().send(receiver_, Payload()), Sent::accepted);
  }
  /// What an actor is told that sends one.
  Sent send(Priority priority) {
    std::optional<Sent> sent;
    Hooks hooks;
    hooks.post_start = [&](Context& context) -> Result<Progress> {
      sent = context.send(receiver_, Payload(), {.priority = priority});
      return Progress::done;
    };
    EXPECT_TRUE(system().spawn({.factory = puppet(hooks)}));
    simulation_.run();
    return sent.value_or(Sent::refused);
  }
  /// How many it has handled in the end.
  uint32_t open() {
    is_open_ = true;
    waker_->wake();
    simulation_.run();
    return handled_;
  }
  System& system() { return simulation_.system(); }

 private:
  Simulation simulation_{1};
  bool is_open_ = false;
  uint32_t handled_ = 0;
  std::optional<Waker> waker_;
  ActorId receiver_;
};

TEST(Overflows, AreThoseOfThePriority) {
  for (uint32_t number = 0; number < 81; ++number) {
    SCOPED_TRACE(::testing::Message() << "combination " << number);
    const Overflows overflows = overflows_of(number);
    FullMailbox mailbox(overflows);
    for (size_t level = 0; level < priority_count; ++level) {
      const Overflow overflow = overflows[level];
      EXPECT_EQ(mailbox.send(static_cast<Priority>(level)),
                overflow == Overflow::block  ? Sent::blocked
                : overflow == Overflow::fail ? Sent::full
                                             : Sent::dropped);
      const Counters counters = mailbox.system().counters();
      EXPECT_EQ(counters.blocked[level], overflow == Overflow::block ? 1u : 0u);
      EXPECT_EQ(counters.full[level], overflow == Overflow::fail ? 1u : 0u);
      EXPECT_EQ(counters.dropped[level], overflow == Overflow::drop ? 1u : 0u);
    }
    const auto blocked = static_cast<uint32_t>(std::ranges::count(overflows, Overflow::block));
    EXPECT_EQ(mailbox.open(), 2 + blocked) << "those that wait come when there is room";
    const auto letters = mailbox.system().dead_letters();
    EXPECT_EQ(std::ranges::count(letters, Refusal::mailbox_full, &DeadLetter::reason),
              std::ranges::count(overflows, Overflow::drop));
  }
}

}  // namespace
}  // namespace cairn::actor
