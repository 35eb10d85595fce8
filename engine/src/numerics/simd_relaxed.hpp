#pragma once
/// Relaxed vector instructions (spec: Relaxed Operations). Where the specification lets an
/// implementation choose, every parameter is 0 here, always: the choice of the deterministic
/// profile. So the profile costs nothing, and a program gives the same bits on every machine and
/// tier, but for the sign and payload of NaNs. What another choice would save on x86-64 is a few
/// instructions, less than what an interpreter spends on finding the next one.

#include <cairn/engine/v128.hpp>

#include "define.hpp"
#include "simd_bits.hpp"
#include "simd_conversion.hpp"
#include "simd_float.hpp"
#include "simd_lanes.hpp"
#include "simd_widen.hpp"

namespace cairn::engine::numerics {

// R_swizzle = 0: every index beyond 15 gives 0

CAIRN_NUMERIC V128 i8x16_relaxed_swizzle(V128 a, V128 indices) { return i8x16_swizzle(a, indices); }

// R_trunc_s = R_trunc_u = 0: truncation saturates

CAIRN_NUMERIC V128 i32x4_relaxed_trunc_f32x4_s(V128 a) { return i32x4_trunc_sat_f32x4_s(a); }
CAIRN_NUMERIC V128 i32x4_relaxed_trunc_f32x4_u(V128 a) { return i32x4_trunc_sat_f32x4_u(a); }
CAIRN_NUMERIC V128 i32x4_relaxed_trunc_f64x2_s_zero(V128 a) {
  return i32x4_trunc_sat_f64x2_s_zero(a);
}
CAIRN_NUMERIC V128 i32x4_relaxed_trunc_f64x2_u_zero(V128 a) {
  return i32x4_trunc_sat_f64x2_u_zero(a);
}

// R_fmadd = 0: the product is rounded before the addition. Each is an operation of its own, so that
// the compiler does not join them.

CAIRN_NUMERIC V128 f32x4_relaxed_madd(V128 a, V128 b, V128 c) {
  return f32x4_add(f32x4_mul(a, b), c);
}
CAIRN_NUMERIC V128 f32x4_relaxed_nmadd(V128 a, V128 b, V128 c) {
  return f32x4_add(f32x4_mul(f32x4_neg(a), b), c);
}
CAIRN_NUMERIC V128 f64x2_relaxed_madd(V128 a, V128 b, V128 c) {
  return f64x2_add(f64x2_mul(a, b), c);
}
CAIRN_NUMERIC V128 f64x2_relaxed_nmadd(V128 a, V128 b, V128 c) {
  return f64x2_add(f64x2_mul(f64x2_neg(a), b), c);
}

// R_laneselect = 0: bit by bit

CAIRN_NUMERIC V128 i8x16_relaxed_laneselect(V128 a, V128 b, V128 mask) {
  return v128_bitselect(a, b, mask);
}
CAIRN_NUMERIC V128 i16x8_relaxed_laneselect(V128 a, V128 b, V128 mask) {
  return v128_bitselect(a, b, mask);
}
CAIRN_NUMERIC V128 i32x4_relaxed_laneselect(V128 a, V128 b, V128 mask) {
  return v128_bitselect(a, b, mask);
}
CAIRN_NUMERIC V128 i64x2_relaxed_laneselect(V128 a, V128 b, V128 mask) {
  return v128_bitselect(a, b, mask);
}

// R_fmin = R_fmax = 0: as the plain minimum and maximum

CAIRN_NUMERIC V128 f32x4_relaxed_min(V128 a, V128 b) { return f32x4_min(a, b); }
CAIRN_NUMERIC V128 f32x4_relaxed_max(V128 a, V128 b) { return f32x4_max(a, b); }
CAIRN_NUMERIC V128 f64x2_relaxed_min(V128 a, V128 b) { return f64x2_min(a, b); }
CAIRN_NUMERIC V128 f64x2_relaxed_max(V128 a, V128 b) { return f64x2_max(a, b); }

// R_iq15mulr = 0: −1 times −1 saturates

CAIRN_NUMERIC V128 i16x8_relaxed_q15mulr_s(V128 a, V128 b) { return i16x8_q15mulr_sat_s(a, b); }

// R_idot = 0: both operands are signed

/// The sums of neighbouring products, saturated to 16 bits.
CAIRN_NUMERIC V128 i16x8_relaxed_dot_i8x16_i7x16_s(V128 a, V128 b) {
  const auto low = i32x4_dot_i16x8_s(i16x8_extend_low_i8x16_s(a), i16x8_extend_low_i8x16_s(b));
  const auto high = i32x4_dot_i16x8_s(i16x8_extend_high_i8x16_s(a), i16x8_extend_high_i8x16_s(b));
  return i16x8_narrow_i32x4_s(low, high);
}
/// The sums of neighbours among those, added to `c`.
CAIRN_NUMERIC V128 i32x4_relaxed_dot_i8x16_i7x16_add_s(V128 a, V128 b, V128 c) {
  const auto sums = i32x4_extadd_pairwise_i16x8_s(i16x8_relaxed_dot_i8x16_i7x16_s(a, b));
  return sums.as<U32x4>() + c.as<U32x4>();
}

}  // namespace cairn::engine::numerics
