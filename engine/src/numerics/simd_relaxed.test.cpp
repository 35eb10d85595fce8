/// The choices of the deterministic profile, where they differ from what hardware would do.

#include "numerics/simd_relaxed.hpp"

#include "numerics/float.hpp"
#include "numerics/simd_testing.hpp"

namespace cairn::engine::numerics {
namespace {

using namespace testing;

TEST(SimdRelaxed, MultiplyAddRoundsTwice) {
  const auto all32 = [](float a) { return f32x4_splat(a); };
  const auto all64 = [](double a) { return f64x2_splat(a); };
  // A fused operation would give 2^-37 and 2^-53, and no infinity.
  volatile float x32 = 0x1.000004p+0f, y32 = 0x1.0002p+0f, z32 = -0x1.000204p+0f;
  EXPECT_EQ(f32x4_relaxed_madd(all32(x32), all32(y32), all32(z32)), all32(0.0f));
  EXPECT_EQ(f32x4_relaxed_nmadd(all32(-x32), all32(y32), all32(z32)), all32(0.0f));
  volatile double x64 = 0x1.00000004p+0, y64 = 0x1.000002p+0, z64 = -0x1.00000204p+0;
  EXPECT_EQ(f64x2_relaxed_madd(all64(x64), all64(y64), all64(z64)), all64(0.0));
  EXPECT_EQ(f64x2_relaxed_nmadd(all64(x64), all64(-y64), all64(z64)), all64(0.0));
  volatile float huge = std::numeric_limits<float>::max();
  EXPECT_EQ(f32x4_relaxed_madd(all32(huge), all32(2.0f), all32(-huge)),
            all32(std::numeric_limits<float>::infinity()));
}

TEST(SimdRelaxed, MultiplyAddAgreesWithScalars) {
  Draw draw;
  for (int round = 0; round < rounds; ++round) {
    const V128 a = draw.vector<float>(), b = draw.vector<float>(), c = draw.vector<float>();
    LaneArray<float> madd, nmadd;
    for (size_t i = 0; i < 4; ++i) {
      const float x = lanes<float>(a)[i], y = lanes<float>(b)[i], z = lanes<float>(c)[i];
      madd[i] = f32_add(f32_mul(x, y), z);
      nmadd[i] = f32_add(f32_mul(f32_neg(x), y), z);
    }
    expect_same<float>(lanes<float>(f32x4_relaxed_madd(a, b, c)), madd, "madd", round);
    expect_same<float>(lanes<float>(f32x4_relaxed_nmadd(a, b, c)), nmadd, "nmadd", round);
  }
}

TEST(SimdRelaxed, SwizzleGivesZeroForEveryIndexBeyondTheVector) {
  const V128 bytes = i8x16_splat(7);
  for (uint32_t index : {16u, 31u, 127u, 128u, 255u}) {
    EXPECT_EQ(i8x16_relaxed_swizzle(bytes, i8x16_splat(index)), V128{}) << index;
  }
}

TEST(SimdRelaxed, TruncationSaturates) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(i32x4_relaxed_trunc_f32x4_s(F32x4{nan, 0x1p31f, -0x1p40f, -1.5f}),
            V128(I32x4{0, INT32_MAX, INT32_MIN, -1}));
  EXPECT_EQ(i32x4_relaxed_trunc_f32x4_u(F32x4{nan, 0x1p32f, -5.0f, 0x1p31f}),
            V128(U32x4{0, UINT32_MAX, 0, 0x80000000}));
  EXPECT_EQ(i32x4_relaxed_trunc_f64x2_s_zero(F64x2{-0x1p40, 0x1p31}),
            V128(I32x4{INT32_MIN, INT32_MAX, 0, 0}));
  EXPECT_EQ(i32x4_relaxed_trunc_f64x2_u_zero(F64x2{-1.0, 0x1p32}),
            V128(U32x4{0, UINT32_MAX, 0, 0}));
}

TEST(SimdRelaxed, LaneSelectionIsBitByBit) {
  const V128 a = U64x2{0x1212121212121212, 0}, b = U64x2{0x3434343434343434, ~uint64_t{0}};
  const V128 mask = U64x2{0x80f00ff0000000ff, 0x0f};
  const V128 expected = v128_bitselect(a, b, mask);
  EXPECT_EQ(i8x16_relaxed_laneselect(a, b, mask), expected);
  EXPECT_EQ(i16x8_relaxed_laneselect(a, b, mask), expected);
  EXPECT_EQ(i32x4_relaxed_laneselect(a, b, mask), expected);
  EXPECT_EQ(i64x2_relaxed_laneselect(a, b, mask), expected);
}

TEST(SimdRelaxed, MinimumAndMaximumAreThePlainOnes) {
  check_binary<float>("min", f32x4_relaxed_min, [](float a, float b) { return f32_min(a, b); });
  check_binary<float>("max", f32x4_relaxed_max, [](float a, float b) { return f32_max(a, b); });
  check_binary<double>("min", f64x2_relaxed_min, [](double a, double b) { return f64_min(a, b); });
  check_binary<double>("max", f64x2_relaxed_max, [](double a, double b) { return f64_max(a, b); });
}

TEST(SimdRelaxed, FractionsSaturate) {
  const V128 lowest = i16x8_splat(0x8000);
  EXPECT_EQ(i16x8_relaxed_q15mulr_s(lowest, lowest), i16x8_splat(0x7fff));
}

TEST(SimdRelaxed, DotProductsAreSigned) {
  const auto pairs = [](const LaneArray<int8_t>& a, const LaneArray<int8_t>& b) {
    LaneArray<int16_t> out;
    for (size_t i = 0; i < 8; ++i) {
      out[i] = saturate<int16_t>(a[2 * i] * b[2 * i] + a[2 * i + 1] * b[2 * i + 1]);
    }
    return out;
  };
  check_whole<int8_t, int16_t>("dot", i16x8_relaxed_dot_i8x16_i7x16_s, pairs);
  const V128 lowest = i8x16_splat(0x80);
  EXPECT_EQ(i16x8_relaxed_dot_i8x16_i7x16_s(lowest, lowest), i16x8_splat(0x7fff));
  EXPECT_EQ(i32x4_relaxed_dot_i8x16_i7x16_add_s(lowest, lowest, i32x4_splat(0x7fffffff)),
            i32x4_splat(0x7fffffffu + 2 * 0x7fff));
  Draw draw;
  for (int round = 0; round < rounds; ++round) {
    const V128 a = draw.vector<int8_t>(), b = draw.vector<int8_t>(), c = draw.vector<uint32_t>();
    const auto sums = pairs(lanes<int8_t>(a), lanes<int8_t>(b));
    LaneArray<uint32_t> expected = lanes<uint32_t>(c);
    for (size_t i = 0; i < 4; ++i) {
      expected[i] += static_cast<uint32_t>(sums[2 * i] + sums[2 * i + 1]);
    }
    expect_same<uint32_t>(lanes<uint32_t>(i32x4_relaxed_dot_i8x16_i7x16_add_s(a, b, c)), expected,
                          "dot add", round);
  }
}

}  // namespace
}  // namespace cairn::engine::numerics
