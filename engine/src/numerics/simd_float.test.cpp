#include "numerics/simd_float.hpp"

#include "numerics/conversion.hpp"
#include "numerics/float.hpp"
#include "numerics/simd_conversion.hpp"
#include "numerics/simd_testing.hpp"

namespace cairn::engine::numerics {
namespace {

using namespace testing;

#define SHAPES(CHECK) CHECK(f32x4, f32, float, int32_t) CHECK(f64x2, f64, double, int64_t)

// The scalar functions, tested on their own, are the oracle.

TEST(SimdFloat, ArithmeticAgreesWithScalars) {
#define BINARY(t, s, lane, op) \
  check_binary<lane>(#t "." #op, t##_##op, [](lane a, lane b) { return s##_##op(a, b); });
#define UNARY(t, s, lane, op) \
  check_unary<lane>(#t "." #op, t##_##op, [](lane a) { return s##_##op(a); });
#define CHECK(t, s, lane, mask) \
  BINARY(t, s, lane, add)       \
  BINARY(t, s, lane, sub)       \
  BINARY(t, s, lane, mul)       \
  BINARY(t, s, lane, div)       \
  BINARY(t, s, lane, min)       \
  BINARY(t, s, lane, max)       \
  UNARY(t, s, lane, sqrt)       \
  UNARY(t, s, lane, ceil)       \
  UNARY(t, s, lane, floor)      \
  UNARY(t, s, lane, trunc)      \
  UNARY(t, s, lane, nearest)
  SHAPES(CHECK)
#undef CHECK
#undef BINARY
#undef UNARY
}

TEST(SimdFloat, MinimumAndMaximumKeepNansCanonical) {
  for (uint32_t nan : {0x7fc00000u, 0xffc00000u, 0x7f800001u, 0xffffffffu}) {
    const V128 a = U32x4{nan, 0x3f800000, nan, 0};
    const V128 b = U32x4{0x7f800000, nan, 0xffc00000, 0x80000000};
    for (V128 result : {f32x4_min(a, b), f32x4_max(b, a)}) {
      for (int i = 0; i < 3; ++i) EXPECT_EQ(result.as<U32x4>()[i] & 0x7fffffff, 0x7fc00000u) << i;
    }
    EXPECT_EQ(f32x4_min(a, b).as<U32x4>()[3], 0x80000000u);
    EXPECT_EQ(f32x4_max(a, b).as<U32x4>()[3], 0u);
  }
  const V128 signalling = U64x2{0xfff0000000000001, 0x7ff8000000000000};
  const V128 result = f64x2_min(signalling, F64x2{1.0, -0.0});
  EXPECT_EQ(result.as<U64x2>()[0] & 0x7fffffffffffffff, f64_canonical_nan);
  EXPECT_EQ(result.as<U64x2>()[1] & 0x7fffffffffffffff, f64_canonical_nan);
}

TEST(SimdFloat, BitOperationsKeepNanPayloads) {
#define CHECK(t, s, lane, bits)                                                                \
  check_unary<lane, bits>(#t ".abs", t##_abs,                                                  \
                          [](lane a) { return std::bit_cast<bits>(s##_abs(a)); });             \
  check_unary<lane, bits>(#t ".neg", t##_neg,                                                  \
                          [](lane a) { return std::bit_cast<bits>(s##_neg(a)); });             \
  check_binary<lane, bits>(#t ".pmin", t##_pmin,                                               \
                           [](lane a, lane b) { return std::bit_cast<bits>(b < a ? b : a); }); \
  check_binary<lane, bits>(#t ".pmax", t##_pmax,                                               \
                           [](lane a, lane b) { return std::bit_cast<bits>(a < b ? b : a); });
  SHAPES(CHECK)
#undef CHECK
}

TEST(SimdFloat, ComparisonsGiveMasks) {
#define COMPARE(t, lane, mask, name, op)             \
  check_binary<lane, mask>(#t "." #name, t##_##name, \
                           [](lane a, lane b) { return a op b ? -1 : 0; });
#define CHECK(t, s, lane, mask)  \
  COMPARE(t, lane, mask, eq, ==) \
  COMPARE(t, lane, mask, ne, !=) \
  COMPARE(t, lane, mask, lt, <)  \
  COMPARE(t, lane, mask, gt, >)  \
  COMPARE(t, lane, mask, le, <=) \
  COMPARE(t, lane, mask, ge, >=)
  SHAPES(CHECK)
#undef CHECK
#undef COMPARE
}

TEST(SimdFloat, CanonicalisationAgreesWithScalars) {
  check_unary<float, uint32_t>("f32x4", canonicalize_nan_f32x4, [](float a) {
    return std::bit_cast<uint32_t>(canonicalize_nan(a));
  });
  check_unary<double, uint64_t>("f64x2", canonicalize_nan_f64x2, [](double a) {
    return std::bit_cast<uint64_t>(canonicalize_nan(a));
  });
}

/// The lower lanes of the result are `oracle(a[i])`, the rest zeroes.
template <class Lane, class Out>
auto zero_extended(auto oracle) {
  return [oracle](const LaneArray<Lane>& a) {
    LaneArray<Out> out{};
    for (size_t i = 0; i < std::min(a.size(), out.size()); ++i) out[i] = oracle(a[i]);
    return out;
  };
}

TEST(SimdConversion, TruncationSaturates) {
  check_unary<float, uint32_t>("f32x4 s", i32x4_trunc_sat_f32x4_s, i32_trunc_sat_f32_s);
  check_unary<float, uint32_t>("f32x4 u", i32x4_trunc_sat_f32x4_u, i32_trunc_sat_f32_u);
  check_whole<double, uint32_t>("f64x2 s", i32x4_trunc_sat_f64x2_s_zero,
                                zero_extended<double, uint32_t>(i32_trunc_sat_f64_s));
  check_whole<double, uint32_t>("f64x2 u", i32x4_trunc_sat_f64x2_u_zero,
                                zero_extended<double, uint32_t>(i32_trunc_sat_f64_u));
}

TEST(SimdConversion, ToFloatingPoint) {
  check_unary<uint32_t, float>("f32x4 s", f32x4_convert_i32x4_s, f32_convert_i32_s);
  check_unary<uint32_t, float>("f32x4 u", f32x4_convert_i32x4_u, f32_convert_i32_u);
  check_whole<uint32_t, double>("f64x2 s", f64x2_convert_low_i32x4_s,
                                zero_extended<uint32_t, double>(f64_convert_i32_s));
  check_whole<uint32_t, double>("f64x2 u", f64x2_convert_low_i32x4_u,
                                zero_extended<uint32_t, double>(f64_convert_i32_u));
}

TEST(SimdConversion, BetweenFloatingPointTypes) {
  check_whole<double, float>("demote", f32x4_demote_f64x2_zero,
                             zero_extended<double, float>(f32_demote_f64));
  check_whole<float, double>("promote", f64x2_promote_low_f32x4,
                             zero_extended<float, double>(f64_promote_f32));
}

}  // namespace
}  // namespace cairn::engine::numerics
