#pragma once
/// Integer lanes of two widths: extending, narrowing, and products and sums of a wider type.

#include <cairn/engine/v128.hpp>
#include <cstdint>
#include <limits>
#include <utility>

#include "define.hpp"
#include "simd_lanes.hpp"

namespace cairn::engine::numerics {

namespace detail {

template <int first, int... i>
CAIRN_NUMERIC auto take_half(Lanes auto v, std::integer_sequence<int, i...>) {
  return __builtin_shufflevector(v, v, (first + i)...);
}

/// The first or second half of the lanes of `From` in the vector type `To`, of lanes twice as wide.
template <Lanes To, Lanes From>
CAIRN_NUMERIC To extend_low(V128 a) {
  return __builtin_convertvector(take_half<0>(a.as<From>(), LaneIndices<To>{}), To);
}
template <Lanes To, Lanes From>
CAIRN_NUMERIC To extend_high(V128 a) {
  return __builtin_convertvector(take_half<lane_count<To>>(a.as<From>(), LaneIndices<To>{}), To);
}

/// The sums of neighbours among the lanes of `a`, seen as pairs in the lanes of `Pair`, whose
/// signedness decides how a lane is extended.
template <Lanes Pair>
CAIRN_NUMERIC V128 add_pairs(V128 a) {
  constexpr int width = sizeof(LaneOf<Pair>) * 4;
  const auto pairs = a.as<Pair>();
  return (pairs << width >> width) + (pairs >> width);
}

template <int... i>
CAIRN_NUMERIC auto join(auto low, auto high, std::integer_sequence<int, i...>) {
  return __builtin_shufflevector(low, high, i...);
}

/// The lanes of `a` and then `b`, of the signed type `From`, saturated to the narrower `To`.
template <Lanes To, Lanes From>
CAIRN_NUMERIC V128 narrow(V128 a, V128 b) {
  using Half = LaneOf<To> __attribute__((vector_size(8)));
  constexpr auto lowest = splat<From>(std::numeric_limits<LaneOf<To>>::min());
  constexpr auto highest = splat<From>(std::numeric_limits<LaneOf<To>>::max());
  const auto x =
      __builtin_elementwise_min(__builtin_elementwise_max(a.as<From>(), lowest), highest);
  const auto y =
      __builtin_elementwise_min(__builtin_elementwise_max(b.as<From>(), lowest), highest);
  return join(__builtin_convertvector(x, Half), __builtin_convertvector(y, Half),
              LaneIndices<To>{});
}

}  // namespace detail

// Extension

CAIRN_NUMERIC V128 i16x8_extend_low_i8x16_s(V128 a) { return detail::extend_low<I16x8, I8x16>(a); }
CAIRN_NUMERIC V128 i16x8_extend_low_i8x16_u(V128 a) { return detail::extend_low<U16x8, U8x16>(a); }
CAIRN_NUMERIC V128 i16x8_extend_high_i8x16_s(V128 a) {
  return detail::extend_high<I16x8, I8x16>(a);
}
CAIRN_NUMERIC V128 i16x8_extend_high_i8x16_u(V128 a) {
  return detail::extend_high<U16x8, U8x16>(a);
}
CAIRN_NUMERIC V128 i32x4_extend_low_i16x8_s(V128 a) { return detail::extend_low<I32x4, I16x8>(a); }
CAIRN_NUMERIC V128 i32x4_extend_low_i16x8_u(V128 a) { return detail::extend_low<U32x4, U16x8>(a); }
CAIRN_NUMERIC V128 i32x4_extend_high_i16x8_s(V128 a) {
  return detail::extend_high<I32x4, I16x8>(a);
}
CAIRN_NUMERIC V128 i32x4_extend_high_i16x8_u(V128 a) {
  return detail::extend_high<U32x4, U16x8>(a);
}
CAIRN_NUMERIC V128 i64x2_extend_low_i32x4_s(V128 a) { return detail::extend_low<I64x2, I32x4>(a); }
CAIRN_NUMERIC V128 i64x2_extend_low_i32x4_u(V128 a) { return detail::extend_low<U64x2, U32x4>(a); }
CAIRN_NUMERIC V128 i64x2_extend_high_i32x4_s(V128 a) {
  return detail::extend_high<I64x2, I32x4>(a);
}
CAIRN_NUMERIC V128 i64x2_extend_high_i32x4_u(V128 a) {
  return detail::extend_high<U64x2, U32x4>(a);
}

// Products of halves

CAIRN_NUMERIC V128 i16x8_extmul_low_i8x16_s(V128 a, V128 b) {
  return detail::extend_low<I16x8, I8x16>(a) * detail::extend_low<I16x8, I8x16>(b);
}
CAIRN_NUMERIC V128 i16x8_extmul_low_i8x16_u(V128 a, V128 b) {
  return detail::extend_low<U16x8, U8x16>(a) * detail::extend_low<U16x8, U8x16>(b);
}
CAIRN_NUMERIC V128 i16x8_extmul_high_i8x16_s(V128 a, V128 b) {
  return detail::extend_high<I16x8, I8x16>(a) * detail::extend_high<I16x8, I8x16>(b);
}
CAIRN_NUMERIC V128 i16x8_extmul_high_i8x16_u(V128 a, V128 b) {
  return detail::extend_high<U16x8, U8x16>(a) * detail::extend_high<U16x8, U8x16>(b);
}
CAIRN_NUMERIC V128 i32x4_extmul_low_i16x8_s(V128 a, V128 b) {
  return detail::extend_low<I32x4, I16x8>(a) * detail::extend_low<I32x4, I16x8>(b);
}
CAIRN_NUMERIC V128 i32x4_extmul_low_i16x8_u(V128 a, V128 b) {
  return detail::extend_low<U32x4, U16x8>(a) * detail::extend_low<U32x4, U16x8>(b);
}
CAIRN_NUMERIC V128 i32x4_extmul_high_i16x8_s(V128 a, V128 b) {
  return detail::extend_high<I32x4, I16x8>(a) * detail::extend_high<I32x4, I16x8>(b);
}
CAIRN_NUMERIC V128 i32x4_extmul_high_i16x8_u(V128 a, V128 b) {
  return detail::extend_high<U32x4, U16x8>(a) * detail::extend_high<U32x4, U16x8>(b);
}
CAIRN_NUMERIC V128 i64x2_extmul_low_i32x4_s(V128 a, V128 b) {
  return detail::extend_low<I64x2, I32x4>(a) * detail::extend_low<I64x2, I32x4>(b);
}
CAIRN_NUMERIC V128 i64x2_extmul_low_i32x4_u(V128 a, V128 b) {
  return detail::extend_low<U64x2, U32x4>(a) * detail::extend_low<U64x2, U32x4>(b);
}
CAIRN_NUMERIC V128 i64x2_extmul_high_i32x4_s(V128 a, V128 b) {
  return detail::extend_high<I64x2, I32x4>(a) * detail::extend_high<I64x2, I32x4>(b);
}
CAIRN_NUMERIC V128 i64x2_extmul_high_i32x4_u(V128 a, V128 b) {
  return detail::extend_high<U64x2, U32x4>(a) * detail::extend_high<U64x2, U32x4>(b);
}

// Sums of neighbours

CAIRN_NUMERIC V128 i16x8_extadd_pairwise_i8x16_s(V128 a) {
#if defined(__SSE4_1__)
  return _mm_maddubs_epi16(_mm_set1_epi8(1), a.as<__m128i>());
#elif defined(__aarch64__)
  return vpaddlq_s8(a.as<int8x16_t>());
#else
  return detail::add_pairs<I16x8>(a);
#endif
}
CAIRN_NUMERIC V128 i16x8_extadd_pairwise_i8x16_u(V128 a) {
#if defined(__SSE4_1__)
  return _mm_maddubs_epi16(a.as<__m128i>(), _mm_set1_epi8(1));
#elif defined(__aarch64__)
  return vpaddlq_u8(a.as<uint8x16_t>());
#else
  return detail::add_pairs<U16x8>(a);
#endif
}
CAIRN_NUMERIC V128 i32x4_extadd_pairwise_i16x8_s(V128 a) {
#if defined(__SSE4_1__)
  return _mm_madd_epi16(a.as<__m128i>(), _mm_set1_epi16(1));
#elif defined(__aarch64__)
  return vpaddlq_s16(a.as<int16x8_t>());
#else
  return detail::add_pairs<I32x4>(a);
#endif
}
CAIRN_NUMERIC V128 i32x4_extadd_pairwise_i16x8_u(V128 a) {
#if defined(__aarch64__)
  return vpaddlq_u16(a.as<uint16x8_t>());
#else
  return detail::add_pairs<U32x4>(a);
#endif
}

// Saturating to half the width

CAIRN_NUMERIC V128 i8x16_narrow_i16x8_s(V128 a, V128 b) {
  return detail::narrow<I8x16, I16x8>(a, b);
}
CAIRN_NUMERIC V128 i8x16_narrow_i16x8_u(V128 a, V128 b) {
  return detail::narrow<U8x16, I16x8>(a, b);
}
CAIRN_NUMERIC V128 i16x8_narrow_i32x4_s(V128 a, V128 b) {
  return detail::narrow<I16x8, I32x4>(a, b);
}
CAIRN_NUMERIC V128 i16x8_narrow_i32x4_u(V128 a, V128 b) {
  return detail::narrow<U16x8, I32x4>(a, b);
}

// Products

/// The sums of neighbouring products; they wrap around, which only −32768² twice does.
CAIRN_NUMERIC V128 i32x4_dot_i16x8_s(V128 a, V128 b) {
#if defined(__SSE4_1__)
  return _mm_madd_epi16(a.as<__m128i>(), b.as<__m128i>());
#elif defined(__aarch64__)
  const auto low = detail::extend_low<I32x4, I16x8>(a) * detail::extend_low<I32x4, I16x8>(b);
  const auto high = detail::extend_high<I32x4, I16x8>(a) * detail::extend_high<I32x4, I16x8>(b);
  return vpaddq_s32(low, high);
#else
  const auto x = a.as<I32x4>();
  const auto y = b.as<I32x4>();
  const auto low = (x << 16 >> 16) * (y << 16 >> 16);
  const auto high = (x >> 16) * (y >> 16);
  return V128(low).as<U32x4>() + V128(high).as<U32x4>();
#endif
}

/// Products of fractions with 15 bits, rounded; −1 times −1 saturates.
CAIRN_NUMERIC V128 i16x8_q15mulr_sat_s(V128 a, V128 b) {
#if defined(__SSE4_1__)
  // The instruction wraps around to −32768 in the one case that saturates.
  const auto product = V128(_mm_mulhrs_epi16(a.as<__m128i>(), b.as<__m128i>())).as<I16x8>();
  return product ^ (product == detail::splat<I16x8>(int16_t{-0x8000}));
#elif defined(__aarch64__)
  return vqrdmulhq_s16(a.as<int16x8_t>(), b.as<int16x8_t>());
#else
  const auto low = detail::extend_low<I32x4, I16x8>(a) * detail::extend_low<I32x4, I16x8>(b);
  const auto high = detail::extend_high<I32x4, I16x8>(a) * detail::extend_high<I32x4, I16x8>(b);
  return detail::narrow<I16x8, I32x4>((low + 0x4000) >> 15, (high + 0x4000) >> 15);
#endif
}

}  // namespace cairn::engine::numerics
