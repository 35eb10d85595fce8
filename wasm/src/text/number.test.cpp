#include "text/number.hpp"

#include <gtest/gtest.h>

#include <string>

namespace cairn::wasm::text {
namespace {

constexpr uint64_t bad = 0xbad;  // no test below expects this pattern
constexpr uint64_t range = 0xbadbad;

template <class T>
uint64_t outcome(NumberStatus status, T value) {
  return status == NumberStatus::ok ? value : status == NumberStatus::malformed ? bad : range;
}
uint64_t nat(std::string_view text, uint64_t max = ~uint64_t{0}) {
  uint64_t value = 0;
  const NumberStatus status = parse_nat(text, max, value);
  return outcome(status, value);
}
uint64_t integer(std::string_view text, uint32_t bits) {
  uint64_t value = 0;
  const NumberStatus status = parse_int(text, bits, value);
  return outcome(status, value);
}
uint64_t f32(std::string_view text) {
  uint32_t value = 0;
  const NumberStatus status = parse_f32(text, value);
  return outcome(status, value);
}
uint64_t f64(std::string_view text) {
  uint64_t value = 0;
  const NumberStatus status = parse_f64(text, value);
  return outcome(status, value);
}

TEST(TextNumber, ReadsNaturalNumbers) {
  EXPECT_EQ(nat("0"), 0u);
  EXPECT_EQ(nat("007"), 7u);
  EXPECT_EQ(nat("1_000_000"), 1'000'000u);
  EXPECT_EQ(nat("0xDe_Ad"), 0xdeadu);
  EXPECT_EQ(nat("18446744073709551615"), ~uint64_t{0});
  EXPECT_EQ(nat("18446744073709551616"), range);
  EXPECT_EQ(nat("0x1_0000_0000_0000_0000"), range);
  EXPECT_EQ(nat("256", 255), range);
  for (const char* text : {"", "_1", "1_", "1__0", "0x", "0x_1", "1x", "+1", "-1", "1.0", "a"}) {
    EXPECT_EQ(nat(text), bad) << text;
  }
}

TEST(TextNumber, ReadsSignedAndUnsignedIntegers) {
  EXPECT_EQ(integer("4294967295", 32), 0xffffffffu);
  EXPECT_EQ(integer("-1", 32), 0xffffffffu);
  EXPECT_EQ(integer("+7", 32), 7u);
  EXPECT_EQ(integer("-2147483648", 32), 0x80000000u);
  EXPECT_EQ(integer("-2147483649", 32), range);
  EXPECT_EQ(integer("4294967296", 32), range);
  EXPECT_EQ(integer("-0x8000_0000_0000_0000", 64), uint64_t{1} << 63);
  EXPECT_EQ(integer("-0x8000_0000_0000_0001", 64), range);
  EXPECT_EQ(integer("-128", 8), 0x80u);
  EXPECT_EQ(integer("-129", 8), range);
  EXPECT_EQ(integer("- 1", 32), bad);
  EXPECT_EQ(integer("--1", 32), bad);
}

TEST(TextNumber, ReadsAllFormsOfFloats) {
  EXPECT_EQ(f32("1"), 0x3f800000u);
  EXPECT_EQ(f32("1."), 0x3f800000u);
  EXPECT_EQ(f32("1.e0"), 0x3f800000u);
  EXPECT_EQ(f32("10e-1"), 0x3f800000u);
  EXPECT_EQ(f32("0x1"), 0x3f800000u);
  EXPECT_EQ(f32("0x.8p1"), bad);
  EXPECT_EQ(f32("0x0.8p1"), 0x3f800000u);
  EXPECT_EQ(f32("0x1.p+0"), 0x3f800000u);
  EXPECT_EQ(f32("1_0.0_0E-0_1"), 0x3f800000u);
  EXPECT_EQ(f32("-0"), 0x80000000u);
  EXPECT_EQ(f32("-0x0p99999"), 0x80000000u);
  EXPECT_EQ(f64("-inf"), 0xfff0000000000000u);
  EXPECT_EQ(f64("nan"), 0x7ff8000000000000u);
  EXPECT_EQ(f32("-nan"), 0xffc00000u);
  EXPECT_EQ(f32("nan:0x1"), 0x7f800001u);
  EXPECT_EQ(f32("nan:0x7f_ffff"), 0x7fffffffu);
  EXPECT_EQ(f32("nan:0x80_0000"), range);
  EXPECT_EQ(f32("nan:0x0"), range);
  for (const char* text : {"", "+", ".5", "1e", "1e+", "1._5", "1_.5", "0x1p", "0x1p0x1", "nan:1",
                           "nan:", "nan:0x", "infinity", "1f", "0b1", "1e5.0", "0x1e+5"}) {
    EXPECT_EQ(f64(text), bad) << text;
  }
}

TEST(TextNumber, RoundsHexFloatsToNearestEven) {
  EXPECT_EQ(f32("0x1.000001p0"), 0x3f800000u);               // tie, to even below
  EXPECT_EQ(f32("0x1.0000010000000000001p0"), 0x3f800001u);  // just above the tie
  EXPECT_EQ(f32("0x1.000003p0"), 0x3f800002u);               // tie, to even above
  EXPECT_EQ(f32("0x1.fffffefp0"), 0x3fffffffu);
  EXPECT_EQ(f32("0x1.ffffffp0"), 0x40000000u);  // the carry reaches the exponent
  EXPECT_EQ(f64("0x1.00000000000008p0"), 0x3ff0000000000000u);
  EXPECT_EQ(f64("0x1.000000000000080000000001p0"), 0x3ff0000000000001u);
  EXPECT_EQ(f64("0x123456789abcdef0123p-40"), f64("0x123456789abcdef.0123p-24"));
}

TEST(TextNumber, RoundsAtTheEdgesOfTheRange) {
  EXPECT_EQ(f32("0x1p-149"), 1u);
  EXPECT_EQ(f32("0x1p-150"), 0u);  // tie, to even
  EXPECT_EQ(f32("0x1.000002p-150"), 1u);
  EXPECT_EQ(f32("0x1p-151"), 0u);
  EXPECT_EQ(f32("0x1p-1000000000000000"), 0u);
  EXPECT_EQ(f32("0x1.fffffcp-127"), 0x007fffffu);  // the largest subnormal
  EXPECT_EQ(f32("0x1.fffffep-127"), 0x00800000u);  // rounds up to the smallest normal
  EXPECT_EQ(f32("0x1.fffffep127"), 0x7f7fffffu);
  EXPECT_EQ(f32("0x1.fffffefffp127"), 0x7f7fffffu);
  EXPECT_EQ(f32("0x1.ffffffp127"), range);
  EXPECT_EQ(f32("0x1p128"), range);
  EXPECT_EQ(f32("0x1p99999999999999999999"), range);
  EXPECT_EQ(f32("340282356779733642752073565784236032"), 0x7a83126eu);
  EXPECT_EQ(f32("3.40282356779733661637539395458142568447e38"), 0x7f7fffffu);
  EXPECT_EQ(f32("3.40282356779733661637539395458142568448e38"), range);
  EXPECT_EQ(f32("1e-400"), 0u);
  EXPECT_EQ(f64("4.9e-324"), 1u);
  EXPECT_EQ(f64("2e-324"), 0u);
  EXPECT_EQ(f64("-1e-999999"), uint64_t{1} << 63);
  EXPECT_EQ(f64("1e309"), range);
  EXPECT_EQ(f64("0e99999"), 0u);
  EXPECT_EQ(f64("0x1.fffffffffffff8p1023"), range);
  EXPECT_EQ(f64("0x1.fffffffffffff7p1023"), 0x7fefffffffffffffu);
}

TEST(TextNumber, ReadsLongDecimals) {
  const std::string zeros(5000, '0');
  EXPECT_EQ(f64("0." + zeros + "1e5001"), f64("1"));
  EXPECT_EQ(f64("1" + zeros + "e-5000"), f64("1"));
  EXPECT_EQ(f64("1" + zeros), range);
  EXPECT_EQ(f64("0." + zeros + "1"), 0u);
}

}  // namespace
}  // namespace cairn::wasm::text
