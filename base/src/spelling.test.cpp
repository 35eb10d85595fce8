#include <cairn/base/spelling.hpp>

#include <gtest/gtest.h>

#include <string>

namespace cairn {
namespace {

TEST(Spelling, FindsWhatWasMeant) {
  const std::string_view known[] = {"run", "serve", "serve-http", "up"};
  EXPECT_EQ(most_like("serve", known), "serve");
  EXPECT_EQ(most_like("srve", known), "serve");
  EXPECT_EQ(most_like("sevre", known), "serve");
  EXPECT_EQ(most_like("rn", known), "run");
  EXPECT_EQ(most_like("servehttps", known), "serve-http");
  EXPECT_EQ(most_like("xx", known), "") << "of \"up\", nothing would be left";
  EXPECT_EQ(most_like("dance", known), "");
  EXPECT_EQ(most_like(std::string(1'000'000, 'x'), known), "");
  EXPECT_EQ(most_like("run", {}), "");
}

}  // namespace
}  // namespace cairn
