#pragma once
/// Oracle for vector instructions: the same operation written lane by lane in plain C++, run on
/// pseudo-random vectors (one fixed seed) that are rich in edge values.

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cairn/engine/v128.hpp>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <type_traits>

namespace cairn::engine::numerics::testing {

template <class Lane>
using LaneArray = std::array<Lane, 16 / sizeof(Lane)>;

template <class Lane>
LaneArray<Lane> lanes(V128 v) {
  LaneArray<Lane> out;
  std::memcpy(out.data(), &v, 16);
  return out;
}
template <class Lane, size_t n>
V128 vector(const std::array<Lane, n>& lanes) {
  static_assert(sizeof lanes == 16);
  return V128::load(lanes.data());
}

/// Draws vectors: edge values of the lane type, or any bits.
class Draw {
 public:
  template <class Lane>
  V128 vector() {
    LaneArray<Lane> out;
    for (auto& lane : out) lane = draw_lane<Lane>();
    return testing::vector(out);
  }
  uint32_t number() { return static_cast<uint32_t>(engine_()); }
  uint64_t wide() { return engine_(); }

 private:
  template <class Lane>
  Lane draw_lane() {
    using Limits = std::numeric_limits<Lane>;
    if constexpr (std::floating_point<Lane>) {
      const Lane edges[] = {0,
                            Lane(-0.0),
                            1,
                            Lane(-1.5),
                            Lane(2.5),
                            Limits::infinity(),
                            -Limits::infinity(),
                            Limits::quiet_NaN(),
                            -Limits::quiet_NaN(),
                            Limits::signaling_NaN(),
                            Limits::denorm_min(),
                            Limits::max(),
                            Lane(2147483647.5),
                            Lane(2147483648.0),
                            Lane(-2147483648.5),
                            Lane(-2147483650.0),
                            Lane(4294967295.5),
                            Lane(4294967296.0),
                            Lane(3000000000.0),
                            Lane(-0.99),
                            Lane(0x1.fffffep+30)};
      const auto pick = number() % 32;
      if (pick < std::size(edges)) return edges[pick];
      if (pick < 28) return static_cast<Lane>(static_cast<int32_t>(number())) / 256;
      using Bits = std::conditional_t<sizeof(Lane) == 4, uint32_t, uint64_t>;
      return std::bit_cast<Lane>(static_cast<Bits>(wide()));
    } else {
      const Lane edges[] = {0,
                            1,
                            Lane(-1),
                            Limits::min(),
                            Limits::max(),
                            Lane(Lane(1) << (sizeof(Lane) * 8 - 1)),
                            Lane(Limits::max() - 1)};
      const auto pick = number() % 16;
      return pick < std::size(edges) ? edges[pick] : static_cast<Lane>(wide());
    }
  }

  // The same vectors in every run: NOLINTNEXTLINE(bugprone-random-generator-seed)
  std::mt19937_64 engine_{0xca1};
};

inline constexpr int rounds = 2000;

/// The same bits, or NaNs where the specification leaves the bits open: `got` must then be quiet.
template <class Lane>
bool same_lane(Lane got, Lane expected) {
  if constexpr (std::floating_point<Lane>) {
    using Bits = std::conditional_t<sizeof(Lane) == 4, uint32_t, uint64_t>;
    const auto quiet = Bits{1} << (std::numeric_limits<Lane>::digits - 2);
    if (std::isnan(expected)) return std::isnan(got) && (std::bit_cast<Bits>(got) & quiet) != 0;
    return std::bit_cast<Bits>(got) == std::bit_cast<Bits>(expected);
  } else {
    return got == expected;
  }
}

template <class Lane>
void expect_same(const LaneArray<Lane>& got, const LaneArray<Lane>& expected, const char* what,
                 int round) {
  for (size_t i = 0; i < got.size(); ++i) {
    ASSERT_TRUE(same_lane(got[i], expected[i]))
        << what << ", round " << round << ", lane " << i << ": got " << +got[i] << ", expected "
        << +expected[i];
  }
}

/// Lane i of the result is `oracle(a[i])`.
template <class Lane, class Out = Lane>
void check_unary(const char* what, V128 (*op)(V128), auto oracle) {
  Draw draw;
  for (int round = 0; round < rounds; ++round) {
    const V128 a = draw.vector<Lane>();
    LaneArray<Out> expected;
    for (size_t i = 0; i < expected.size(); ++i) expected[i] = oracle(lanes<Lane>(a)[i]);
    expect_same<Out>(lanes<Out>(op(a)), expected, what, round);
    if (::testing::Test::HasFatalFailure()) return;
  }
}

/// Lane i of the result is `oracle(a[i], b[i])`.
template <class Lane, class Out = Lane>
void check_binary(const char* what, V128 (*op)(V128, V128), auto oracle) {
  Draw draw;
  for (int round = 0; round < rounds; ++round) {
    const V128 a = draw.vector<Lane>(), b = draw.vector<Lane>();
    LaneArray<Out> expected;
    for (size_t i = 0; i < expected.size(); ++i) {
      expected[i] = static_cast<Out>(oracle(lanes<Lane>(a)[i], lanes<Lane>(b)[i]));
    }
    expect_same<Out>(lanes<Out>(op(a, b)), expected, what, round);
    if (::testing::Test::HasFatalFailure()) return;
  }
}

/// The whole result is `oracle(lanes of a, lanes of b)`, an array of `Out`.
template <class Lane, class Out>
void check_whole(const char* what, V128 (*op)(V128, V128), auto oracle) {
  Draw draw;
  for (int round = 0; round < rounds; ++round) {
    const V128 a = draw.vector<Lane>(), b = draw.vector<Lane>();
    const LaneArray<Out> expected = oracle(lanes<Lane>(a), lanes<Lane>(b));
    expect_same<Out>(lanes<Out>(op(a, b)), expected, what, round);
    if (::testing::Test::HasFatalFailure()) return;
  }
}
template <class Lane, class Out>
void check_whole(const char* what, V128 (*op)(V128), auto oracle) {
  Draw draw;
  for (int round = 0; round < rounds; ++round) {
    const V128 a = draw.vector<Lane>();
    const LaneArray<Out> expected = oracle(lanes<Lane>(a));
    expect_same<Out>(lanes<Out>(op(a)), expected, what, round);
    if (::testing::Test::HasFatalFailure()) return;
  }
}

/// A test of the lanes of `a` that gives a number.
template <class Lane>
void check_test(const char* what, uint32_t (*op)(V128), auto oracle) {
  Draw draw;
  for (int round = 0; round < rounds; ++round) {
    const V128 a = round == 0 ? V128{} : draw.vector<Lane>();
    ASSERT_EQ(op(a), static_cast<uint32_t>(oracle(lanes<Lane>(a)))) << what << ", round " << round;
  }
}

/// `value`, brought into the range of `Lane`.
template <std::integral Lane>
Lane saturate(int64_t value) {
  if (value < int64_t{std::numeric_limits<Lane>::min()}) return std::numeric_limits<Lane>::min();
  if (value > int64_t{std::numeric_limits<Lane>::max()}) return std::numeric_limits<Lane>::max();
  return static_cast<Lane>(value);
}

}  // namespace cairn::engine::numerics::testing
