#include <cairn/base/units.hpp>

#include <gtest/gtest.h>

namespace cairn {
namespace {

TEST(Units, Durations) {
  EXPECT_EQ(parse_duration_ns("300ms"), 300'000'000u);
  EXPECT_EQ(parse_duration_ns("1.5s"), 1'500'000'000u);
  EXPECT_EQ(parse_duration_ns("2"), 2'000'000'000u);
  EXPECT_EQ(parse_duration_ns("2Min"), 120'000'000'000u);
  EXPECT_EQ(parse_duration_ns("0"), 0u);
  for (const char* text : {"", "s", "5 s", "5x", "-1s", "nan", "inf", "1e300s", "9223372037s"}) {
    EXPECT_EQ(parse_duration_ns(text), std::nullopt) << text;
  }
}

TEST(Units, Sizes) {
  EXPECT_EQ(parse_size("4096"), 4096u);
  EXPECT_EQ(parse_size("64KiB"), 65'536u);
  EXPECT_EQ(parse_size("16m"), 16'777'216u);
  EXPECT_EQ(parse_size("1.5k"), 1536u);
  for (const char* text : {"", "KiB", "1 k", "1t", "-1", "8589934592g"}) {
    EXPECT_EQ(parse_size(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace cairn
