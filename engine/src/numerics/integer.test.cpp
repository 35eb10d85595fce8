#include "numerics/integer.hpp"

#include <gtest/gtest.h>

namespace cairn::engine::numerics {
namespace {

constexpr uint32_t min32 = 0x80000000, max32 = 0x7fffffff, ones32 = 0xffffffff;
constexpr uint64_t min64 = 0x8000000000000000, max64 = 0x7fffffffffffffff, ones64 = ~uint64_t{0};

// Constant expressions give the same results as code: this is proven once here for each family.

static_assert(i32_add(ones32, 1) == 0 && i64_add(max64, 1) == min64);
static_assert(i32_sub(0, 1) == ones32 && i64_sub(min64, 1) == max64);
static_assert(i32_mul(0x01234567, 0x76543210) == 0x358e7470 && i64_mul(min64, ones64) == min64);
static_assert(i32_shl(1, 33) == 2 && i64_shl(1, 65) == 2 && i64_shl(1, 63) == min64);
static_assert(i32_shr_s(min32, 31) == ones32 && i32_shr_s(ones32, 32) == ones32);
static_assert(i64_shr_s(min64, 63) == ones64 && i64_shr_s(max64, 64) == max64);
static_assert(i32_shr_u(min32, 31) == 1 && i64_shr_u(ones64, 127) == 1);
static_assert(i32_rotl(0xabcd9876, 1) == 0x579b30ed && i32_rotl(0xabcd9876, 33) == 0x579b30ed);
static_assert(i32_rotl(0xfe00dc00, 0xff05) == 0xc01b801f && i32_rotl(7, 32) == 7);
static_assert(i32_rotr(1, 1) == min32 && i32_rotr(0xb0c1d2e3, 0xff05) == 0x1d860e97);
static_assert(i64_rotl(1, 63) == min64 && i64_rotl(min64, 65) == 1 && i64_rotr(1, 65) == min64);
static_assert(i32_clz(0) == 32 && i32_clz(1) == 31 && i32_clz(min32) == 0);
static_assert(i64_clz(0) == 64 && i64_clz(1) == 63 && i64_ctz(0) == 64 && i64_ctz(min64) == 63);
static_assert(i32_ctz(0) == 32 && i32_ctz(min32) == 31 && i32_popcnt(0xdeadbeef) == 24);
static_assert(i64_popcnt(ones64) == 64 && i64_popcnt(0) == 0);
static_assert(i32_extend8_s(0x17f) == 0x7f && i32_extend8_s(0x80) == 0xffffff80);
static_assert(i32_extend16_s(0x17fff) == 0x7fff && i32_extend16_s(0x8000) == 0xffff8000);
static_assert(i64_extend8_s(0x80) == 0xffffffffffffff80 && i64_extend16_s(0x7fff) == 0x7fff);
static_assert(i64_extend32_s(0x80000000) == 0xffffffff80000000 && i64_extend32_s(max32) == max32);
static_assert(i32_eqz(0) == 1 && i64_eqz(uint64_t{1} << 32) == 0);
static_assert(i32_lt_s(min32, 0) == 1 && i32_lt_u(min32, 0) == 0 && i32_gt_s(0, ones32) == 1);
static_assert(i64_le_s(min64, min64) == 1 && i64_ge_u(min64, max64) == 1 && i64_gt_u(1, 1) == 0);

struct Division {
  Trap trap;
  uint64_t value;
  bool operator==(const Division&) const = default;
};

template <class U>
constexpr Division run(Trap (*op)(U, U, U&), U a, U b) {
  U out = 0;
  const Trap trap = op(a, b, out);
  return {trap, out};
}
constexpr Division value(uint64_t v) { return {Trap::none, v}; }
constexpr Division by_zero{Trap::integer_divide_by_zero, 0};
constexpr Division overflow{Trap::integer_overflow, 0};

static_assert(run<uint32_t>(i32_div_s, 7, uint32_t(-2)) == value(uint32_t(-3)));
static_assert(run<uint32_t>(i32_div_s, min32, ones32) == overflow);
static_assert(run<uint64_t>(i64_rem_s, min64, ones64) == value(0));

TEST(Integer, SignedDivisionTruncatesAndTraps) {
  for (uint32_t a : {0u, 1u, 5u, max32, min32, min32 + 1, ones32}) {
    EXPECT_EQ(run<uint32_t>(i32_div_s, a, 0), by_zero) << a;
    EXPECT_EQ(run<uint32_t>(i32_div_u, a, 0), by_zero) << a;
    EXPECT_EQ(run<uint32_t>(i32_rem_s, a, 0), by_zero) << a;
    EXPECT_EQ(run<uint32_t>(i32_rem_u, a, 0), by_zero) << a;
    EXPECT_EQ(run<uint32_t>(i32_div_s, a, ones32), a == min32 ? overflow : value(0 - a)) << a;
    EXPECT_EQ(run<uint32_t>(i32_rem_s, a, ones32), value(0)) << a;
    EXPECT_EQ(run<uint32_t>(i32_div_s, a, 1), value(a));
  }
  for (uint64_t a : {uint64_t{0}, uint64_t{1}, max64, min64, min64 + 1, ones64}) {
    EXPECT_EQ(run<uint64_t>(i64_div_s, a, 0), by_zero) << a;
    EXPECT_EQ(run<uint64_t>(i64_div_u, a, 0), by_zero) << a;
    EXPECT_EQ(run<uint64_t>(i64_rem_s, a, 0), by_zero) << a;
    EXPECT_EQ(run<uint64_t>(i64_rem_u, a, 0), by_zero) << a;
    EXPECT_EQ(run<uint64_t>(i64_div_s, a, ones64), a == min64 ? overflow : value(0 - a)) << a;
    EXPECT_EQ(run<uint64_t>(i64_rem_s, a, ones64), value(0)) << a;
  }
  EXPECT_EQ(run<uint32_t>(i32_div_s, min32, 2), value(0xc0000000));
  EXPECT_EQ(run<uint32_t>(i32_div_u, min32, ones32), value(0));
  EXPECT_EQ(run<uint32_t>(i32_div_u, 0x8ff00ff0, 0x10001), value(0x8fef));
  EXPECT_EQ(run<uint32_t>(i32_rem_s, uint32_t(-5), 2), value(ones32));
  EXPECT_EQ(run<uint32_t>(i32_rem_s, 5, uint32_t(-2)), value(1));
  EXPECT_EQ(run<uint32_t>(i32_rem_u, uint32_t(-5), 2), value(1));
  EXPECT_EQ(run<uint64_t>(i64_div_s, uint64_t(-7), 2), value(uint64_t(-3)));
  EXPECT_EQ(run<uint64_t>(i64_rem_s, uint64_t(-7), 2), value(ones64));
  EXPECT_EQ(run<uint64_t>(i64_div_u, min64, ones64), value(0));
  EXPECT_EQ(run<uint64_t>(i64_rem_u, 0x8ff00ff00ff00ff0, 0x100000001), value(0x80000001));
}

TEST(Integer, WideAdditionCarries) {
  EXPECT_EQ(i64_add128(ones64, 0, 1, 0), (U128{0, 1}));
  EXPECT_EQ(i64_add128(ones64, ones64, 1, 0), (U128{0, 0}));
  EXPECT_EQ(i64_add128(1, 2, 3, 4), (U128{4, 6}));
  EXPECT_EQ(i64_sub128(0, 1, 1, 0), (U128{ones64, 0}));
  EXPECT_EQ(i64_sub128(0, 0, 1, 0), (U128{ones64, ones64}));
}

TEST(Integer, WideMultiplicationGivesBothHalves) {
  EXPECT_EQ(i64_mul_wide_u(ones64, ones64), (U128{1, ones64 - 1}));
  EXPECT_EQ(i64_mul_wide_s(ones64, ones64), (U128{1, 0}));
  EXPECT_EQ(i64_mul_wide_s(min64, min64), (U128{0, uint64_t{1} << 62}));
  EXPECT_EQ(i64_mul_wide_s(ones64, 1), (U128{ones64, ones64}));
  EXPECT_EQ(i64_mul_wide_u(min64, 2), (U128{0, 1}));
}

}  // namespace
}  // namespace cairn::engine::numerics
