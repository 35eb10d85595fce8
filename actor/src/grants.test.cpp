#include <cairn/actor/grants.hpp>
#include <cairn/actor/settings.hpp>

#include <gtest/gtest.h>

namespace cairn::actor {
namespace {

TEST(Grants, CoverWhatLiesBelow) {
  Grants grants({"wasi:sockets", "send/bank"});
  EXPECT_TRUE(grants.has("wasi:sockets"));
  EXPECT_TRUE(grants.has("wasi:sockets/tcp"));
  EXPECT_TRUE(grants.has("send/bank/alice"));
  EXPECT_FALSE(grants.has("send"));
  EXPECT_FALSE(grants.has("send/banks"));
  EXPECT_FALSE(grants.has("wasi:sockets-more"));
  EXPECT_FALSE(grants.has(""));
}

TEST(Grants, OfChildrenAreAmongTheParents) {
  Grants parent({"a", "b/c"});
  EXPECT_TRUE(parent.covers(Grants({"a/x", "b/c"})));
  auto denied = parent.covers(Grants({"a", "b"}));
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().kind, ErrorKind::denied);
  EXPECT_EQ(denied.error().message, "'b' was not granted to the parent");
  EXPECT_FALSE(parent.covers(Grants::all()));
  EXPECT_TRUE(Grants::all().covers(Grants::all()));
  EXPECT_TRUE(parent.covers(Grants()));
  EXPECT_FALSE(Grants().covers(parent));
}

TEST(Limits, OfAChildAreWithinItsParents) {
  const ActorLimits none;
  const ActorLimits some = {.memory_bytes = 100, .message_time_ns = 5};
  EXPECT_TRUE(none.bound(some));
  EXPECT_TRUE(none.bound(none));
  EXPECT_TRUE(some.bound(some));
  EXPECT_TRUE(some.bound({.memory_bytes = 1, .fuel_per_message = 9, .message_time_ns = 5}));
  EXPECT_FALSE(some.bound(none));
  EXPECT_FALSE(some.bound({.memory_bytes = 101, .message_time_ns = 5}));
  const Result<> denied = some.bound({.memory_bytes = 100, .message_time_ns = 6});
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().kind, ErrorKind::denied);
  EXPECT_EQ(denied.error().message, "'message_time_ns' of a child is above that of its parent, 5");
  for (uint32_t ActorLimits::* limit : {&ActorLimits::timers, &ActorLimits::monitors,
                                        &ActorLimits::subscriptions, &ActorLimits::requests}) {
    ActorLimits more;
    ++(more.*limit);
    EXPECT_FALSE(none.bound(more));
    EXPECT_TRUE(more.bound(none));
    more.*limit = 0;
    EXPECT_FALSE(none.bound(more));
    EXPECT_TRUE(more.bound(none));
  }
}

}  // namespace
}  // namespace cairn::actor
