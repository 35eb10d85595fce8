#pragma once
/// Making vectors, taking them apart and moving lanes. A lane number comes from a validated
/// immediate, so it is in range; with a constant lane each access is one instruction.

#include <cairn/engine/v128.hpp>
#include <concepts>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "define.hpp"

#if defined(__SSE4_1__)
#include <smmintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace cairn::engine::numerics {

namespace detail {

template <Lanes T>
using LaneOf = std::remove_cvref_t<decltype(T{}[0])>;
template <Lanes T>
inline constexpr int lane_count = 16 / sizeof(LaneOf<T>);
template <Lanes T>
using LaneIndices = std::make_integer_sequence<int, lane_count<T>>;

template <Lanes T, int... i>
CAIRN_NUMERIC T splat_to(LaneOf<T> a, std::integer_sequence<int, i...>) {
  return T{((void)i, a)...};
}
/// `a` in every lane, its bits untouched.
template <Lanes T>
CAIRN_NUMERIC T splat(LaneOf<T> a) {
  return splat_to<T>(a, LaneIndices<T>{});
}

template <Lanes T, int... i>
CAIRN_NUMERIC T count_lanes(std::integer_sequence<int, i...>) {
  return T{LaneOf<T>{i}...};
}

/// Selects by comparing lane numbers: storing one lane into memory and reading the vector back
/// would stall on store forwarding.
template <Lanes T>
CAIRN_NUMERIC V128 replace_lane(V128 a, uint8_t lane, LaneOf<T> value) {
  const auto chosen = static_cast<T>(count_lanes<T>(LaneIndices<T>{}) == splat<T>(lane));
  return (a.as<T>() & ~chosen) | (splat<T>(value) & chosen);
}

/// The 8 bytes of `bits`, lanes of type `Narrow`, widened to the lanes of `T`.
template <Lanes T, std::integral Narrow>
CAIRN_NUMERIC V128 load_extend(uint64_t bits) {
  using Half = Narrow __attribute__((vector_size(8)));
  return __builtin_convertvector(__builtin_bit_cast(Half, bits), T);
}

}  // namespace detail

// Splats

CAIRN_NUMERIC V128 i8x16_splat(uint32_t a) { return detail::splat<U8x16>(static_cast<uint8_t>(a)); }
CAIRN_NUMERIC V128 i16x8_splat(uint32_t a) {
  return detail::splat<U16x8>(static_cast<uint16_t>(a));
}
CAIRN_NUMERIC V128 i32x4_splat(uint32_t a) { return detail::splat<U32x4>(a); }
CAIRN_NUMERIC V128 i64x2_splat(uint64_t a) { return detail::splat<U64x2>(a); }
CAIRN_NUMERIC V128 f32x4_splat(float a) { return detail::splat<F32x4>(a); }
CAIRN_NUMERIC V128 f64x2_splat(double a) { return detail::splat<F64x2>(a); }

// Reading one lane

CAIRN_NUMERIC uint32_t i8x16_extract_lane_s(V128 a, uint8_t lane) {
  return static_cast<uint32_t>(int32_t{a.as<I8x16>()[lane]});
}
CAIRN_NUMERIC uint32_t i8x16_extract_lane_u(V128 a, uint8_t lane) { return a.as<U8x16>()[lane]; }
CAIRN_NUMERIC uint32_t i16x8_extract_lane_s(V128 a, uint8_t lane) {
  return static_cast<uint32_t>(int32_t{a.as<I16x8>()[lane]});
}
CAIRN_NUMERIC uint32_t i16x8_extract_lane_u(V128 a, uint8_t lane) { return a.as<U16x8>()[lane]; }
CAIRN_NUMERIC uint32_t i32x4_extract_lane(V128 a, uint8_t lane) { return a.as<U32x4>()[lane]; }
CAIRN_NUMERIC uint64_t i64x2_extract_lane(V128 a, uint8_t lane) { return a.as<U64x2>()[lane]; }
CAIRN_NUMERIC float f32x4_extract_lane(V128 a, uint8_t lane) { return a.as<F32x4>()[lane]; }
CAIRN_NUMERIC double f64x2_extract_lane(V128 a, uint8_t lane) { return a.as<F64x2>()[lane]; }

// Writing one lane

CAIRN_NUMERIC V128 i8x16_replace_lane(V128 a, uint32_t b, uint8_t lane) {
  return detail::replace_lane<U8x16>(a, lane, static_cast<uint8_t>(b));
}
CAIRN_NUMERIC V128 i16x8_replace_lane(V128 a, uint32_t b, uint8_t lane) {
  return detail::replace_lane<U16x8>(a, lane, static_cast<uint16_t>(b));
}
CAIRN_NUMERIC V128 i32x4_replace_lane(V128 a, uint32_t b, uint8_t lane) {
  return detail::replace_lane<U32x4>(a, lane, b);
}
CAIRN_NUMERIC V128 i64x2_replace_lane(V128 a, uint64_t b, uint8_t lane) {
  return detail::replace_lane<U64x2>(a, lane, b);
}
CAIRN_NUMERIC V128 f32x4_replace_lane(V128 a, float b, uint8_t lane) {
  return detail::replace_lane<U32x4>(a, lane, __builtin_bit_cast(uint32_t, b));
}
CAIRN_NUMERIC V128 f64x2_replace_lane(V128 a, double b, uint8_t lane) {
  return detail::replace_lane<U64x2>(a, lane, __builtin_bit_cast(uint64_t, b));
}

