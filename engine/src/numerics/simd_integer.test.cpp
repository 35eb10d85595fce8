#include "numerics/simd_integer.hpp"

#include <algorithm>
#include <bit>

#include "numerics/simd_bits.hpp"
#include "numerics/simd_testing.hpp"

namespace cairn::engine::numerics {
namespace {

using namespace testing;

// Checks one instruction of each shape: `s` and `u` are the signed and unsigned lane types.
#define SHAPES_TO_16(CHECK) CHECK(i8x16, int8_t, uint8_t) CHECK(i16x8, int16_t, uint16_t)
#define SHAPES_TO_32(CHECK) SHAPES_TO_16(CHECK) CHECK(i32x4, int32_t, uint32_t)
#define SHAPES(CHECK) SHAPES_TO_32(CHECK) CHECK(i64x2, int64_t, uint64_t)

TEST(SimdInteger, ArithmeticWrapsAround) {
#define CHECK(t, s, u)                                                                 \
  check_binary<u>(#t ".add", t##_add, [](u a, u b) { return static_cast<u>(a + b); }); \
  check_binary<u>(#t ".sub", t##_sub, [](u a, u b) { return static_cast<u>(a - b); }); \
  check_unary<u>(#t ".neg", t##_neg, [](u a) { return static_cast<u>(u{0} - a); });    \
  check_unary<u>(#t ".abs", t##_abs,                                                   \
                 [](u a) { return static_cast<s>(a) < 0 ? static_cast<u>(u{0} - a) : a; });
  SHAPES(CHECK)
#undef CHECK
#define CHECK(t, u) \
  check_binary<u>(#t ".mul", t##_mul, [](u a, u b) { return static_cast<u>(uint64_t{a} * b); });
  CHECK(i16x8, uint16_t) CHECK(i32x4, uint32_t) CHECK(i64x2, uint64_t)
#undef CHECK
}

TEST(SimdInteger, SaturatingArithmetic) {
#define CHECK(t, s, u)                                                                          \
  check_binary<s>(#t ".add_sat_s", t##_add_sat_s, [](s a, s b) { return saturate<s>(a + b); }); \
  check_binary<u>(#t ".add_sat_u", t##_add_sat_u, [](u a, u b) { return saturate<u>(a + b); }); \
  check_binary<s>(#t ".sub_sat_s", t##_sub_sat_s, [](s a, s b) { return saturate<s>(a - b); }); \
  check_binary<u>(#t ".sub_sat_u", t##_sub_sat_u, [](u a, u b) { return saturate<u>(a - b); }); \
  check_binary<u>(#t ".avgr_u", t##_avgr_u, [](u a, u b) { return (a + b + 1) / 2; });
  SHAPES_TO_16(CHECK)
#undef CHECK
}

TEST(SimdInteger, MinimumAndMaximum) {
#define CHECK(t, s, u)                                                              \
  check_binary<s>(#t ".min_s", t##_min_s, [](s a, s b) { return std::min(a, b); }); \
  check_binary<u>(#t ".min_u", t##_min_u, [](u a, u b) { return std::min(a, b); }); \
  check_binary<s>(#t ".max_s", t##_max_s, [](s a, s b) { return std::max(a, b); }); \
  check_binary<u>(#t ".max_u", t##_max_u, [](u a, u b) { return std::max(a, b); });
  SHAPES_TO_32(CHECK)
#undef CHECK
}

TEST(SimdInteger, ComparisonsGiveMasks) {
#define COMPARE(t, name, lane, op) \
  check_binary<lane>(#t "." #name, t##_##name, [](lane a, lane b) { return a op b ? -1 : 0; });
#define CHECK(t, s, u)    \
  COMPARE(t, eq, u, ==)   \
  COMPARE(t, ne, u, !=)   \
  COMPARE(t, lt_s, s, <)  \
  COMPARE(t, gt_s, s, >)  \
  COMPARE(t, le_s, s, <=) \
  COMPARE(t, ge_s, s, >=)
  SHAPES(CHECK)
#undef CHECK
#define CHECK(t, s, u)    \
  COMPARE(t, lt_u, u, <)  \
  COMPARE(t, gt_u, u, >)  \
  COMPARE(t, le_u, u, <=) \
  COMPARE(t, ge_u, u, >=)
  SHAPES_TO_32(CHECK)
#undef CHECK
#undef COMPARE
}

template <class Lane>
void check_shift(const char* what, V128 (*op)(V128, uint32_t), auto oracle) {
  Draw draw;
  for (uint32_t count = 0; count < 300; ++count) {
    const V128 a = draw.vector<Lane>();
    LaneArray<Lane> expected;
    const uint32_t n = count >= 270 ? draw.number() : count;
    for (size_t i = 0; i < expected.size(); ++i) {
      expected[i] = static_cast<Lane>(oracle(lanes<Lane>(a)[i], n % (sizeof(Lane) * 8)));
    }
    expect_same<Lane>(lanes<Lane>(op(a, n)), expected, what, static_cast<int>(count));
  }
}

TEST(SimdBits, ShiftsTakeTheCountModuloTheWidth) {
#define CHECK(t, s, u)                                                            \
  check_shift<u>(#t ".shl", t##_shl, [](u a, uint32_t n) { return a << n; });     \
  check_shift<s>(#t ".shr_s", t##_shr_s, [](s a, uint32_t n) { return a >> n; }); \
  check_shift<u>(#t ".shr_u", t##_shr_u, [](u a, uint32_t n) { return a >> n; });
  SHAPES(CHECK)
#undef CHECK
}

TEST(SimdBits, Logic) {
  using W = uint64_t;
  check_unary<W>("not", v128_not, [](W a) { return ~a; });
  check_binary<W>("and", v128_and, [](W a, W b) { return a & b; });
  check_binary<W>("andnot", v128_andnot, [](W a, W b) { return a & ~b; });
  check_binary<W>("or", v128_or, [](W a, W b) { return a | b; });
  check_binary<W>("xor", v128_xor, [](W a, W b) { return a ^ b; });
  Draw draw;
  for (int round = 0; round < rounds; ++round) {
    const V128 a = draw.vector<W>(), b = draw.vector<W>(), m = draw.vector<W>();
    LaneArray<W> expected;
    for (size_t i = 0; i < 2; ++i) {
      const W mask = lanes<W>(m)[i];
      expected[i] = (lanes<W>(a)[i] & mask) | (lanes<W>(b)[i] & ~mask);
    }
    expect_same<W>(lanes<W>(v128_bitselect(a, b, m)), expected, "bitselect", round);
  }
}

TEST(SimdBits, TestsAndCounts) {
  check_test<uint32_t>("any_true", v128_any_true, [](const auto& a) {
    return std::ranges::any_of(a, [](auto lane) { return lane != 0; });
  });
  EXPECT_EQ(v128_any_true(U64x2{0, uint64_t{1} << 63}), 1u);
#define CHECK(t, s, u)                                                     \
  check_test<u>(#t ".all_true", t##_all_true, [](const auto& a) {          \
    return std::ranges::all_of(a, [](auto lane) { return lane != 0; });    \
  });                                                                      \
  check_test<s>(#t ".bitmask", t##_bitmask, [](const auto& a) {            \
    uint32_t mask = 0;                                                     \
    for (size_t i = 0; i < a.size(); ++i) mask |= uint32_t{a[i] < 0} << i; \
    return mask;                                                           \
  });
  SHAPES(CHECK)
#undef CHECK
  check_unary<uint8_t>("popcnt", i8x16_popcnt,
                       [](uint8_t a) { return static_cast<uint8_t>(std::popcount(a)); });
}

}  // namespace
}  // namespace cairn::engine::numerics
