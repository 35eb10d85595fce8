#include <cairn/base/clock.hpp>

#include <gtest/gtest.h>

namespace cairn {
namespace {

TEST(SimulatedClock, MovesOnlyWhenTold) {
  SimulatedClock clock(1'000);
  EXPECT_EQ(clock.monotonic_ns(), 0u);
  EXPECT_EQ(clock.realtime_ns(), 1'000u);
  clock.advance(5);
  EXPECT_EQ(clock.monotonic_ns(), 5u);
  EXPECT_EQ(clock.realtime_ns(), 1'005u);
  clock.sleep_until(50);
  EXPECT_EQ(clock.monotonic_ns(), 50u);
  clock.sleep_until(20);
  EXPECT_EQ(clock.monotonic_ns(), 50u);
}

TEST(RealClock, NeverGoesBackAndSleepsLongEnough) {
  RealClock clock;
  const uint64_t start = clock.monotonic_ns();
  clock.sleep_until(start + 2'000'000);
  EXPECT_GE(clock.monotonic_ns(), start + 2'000'000);
  EXPECT_GE(clock.monotonic_resolution_ns(), 1u);
  EXPECT_GE(clock.realtime_resolution_ns(), 1u);
  EXPECT_GT(clock.realtime_ns(), uint64_t{1'600'000'000} * 1'000'000'000);
  EXPECT_GE(clock.process_cpu_ns(), clock.thread_cpu_ns() / 2);
}

}  // namespace
}  // namespace cairn
