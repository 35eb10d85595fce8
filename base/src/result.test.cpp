#include <cairn/base/result.hpp>

#include <gtest/gtest.h>

#include <memory>

namespace cairn {
namespace {

Result<int> positive(int value) {
  if (value <= 0) return fail_at(ErrorKind::invalid, 31, "expected a positive number");
  return value;
}

Result<int> sum(int a, int b) { return TRY(positive(a)) + TRY(positive(TRY(positive(b)))); }

Result<> check(int value) {
  TRY(positive(value));
  return {};
}

Result<std::unique_ptr<int>> boxed(int value) {
  return std::make_unique<int>(TRY(positive(value)));
}
Result<int> unboxed(int value) {
  const std::unique_ptr<int> box = TRY(boxed(value));
  return *box;
}

TEST(Result, TryYieldsTheValueOrReturnsTheError) {
  EXPECT_EQ(sum(1, 2).value(), 3);
  EXPECT_EQ(sum(1, 0).error().kind, ErrorKind::invalid);
  EXPECT_TRUE(check(1));
  EXPECT_FALSE(check(0));
  EXPECT_EQ(unboxed(5).value(), 5);
}

TEST(Result, AnErrorSaysWhatAndWhere) {
  EXPECT_EQ(positive(0).error().to_string(), "expected a positive number (at offset 0x1f)");
  Error error{.kind = ErrorKind::malformed, .message = "expected ')'"};
  EXPECT_EQ(error.to_string(), "expected ')'");
  error.at = SourceLocation{.line = 3, .column = 14};
  EXPECT_EQ(error.to_string(), "3:14: expected ')'");
  error.path = "a.wat";
  EXPECT_EQ(error.to_string(), "a.wat:3:14: expected ')'");
  error.at.reset();
  EXPECT_EQ(error.to_string(), "a.wat: expected ')'");
}

TEST(Result, EveryKindHasItsWord) {
  EXPECT_EQ(to_string(ErrorKind::malformed), "malformed");
  EXPECT_EQ(to_string(ErrorKind::not_found), "not_found");
  EXPECT_EQ(to_string(ErrorKind::usage), "usage");
}

TEST(ResultDeathTest, AnAssertionNamesItsPlace) {
  EXPECT_DEATH(CAIRN_ASSERT(1 + 1 == 3), "result.test.cpp:.*internal error: '1 \\+ 1 == 3'");
}

}  // namespace
}  // namespace cairn
