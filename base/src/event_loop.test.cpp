#include <cairn/base/event_loop.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <cairn/base/simulated_event_loop.hpp>

#include <array>
#include <mutex>
#include <thread>
#include <vector>

namespace cairn {
namespace {

struct Pipe {
  Pipe() { EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0); }
  ~Pipe() {
    for (const int end : ends) close(end);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void write() const { EXPECT_EQ(::write(ends[1], "x", 1), 1); }
  std::array<int, 2> ends{};
};

class RealEventLoop : public testing::Test {
 protected:
  RealClock clock_;
  std::unique_ptr<EventLoop> loop_ = make_event_loop(clock_);
};

TEST_F(RealEventLoop, EndsWhenNobodyWaits) {
  EXPECT_FALSE(loop_->run_one().value());
  EXPECT_FALSE(loop_->poll().value());
}

TEST_F(RealEventLoop, KeepsDeadlines) {
  std::vector<int> order;
  const uint64_t now = clock_.monotonic_ns();
  const auto second = loop_->at(now + 2'000'000, [&] { order.push_back(2); });
  const auto first = loop_->at(now + 1'000'000, [&] { order.push_back(1); });
  const auto never = loop_->at(UINT64_MAX, [&] { order.push_back(3); });
  EXPECT_TRUE(loop_->run_one().value());
  EXPECT_TRUE(loop_->run_one().value());
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
  EXPECT_GE(clock_.monotonic_ns(), now + 2'000'000);
}

TEST_F(RealEventLoop, TellsOfDescriptors) {
  const Pipe pipe;
  int reads = 0;
  EXPECT_FALSE(loop_->is_ready(pipe.ends[0], EventLoop::Direction::read));
  EXPECT_TRUE(loop_->is_ready(pipe.ends[1], EventLoop::Direction::write));
  const auto one = loop_->when_ready(pipe.ends[0], EventLoop::Direction::read, [&] { reads += 1; });
  const auto two =
      loop_->when_ready(pipe.ends[0], EventLoop::Direction::read, [&] { reads += 10; });
  {
    const auto gone =
        loop_->when_ready(pipe.ends[0], EventLoop::Direction::read, [&] { ADD_FAILURE(); });
  }
  const auto timer = loop_->at(clock_.monotonic_ns() + 1'000'000, [&] { pipe.write(); });
  while (reads != 11) ASSERT_TRUE(loop_->run_one().value());
}

TEST_F(RealEventLoop, ForgetsDescriptorsThatAreClosed) {
  for (int i = 0; i < 3; ++i) {
    const Pipe pipe;
    bool ready = false;
    auto ticket =
        loop_->when_ready(pipe.ends[0], EventLoop::Direction::read, [&] { ready = true; });
    pipe.write();
    while (!ready) ASSERT_TRUE(loop_->run_one().value());
    ticket.reset();
  }
}

TEST_F(RealEventLoop, FindsFilesReady) {
  const int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  bool ready = false;
  const auto ticket = loop_->when_ready(file, EventLoop::Direction::read, [&] { ready = true; });
  EXPECT_TRUE(loop_->run_one().value());
  EXPECT_TRUE(ready);
  close(file);
}

TEST_F(RealEventLoop, TakesWorkOfOtherThreads) {
  const auto never = loop_->at(UINT64_MAX, [] {});
  bool done = false;
  std::thread other([&] { loop_->post([&] { done = true; }); });
  while (!done) ASSERT_TRUE(loop_->run_one().value());
  other.join();
}

TEST_F(RealEventLoop, DoesWorkElsewhere) {
  const Pipe pipe;
  std::thread::id worker;
  bool done = false;
  // More than there are threads, and all but the last wait for what this thread does later.
  std::vector<EventLoop::Ticket> blocked;
  size_t read = 0;
  for (size_t i = 0; i + 1 < work_threads_max; ++i) {
    blocked.push_back(loop_->work(
        [&] {
          char byte = 0;
          EXPECT_EQ(::read(pipe.ends[0], &byte, 1), 1);
        },
        [&] { ++read; }));
  }
  const auto quick =
      loop_->work([&] { worker = std::this_thread::get_id(); }, [&] { done = true; });
  while (!done) ASSERT_TRUE(loop_->run_one().value());
  EXPECT_NE(worker, std::this_thread::get_id());
  EXPECT_EQ(read, 0u);
  for (size_t i = 0; i + 1 < work_threads_max; ++i) pipe.write();
  while (loop_->run_one().value()) {
  }
  EXPECT_EQ(read, work_threads_max - 1);
}

TEST_F(RealEventLoop, DoesWorkThatNobodyWaitsFor) {
  int count = 0;
  std::mutex mutex;
  const auto owner = std::make_shared<std::thread::id>();
  struct Owned {
    ~Owned() { *at_end = std::this_thread::get_id(); }
    std::shared_ptr<std::thread::id> at_end;
  };
  for (int i = 0; i < 100; ++i) {
    const auto ticket = loop_->work(
        [&, owned = std::make_shared<Owned>(owner)] {
          const std::scoped_lock lock(mutex);
          ++count;
        },
        [] { ADD_FAILURE(); });
  }
  loop_.reset();
  EXPECT_EQ(count, 100);
  EXPECT_EQ(*owner, std::this_thread::get_id());
}

TEST_F(RealEventLoop, CanBeInterrupted) {
  const auto never = loop_->at(UINT64_MAX, [] {});
  std::thread other([&] { loop_->interrupt(); });
  EXPECT_EQ(loop_->run_one().error().kind, ErrorKind::limit);
  EXPECT_EQ(loop_->run_one().error().kind, ErrorKind::limit);
  other.join();
}

TEST(SimulatedEventLoop, LetsTimePassWhenNothingElseIsToBeDone) {
  SimulatedClock clock;
  SimulatedEventLoop loop(clock);
  std::vector<int> order;
  const auto late = loop.at(2'000, [&] { order.push_back(2); });
  const auto file = loop.when_ready(7, EventLoop::Direction::read, [&] { order.push_back(7); });
  const auto early = loop.at(1'000, [&] {
    order.push_back(1);
    loop.set_ready(7, EventLoop::Direction::read);
  });
  EXPECT_FALSE(loop.poll().value());
  while (loop.run_one().value()) {
  }
  EXPECT_EQ(order, (std::vector<int>{1, 7, 2}));
  EXPECT_EQ(clock.monotonic_ns(), 2'000u);
}

TEST(SimulatedEventLoop, DoesWorkInItsTime) {
  SimulatedClock clock;
  SimulatedEventLoop loop(clock);
  uint64_t duration_ns = 3'000;
  loop.set_work_ns([&] { return duration_ns -= 1'000; });
  std::vector<int> order;
  const auto slow = loop.work([&] { order.push_back(1); }, [&] { order.push_back(2); });
  const auto fast = loop.work([&] { order.push_back(3); }, [&] { order.push_back(4); });
  {
    const auto gone = loop.work([&] { order.push_back(5); }, [] { ADD_FAILURE(); });
  }
  while (loop.run_one().value()) {
  }
  EXPECT_EQ(order, (std::vector<int>{5, 3, 4, 1, 2}));
  EXPECT_EQ(clock.monotonic_ns(), 2'000u);
}

TEST(SimulatedEventLoop, ForgetsWhatNobodyWaitsFor) {
  SimulatedClock clock;
  SimulatedEventLoop loop(clock);
  {
    const auto gone = loop.at(5, [] { ADD_FAILURE(); });
  }
  EXPECT_FALSE(loop.run_one().value());
  bool ran = false;
  loop.post([&] { ran = true; });
  EXPECT_TRUE(loop.run_one().value());
  EXPECT_TRUE(ran);
  loop.interrupt();
  EXPECT_FALSE(loop.run_one());
}

}  // namespace
}  // namespace cairn
