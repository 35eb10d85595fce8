#pragma once
/// Floating-point instructions (spec: Floating-Point Operations), in the hardware's arithmetic:
/// IEEE 754, round to nearest even, no traps. For NaNs see `nan.hpp`. Comparisons give 0 or 1.

#include <bit>
#include <concepts>
#include <cstdint>
#include <type_traits>

#include "define.hpp"
#include "nan.hpp"
#include "rounding.hpp"

namespace cairn::engine::numerics {

namespace detail {

template <std::floating_point F>
using BitsOf = std::conditional_t<sizeof(F) == 4, uint32_t, uint64_t>;

template <std::floating_point F>
inline constexpr BitsOf<F> sign_bit = BitsOf<F>{1} << (sizeof(F) * 8 - 1);

template <std::floating_point F>
CAIRN_NUMERIC BitsOf<F> bits(F a) {
  return std::bit_cast<BitsOf<F>>(a);
}
template <std::floating_point F>
CAIRN_NUMERIC F with_bits(BitsOf<F> a) {
  return std::bit_cast<F>(a);
}

/// The hardware's minimum of (a, b) and of (b, a) differ for zeroes of unequal signs alone, once
/// NaNs are out of the way; joining their bits gives −0 for a minimum, +0 for a maximum.
template <std::floating_point F>
CAIRN_NUMERIC F minimum(F a, F b) {
  if (__builtin_isunordered(a, b)) [[unlikely]]
    return a + b;
  return with_bits<F>(bits(a < b ? a : b) | bits(b < a ? b : a));
}
template <std::floating_point F>
CAIRN_NUMERIC F maximum(F a, F b) {
  if (__builtin_isunordered(a, b)) [[unlikely]]
    return a + b;
  return with_bits<F>(bits(a > b ? a : b) & bits(b > a ? b : a));
}

}  // namespace detail

// f32: arithmetic

CAIRN_NUMERIC float f32_add(float a, float b) { return a + b; }
CAIRN_NUMERIC float f32_sub(float a, float b) { return a - b; }
CAIRN_NUMERIC float f32_mul(float a, float b) { return a * b; }
CAIRN_NUMERIC float f32_div(float a, float b) { return a / b; }
CAIRN_NUMERIC float f32_min(float a, float b) { return detail::minimum(a, b); }
CAIRN_NUMERIC float f32_max(float a, float b) { return detail::maximum(a, b); }
CAIRN_NUMERIC float f32_sqrt(float a) {
  if consteval {
    return static_cast<float>(detail::sqrt_constant(a));
  } else {
    return __builtin_elementwise_sqrt(a);
  }
}

// f32: rounding to an integral value

CAIRN_NUMERIC float f32_ceil(float a) {
  if consteval {
    return detail::round_constant<detail::Rounding::up>(a);
  } else {
    return __builtin_elementwise_ceil(a);
  }
}
CAIRN_NUMERIC float f32_floor(float a) {
  if consteval {
    return detail::round_constant<detail::Rounding::down>(a);
  } else {
    return __builtin_elementwise_floor(a);
  }
}
CAIRN_NUMERIC float f32_trunc(float a) {
  if consteval {
    return detail::round_constant<detail::Rounding::to_zero>(a);
  } else {
    return __builtin_elementwise_trunc(a);
  }
}
CAIRN_NUMERIC float f32_nearest(float a) {
  if consteval {
    return detail::round_constant<detail::Rounding::to_nearest_even>(a);
  } else {
    return __builtin_elementwise_roundeven(a);
  }
}

// f32: the sign bit alone; NaNs keep their payload

CAIRN_NUMERIC float f32_abs(float a) {
  return detail::with_bits<float>(detail::bits(a) & ~detail::sign_bit<float>);
}
CAIRN_NUMERIC float f32_neg(float a) {
  return detail::with_bits<float>(detail::bits(a) ^ detail::sign_bit<float>);
}
CAIRN_NUMERIC float f32_copysign(float a, float b) {
  return detail::with_bits<float>((detail::bits(a) & ~detail::sign_bit<float>) |
                                  (detail::bits(b) & detail::sign_bit<float>));
}

// f32: comparisons; with a NaN only `ne` holds

CAIRN_NUMERIC uint32_t f32_eq(float a, float b) { return a == b; }
CAIRN_NUMERIC uint32_t f32_ne(float a, float b) { return a != b; }
CAIRN_NUMERIC uint32_t f32_lt(float a, float b) { return a < b; }
CAIRN_NUMERIC uint32_t f32_gt(float a, float b) { return a > b; }
CAIRN_NUMERIC uint32_t f32_le(float a, float b) { return a <= b; }
CAIRN_NUMERIC uint32_t f32_ge(float a, float b) { return a >= b; }

// f64: arithmetic

CAIRN_NUMERIC double f64_add(double a, double b) { return a + b; }
CAIRN_NUMERIC double f64_sub(double a, double b) { return a - b; }
CAIRN_NUMERIC double f64_mul(double a, double b) { return a * b; }
CAIRN_NUMERIC double f64_div(double a, double b) { return a / b; }
CAIRN_NUMERIC double f64_min(double a, double b) { return detail::minimum(a, b); }
CAIRN_NUMERIC double f64_max(double a, double b) { return detail::maximum(a, b); }
CAIRN_NUMERIC double f64_sqrt(double a) {
  if consteval {
    return static_cast<double>(detail::sqrt_constant(a));
  } else {
    return __builtin_elementwise_sqrt(a);
  }
}

// f64: rounding to an integral value

CAIRN_NUMERIC double f64_ceil(double a) {
  if consteval {
    return detail::round_constant<detail::Rounding::up>(a);
  } else {
    return __builtin_elementwise_ceil(a);
  }
}
CAIRN_NUMERIC double f64_floor(double a) {
  if consteval {
    return detail::round_constant<detail::Rounding::down>(a);
  } else {
    return __builtin_elementwise_floor(a);
  }
}
CAIRN_NUMERIC double f64_trunc(double a) {
  if consteval {
    return detail::round_constant<detail::Rounding::to_zero>(a);
  } else {
    return __builtin_elementwise_trunc(a);
  }
}
CAIRN_NUMERIC double f64_nearest(double a) {
  if consteval {
    return detail::round_constant<detail::Rounding::to_nearest_even>(a);
  } else {
    return __builtin_elementwise_roundeven(a);
  }
}

// f64: the sign bit alone; NaNs keep their payload

CAIRN_NUMERIC double f64_abs(double a) {
  return detail::with_bits<double>(detail::bits(a) & ~detail::sign_bit<double>);
}
CAIRN_NUMERIC double f64_neg(double a) {
  return detail::with_bits<double>(detail::bits(a) ^ detail::sign_bit<double>);
}
CAIRN_NUMERIC double f64_copysign(double a, double b) {
  return detail::with_bits<double>((detail::bits(a) & ~detail::sign_bit<double>) |
                                   (detail::bits(b) & detail::sign_bit<double>));
}

// f64: comparisons; with a NaN only `ne` holds

CAIRN_NUMERIC uint32_t f64_eq(double a, double b) { return a == b; }
CAIRN_NUMERIC uint32_t f64_ne(double a, double b) { return a != b; }
CAIRN_NUMERIC uint32_t f64_lt(double a, double b) { return a < b; }
CAIRN_NUMERIC uint32_t f64_gt(double a, double b) { return a > b; }
CAIRN_NUMERIC uint32_t f64_le(double a, double b) { return a <= b; }
CAIRN_NUMERIC uint32_t f64_ge(double a, double b) { return a >= b; }

}  // namespace cairn::engine::numerics
