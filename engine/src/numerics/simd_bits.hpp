#pragma once
/// Vectors as bits: logic on the whole vector, shifts of lanes, tests and counts.

#include <cairn/engine/v128.hpp>
#include <cstdint>
#include <type_traits>

#include "define.hpp"
#include "simd_lanes.hpp"

namespace cairn::engine::numerics {

namespace detail {

/// The top bit of each lane, lane 0 the lowest bit of the result.
template <Lanes T>
CAIRN_NUMERIC uint32_t bitmask(V128 a) {
  using Bits = bool __attribute__((ext_vector_type(lane_count<T>)));
  const auto bits = __builtin_convertvector(a.as<T>() < T{}, Bits);
  if constexpr (lane_count<T> == 16) {
    return __builtin_bit_cast(uint16_t, bits);
  } else {
    return __builtin_bit_cast(uint8_t, bits) & ((1u << lane_count<T>)-1);
  }
}

template <Lanes T>
CAIRN_NUMERIC uint32_t all_true(V128 a) {
  return __builtin_reduce_and(a.as<T>() != T{}) != 0;
}

}  // namespace detail

// The whole vector

CAIRN_NUMERIC V128 v128_not(V128 a) { return ~a.as<U64x2>(); }
CAIRN_NUMERIC V128 v128_and(V128 a, V128 b) { return a.as<U64x2>() & b.as<U64x2>(); }
CAIRN_NUMERIC V128 v128_andnot(V128 a, V128 b) { return a.as<U64x2>() & ~b.as<U64x2>(); }
CAIRN_NUMERIC V128 v128_or(V128 a, V128 b) { return a.as<U64x2>() | b.as<U64x2>(); }
CAIRN_NUMERIC V128 v128_xor(V128 a, V128 b) { return a.as<U64x2>() ^ b.as<U64x2>(); }
/// Bits of `a` where `mask` has ones, of `b` elsewhere.
CAIRN_NUMERIC V128 v128_bitselect(V128 a, V128 b, V128 mask) {
  return (a.as<U64x2>() & mask.as<U64x2>()) | (b.as<U64x2>() & ~mask.as<U64x2>());
}
CAIRN_NUMERIC uint32_t v128_any_true(V128 a) { return __builtin_reduce_or(a.as<U64x2>()) != 0; }

// Shifts; the count is taken modulo the width of a lane

CAIRN_NUMERIC V128 i8x16_shl(V128 a, uint32_t count) {
  return a.as<U8x16>() << detail::splat<U8x16>(static_cast<uint8_t>(count & 7));
}
CAIRN_NUMERIC V128 i8x16_shr_s(V128 a, uint32_t count) {
  return a.as<I8x16>() >> detail::splat<I8x16>(static_cast<int8_t>(count & 7));
}
CAIRN_NUMERIC V128 i8x16_shr_u(V128 a, uint32_t count) {
  return a.as<U8x16>() >> detail::splat<U8x16>(static_cast<uint8_t>(count & 7));
}
CAIRN_NUMERIC V128 i16x8_shl(V128 a, uint32_t count) {
  return a.as<U16x8>() << detail::splat<U16x8>(static_cast<uint16_t>(count & 15));
}
CAIRN_NUMERIC V128 i16x8_shr_s(V128 a, uint32_t count) {
  return a.as<I16x8>() >> detail::splat<I16x8>(static_cast<int16_t>(count & 15));
}
CAIRN_NUMERIC V128 i16x8_shr_u(V128 a, uint32_t count) {
  return a.as<U16x8>() >> detail::splat<U16x8>(static_cast<uint16_t>(count & 15));
}
CAIRN_NUMERIC V128 i32x4_shl(V128 a, uint32_t count) {
  return a.as<U32x4>() << detail::splat<U32x4>(static_cast<uint32_t>(count & 31));
}
CAIRN_NUMERIC V128 i32x4_shr_s(V128 a, uint32_t count) {
  return a.as<I32x4>() >> detail::splat<I32x4>(static_cast<int32_t>(count & 31));
}
CAIRN_NUMERIC V128 i32x4_shr_u(V128 a, uint32_t count) {
  return a.as<U32x4>() >> detail::splat<U32x4>(static_cast<uint32_t>(count & 31));
}
CAIRN_NUMERIC V128 i64x2_shl(V128 a, uint32_t count) {
  return a.as<U64x2>() << detail::splat<U64x2>(static_cast<uint64_t>(count & 63));
}
CAIRN_NUMERIC V128 i64x2_shr_s(V128 a, uint32_t count) {
  return a.as<I64x2>() >> detail::splat<I64x2>(static_cast<int64_t>(count & 63));
}
CAIRN_NUMERIC V128 i64x2_shr_u(V128 a, uint32_t count) {
  return a.as<U64x2>() >> detail::splat<U64x2>(static_cast<uint64_t>(count & 63));
}

// Tests of every lane, top bits, counts

CAIRN_NUMERIC uint32_t i8x16_all_true(V128 a) { return detail::all_true<U8x16>(a); }
CAIRN_NUMERIC uint32_t i16x8_all_true(V128 a) { return detail::all_true<U16x8>(a); }
CAIRN_NUMERIC uint32_t i32x4_all_true(V128 a) { return detail::all_true<U32x4>(a); }
CAIRN_NUMERIC uint32_t i64x2_all_true(V128 a) { return detail::all_true<U64x2>(a); }
CAIRN_NUMERIC uint32_t i8x16_bitmask(V128 a) { return detail::bitmask<I8x16>(a); }
CAIRN_NUMERIC uint32_t i16x8_bitmask(V128 a) { return detail::bitmask<I16x8>(a); }
CAIRN_NUMERIC uint32_t i32x4_bitmask(V128 a) { return detail::bitmask<I32x4>(a); }
CAIRN_NUMERIC uint32_t i64x2_bitmask(V128 a) { return detail::bitmask<I64x2>(a); }
CAIRN_NUMERIC V128 i8x16_popcnt(V128 a) { return __builtin_elementwise_popcount(a.as<U8x16>()); }

}  // namespace cairn::engine::numerics
