#pragma once
/// Conversions between numeric types (spec: Conversions). `…_trunc_…` may trap: they return the
/// reason and set `out` only when it is `Trap::none`; `…_trunc_sat_…` saturate and give 0 for a
/// NaN.

#include <bit>
#include <cairn/engine/trap.hpp>
#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "define.hpp"

namespace cairn::engine::numerics {

namespace detail {

/// Whether `a`, its fraction dropped, is a value of the integer type `I`. The bounds are exact in
/// `F`: above, the power of two after the type's last value; below, its first value where the
/// values near it have no fraction, else the number one below it, excluded.
template <std::integral I, std::floating_point F>
CAIRN_NUMERIC bool fits(F a) {
  constexpr F above = F{I{1} + (std::numeric_limits<I>::max() >> 1)} * 2;
  constexpr F lowest = static_cast<F>(std::numeric_limits<I>::min());
  constexpr bool coarse = std::numeric_limits<I>::digits > std::numeric_limits<F>::digits;
  if constexpr (std::is_signed_v<I> && coarse) {
    return a >= lowest && a < above;
  } else {
    return a > lowest - 1 && a < above;
  }
}

template <std::integral I, std::floating_point F>
CAIRN_NUMERIC Trap trunc(F a, std::make_unsigned_t<I>& out) {
  if (!fits<I>(a)) [[unlikely]] {
    return __builtin_isnan(a) ? Trap::invalid_conversion_to_integer : Trap::integer_overflow;
  }
  out = static_cast<std::make_unsigned_t<I>>(static_cast<I>(a));
  return Trap::none;
}

template <std::integral I, std::floating_point F>
CAIRN_NUMERIC std::make_unsigned_t<I> trunc_sat(F a) {
  using U = std::make_unsigned_t<I>;
  if (!fits<I>(a)) [[unlikely]] {
    if (__builtin_isnan(a)) return 0;
    return static_cast<U>(a < 0 ? std::numeric_limits<I>::min() : std::numeric_limits<I>::max());
  }
  return static_cast<U>(static_cast<I>(a));
}

}  // namespace detail

// Between integers

CAIRN_NUMERIC uint32_t i32_wrap_i64(uint64_t a) { return static_cast<uint32_t>(a); }
CAIRN_NUMERIC uint64_t i64_extend_i32_s(uint32_t a) {
  return static_cast<uint64_t>(int64_t{static_cast<int32_t>(a)});
}
CAIRN_NUMERIC uint64_t i64_extend_i32_u(uint32_t a) { return a; }

// From floating point to integers, out of range traps

CAIRN_NUMERIC Trap i32_trunc_f32_s(float a, uint32_t& out) {
  return detail::trunc<int32_t>(a, out);
}
CAIRN_NUMERIC Trap i32_trunc_f32_u(float a, uint32_t& out) {
  return detail::trunc<uint32_t>(a, out);
}
CAIRN_NUMERIC Trap i32_trunc_f64_s(double a, uint32_t& out) {
  return detail::trunc<int32_t>(a, out);
}
CAIRN_NUMERIC Trap i32_trunc_f64_u(double a, uint32_t& out) {
  return detail::trunc<uint32_t>(a, out);
}
CAIRN_NUMERIC Trap i64_trunc_f32_s(float a, uint64_t& out) {
  return detail::trunc<int64_t>(a, out);
}
CAIRN_NUMERIC Trap i64_trunc_f32_u(float a, uint64_t& out) {
  return detail::trunc<uint64_t>(a, out);
}
CAIRN_NUMERIC Trap i64_trunc_f64_s(double a, uint64_t& out) {
  return detail::trunc<int64_t>(a, out);
}
CAIRN_NUMERIC Trap i64_trunc_f64_u(double a, uint64_t& out) {
  return detail::trunc<uint64_t>(a, out);
}

// From floating point to integers, out of range saturates

CAIRN_NUMERIC uint32_t i32_trunc_sat_f32_s(float a) { return detail::trunc_sat<int32_t>(a); }
CAIRN_NUMERIC uint32_t i32_trunc_sat_f32_u(float a) { return detail::trunc_sat<uint32_t>(a); }
CAIRN_NUMERIC uint32_t i32_trunc_sat_f64_s(double a) { return detail::trunc_sat<int32_t>(a); }
CAIRN_NUMERIC uint32_t i32_trunc_sat_f64_u(double a) { return detail::trunc_sat<uint32_t>(a); }
CAIRN_NUMERIC uint64_t i64_trunc_sat_f32_s(float a) { return detail::trunc_sat<int64_t>(a); }
CAIRN_NUMERIC uint64_t i64_trunc_sat_f32_u(float a) { return detail::trunc_sat<uint64_t>(a); }
CAIRN_NUMERIC uint64_t i64_trunc_sat_f64_s(double a) { return detail::trunc_sat<int64_t>(a); }
CAIRN_NUMERIC uint64_t i64_trunc_sat_f64_u(double a) { return detail::trunc_sat<uint64_t>(a); }

// From integers to floating point, to nearest even

CAIRN_NUMERIC float f32_convert_i32_s(uint32_t a) {
  return static_cast<float>(static_cast<int32_t>(a));
}
CAIRN_NUMERIC float f32_convert_i32_u(uint32_t a) { return static_cast<float>(a); }
CAIRN_NUMERIC float f32_convert_i64_s(uint64_t a) {
  return static_cast<float>(static_cast<int64_t>(a));
}
CAIRN_NUMERIC float f32_convert_i64_u(uint64_t a) { return static_cast<float>(a); }
CAIRN_NUMERIC double f64_convert_i32_s(uint32_t a) {
  return static_cast<double>(static_cast<int32_t>(a));
}
CAIRN_NUMERIC double f64_convert_i32_u(uint32_t a) { return static_cast<double>(a); }
CAIRN_NUMERIC double f64_convert_i64_s(uint64_t a) {
  return static_cast<double>(static_cast<int64_t>(a));
}
CAIRN_NUMERIC double f64_convert_i64_u(uint64_t a) { return static_cast<double>(a); }

// Between floating-point types; a signalling NaN becomes quiet

CAIRN_NUMERIC float f32_demote_f64(double a) { return static_cast<float>(a); }
CAIRN_NUMERIC double f64_promote_f32(float a) { return a; }

// The same bits as another type

CAIRN_NUMERIC uint32_t i32_reinterpret_f32(float a) { return std::bit_cast<uint32_t>(a); }
CAIRN_NUMERIC uint64_t i64_reinterpret_f64(double a) { return std::bit_cast<uint64_t>(a); }
CAIRN_NUMERIC float f32_reinterpret_i32(uint32_t a) { return std::bit_cast<float>(a); }
CAIRN_NUMERIC double f64_reinterpret_i64(uint64_t a) { return std::bit_cast<double>(a); }

}  // namespace cairn::engine::numerics
