#include "numerics/simd_widen.hpp"

#include "numerics/simd_testing.hpp"

namespace cairn::engine::numerics {
namespace {

using namespace testing;

#define WIDENINGS(CHECK)                    \
  CHECK(i16x8, i8x16, s, int16_t, int8_t)   \
  CHECK(i16x8, i8x16, u, uint16_t, uint8_t) \
  CHECK(i32x4, i16x8, s, int32_t, int16_t)  \
  CHECK(i32x4, i16x8, u, uint32_t, uint16_t)

#define ALL_WIDENINGS(CHECK)               \
  WIDENINGS(CHECK)                         \
  CHECK(i64x2, i32x4, s, int64_t, int32_t) \
  CHECK(i64x2, i32x4, u, uint64_t, uint32_t)

template <class Wide, class Narrow>
auto extended(bool high) {
  return [high](const LaneArray<Narrow>& a) {
    LaneArray<Wide> out;
    for (size_t i = 0; i < out.size(); ++i) out[i] = a[i + (high ? out.size() : 0)];
    return out;
  };
}
template <class Wide, class Narrow>
auto product(bool high) {
  return [high](const LaneArray<Narrow>& a, const LaneArray<Narrow>& b) {
    LaneArray<Wide> out;
    for (size_t i = 0; i < out.size(); ++i) {
      const size_t j = i + (high ? out.size() : 0);
      out[i] = static_cast<Wide>(static_cast<uint64_t>(int64_t{a[j]}) *
                                 static_cast<uint64_t>(int64_t{b[j]}));
    }
    return out;
  };
}

TEST(SimdWiden, ExtensionsAndProductsOfHalves) {
#define CHECK(t, from, sx, wide, narrow)                                           \
  check_whole<narrow, wide>(#t ".extend_low_" #sx, t##_extend_low_##from##_##sx,   \
                            extended<wide, narrow>(false));                        \
  check_whole<narrow, wide>(#t ".extend_high_" #sx, t##_extend_high_##from##_##sx, \
                            extended<wide, narrow>(true));                         \
  check_whole<narrow, wide>(#t ".extmul_low_" #sx, t##_extmul_low_##from##_##sx,   \
                            product<wide, narrow>(false));                         \
  check_whole<narrow, wide>(#t ".extmul_high_" #sx, t##_extmul_high_##from##_##sx, \
                            product<wide, narrow>(true));
  ALL_WIDENINGS(CHECK)
#undef CHECK
}

TEST(SimdWiden, SumsOfNeighbours) {
#define CHECK(t, from, sx, wide, narrow)                                                   \
  check_whole<narrow, wide>(#t ".extadd_" #sx, t##_extadd_pairwise_##from##_##sx,          \
                            [](const LaneArray<narrow>& a) {                               \
                              LaneArray<wide> out;                                         \
                              for (size_t i = 0; i < out.size(); ++i)                      \
                                out[i] = static_cast<wide>(wide{a[2 * i]} + a[2 * i + 1]); \
                              return out;                                                  \
                            });
  WIDENINGS(CHECK)
#undef CHECK
}

template <class Narrow, class Wide>
auto narrowed() {
  return [](const LaneArray<Wide>& a, const LaneArray<Wide>& b) {
    LaneArray<Narrow> out;
    for (size_t i = 0; i < out.size(); ++i) {
      out[i] = saturate<Narrow>(i < a.size() ? a[i] : b[i - a.size()]);
    }
    return out;
  };
}

TEST(SimdWiden, NarrowingSaturates) {
  check_whole<int16_t, int8_t>("narrow 8 s", i8x16_narrow_i16x8_s, narrowed<int8_t, int16_t>());
  check_whole<int16_t, uint8_t>("narrow 8 u", i8x16_narrow_i16x8_u, narrowed<uint8_t, int16_t>());
  check_whole<int32_t, int16_t>("narrow 16 s", i16x8_narrow_i32x4_s, narrowed<int16_t, int32_t>());
  check_whole<int32_t, uint16_t>("narrow 16 u", i16x8_narrow_i32x4_u,
                                 narrowed<uint16_t, int32_t>());
}

TEST(SimdWiden, Products) {
  check_whole<int16_t, uint32_t>("dot", i32x4_dot_i16x8_s,
                                 [](const LaneArray<int16_t>& a, const LaneArray<int16_t>& b) {
                                   LaneArray<uint32_t> out;
                                   for (size_t i = 0; i < 4; ++i) {
                                     out[i] = static_cast<uint32_t>(a[2 * i] * b[2 * i]) +
                                              static_cast<uint32_t>(a[2 * i + 1] * b[2 * i + 1]);
                                   }
                                   return out;
                                 });
  check_binary<int16_t>("q15mulr", i16x8_q15mulr_sat_s, [](int16_t a, int16_t b) {
    return saturate<int16_t>((a * b + 0x4000) >> 15);
  });
}

}  // namespace
}  // namespace cairn::engine::numerics
