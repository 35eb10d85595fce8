#pragma once
/// Floating-point lanes (spec: Floating-Point Operations, lane by lane). NaNs as in `nan.hpp`; a
/// minimum or maximum of a NaN is a canonical NaN. Comparisons give a lane of ones or of zeroes.

#include <cairn/engine/v128.hpp>
#include <cstdint>
#include <type_traits>

#include "define.hpp"
#include "nan.hpp"
#include "simd_lanes.hpp"

namespace cairn::engine::numerics {

namespace detail {

/// The integer lanes as wide as the lanes of the floating-point shape `F`.
template <Lanes F>
using BitLanes = std::conditional_t<sizeof(LaneOf<F>) == 4, U32x4, U64x2>;

template <Lanes F>
inline constexpr auto sign_bits =
    splat<BitLanes<F>>(LaneOf<BitLanes<F>>{1} << (sizeof(LaneOf<F>) * 8 - 1));

/// The sign, the exponent and the quiet bit.
template <Lanes F>
inline constexpr auto nan_bits = splat<BitLanes<F>>(
    static_cast<LaneOf<BitLanes<F>>>(sizeof(LaneOf<F>) == 4 ? 0xffc00000 : 0xfff8000000000000));

/// Ones in the lanes that are not a NaN.
template <Lanes F>
CAIRN_NUMERIC BitLanes<F> is_number(F a) {
  // Only a NaN differs from itself: NOLINTNEXTLINE(misc-redundant-expression)
  return static_cast<BitLanes<F>>(a == a);
}

/// `bits`, with the canonical NaN where `a` or `b` is one.
template <Lanes F>
CAIRN_NUMERIC V128 with_nans(BitLanes<F> bits, F a, F b) {
  const auto number = is_number(a) & is_number(b);
  return (bits | ~number) & (number | nan_bits<F>);
}

/// As for scalars (`float.hpp`), where no instruction does all of it: joining the bits of the
/// hardware's minimum of (a, b) and of (b, a) settles the sign of zero.
template <Lanes F>
CAIRN_NUMERIC V128 minimum(V128 a, V128 b) {
  const auto x = a.as<F>();
  const auto y = b.as<F>();
#if defined(__aarch64__)
  if constexpr (sizeof(LaneOf<F>) == 4) {
    return vminq_f32(x, y);
  } else {
    return vminq_f64(x, y);
  }
#else
  const auto bits = V128(x < y ? x : y).as<BitLanes<F>>() | V128(y < x ? y : x).as<BitLanes<F>>();
  return with_nans<F>(bits, x, y);
#endif
}
template <Lanes F>
CAIRN_NUMERIC V128 maximum(V128 a, V128 b) {
  const auto x = a.as<F>();
  const auto y = b.as<F>();
#if defined(__aarch64__)
  if constexpr (sizeof(LaneOf<F>) == 4) {
    return vmaxq_f32(x, y);
  } else {
    return vmaxq_f64(x, y);
  }
#else
  const auto bits = V128(x > y ? x : y).as<BitLanes<F>>() & V128(y > x ? y : x).as<BitLanes<F>>();
  return with_nans<F>(bits, x, y);
#endif
}

}  // namespace detail

// f32x4: arithmetic

CAIRN_NUMERIC V128 f32x4_add(V128 a, V128 b) { return a.as<F32x4>() + b.as<F32x4>(); }
CAIRN_NUMERIC V128 f32x4_sub(V128 a, V128 b) { return a.as<F32x4>() - b.as<F32x4>(); }
CAIRN_NUMERIC V128 f32x4_mul(V128 a, V128 b) { return a.as<F32x4>() * b.as<F32x4>(); }
CAIRN_NUMERIC V128 f32x4_div(V128 a, V128 b) { return a.as<F32x4>() / b.as<F32x4>(); }
CAIRN_NUMERIC V128 f32x4_min(V128 a, V128 b) { return detail::minimum<F32x4>(a, b); }
CAIRN_NUMERIC V128 f32x4_max(V128 a, V128 b) { return detail::maximum<F32x4>(a, b); }
CAIRN_NUMERIC V128 f32x4_pmin(V128 a, V128 b) {
  return b.as<F32x4>() < a.as<F32x4>() ? b.as<F32x4>() : a.as<F32x4>();
}
CAIRN_NUMERIC V128 f32x4_pmax(V128 a, V128 b) {
  return a.as<F32x4>() < b.as<F32x4>() ? b.as<F32x4>() : a.as<F32x4>();
}
CAIRN_NUMERIC V128 f32x4_sqrt(V128 a) { return __builtin_elementwise_sqrt(a.as<F32x4>()); }
CAIRN_NUMERIC V128 f32x4_ceil(V128 a) { return __builtin_elementwise_ceil(a.as<F32x4>()); }
CAIRN_NUMERIC V128 f32x4_floor(V128 a) { return __builtin_elementwise_floor(a.as<F32x4>()); }
CAIRN_NUMERIC V128 f32x4_trunc(V128 a) { return __builtin_elementwise_trunc(a.as<F32x4>()); }
CAIRN_NUMERIC V128 f32x4_nearest(V128 a) { return __builtin_elementwise_roundeven(a.as<F32x4>()); }

// f32x4: the sign bit alone

CAIRN_NUMERIC V128 f32x4_abs(V128 a) { return a.as<U32x4>() & ~detail::sign_bits<F32x4>; }
CAIRN_NUMERIC V128 f32x4_neg(V128 a) { return a.as<U32x4>() ^ detail::sign_bits<F32x4>; }

// f32x4: comparisons

CAIRN_NUMERIC V128 f32x4_eq(V128 a, V128 b) { return a.as<F32x4>() == b.as<F32x4>(); }
CAIRN_NUMERIC V128 f32x4_ne(V128 a, V128 b) { return a.as<F32x4>() != b.as<F32x4>(); }
CAIRN_NUMERIC V128 f32x4_lt(V128 a, V128 b) { return a.as<F32x4>() < b.as<F32x4>(); }
CAIRN_NUMERIC V128 f32x4_gt(V128 a, V128 b) { return a.as<F32x4>() > b.as<F32x4>(); }
CAIRN_NUMERIC V128 f32x4_le(V128 a, V128 b) { return a.as<F32x4>() <= b.as<F32x4>(); }
CAIRN_NUMERIC V128 f32x4_ge(V128 a, V128 b) { return a.as<F32x4>() >= b.as<F32x4>(); }

// f64x2: arithmetic

CAIRN_NUMERIC V128 f64x2_add(V128 a, V128 b) { return a.as<F64x2>() + b.as<F64x2>(); }
CAIRN_NUMERIC V128 f64x2_sub(V128 a, V128 b) { return a.as<F64x2>() - b.as<F64x2>(); }
CAIRN_NUMERIC V128 f64x2_mul(V128 a, V128 b) { return a.as<F64x2>() * b.as<F64x2>(); }
CAIRN_NUMERIC V128 f64x2_div(V128 a, V128 b) { return a.as<F64x2>() / b.as<F64x2>(); }
CAIRN_NUMERIC V128 f64x2_min(V128 a, V128 b) { return detail::minimum<F64x2>(a, b); }
CAIRN_NUMERIC V128 f64x2_max(V128 a, V128 b) { return detail::maximum<F64x2>(a, b); }
CAIRN_NUMERIC V128 f64x2_pmin(V128 a, V128 b) {
  return b.as<F64x2>() < a.as<F64x2>() ? b.as<F64x2>() : a.as<F64x2>();
}
CAIRN_NUMERIC V128 f64x2_pmax(V128 a, V128 b) {
  return a.as<F64x2>() < b.as<F64x2>() ? b.as<F64x2>() : a.as<F64x2>();
}
CAIRN_NUMERIC V128 f64x2_sqrt(V128 a) { return __builtin_elementwise_sqrt(a.as<F64x2>()); }
CAIRN_NUMERIC V128 f64x2_ceil(V128 a) { return __builtin_elementwise_ceil(a.as<F64x2>()); }
CAIRN_NUMERIC V128 f64x2_floor(V128 a) { return __builtin_elementwise_floor(a.as<F64x2>()); }
CAIRN_NUMERIC V128 f64x2_trunc(V128 a) { return __builtin_elementwise_trunc(a.as<F64x2>()); }
CAIRN_NUMERIC V128 f64x2_nearest(V128 a) { return __builtin_elementwise_roundeven(a.as<F64x2>()); }

// f64x2: the sign bit alone

CAIRN_NUMERIC V128 f64x2_abs(V128 a) { return a.as<U64x2>() & ~detail::sign_bits<F64x2>; }
CAIRN_NUMERIC V128 f64x2_neg(V128 a) { return a.as<U64x2>() ^ detail::sign_bits<F64x2>; }

// f64x2: comparisons

CAIRN_NUMERIC V128 f64x2_eq(V128 a, V128 b) { return a.as<F64x2>() == b.as<F64x2>(); }
CAIRN_NUMERIC V128 f64x2_ne(V128 a, V128 b) { return a.as<F64x2>() != b.as<F64x2>(); }
CAIRN_NUMERIC V128 f64x2_lt(V128 a, V128 b) { return a.as<F64x2>() < b.as<F64x2>(); }
CAIRN_NUMERIC V128 f64x2_gt(V128 a, V128 b) { return a.as<F64x2>() > b.as<F64x2>(); }
CAIRN_NUMERIC V128 f64x2_le(V128 a, V128 b) { return a.as<F64x2>() <= b.as<F64x2>(); }
CAIRN_NUMERIC V128 f64x2_ge(V128 a, V128 b) { return a.as<F64x2>() >= b.as<F64x2>(); }

// For the deterministic profile, see `nan.hpp`

/// `a`, with every lane that is a NaN replaced by the positive canonical NaN.
CAIRN_NUMERIC V128 canonicalize_nan_f32x4(V128 a) {
  return detail::is_number(a.as<F32x4>()) ? a.as<U32x4>() : detail::splat<U32x4>(f32_canonical_nan);
}
CAIRN_NUMERIC V128 canonicalize_nan_f64x2(V128 a) {
  return detail::is_number(a.as<F64x2>()) ? a.as<U64x2>() : detail::splat<U64x2>(f64_canonical_nan);
}

}  // namespace cairn::engine::numerics
