#pragma once
/// Integer lanes: arithmetic and comparisons (spec: Vector Operations). Arithmetic wraps around;
/// `…_sat_…` saturates instead. A comparison gives a lane of ones or of zeroes.

#include <cairn/engine/v128.hpp>
#include <concepts>
#include <cstdint>

#include "define.hpp"

namespace cairn::engine::numerics {

namespace detail {

/// Written with room for the carry, as the compiler knows it by this form: it is one instruction.
template <Lanes T, std::unsigned_integral Wide>
CAIRN_NUMERIC V128 average(V128 a, V128 b) {
  using Room = Wide __attribute__((vector_size(32)));
  const auto sum =
      __builtin_convertvector(a.as<T>(), Room) + __builtin_convertvector(b.as<T>(), Room);
  return __builtin_convertvector((sum + 1) >> 1, T);
}

}  // namespace detail

// i8x16: arithmetic

CAIRN_NUMERIC V128 i8x16_abs(V128 a) { return __builtin_elementwise_abs(a.as<I8x16>()); }
CAIRN_NUMERIC V128 i8x16_neg(V128 a) { return -a.as<U8x16>(); }
CAIRN_NUMERIC V128 i8x16_add(V128 a, V128 b) { return a.as<U8x16>() + b.as<U8x16>(); }
CAIRN_NUMERIC V128 i8x16_sub(V128 a, V128 b) { return a.as<U8x16>() - b.as<U8x16>(); }
CAIRN_NUMERIC V128 i8x16_add_sat_s(V128 a, V128 b) {
  return __builtin_elementwise_add_sat(a.as<I8x16>(), b.as<I8x16>());
}
CAIRN_NUMERIC V128 i8x16_add_sat_u(V128 a, V128 b) {
  return __builtin_elementwise_add_sat(a.as<U8x16>(), b.as<U8x16>());
}
CAIRN_NUMERIC V128 i8x16_sub_sat_s(V128 a, V128 b) {
  return __builtin_elementwise_sub_sat(a.as<I8x16>(), b.as<I8x16>());
}
CAIRN_NUMERIC V128 i8x16_sub_sat_u(V128 a, V128 b) {
  return __builtin_elementwise_sub_sat(a.as<U8x16>(), b.as<U8x16>());
}
CAIRN_NUMERIC V128 i8x16_min_s(V128 a, V128 b) {
  return __builtin_elementwise_min(a.as<I8x16>(), b.as<I8x16>());
}
CAIRN_NUMERIC V128 i8x16_min_u(V128 a, V128 b) {
  return __builtin_elementwise_min(a.as<U8x16>(), b.as<U8x16>());
}
CAIRN_NUMERIC V128 i8x16_max_s(V128 a, V128 b) {
  return __builtin_elementwise_max(a.as<I8x16>(), b.as<I8x16>());
}
CAIRN_NUMERIC V128 i8x16_max_u(V128 a, V128 b) {
  return __builtin_elementwise_max(a.as<U8x16>(), b.as<U8x16>());
}
/// The average, rounded up.
CAIRN_NUMERIC V128 i8x16_avgr_u(V128 a, V128 b) { return detail::average<U8x16, uint16_t>(a, b); }

// i8x16: comparisons

CAIRN_NUMERIC V128 i8x16_eq(V128 a, V128 b) { return a.as<U8x16>() == b.as<U8x16>(); }
CAIRN_NUMERIC V128 i8x16_ne(V128 a, V128 b) { return a.as<U8x16>() != b.as<U8x16>(); }
CAIRN_NUMERIC V128 i8x16_lt_s(V128 a, V128 b) { return a.as<I8x16>() < b.as<I8x16>(); }
CAIRN_NUMERIC V128 i8x16_lt_u(V128 a, V128 b) { return a.as<U8x16>() < b.as<U8x16>(); }
CAIRN_NUMERIC V128 i8x16_gt_s(V128 a, V128 b) { return a.as<I8x16>() > b.as<I8x16>(); }
CAIRN_NUMERIC V128 i8x16_gt_u(V128 a, V128 b) { return a.as<U8x16>() > b.as<U8x16>(); }
CAIRN_NUMERIC V128 i8x16_le_s(V128 a, V128 b) { return a.as<I8x16>() <= b.as<I8x16>(); }
CAIRN_NUMERIC V128 i8x16_le_u(V128 a, V128 b) { return a.as<U8x16>() <= b.as<U8x16>(); }
CAIRN_NUMERIC V128 i8x16_ge_s(V128 a, V128 b) { return a.as<I8x16>() >= b.as<I8x16>(); }
CAIRN_NUMERIC V128 i8x16_ge_u(V128 a, V128 b) { return a.as<U8x16>() >= b.as<U8x16>(); }

// i16x8: arithmetic

CAIRN_NUMERIC V128 i16x8_abs(V128 a) { return __builtin_elementwise_abs(a.as<I16x8>()); }
CAIRN_NUMERIC V128 i16x8_neg(V128 a) { return -a.as<U16x8>(); }
CAIRN_NUMERIC V128 i16x8_add(V128 a, V128 b) { return a.as<U16x8>() + b.as<U16x8>(); }
CAIRN_NUMERIC V128 i16x8_sub(V128 a, V128 b) { return a.as<U16x8>() - b.as<U16x8>(); }
CAIRN_NUMERIC V128 i16x8_mul(V128 a, V128 b) { return a.as<U16x8>() * b.as<U16x8>(); }
CAIRN_NUMERIC V128 i16x8_add_sat_s(V128 a, V128 b) {
  return __builtin_elementwise_add_sat(a.as<I16x8>(), b.as<I16x8>());
}
CAIRN_NUMERIC V128 i16x8_add_sat_u(V128 a, V128 b) {
  return __builtin_elementwise_add_sat(a.as<U16x8>(), b.as<U16x8>());
}
CAIRN_NUMERIC V128 i16x8_sub_sat_s(V128 a, V128 b) {
  return __builtin_elementwise_sub_sat(a.as<I16x8>(), b.as<I16x8>());
}
CAIRN_NUMERIC V128 i16x8_sub_sat_u(V128 a, V128 b) {
  return __builtin_elementwise_sub_sat(a.as<U16x8>(), b.as<U16x8>());
}
CAIRN_NUMERIC V128 i16x8_min_s(V128 a, V128 b) {
  return __builtin_elementwise_min(a.as<I16x8>(), b.as<I16x8>());
}
CAIRN_NUMERIC V128 i16x8_min_u(V128 a, V128 b) {
  return __builtin_elementwise_min(a.as<U16x8>(), b.as<U16x8>());
}
CAIRN_NUMERIC V128 i16x8_max_s(V128 a, V128 b) {
  return __builtin_elementwise_max(a.as<I16x8>(), b.as<I16x8>());
}
CAIRN_NUMERIC V128 i16x8_max_u(V128 a, V128 b) {
  return __builtin_elementwise_max(a.as<U16x8>(), b.as<U16x8>());
}
/// The average, rounded up.
CAIRN_NUMERIC V128 i16x8_avgr_u(V128 a, V128 b) { return detail::average<U16x8, uint32_t>(a, b); }

// i16x8: comparisons

CAIRN_NUMERIC V128 i16x8_eq(V128 a, V128 b) { return a.as<U16x8>() == b.as<U16x8>(); }
CAIRN_NUMERIC V128 i16x8_ne(V128 a, V128 b) { return a.as<U16x8>() != b.as<U16x8>(); }
CAIRN_NUMERIC V128 i16x8_lt_s(V128 a, V128 b) { return a.as<I16x8>() < b.as<I16x8>(); }
CAIRN_NUMERIC V128 i16x8_lt_u(V128 a, V128 b) { return a.as<U16x8>() < b.as<U16x8>(); }
CAIRN_NUMERIC V128 i16x8_gt_s(V128 a, V128 b) { return a.as<I16x8>() > b.as<I16x8>(); }
CAIRN_NUMERIC V128 i16x8_gt_u(V128 a, V128 b) { return a.as<U16x8>() > b.as<U16x8>(); }
CAIRN_NUMERIC V128 i16x8_le_s(V128 a, V128 b) { return a.as<I16x8>() <= b.as<I16x8>(); }
CAIRN_NUMERIC V128 i16x8_le_u(V128 a, V128 b) { return a.as<U16x8>() <= b.as<U16x8>(); }
CAIRN_NUMERIC V128 i16x8_ge_s(V128 a, V128 b) { return a.as<I16x8>() >= b.as<I16x8>(); }
CAIRN_NUMERIC V128 i16x8_ge_u(V128 a, V128 b) { return a.as<U16x8>() >= b.as<U16x8>(); }

// i32x4: arithmetic

CAIRN_NUMERIC V128 i32x4_abs(V128 a) { return __builtin_elementwise_abs(a.as<I32x4>()); }
CAIRN_NUMERIC V128 i32x4_neg(V128 a) { return -a.as<U32x4>(); }
CAIRN_NUMERIC V128 i32x4_add(V128 a, V128 b) { return a.as<U32x4>() + b.as<U32x4>(); }
CAIRN_NUMERIC V128 i32x4_sub(V128 a, V128 b) { return a.as<U32x4>() - b.as<U32x4>(); }
CAIRN_NUMERIC V128 i32x4_mul(V128 a, V128 b) { return a.as<U32x4>() * b.as<U32x4>(); }
CAIRN_NUMERIC V128 i32x4_min_s(V128 a, V128 b) {
  return __builtin_elementwise_min(a.as<I32x4>(), b.as<I32x4>());
}
CAIRN_NUMERIC V128 i32x4_min_u(V128 a, V128 b) {
  return __builtin_elementwise_min(a.as<U32x4>(), b.as<U32x4>());
}
CAIRN_NUMERIC V128 i32x4_max_s(V128 a, V128 b) {
  return __builtin_elementwise_max(a.as<I32x4>(), b.as<I32x4>());
}
CAIRN_NUMERIC V128 i32x4_max_u(V128 a, V128 b) {
  return __builtin_elementwise_max(a.as<U32x4>(), b.as<U32x4>());
}

// i32x4: comparisons

CAIRN_NUMERIC V128 i32x4_eq(V128 a, V128 b) { return a.as<U32x4>() == b.as<U32x4>(); }
CAIRN_NUMERIC V128 i32x4_ne(V128 a, V128 b) { return a.as<U32x4>() != b.as<U32x4>(); }
CAIRN_NUMERIC V128 i32x4_lt_s(V128 a, V128 b) { return a.as<I32x4>() < b.as<I32x4>(); }
CAIRN_NUMERIC V128 i32x4_lt_u(V128 a, V128 b) { return a.as<U32x4>() < b.as<U32x4>(); }
CAIRN_NUMERIC V128 i32x4_gt_s(V128 a, V128 b) { return a.as<I32x4>() > b.as<I32x4>(); }
CAIRN_NUMERIC V128 i32x4_gt_u(V128 a, V128 b) { return a.as<U32x4>() > b.as<U32x4>(); }
CAIRN_NUMERIC V128 i32x4_le_s(V128 a, V128 b) { return a.as<I32x4>() <= b.as<I32x4>(); }
CAIRN_NUMERIC V128 i32x4_le_u(V128 a, V128 b) { return a.as<U32x4>() <= b.as<U32x4>(); }
CAIRN_NUMERIC V128 i32x4_ge_s(V128 a, V128 b) { return a.as<I32x4>() >= b.as<I32x4>(); }
CAIRN_NUMERIC V128 i32x4_ge_u(V128 a, V128 b) { return a.as<U32x4>() >= b.as<U32x4>(); }

// i64x2: arithmetic

CAIRN_NUMERIC V128 i64x2_abs(V128 a) { return __builtin_elementwise_abs(a.as<I64x2>()); }
CAIRN_NUMERIC V128 i64x2_neg(V128 a) { return -a.as<U64x2>(); }
CAIRN_NUMERIC V128 i64x2_add(V128 a, V128 b) { return a.as<U64x2>() + b.as<U64x2>(); }
CAIRN_NUMERIC V128 i64x2_sub(V128 a, V128 b) { return a.as<U64x2>() - b.as<U64x2>(); }
CAIRN_NUMERIC V128 i64x2_mul(V128 a, V128 b) { return a.as<U64x2>() * b.as<U64x2>(); }

// i64x2: comparisons

CAIRN_NUMERIC V128 i64x2_eq(V128 a, V128 b) { return a.as<U64x2>() == b.as<U64x2>(); }
CAIRN_NUMERIC V128 i64x2_ne(V128 a, V128 b) { return a.as<U64x2>() != b.as<U64x2>(); }
CAIRN_NUMERIC V128 i64x2_lt_s(V128 a, V128 b) { return a.as<I64x2>() < b.as<I64x2>(); }
CAIRN_NUMERIC V128 i64x2_gt_s(V128 a, V128 b) { return a.as<I64x2>() > b.as<I64x2>(); }
CAIRN_NUMERIC V128 i64x2_le_s(V128 a, V128 b) { return a.as<I64x2>() <= b.as<I64x2>(); }
CAIRN_NUMERIC V128 i64x2_ge_s(V128 a, V128 b) { return a.as<I64x2>() >= b.as<I64x2>(); }

}  // namespace cairn::engine::numerics
