#include "log_mark.hpp"

#include <cairn/base/random.hpp>
#include <cairn/base/simulated_disk.hpp>

#include <gtest/gtest.h>

#include <cerrno>

namespace cairn::platform {
namespace {

class LogMarks : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(disk.make_directories("data").has_value()); }
  LogMark open() {
    auto mark = LogMark::open(disk, "data");
    EXPECT_TRUE(mark.has_value()) << mark.error().to_string();
    return *std::move(mark);
  }
  SimulatedDisk disk;
};

TEST_F(LogMarks, KnowWhatIsShorterThanItWas) {
  EXPECT_TRUE(open().check(0).has_value());
  ASSERT_TRUE(open().set(5).has_value());
  const Result<> shorter = open().check(4);
  ASSERT_FALSE(shorter.has_value());
  EXPECT_EQ(shorter.error().kind, ErrorKind::malformed);
  EXPECT_EQ(shorter.error().path, "data/reached");
  EXPECT_TRUE(open().check(5).has_value());
  EXPECT_TRUE(open().check(6).has_value());
}

/// Whatever a crash leaves, nothing is said of a log that has what it had.
TEST_F(LogMarks, OutlastCrashes) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    SeededRandom random(seed);
    SimulatedDisk other;
    ASSERT_TRUE(other.make_directories("data").has_value());
    uint64_t durable = 0;
    {
      auto mark = LogMark::open(other, "data");
      ASSERT_TRUE(mark.has_value());
      for (uint64_t records = 3; records < 3 + 2 * random.below(3); records += 2) {
        const bool fails = random.below(2) == 0;
        other.set_fault([&](uint64_t, const std::string&) { return fails ? EIO : 0; });
        if (mark->set(records)) durable = records;
      }
    }
    other.set_fault(nullptr);
    other.crash(random);
    auto mark = LogMark::open(other, "data");
    ASSERT_TRUE(mark.has_value()) << seed << ": " << mark.error().to_string();
    EXPECT_TRUE(mark->check(10).has_value()) << seed;
    if (durable > 0) {
      EXPECT_FALSE(mark->check(durable - 1).has_value()) << seed;
    }
  }
}

TEST_F(LogMarks, AreTriedAgain) {
  LogMark mark = open();
  disk.set_fault([](uint64_t, const std::string&) { return ENOSPC; });
  EXPECT_FALSE(mark.set(5).has_value());
  disk.set_fault(nullptr);
  EXPECT_TRUE(mark.set(5).has_value());
  EXPECT_FALSE(open().check(4).has_value());
}

TEST_F(LogMarks, WithoutACountAreNone) {
  ASSERT_TRUE(open().set(5).has_value());
  disk.change("data/reached", [](Bytes& bytes) { bytes[3] = 'x'; });
  EXPECT_EQ(LogMark::open(disk, "data").error().kind, ErrorKind::malformed);
  disk.change("data/reached", [](Bytes& bytes) { bytes.resize(7); });
  EXPECT_TRUE(open().check(0).has_value()) << "a crash before the first";
}

}  // namespace
}  // namespace cairn::platform
