#include <cairn/base/random.hpp>

#include <gtest/gtest.h>

#include <set>

namespace cairn {
namespace {

TEST(SeededRandom, RepeatsItself) {
  SeededRandom a(42), b(42), c(43);
  const uint64_t first = a.next_u64();
  EXPECT_EQ(first, b.next_u64());
  EXPECT_NE(first, c.next_u64());
  EXPECT_NE(first, a.next_u64());
}

// Published output of xoshiro256** seeded by splitmix64 from 0.
TEST(SeededRandom, IsThePublishedGenerator) {
  SeededRandom random(0);
  EXPECT_EQ(random.next_u64(), 0x99ec5f36cb75f2b4u);
  EXPECT_EQ(random.next_u64(), 0xbf6e1f784956452au);
}

TEST(SeededRandom, FillsAnyLength) {
  for (size_t size = 0; size < 20; ++size) {
    SeededRandom random(7);
    Bytes bytes(size + 1, 0xaa);
    random.fill(MutableByteSpan(bytes).first(size));
    EXPECT_EQ(bytes[size], 0xaa);
  }
}

TEST(Random, BelowStaysBelowAndReachesAll) {
  SeededRandom random(1);
  std::set<uint64_t> seen;
  for (int i = 0; i < 200; ++i) seen.insert(random.below(7));
  EXPECT_EQ(seen, (std::set<uint64_t>{0, 1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(random.below(1), 0u);
}

TEST(RealRandom, Differs) {
  RealRandom random;
  EXPECT_NE(random.next_u64(), random.next_u64());
}

}  // namespace
}  // namespace cairn
