#include "numerics/simd_lanes.hpp"

#include "numerics/simd_testing.hpp"

namespace cairn::engine::numerics {
namespace {

using namespace testing;

TEST(V128, LanesAreLittleEndianBytes) {
  const uint8_t bytes[17] = {9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  const V128 v = V128::load(bytes + 1);
  EXPECT_EQ(v.as<U8x16>()[15], 15);
  EXPECT_EQ(v.as<U16x8>()[1], 0x0302);
  EXPECT_EQ(v.as<U32x4>()[0], 0x03020100u);
  EXPECT_EQ(v.as<U64x2>()[1], 0x0f0e0d0c0b0a0908u);
  uint8_t out[17] = {};
  v.store(out + 1);
  EXPECT_EQ(std::memcmp(out + 1, bytes + 1, 16), 0);
  EXPECT_EQ(v, V128(v.as<U16x8>()));
  EXPECT_NE(v, V128{});
  static_assert(V128{} == V128(F32x4{}) && !(V128{} == V128(F32x4{-0.0f})));
}

template <class Lane>
void expect_all(V128 v, Lane value) {
  LaneArray<Lane> expected;
  expected.fill(value);
  expect_same<Lane>(lanes<Lane>(v), expected, "splat", 0);
}

TEST(SimdLanes, SplatsFillEveryLane) {
  expect_all<uint8_t>(i8x16_splat(0x1234), 0x34);
  expect_all<uint16_t>(i16x8_splat(0x12345678), 0x5678);
  expect_all<uint32_t>(i32x4_splat(0x89abcdef), 0x89abcdef);
  expect_all<uint64_t>(i64x2_splat(0x0123456789abcdef), 0x0123456789abcdef);
  expect_all<uint32_t>(f32x4_splat(std::bit_cast<float>(0x7fa00001)), 0x7fa00001);
  expect_all<uint64_t>(f64x2_splat(-0.0), 0x8000000000000000);
  expect_all<uint8_t>(v128_load8_splat(7), 7);
  expect_all<uint16_t>(v128_load16_splat(700), 700);
  expect_all<uint32_t>(v128_load32_splat(70000), 70000);
  expect_all<uint64_t>(v128_load64_splat(1), 1);
}

/// Replaces each lane in turn and reads all lanes back, with `extract` as the reading instruction.
template <class Lane, class Scalar>
void check_access(auto replace, auto extract) {
  Draw draw;
  for (int round = 0; round < 200; ++round) {
    const V128 a = draw.vector<Lane>();
    const auto value = lanes<Lane>(draw.vector<Lane>())[0];
    for (size_t n = 0; n < 16 / sizeof(Lane); ++n) {
      const auto lane = static_cast<uint8_t>(n);
      LaneArray<Lane> expected = lanes<Lane>(a);
      std::memcpy(&expected[lane], &value, sizeof value);
      const V128 replaced = replace(a, static_cast<Scalar>(value), lane);
      ASSERT_EQ(replaced, vector(expected)) << +lane;
      for (size_t i = 0; i < 16 / sizeof(Lane); ++i) {
        ASSERT_EQ(extract(replaced, static_cast<uint8_t>(i)), static_cast<Scalar>(expected[i]))
            << +lane << " " << i;
      }
    }
  }
}

TEST(SimdLanes, LanesAreReplacedAndExtracted) {
  check_access<int8_t, uint32_t>(i8x16_replace_lane, i8x16_extract_lane_s);
  check_access<uint8_t, uint32_t>(i8x16_replace_lane, i8x16_extract_lane_u);
  check_access<int16_t, uint32_t>(i16x8_replace_lane, i16x8_extract_lane_s);
  check_access<uint16_t, uint32_t>(i16x8_replace_lane, i16x8_extract_lane_u);
  check_access<uint32_t, uint32_t>(i32x4_replace_lane, i32x4_extract_lane);
  check_access<uint64_t, uint64_t>(i64x2_replace_lane, i64x2_extract_lane);
  const auto load = [](auto op) {
    return [op](V128 a, auto b, uint8_t lane) { return op(b, a, lane); };
  };
  check_access<uint8_t, uint8_t>(load(v128_load8_lane), v128_store8_lane);
  check_access<uint16_t, uint16_t>(load(v128_load16_lane), v128_store16_lane);
  check_access<uint32_t, uint32_t>(load(v128_load32_lane), v128_store32_lane);
  check_access<uint64_t, uint64_t>(load(v128_load64_lane), v128_store64_lane);
}

TEST(SimdLanes, FloatLanesKeepTheirBits) {
  const float nan32 = std::bit_cast<float>(0xffa00001);
  const double nan64 = std::bit_cast<double>(0x7ff0000000000001);
  for (uint8_t lane = 0; lane < 4; ++lane) {
    const V128 v = f32x4_replace_lane(V128{}, nan32, lane);
    EXPECT_EQ(v.as<U32x4>()[lane], 0xffa00001u);
    EXPECT_EQ(std::bit_cast<uint32_t>(f32x4_extract_lane(v, lane)), 0xffa00001u);
  }
  for (uint8_t lane = 0; lane < 2; ++lane) {
    const V128 v = f64x2_replace_lane(V128{}, nan64, lane);
    EXPECT_EQ(v.as<U64x2>()[lane], 0x7ff0000000000001u);
    EXPECT_EQ(v.as<U64x2>()[1 - lane], 0u);
    EXPECT_EQ(std::bit_cast<uint64_t>(f64x2_extract_lane(v, lane)), 0x7ff0000000000001u);
  }
}

TEST(SimdLanes, SwizzleGivesZeroBeyondTheVector) {
  check_whole<uint8_t, uint8_t>("swizzle", i8x16_swizzle, [](const auto& a, const auto& b) {
    LaneArray<uint8_t> out;
    for (size_t i = 0; i < 16; ++i) out[i] = b[i] < 16 ? a[b[i]] : 0;
    return out;
  });
  LaneArray<uint8_t> bytes;
  for (size_t i = 0; i < 16; ++i) bytes[i] = static_cast<uint8_t>(i + 100);
  for (uint32_t index = 0; index < 256; ++index) {
    const auto expected = static_cast<uint8_t>(index < 16 ? index + 100 : 0);
    expect_all(i8x16_swizzle(vector(bytes), i8x16_splat(index)), expected);
  }
}

TEST(SimdLanes, ShuffleReadsBothVectors) {
  Draw draw;
  for (int round = 0; round < rounds; ++round) {
    const V128 a = draw.vector<uint8_t>(), b = draw.vector<uint8_t>();
    LaneArray<uint8_t> indices, expected;
    for (size_t i = 0; i < 16; ++i) {
      indices[i] = draw.number() % 32;
      expected[i] = indices[i] < 16 ? lanes<uint8_t>(a)[indices[i]]
                                    : lanes<uint8_t>(b)[indices[i] - size_t{16}];
    }
    ASSERT_EQ(i8x16_shuffle(a, b, vector(indices)), vector(expected));
  }
}

TEST(SimdLanes, LoadsExtend) {
  const uint64_t bits = 0x80ff7f0100fe8281;
  EXPECT_EQ(v128_load8x8_s(bits), V128(I16x8{-127, -126, -2, 0, 1, 127, -1, -128}));
  EXPECT_EQ(v128_load8x8_u(bits), V128(U16x8{0x81, 0x82, 0xfe, 0, 1, 0x7f, 0xff, 0x80}));
  EXPECT_EQ(v128_load16x4_s(bits), V128(I32x4{-32127, 254, 32513, -32513}));
  EXPECT_EQ(v128_load16x4_u(bits), V128(U32x4{0x8281, 0xfe, 0x7f01, 0x80ff}));
  EXPECT_EQ(v128_load32x2_s(bits), V128(I64x2{0x00fe8281, -0x7f0080ff}));
  EXPECT_EQ(v128_load32x2_u(bits), V128(U64x2{0x00fe8281, 0x80ff7f01}));
  EXPECT_EQ(v128_load32_zero(5), V128(U32x4{5, 0, 0, 0}));
  EXPECT_EQ(v128_load64_zero(5), V128(U64x2{5, 0}));
}

}  // namespace
}  // namespace cairn::engine::numerics
