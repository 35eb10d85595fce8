#include <gtest/gtest.h>
#include <unistd.h>
#include <cairn/wasi/sandbox/waiter.hpp>

#include <array>
#include <thread>

#include "sandbox/testing.hpp"

namespace cairn::wasi {
namespace {

constexpr uint64_t ms = 1'000'000;

TEST(RealWaiter, ReturnsAtTheDeadline) {
  RealClock clock;
  RealWaiter waiter(clock, false);
  const uint64_t start = clock.monotonic_ns();
  EXPECT_TRUE(waiter.wait({}, start + 20 * ms));
  EXPECT_GE(clock.monotonic_ns(), start + 20 * ms);
  EXPECT_TRUE(waiter.wait({}, 0));
}

TEST(RealWaiter, SeesWhatIsReady) {
  std::array<int, 2> ends;
  ASSERT_EQ(pipe(ends.data()), 0);
  RealClock clock;
  RealWaiter waiter(clock, true);
  std::array<Waiter::Item, 2> items{{{.fd = ends[0]}, {.fd = ends[1], .write = true}}};
  EXPECT_TRUE(waiter.wait(items, std::nullopt));
  EXPECT_FALSE(items[0].ready);
  EXPECT_TRUE(items[1].ready);
  ASSERT_EQ(write(ends[1], "x", 1), 1);
  close(ends[1]);
  items[1] = {.fd = -1};
  EXPECT_TRUE(waiter.wait(items, std::nullopt));
  EXPECT_TRUE(items[0].ready);
  EXPECT_TRUE(items[0].hung_up);
  close(ends[0]);
}

TEST(RealWaiter, IsInterruptedFromAnotherThread) {
  RealClock clock;
  RealWaiter waiter(clock, true);
  std::thread other([&] {
    // Time for the wait to begin; the test holds without it, too.
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    waiter.interrupt();
  });
  EXPECT_EQ(error_of(waiter.wait({}, std::nullopt)), Errno::canceled);
  EXPECT_EQ(error_of(waiter.wait({}, std::nullopt)), Errno::canceled);
  other.join();
}

TEST(SimulatedWaiter, LetsTimePassAtOnce) {
  SimulatedClock clock;
  SimulatedWaiter waiter(clock);
  EXPECT_TRUE(waiter.wait({}, 3600'000 * ms));
  EXPECT_EQ(clock.monotonic_ns(), 3600'000 * ms);
  waiter.interrupt();
  EXPECT_EQ(error_of(waiter.wait({}, 0)), Errno::canceled);
}

}  // namespace
}  // namespace cairn::wasi
