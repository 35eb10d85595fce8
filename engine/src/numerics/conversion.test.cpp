#include "numerics/conversion.hpp"

#include <gtest/gtest.h>

namespace cairn::engine::numerics {
namespace {

constexpr float inf32 = std::numeric_limits<float>::infinity();
constexpr double inf64 = std::numeric_limits<double>::infinity();
constexpr float nan32 = std::numeric_limits<float>::quiet_NaN();
constexpr double nan64 = std::numeric_limits<double>::quiet_NaN();
constexpr uint64_t min64 = 0x8000000000000000, ones64 = ~uint64_t{0};

static_assert(i32_wrap_i64(0x123456789) == 0x23456789 &&
              i64_extend_i32_u(0x80000000) == 0x80000000);
static_assert(i64_extend_i32_s(0x80000000) == 0xffffffff80000000);
static_assert(i32_trunc_sat_f32_s(nan32) == 0 && i64_trunc_sat_f64_u(-inf64) == 0);
static_assert(f32_convert_i32_s(0xffffffff) == -1 && f64_convert_i64_u(ones64) == 0x1p64);
static_assert(f32_demote_f64(1.1) == 1.1f && f64_promote_f32(0.5f) == 0.5);
static_assert(i32_reinterpret_f32(-0.0f) == 0x80000000 && f64_reinterpret_i64(0) == 0.0);

/// One row: an operand, and the result or, when there is none, the trap and the saturated result.
template <class F, class U>
struct Row {
  F operand;
  U saturated;
  Trap trap = Trap::none;
};
constexpr Trap overflow = Trap::integer_overflow, invalid = Trap::invalid_conversion_to_integer;

template <class F, class U, size_t n>
void check(const char* name, Trap (*trunc)(F, U&), U (*trunc_sat)(F), const Row<F, U> (&rows)[n]) {
  for (const auto& row : rows) {
    U out = 77;
    EXPECT_EQ(trunc(row.operand, out), row.trap) << name << " " << row.operand;
    EXPECT_EQ(out, row.trap == Trap::none ? row.saturated : 77) << name << " " << row.operand;
    EXPECT_EQ(trunc_sat(row.operand), row.saturated) << name << " " << row.operand;
  }
}

TEST(Conversion, TruncationToI32) {
  check<float, uint32_t>("i32 f32 s", i32_trunc_f32_s, i32_trunc_sat_f32_s,
                         {{0.0f, 0},
                          {-0.9f, 0},
                          {1.9f, 1},
                          {-1.9f, uint32_t(-1)},
                          {0x1.fffffep+30f, 0x7fffff80},
                          {0x1p31f, 0x7fffffff, overflow},
                          {-0x1p31f, 0x80000000},
                          {-0x1.000002p+31f, 0x80000000, overflow},
                          {inf32, 0x7fffffff, overflow},
                          {-inf32, 0x80000000, overflow},
                          {nan32, 0, invalid},
                          {-nan32, 0, invalid}});
  check<float, uint32_t>("i32 f32 u", i32_trunc_f32_u, i32_trunc_sat_f32_u,
                         {{-0.0f, 0},
                          {-0x1.fffffep-1f, 0},
                          {-1.0f, 0, overflow},
                          {0x1.fffffep+31f, 0xffffff00},
                          {0x1p32f, 0xffffffff, overflow},
                          {nan32, 0, invalid}});
  check<double, uint32_t>("i32 f64 s", i32_trunc_f64_s, i32_trunc_sat_f64_s,
                          {{2147483647.9, 0x7fffffff},
                           {2147483648.0, 0x7fffffff, overflow},
                           {-2147483648.9, 0x80000000},
                           {-2147483649.0, 0x80000000, overflow},
                           {0x1p-1074, 0},
                           {nan64, 0, invalid}});
  check<double, uint32_t>("i32 f64 u", i32_trunc_f64_u, i32_trunc_sat_f64_u,
                          {{4294967295.9, 0xffffffff},
                           {4294967296.0, 0xffffffff, overflow},
                           {-0.9, 0},
                           {-1.0, 0, overflow},
                           {3e9, 3000000000},
                           {nan64, 0, invalid}});
}

TEST(Conversion, TruncationToI64) {
  check<float, uint64_t>("i64 f32 s", i64_trunc_f32_s, i64_trunc_sat_f32_s,
                         {{0x1.fffffep+62f, 0x7fffff8000000000},
                          {0x1p63f, 0x7fffffffffffffff, overflow},
                          {-0x1p63f, min64},
                          {-0x1.000002p+63f, min64, overflow},
                          {nan32, 0, invalid}});
  check<float, uint64_t>("i64 f32 u", i64_trunc_f32_u, i64_trunc_sat_f32_u,
                         {{0x1p63f, min64},
                          {0x1.fffffep+63f, 0xffffff0000000000},
                          {0x1p64f, ones64, overflow},
                          {-0.5f, 0},
                          {-1.0f, 0, overflow},
                          {nan32, 0, invalid}});
  check<double, uint64_t>("i64 f64 s", i64_trunc_f64_s, i64_trunc_sat_f64_s,
                          {{0x1.fffffffffffffp+62, 0x7ffffffffffffc00},
                           {0x1p63, 0x7fffffffffffffff, overflow},
                           {-0x1p63, min64},
                           {-0x1.0000000000001p+63, min64, overflow},
                           {-1.9, ones64},
                           {-inf64, min64, overflow},
                           {nan64, 0, invalid}});
  check<double, uint64_t>("i64 f64 u", i64_trunc_f64_u, i64_trunc_sat_f64_u,
                          {{0x1p63, min64},
                           {0x1.fffffffffffffp+63, 0xfffffffffffff800},
                           {0x1p64, ones64, overflow},
                           {-0x1.fffffffffffffp-1, 0},
                           {-1.0, 0, overflow},
                           {inf64, ones64, overflow},
                           {nan64, 0, invalid}});
}

TEST(Conversion, IntegersRoundToNearestEven) {
  EXPECT_EQ(f32_convert_i32_s(16777217), 16777216.0f);
  EXPECT_EQ(f32_convert_i32_s(16777219), 16777220.0f);
  EXPECT_EQ(f32_convert_i32_u(0xffffffff), 0x1p32f);
  EXPECT_EQ(f32_convert_i64_s(0x7fffff4000000001), 0x1.fffffep+62f);
  EXPECT_EQ(f32_convert_i64_u(0x8000008000000001), 0x1.000002p+63f);
  EXPECT_EQ(f32_convert_i64_u(0xfffffe8000000001), 0x1.fffffep+63f);
  EXPECT_EQ(f64_convert_i32_s(0x80000000), -2147483648.0);
  EXPECT_EQ(f64_convert_i32_u(0x80000000), 2147483648.0);
  EXPECT_EQ(f64_convert_i64_s(9007199254740993), 9007199254740992.0);
  EXPECT_EQ(f64_convert_i64_u(0x8000000000000400), 0x1p63);
  EXPECT_EQ(f64_convert_i64_u(0x8000000000000401), 0x1.0000000000001p+63);
}

TEST(Conversion, BetweenFloatsQuietensNans) {
  volatile double signalling64 = std::bit_cast<double>(0x7ff4000000000000);
  EXPECT_EQ(i32_reinterpret_f32(f32_demote_f64(signalling64)), 0x7fe00000u);
  EXPECT_EQ(i32_reinterpret_f32(f32_demote_f64(-nan64)), 0xffc00000u);
  volatile float signalling32 = std::bit_cast<float>(0x7fa00000);
  EXPECT_EQ(i64_reinterpret_f64(f64_promote_f32(signalling32)), 0x7ffc000000000000u);
  EXPECT_EQ(f32_demote_f64(0x1.fffffefffffffp127), 0x1.fffffep127f);
  EXPECT_EQ(f32_demote_f64(0x1.ffffffp127), inf32);
  EXPECT_EQ(f32_demote_f64(0x1p-150), 0.0f);
  EXPECT_EQ(f32_demote_f64(0x1.0000000000001p-150), 0x1p-149f);
}

}  // namespace
}  // namespace cairn::engine::numerics
