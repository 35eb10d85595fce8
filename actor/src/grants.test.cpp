#include <cairn/actor/grants.hpp>

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

}  // namespace
}  // namespace cairn::actor
