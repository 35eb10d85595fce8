#pragma once
/// Integer instructions (spec: Integer Operations). Both signednesses work on unsigned words, as
/// values have no sign; comparisons give 0 or 1. Division and remainder may trap: they return the
/// reason and set `out` only when it is `Trap::none`.

#include <bit>
#include <cairn/engine/trap.hpp>
#include <concepts>
#include <cstdint>
#include <type_traits>

#include "define.hpp"

namespace cairn::engine::numerics {

namespace detail {

template <std::unsigned_integral U>
CAIRN_NUMERIC std::make_signed_t<U> as_signed(U a) {
  return static_cast<std::make_signed_t<U>>(a);
}

/// One test finds both special divisors, 0 and −1, so that the usual way has a single branch.
template <std::unsigned_integral U>
CAIRN_NUMERIC bool special_divisor(U b) {
  return b + 1 <= U{1};
}

template <std::unsigned_integral U>
CAIRN_NUMERIC Trap div_s(U a, U b, U& out) {
  if (special_divisor(b)) [[unlikely]] {
    if (b == 0) return Trap::integer_divide_by_zero;
    const U negated = U{0} - a;
    if (a != 0 && a == negated) return Trap::integer_overflow;
    out = negated;
    return Trap::none;
  }
  out = static_cast<U>(as_signed(a) / as_signed(b));
  return Trap::none;
}

template <std::unsigned_integral U>
CAIRN_NUMERIC Trap rem_s(U a, U b, U& out) {
  if (special_divisor(b)) [[unlikely]] {
    if (b == 0) return Trap::integer_divide_by_zero;
    out = 0;
    return Trap::none;
  }
  out = static_cast<U>(as_signed(a) % as_signed(b));
  return Trap::none;
}

template <std::unsigned_integral U>
CAIRN_NUMERIC Trap div_u(U a, U b, U& out) {
  if (b == 0) [[unlikely]]
    return Trap::integer_divide_by_zero;
  out = a / b;
  return Trap::none;
}

template <std::unsigned_integral U>
CAIRN_NUMERIC Trap rem_u(U a, U b, U& out) {
  if (b == 0) [[unlikely]]
    return Trap::integer_divide_by_zero;
  out = a % b;
  return Trap::none;
}

/// The low part of `a`, as the signed type `Narrow`, sign-extended.
template <std::signed_integral Narrow, std::unsigned_integral U>
CAIRN_NUMERIC U extend_s(U a) {
  return static_cast<U>(static_cast<Narrow>(a));
}

}  // namespace detail

// i32: arithmetic, modulo 2^32

CAIRN_NUMERIC uint32_t i32_add(uint32_t a, uint32_t b) { return a + b; }
CAIRN_NUMERIC uint32_t i32_sub(uint32_t a, uint32_t b) { return a - b; }
CAIRN_NUMERIC uint32_t i32_mul(uint32_t a, uint32_t b) { return a * b; }
CAIRN_NUMERIC Trap i32_div_s(uint32_t a, uint32_t b, uint32_t& out) {
  return detail::div_s(a, b, out);
}
CAIRN_NUMERIC Trap i32_div_u(uint32_t a, uint32_t b, uint32_t& out) {
  return detail::div_u(a, b, out);
}
CAIRN_NUMERIC Trap i32_rem_s(uint32_t a, uint32_t b, uint32_t& out) {
  return detail::rem_s(a, b, out);
}
CAIRN_NUMERIC Trap i32_rem_u(uint32_t a, uint32_t b, uint32_t& out) {
  return detail::rem_u(a, b, out);
}

// i32: bits; shift and rotation counts are taken modulo 32

CAIRN_NUMERIC uint32_t i32_and(uint32_t a, uint32_t b) { return a & b; }
CAIRN_NUMERIC uint32_t i32_or(uint32_t a, uint32_t b) { return a | b; }
CAIRN_NUMERIC uint32_t i32_xor(uint32_t a, uint32_t b) { return a ^ b; }
CAIRN_NUMERIC uint32_t i32_shl(uint32_t a, uint32_t b) { return a << (b & 31); }
CAIRN_NUMERIC uint32_t i32_shr_s(uint32_t a, uint32_t b) {
  return static_cast<uint32_t>(detail::as_signed(a) >> (b & 31));
}
CAIRN_NUMERIC uint32_t i32_shr_u(uint32_t a, uint32_t b) { return a >> (b & 31); }
CAIRN_NUMERIC uint32_t i32_rotl(uint32_t a, uint32_t b) {
  return std::rotl(a, static_cast<int>(b & 31));
}
CAIRN_NUMERIC uint32_t i32_rotr(uint32_t a, uint32_t b) {
  return std::rotr(a, static_cast<int>(b & 31));
}
CAIRN_NUMERIC uint32_t i32_clz(uint32_t a) { return static_cast<uint32_t>(std::countl_zero(a)); }
CAIRN_NUMERIC uint32_t i32_ctz(uint32_t a) { return static_cast<uint32_t>(std::countr_zero(a)); }
CAIRN_NUMERIC uint32_t i32_popcnt(uint32_t a) { return static_cast<uint32_t>(std::popcount(a)); }
CAIRN_NUMERIC uint32_t i32_extend8_s(uint32_t a) { return detail::extend_s<int8_t>(a); }
CAIRN_NUMERIC uint32_t i32_extend16_s(uint32_t a) { return detail::extend_s<int16_t>(a); }

// i32: comparisons

CAIRN_NUMERIC uint32_t i32_eqz(uint32_t a) { return a == 0; }
CAIRN_NUMERIC uint32_t i32_eq(uint32_t a, uint32_t b) { return a == b; }
CAIRN_NUMERIC uint32_t i32_ne(uint32_t a, uint32_t b) { return a != b; }
CAIRN_NUMERIC uint32_t i32_lt_s(uint32_t a, uint32_t b) {
  return detail::as_signed(a) < detail::as_signed(b);
}
CAIRN_NUMERIC uint32_t i32_lt_u(uint32_t a, uint32_t b) { return a < b; }
CAIRN_NUMERIC uint32_t i32_gt_s(uint32_t a, uint32_t b) {
  return detail::as_signed(a) > detail::as_signed(b);
}
CAIRN_NUMERIC uint32_t i32_gt_u(uint32_t a, uint32_t b) { return a > b; }
CAIRN_NUMERIC uint32_t i32_le_s(uint32_t a, uint32_t b) {
  return detail::as_signed(a) <= detail::as_signed(b);
}
CAIRN_NUMERIC uint32_t i32_le_u(uint32_t a, uint32_t b) { return a <= b; }
CAIRN_NUMERIC uint32_t i32_ge_s(uint32_t a, uint32_t b) {
  return detail::as_signed(a) >= detail::as_signed(b);
}
CAIRN_NUMERIC uint32_t i32_ge_u(uint32_t a, uint32_t b) { return a >= b; }

// i64: arithmetic, modulo 2^64

CAIRN_NUMERIC uint64_t i64_add(uint64_t a, uint64_t b) { return a + b; }
CAIRN_NUMERIC uint64_t i64_sub(uint64_t a, uint64_t b) { return a - b; }
CAIRN_NUMERIC uint64_t i64_mul(uint64_t a, uint64_t b) { return a * b; }
CAIRN_NUMERIC Trap i64_div_s(uint64_t a, uint64_t b, uint64_t& out) {
  return detail::div_s(a, b, out);
}
CAIRN_NUMERIC Trap i64_div_u(uint64_t a, uint64_t b, uint64_t& out) {
  return detail::div_u(a, b, out);
}
CAIRN_NUMERIC Trap i64_rem_s(uint64_t a, uint64_t b, uint64_t& out) {
  return detail::rem_s(a, b, out);
}
CAIRN_NUMERIC Trap i64_rem_u(uint64_t a, uint64_t b, uint64_t& out) {
  return detail::rem_u(a, b, out);
}

// i64: bits; shift and rotation counts are taken modulo 64

CAIRN_NUMERIC uint64_t i64_and(uint64_t a, uint64_t b) { return a & b; }
CAIRN_NUMERIC uint64_t i64_or(uint64_t a, uint64_t b) { return a | b; }
CAIRN_NUMERIC uint64_t i64_xor(uint64_t a, uint64_t b) { return a ^ b; }
CAIRN_NUMERIC uint64_t i64_shl(uint64_t a, uint64_t b) { return a << (b & 63); }
CAIRN_NUMERIC uint64_t i64_shr_s(uint64_t a, uint64_t b) {
  return static_cast<uint64_t>(detail::as_signed(a) >> (b & 63));
}
CAIRN_NUMERIC uint64_t i64_shr_u(uint64_t a, uint64_t b) { return a >> (b & 63); }
CAIRN_NUMERIC uint64_t i64_rotl(uint64_t a, uint64_t b) {
  return std::rotl(a, static_cast<int>(b & 63));
}
CAIRN_NUMERIC uint64_t i64_rotr(uint64_t a, uint64_t b) {
  return std::rotr(a, static_cast<int>(b & 63));
}
CAIRN_NUMERIC uint64_t i64_clz(uint64_t a) { return static_cast<uint64_t>(std::countl_zero(a)); }
CAIRN_NUMERIC uint64_t i64_ctz(uint64_t a) { return static_cast<uint64_t>(std::countr_zero(a)); }
CAIRN_NUMERIC uint64_t i64_popcnt(uint64_t a) { return static_cast<uint64_t>(std::popcount(a)); }
CAIRN_NUMERIC uint64_t i64_extend8_s(uint64_t a) { return detail::extend_s<int8_t>(a); }
CAIRN_NUMERIC uint64_t i64_extend16_s(uint64_t a) { return detail::extend_s<int16_t>(a); }
CAIRN_NUMERIC uint64_t i64_extend32_s(uint64_t a) { return detail::extend_s<int32_t>(a); }

// i64: comparisons

CAIRN_NUMERIC uint32_t i64_eqz(uint64_t a) { return a == 0; }
CAIRN_NUMERIC uint32_t i64_eq(uint64_t a, uint64_t b) { return a == b; }
CAIRN_NUMERIC uint32_t i64_ne(uint64_t a, uint64_t b) { return a != b; }
CAIRN_NUMERIC uint32_t i64_lt_s(uint64_t a, uint64_t b) {
  return detail::as_signed(a) < detail::as_signed(b);
}
CAIRN_NUMERIC uint32_t i64_lt_u(uint64_t a, uint64_t b) { return a < b; }
CAIRN_NUMERIC uint32_t i64_gt_s(uint64_t a, uint64_t b) {
  return detail::as_signed(a) > detail::as_signed(b);
}
CAIRN_NUMERIC uint32_t i64_gt_u(uint64_t a, uint64_t b) { return a > b; }
CAIRN_NUMERIC uint32_t i64_le_s(uint64_t a, uint64_t b) {
  return detail::as_signed(a) <= detail::as_signed(b);
}
CAIRN_NUMERIC uint32_t i64_le_u(uint64_t a, uint64_t b) { return a <= b; }
CAIRN_NUMERIC uint32_t i64_ge_s(uint64_t a, uint64_t b) {
  return detail::as_signed(a) >= detail::as_signed(b);
}
CAIRN_NUMERIC uint32_t i64_ge_u(uint64_t a, uint64_t b) { return a >= b; }

// i64: wide arithmetic (proposal wide-arithmetic). A 128-bit value is a pair of words.

/// Two results, in the order in which they are pushed.
struct U128 {
  uint64_t low;
  uint64_t high;
  bool operator==(const U128&) const = default;
};

namespace detail {

CAIRN_NUMERIC U128 split(unsigned __int128 a) {
  return {static_cast<uint64_t>(a), static_cast<uint64_t>(a >> 64)};
}
CAIRN_NUMERIC unsigned __int128 join(uint64_t low, uint64_t high) {
  return static_cast<unsigned __int128>(high) << 64 | low;
}

}  // namespace detail

CAIRN_NUMERIC U128 i64_add128(uint64_t a_low, uint64_t a_high, uint64_t b_low, uint64_t b_high) {
  return detail::split(detail::join(a_low, a_high) + detail::join(b_low, b_high));
}
CAIRN_NUMERIC U128 i64_sub128(uint64_t a_low, uint64_t a_high, uint64_t b_low, uint64_t b_high) {
  return detail::split(detail::join(a_low, a_high) - detail::join(b_low, b_high));
}
CAIRN_NUMERIC U128 i64_mul_wide_s(uint64_t a, uint64_t b) {
  const __int128 product = static_cast<__int128>(detail::as_signed(a)) * detail::as_signed(b);
  return detail::split(static_cast<unsigned __int128>(product));
}
CAIRN_NUMERIC U128 i64_mul_wide_u(uint64_t a, uint64_t b) {
  return detail::split(static_cast<unsigned __int128>(a) * b);
}

}  // namespace cairn::engine::numerics