// Moving bytes

/// Byte i is byte `indices[i]` of `a`, or 0 if there is no such byte.
CAIRN_NUMERIC V128 i8x16_swizzle(V128 a, V128 indices) {
  [[maybe_unused]] const auto numbers = indices.as<U8x16>();
#if defined(__SSE4_1__)
  // The instruction gives 0 where the top bit is set, else it reads the low four bits.
  const auto marked = __builtin_elementwise_add_sat(numbers, detail::splat<U8x16>(uint8_t{0x70}));
  return _mm_shuffle_epi8(a.as<__m128i>(), V128(marked).as<__m128i>());
#elif defined(__aarch64__)
  return vqtbl1q_u8(a.as<uint8x16_t>(), indices.as<uint8x16_t>());
#else
  const auto from = a.as<U8x16>();
  U8x16 result{};
  for (int i = 0; i < 16; ++i) result[i] = numbers[i] < 16 ? from[numbers[i]] : 0;
  return result;
#endif
}

/// Byte i is byte `lanes[i]` of the 32 bytes of `a` and then `b`.
CAIRN_NUMERIC V128 i8x16_shuffle(V128 a, V128 b, V128 lanes) {
  [[maybe_unused]] const auto numbers = lanes.as<U8x16>();
#if defined(__SSE4_1__)
  // Adding 0x70 sets the top bit of the numbers from 16 on, subtracting 16 that of those below.
  const auto from_a = _mm_shuffle_epi8(a.as<__m128i>(), V128(numbers + 0x70).as<__m128i>());
  const auto from_b = _mm_shuffle_epi8(b.as<__m128i>(), V128(numbers - 0x10).as<__m128i>());
  return from_a | from_b;
#elif defined(__aarch64__)
  return vqtbl2q_u8({{a.as<uint8x16_t>(), b.as<uint8x16_t>()}}, lanes.as<uint8x16_t>());
#else
  return i8x16_swizzle(a, lanes).as<U8x16>() | i8x16_swizzle(b, numbers - 0x10).as<U8x16>();
#endif
}

// Loads and stores, given or giving the bits in memory as one little-endian number

CAIRN_NUMERIC V128 v128_load8x8_s(uint64_t bits) {
  return detail::load_extend<I16x8, int8_t>(bits);
}
CAIRN_NUMERIC V128 v128_load8x8_u(uint64_t bits) {
  return detail::load_extend<U16x8, uint8_t>(bits);
}
CAIRN_NUMERIC V128 v128_load16x4_s(uint64_t bits) {
  return detail::load_extend<I32x4, int16_t>(bits);
}
CAIRN_NUMERIC V128 v128_load16x4_u(uint64_t bits) {
  return detail::load_extend<U32x4, uint16_t>(bits);
}
CAIRN_NUMERIC V128 v128_load32x2_s(uint64_t bits) {
  return detail::load_extend<I64x2, int32_t>(bits);
}
CAIRN_NUMERIC V128 v128_load32x2_u(uint64_t bits) {
  return detail::load_extend<U64x2, uint32_t>(bits);
}
CAIRN_NUMERIC V128 v128_load8_splat(uint8_t bits) { return i8x16_splat(bits); }
CAIRN_NUMERIC V128 v128_load16_splat(uint16_t bits) { return i16x8_splat(bits); }
CAIRN_NUMERIC V128 v128_load32_splat(uint32_t bits) { return i32x4_splat(bits); }
CAIRN_NUMERIC V128 v128_load64_splat(uint64_t bits) { return i64x2_splat(bits); }
CAIRN_NUMERIC V128 v128_load32_zero(uint32_t bits) { return U32x4{bits}; }
CAIRN_NUMERIC V128 v128_load64_zero(uint64_t bits) { return U64x2{bits}; }
CAIRN_NUMERIC V128 v128_load8_lane(uint8_t bits, V128 a, uint8_t lane) {
  return i8x16_replace_lane(a, bits, lane);
}
CAIRN_NUMERIC V128 v128_load16_lane(uint16_t bits, V128 a, uint8_t lane) {
  return i16x8_replace_lane(a, bits, lane);
}
CAIRN_NUMERIC V128 v128_load32_lane(uint32_t bits, V128 a, uint8_t lane) {
  return i32x4_replace_lane(a, bits, lane);
}
CAIRN_NUMERIC V128 v128_load64_lane(uint64_t bits, V128 a, uint8_t lane) {
  return i64x2_replace_lane(a, bits, lane);
}
CAIRN_NUMERIC uint8_t v128_store8_lane(V128 a, uint8_t lane) { return a.as<U8x16>()[lane]; }
CAIRN_NUMERIC uint16_t v128_store16_lane(V128 a, uint8_t lane) { return a.as<U16x8>()[lane]; }
CAIRN_NUMERIC uint32_t v128_store32_lane(V128 a, uint8_t lane) { return a.as<U32x4>()[lane]; }
CAIRN_NUMERIC uint64_t v128_store64_lane(V128 a, uint8_t lane) { return a.as<U64x2>()[lane]; }

}  // namespace cairn::engine::numerics
