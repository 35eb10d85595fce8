#include <cairn/base/printable.hpp>

#include <gtest/gtest.h>

namespace cairn {
namespace {

TEST(Printable, LeavesNothingThatATerminalActsOn) {
  EXPECT_EQ(printable("plain, grüß, 日本"), "plain, grüß, 日本");
  EXPECT_EQ(printable("a\nb\tc\r"), "a\\0ab\\09c\\0d");
  EXPECT_EQ(printable("\x1b]0;x\x07\x7f"), "\\1b]0;x\\07\\7f");
  EXPECT_EQ(printable("\xc2\x9b"), "\\c2\\9b") << "a control character of two bytes";
  EXPECT_EQ(printable("\xe2\x80\xae"), "\\e2\\80\\ae") << "from right to left";
  EXPECT_EQ(printable("\xff\xc2"), "\\ff\\c2") << "no UTF-8";
}

}  // namespace
}  // namespace cairn
