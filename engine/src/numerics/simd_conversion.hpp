#pragma once
/// Conversions between integer and floating-point lanes. Truncation saturates and gives 0 for a
/// NaN; `…_zero` clears the upper two lanes, `…_low_…` reads the lower two.

#include <cairn/engine/v128.hpp>
#include <cstdint>

#include "define.hpp"
#include "simd_float.hpp"
#include "simd_lanes.hpp"

namespace cairn::engine::numerics {

namespace detail {

using I32x2 = int32_t __attribute__((vector_size(8)));
using U32x2 = uint32_t __attribute__((vector_size(8)));
using F32x2 = float __attribute__((vector_size(8)));

/// The lower two lanes in the vector type `To`.
template <class To, Lanes From>
CAIRN_NUMERIC To convert_low(V128 a) {
  const auto from = a.as<From>();
  return __builtin_convertvector(__builtin_shufflevector(from, from, 0, 1), To);
}

/// `low` with two lanes of zeroes above.
CAIRN_NUMERIC V128 zero_high(auto low) {
  return __builtin_shufflevector(low, decltype(low){}, 0, 1, 2, 3);
}

}  // namespace detail

// From floating point

CAIRN_NUMERIC V128 i32x4_trunc_sat_f32x4_s(V128 a) {
  const auto x = a.as<F32x4>();
#if defined(__SSE4_1__)
  // A NaN becomes 0 first. What does not fit is converted to the lowest number, which is right
  // below; above, all its bits are turned.
  const auto number = detail::is_number(x) & a.as<U32x4>();
  const auto above = x >= 0x1p31f;
  return V128(_mm_cvttps_epi32(V128(number).as<F32x4>())).as<I32x4>() ^ above;
#elif defined(__aarch64__)
  return vcvtq_s32_f32(x);
#else
  const F32x4 zero{};
  const auto above = x >= 0x1p31f;
  const auto inside = x >= -0x1p31f && !above;
  const auto result = __builtin_convertvector(inside ? x : zero, I32x4);
  const auto below = x < -0x1p31f;
  return (result & ~(above | below)) | (above & INT32_MAX) | (below & INT32_MIN);
#endif
}

CAIRN_NUMERIC V128 i32x4_trunc_sat_f32x4_u(V128 a) {
  const auto x = a.as<F32x4>();
#if defined(__SSE4_1__)
  // The conversion is signed, so the numbers from 2^31 on are made of two parts: the first gives
  // 2^31 for them (and 0 for a NaN or below), the second what they are more than that.
  const auto positive = x > 0.0f ? x : F32x4{};
  const auto rest = positive - 0x1p31f;
  const auto above = rest >= 0x1p31f;
  const auto first = V128(_mm_cvttps_epi32(positive)).as<U32x4>();
  const auto second = V128(_mm_cvttps_epi32(rest)).as<I32x4>() ^ above;
  return first + static_cast<U32x4>(__builtin_elementwise_max(second, I32x4{}));
#elif defined(__aarch64__)
  return vcvtq_u32_f32(x);
#else
  const auto above = static_cast<U32x4>(x >= 0x1p32f);
  const auto inside = x > 0.0f && x < 0x1p32f;
  return __builtin_convertvector(inside ? x : F32x4{}, U32x4) | above;
#endif
}

CAIRN_NUMERIC V128 i32x4_trunc_sat_f64x2_s_zero(V128 a) {
  const auto x = a.as<F64x2>();
  const auto capped = x < 0x1.fffffffcp30 ? x : detail::splat<F64x2>(0x1.fffffffcp30);
#if defined(__SSE4_1__)
  const auto number = detail::is_number(x) & V128(capped).as<U64x2>();
  return _mm_cvttpd_epi32(V128(number).as<F64x2>());
#else
  const auto clamped = capped > -0x1p31 ? capped : detail::splat<F64x2>(-0x1p31);
  return detail::zero_high(
      __builtin_convertvector(detail::is_number(x) ? clamped : F64x2{}, detail::I32x2));
#endif
}

CAIRN_NUMERIC V128 i32x4_trunc_sat_f64x2_u_zero(V128 a) {
  const auto x = a.as<F64x2>();
  const auto positive = x > 0.0 ? x : F64x2{};
  const auto clamped =
      positive < 0x1.fffffffep31 ? positive : detail::splat<F64x2>(0x1.fffffffep31);
#if defined(__SSE4_1__)
  // In the range of 2^52 the low bits of a double's significand are the integer itself.
  const auto shifted = V128(__builtin_elementwise_trunc(clamped) + 0x1p52).as<U32x4>();
  return __builtin_shufflevector(shifted, U32x4{}, 0, 2, 4, 5);
#else
  return detail::zero_high(__builtin_convertvector(clamped, detail::U32x2));
#endif
}

// To floating point

CAIRN_NUMERIC V128 f32x4_convert_i32x4_s(V128 a) {
  return __builtin_convertvector(a.as<I32x4>(), F32x4);
}
CAIRN_NUMERIC V128 f32x4_convert_i32x4_u(V128 a) {
  return __builtin_convertvector(a.as<U32x4>(), F32x4);
}
CAIRN_NUMERIC V128 f64x2_convert_low_i32x4_s(V128 a) {
  return detail::convert_low<F64x2, I32x4>(a);
}
CAIRN_NUMERIC V128 f64x2_convert_low_i32x4_u(V128 a) {
  return detail::convert_low<F64x2, U32x4>(a);
}

// Between floating-point types

CAIRN_NUMERIC V128 f32x4_demote_f64x2_zero(V128 a) {
  return detail::zero_high(__builtin_convertvector(a.as<F64x2>(), detail::F32x2));
}
CAIRN_NUMERIC V128 f64x2_promote_low_f32x4(V128 a) { return detail::convert_low<F64x2, F32x4>(a); }

}  // namespace cairn::engine::numerics
