#include "numerics/float.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace cairn::engine::numerics {
namespace {

constexpr float inf32 = std::numeric_limits<float>::infinity();
constexpr double inf64 = std::numeric_limits<double>::infinity();
constexpr uint32_t quiet32 = 0x00400000;
constexpr uint64_t quiet64 = 0x0008000000000000;

static_assert(f32_add(0.1f, 0.2f) == 0x1.333334p-2f &&
              f64_sub(1.0, 0x1p-53) == 0x1.fffffffffffffp-1);
static_assert(f32_mul(0x1p-149f, 0.5f) == 0 && f64_div(1.0, 3.0) == 0x1.5555555555555p-2);
static_assert(detail::bits(f32_min(0.0f, -0.0f)) == 0x80000000);
static_assert(detail::bits(f32_max(-0.0f, 0.0f)) == 0);
static_assert(f64_min(1.0, -inf64) == -inf64 && f64_max(1.0, 2.0) == 2.0);
static_assert(f64_sqrt(2.0) == 0x1.6a09e667f3bcdp+0 && f32_sqrt(4.0f) == 2.0f);
static_assert(f64_sqrt(0x1p-1074) == 0x1p-537 && f64_sqrt(0x1.fffffffffffffp1023) < 0x1p512);
static_assert(f32_ceil(0.5f) == 1 && f32_floor(-0.5f) == -1 && f64_trunc(-1.9) == -1);
static_assert(f32_nearest(2.5f) == 2 && f32_nearest(3.5f) == 4 && f64_nearest(-4.5) == -4);
static_assert(f32_abs(-inf32) == inf32 && f64_neg(1.0) == -1.0 && f64_copysign(3.0, -0.0) == -3.0);
static_assert(f32_lt(1.0f, 2.0f) == 1 && f64_ge(-0.0, 0.0) == 1 && f64_eq(0.0, -0.0) == 1);

float f32(uint32_t pattern) { return std::bit_cast<float>(pattern); }
double f64(uint64_t pattern) { return std::bit_cast<double>(pattern); }

template <class F, class Bits>
void expect_nan(F result, Bits operand, Bits canonical, Bits quiet, const char* what) {
  const auto got = detail::bits(result);
  EXPECT_NE(result, result) << what;
  EXPECT_EQ(got & quiet, quiet) << what << " gave a signalling NaN";
  const auto sign = detail::sign_bit<F>;
  if ((operand | sign) == (canonical | sign)) {
    EXPECT_EQ(got | sign, canonical | sign) << what << " changed a canonical NaN";
  }
}

TEST(Float, ArithmeticQuietensNans) {
  for (uint32_t nan : {0x7fc00000u, 0xffc00000u, 0x7fa00000u, 0xff800001u, 0x7fffffffu}) {
    for (float other : {0.0f, -0.0f, 1.0f, inf32, -inf32, f32(0x7fc00000)}) {
#define CHECK(op)                                                                      \
  expect_nan(f32_##op(f32(nan), other), nan, f32_canonical_nan, quiet32, #op " left"); \
  expect_nan(f32_##op(other, f32(nan)), nan, f32_canonical_nan, quiet32, #op " right");
      CHECK(add) CHECK(sub) CHECK(mul) CHECK(div) CHECK(min) CHECK(max)
#undef CHECK
    }
#define CHECK(op) expect_nan(f32_##op(f32(nan)), nan, f32_canonical_nan, quiet32, #op);
    CHECK(sqrt) CHECK(ceil) CHECK(floor) CHECK(trunc) CHECK(nearest)
#undef CHECK
  }
  for (uint64_t nan : {0x7ff8000000000000u, 0xfff8000000000000u, 0x7ff4000000000000u,
                       0xfff0000000000001u, 0x7fffffffffffffffu}) {
    for (double other : {0.0, -0.0, 1.0, inf64, -inf64, f64(0x7ff8000000000000)}) {
#define CHECK(op)                                                                      \
  expect_nan(f64_##op(f64(nan), other), nan, f64_canonical_nan, quiet64, #op " left"); \
  expect_nan(f64_##op(other, f64(nan)), nan, f64_canonical_nan, quiet64, #op " right");
      CHECK(add) CHECK(sub) CHECK(mul) CHECK(div) CHECK(min) CHECK(max)
#undef CHECK
    }
#define CHECK(op) expect_nan(f64_##op(f64(nan)), nan, f64_canonical_nan, quiet64, #op);
    CHECK(sqrt) CHECK(ceil) CHECK(floor) CHECK(trunc) CHECK(nearest)
#undef CHECK
  }
}

TEST(Float, InvalidOperationsGiveACanonicalNan) {
  const uint32_t none = 0x7fc00000;
  expect_nan(f32_sub(inf32, inf32), none, f32_canonical_nan, quiet32, "inf - inf");
  expect_nan(f32_mul(inf32, 0.0f), none, f32_canonical_nan, quiet32, "inf * 0");
  expect_nan(f32_div(0.0f, -0.0f), none, f32_canonical_nan, quiet32, "0 / 0");
  expect_nan(f32_sqrt(-1.0f), none, f32_canonical_nan, quiet32, "sqrt(-1)");
  EXPECT_EQ(f32_div(1.0f, -0.0f), -inf32);
}

TEST(Float, SignOperationsTouchTheSignAlone) {
  for (uint32_t a : {0u, 1u, 0x3f800000u, 0x7f800000u, 0x7fc00000u, 0x7fa00001u}) {
    for (uint32_t sign : {0u, 0x80000000u}) {
      EXPECT_EQ(detail::bits(f32_abs(f32(a | sign))), a);
      EXPECT_EQ(detail::bits(f32_neg(f32(a | sign))), (a | sign) ^ 0x80000000);
      EXPECT_EQ(detail::bits(f32_copysign(f32(a), f32(sign | 0x7fa00000))), a | sign);
    }
  }
  EXPECT_EQ(detail::bits(f64_neg(f64(0x7ff0000000000001))), 0xfff0000000000001);
  EXPECT_EQ(detail::bits(f64_abs(f64(0xfff4000000000000))), 0x7ff4000000000000);
  EXPECT_EQ(detail::bits(f64_copysign(1.0, f64(0xfff8000000000000))), 0xbff0000000000000);
}

TEST(Float, MinimumAndMaximumOrderZeroes) {
  for (double a : {-inf64, -1.0, -0.0, 0.0, 0x1p-1074, 1.0, inf64}) {
    for (double b : {-inf64, -1.0, -0.0, 0.0, 0x1p-1074, 1.0, inf64}) {
      const bool first = a < b || (a == b && std::signbit(a));
      EXPECT_EQ(detail::bits(f64_min(a, b)), detail::bits(first ? a : b)) << a << " " << b;
      EXPECT_EQ(detail::bits(f64_max(a, b)), detail::bits(first ? b : a)) << a << " " << b;
      const auto x = static_cast<float>(a), y = static_cast<float>(b);
      const bool first32 = x < y || (x == y && std::signbit(x));
      EXPECT_EQ(detail::bits(f32_min(x, y)), detail::bits(first32 ? x : y)) << a << " " << b;
      EXPECT_EQ(detail::bits(f32_max(x, y)), detail::bits(first32 ? y : x)) << a << " " << b;
    }
  }
}

TEST(Float, ComparisonsWithNanAreFalse) {
  const float nan = f32(0x7fc00000);
  for (float a : {0.0f, inf32, nan}) {
    EXPECT_EQ(f32_eq(a, nan) + f32_lt(a, nan) + f32_gt(nan, a) + f32_le(nan, a) + f32_ge(a, nan),
              0u);
    EXPECT_EQ(f32_ne(a, nan), 1u);
  }
}

// The edges of each rounding: halves, the sign of zero, the last fraction, the first integers.
// clang-format off
#define FOR_ROUNDINGS(CHECK) \
  CHECK(0.0) CHECK(-0.0) CHECK(0.5) CHECK(-0.5) CHECK(0x1p-149) CHECK(-0x1p-149) CHECK(0.75) \
  CHECK(1.5) CHECK(-1.5) CHECK(2.5) CHECK(-2.5) CHECK(-3.5) CHECK(4.2) CHECK(0x1.fffffep-2) \
  CHECK(0x1.fffffep+22) CHECK(-0x1.fffffep+22) CHECK(0x1.000002p+23) CHECK(0x1.fffffep+127) \
  CHECK(inf64) CHECK(-inf64)
// clang-format on

TEST(Float, RoundingAgreesWithTheLibraryAndInConstants){
#define CHECK_ONE(op, library, a)                                                           \
  {                                                                                         \
    constexpr auto constant32 = f32_##op(static_cast<float>(a));                            \
    constexpr auto constant64 = f64_##op(a);                                                \
    volatile float a32 = static_cast<float>(a);                                             \
    volatile double a64 = a;                                                                \
    EXPECT_EQ(detail::bits(f32_##op(a32)), detail::bits(std::library(float{a32}))) << (a);  \
    EXPECT_EQ(detail::bits(f64_##op(a64)), detail::bits(std::library(double{a64}))) << (a); \
    EXPECT_EQ(detail::bits(f32_##op(a32)), detail::bits(constant32)) << (a);                \
    EXPECT_EQ(detail::bits(f64_##op(a64)), detail::bits(constant64)) << (a);                \
  }
#define CHECK_ALL(a)         \
  CHECK_ONE(ceil, ceil, a)   \
  CHECK_ONE(floor, floor, a) \
  CHECK_ONE(trunc, trunc, a) \
  CHECK_ONE(nearest, nearbyint, a)
    FOR_ROUNDINGS(CHECK_ALL)
#undef CHECK_ALL
#undef CHECK_ONE
}

TEST(Float, SquareRootAgreesInConstants){
#define CHECK(a)                                                             \
  {                                                                          \
    constexpr auto constant32 = f32_sqrt(static_cast<float>(a));             \
    constexpr auto constant64 = f64_sqrt(a);                                 \
    volatile float a32 = static_cast<float>(a);                              \
    volatile double a64 = a;                                                 \
    EXPECT_EQ(detail::bits(f32_sqrt(a32)), detail::bits(constant32)) << (a); \
    EXPECT_EQ(detail::bits(f64_sqrt(a64)), detail::bits(constant64)) << (a); \
  }
    CHECK(0.0) CHECK(-0.0) CHECK(1.0) CHECK(2.0) CHECK(3.0) CHECK(0.1) CHECK(1e300) CHECK(7e-310)
        CHECK(0x1.fffffffffffffp-1) CHECK(0x1.0000000000001p+0) CHECK(0x1.fffffffffffffp+1023)
            CHECK(0x1p-1074) CHECK(0x1.fffffep-1) CHECK(123456789.0) CHECK(inf64)
#undef CHECK
}

TEST(Nan, CanonicalisationTouchesNansAlone) {
  for (uint32_t nan : {0x7fc00000u, 0xffc00000u, 0x7f800001u, 0xffffffffu}) {
    EXPECT_EQ(detail::bits(canonicalize_nan(f32(nan))), 0x7fc00000u);
  }
  EXPECT_EQ(detail::bits(canonicalize_nan(f64(0xfff0000000000001))), 0x7ff8000000000000u);
  for (double a : {0.0, -0.0, 1.0, -inf64, 0x1p-1074}) {
    EXPECT_EQ(detail::bits(canonicalize_nan(a)), detail::bits(a));
  }
}

}  // namespace
}  // namespace cairn::engine::numerics
