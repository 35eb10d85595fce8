#include <gtest/gtest.h>

#include <cairn/engine/trap.hpp>
#include <set>

namespace cairn::engine {
namespace {

TEST(Trap, NoneHasNoMessage) {
  EXPECT_EQ(static_cast<int>(Trap::none), 0);
  EXPECT_EQ(message(Trap::none), "");
}

TEST(Trap, EveryReasonHasItsOwnMessage) {
  std::set<std::string_view> messages;
  for (uint32_t i = 1; i <= trap_count; ++i) {
    EXPECT_FALSE(message(static_cast<Trap>(i)).empty()) << i;
    messages.insert(message(static_cast<Trap>(i)));
  }
  EXPECT_EQ(messages.size(), trap_count);
  EXPECT_EQ(message(static_cast<Trap>(trap_count + 1)), "");
}

TEST(Trap, MessagesAreTheSuitesWords) {
  EXPECT_EQ(message(Trap::integer_divide_by_zero), "integer divide by zero");
  EXPECT_EQ(message(Trap::call_stack_exhausted), "call stack exhausted");
}

}  // namespace
}  // namespace cairn::engine
