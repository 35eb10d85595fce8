#include "native/fiber.hpp"

#include <gtest/gtest.h>

#include <sys/syscall.h>
#include <unistd.h>

#include <thread>

namespace cairn::engine {
namespace {

/// A fiber over a stack of a pool, with a body that gets the fiber.
class Running {
 public:
  using Body = std::function<void(Fiber&)>;
  Running(FiberStackPool& pool, uint64_t bytes, Body body)
      : pool_(pool),
        body_(std::move(body)),
        fiber_(std::make_unique<Fiber>(pool.take(bytes), &Running::main, this)) {}
  ~Running() {
    const FiberStack stack = fiber_->stack();
    fiber_.reset();
    pool_.give_back(stack);
  }
  void resume() { std::exchange(started_, true) ? fiber_->resume() : fiber_->run(); }
  /// From the beginning of the body.
  void run() { fiber_->run(); }

 private:
  static void main(void* self) {
    auto& running = *static_cast<Running*>(self);
    running.body_(*running.fiber_);
  }
  FiberStackPool& pool_;
  Body body_;
  std::unique_ptr<Fiber> fiber_;
  bool started_ = false;
};

constexpr uint64_t small = 1 << 20;

TEST(Fiber, StopsAndGoesOn) {
  FiberStackPool pool;
  std::vector<int> seen;
  Running fiber(pool, small, [&](Fiber& self) {
    double kept = 1.5;
    for (int i = 0; i < 3; ++i) {
      seen.push_back(i);
      self.suspend();
      kept *= 2;
    }
    seen.push_back(static_cast<int>(kept));
  });
  for (int i = 0; i < 4; ++i) {
    fiber.resume();
    seen.push_back(100 + i);
  }
  EXPECT_EQ(seen, (std::vector<int>{0, 100, 1, 101, 2, 102, 12, 103}));
}

TEST(Fiber, MovesBetweenThreads) {
  FiberStackPool pool;
  // What the C library says of the thread is kept by compilers across calls.
  const auto thread = [] { return syscall(SYS_gettid); };
  std::vector<long> seen;
  Running fiber(pool, small, [&](Fiber& self) {
    for (int i = 0; i < 3; ++i) {
      seen.push_back(thread());
      self.suspend();
    }
  });
  for (int i = 0; i < 2; ++i) std::thread([&] { fiber.resume(); }).join();
  fiber.resume();
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[2], thread());
  EXPECT_NE(seen[0], seen[2]);
}

TEST(Fiber, NestsInOthers) {
  FiberStackPool pool;
  std::string seen;
  Running inner(pool, small, [&](Fiber& self) {
    seen += 'a';
    self.suspend();
    seen += 'b';
  });
  Running outer(pool, small, [&](Fiber& self) {
    inner.resume();
    seen += '1';
    self.suspend();
    inner.resume();
    seen += '2';
  });
  outer.resume();
  seen += '-';
  outer.resume();
  EXPECT_EQ(seen, "a1-b2");
}

TEST(Fiber, RunsAgainFromWhereverItStood) {
  FiberStackPool pool;
  std::string seen;
  int round = 0;
  Running fiber(pool, small, [&](Fiber& self) {
    seen += static_cast<char>('a' + round);
    if (round == 1) self.suspend();
    if (round == 3) self.leave();
    seen += '.';
  });
  for (; round < 6; ++round) fiber.run();
  EXPECT_EQ(seen, "a.bc.de.f.");
}

TEST(Fiber, CanBeForgottenAnywhere) {
  FiberStackPool pool;
  for (int i = 0; i < 100; ++i) {
    Running fiber(pool, small, [&](Fiber& self) {
      for (;;) self.suspend();
    });
    for (int k = 0; k < i % 3; ++k) fiber.resume();
  }
}

/// Writes to the stack from its top down to `bytes` below. AddressSanitizer would keep the words
/// elsewhere, to see who uses them after the return.
[[gnu::noinline, clang::no_sanitize("address")]] uint64_t use(uint64_t bytes) {
  volatile uint64_t words[512];
  for (int i = 0; i < 512; ++i) words[i] = bytes + 1;
  return bytes > sizeof words ? use(bytes - sizeof words) + words[7] : words[9];
}

TEST(Fiber, GivesMemoryBackThatDeepFramesTook) {
  FiberStackPool pool;
  const FiberStack stack = pool.take(small);
  ASSERT_NE(stack.base, nullptr);
  pool.give_back(stack);
  {
    Running fiber(pool, small, [&](Fiber&) { use(small / 2); });
    fiber.resume();
    const auto* word = reinterpret_cast<const uint64_t*>(stack.top() - small / 2 + (16 << 10));
    EXPECT_NE(*word, 0u);
  }
  const FiberStack again = pool.take(small);
  EXPECT_EQ(again.base, stack.base);
  const auto* words = reinterpret_cast<const uint64_t*>(again.low());
  const uint64_t count = (small - FiberStackPool::kept_bytes) / sizeof(uint64_t);
  EXPECT_TRUE(std::all_of(words, words + count, [](uint64_t word) { return word == 0; }));
  pool.give_back(again);
}

}  // namespace
}  // namespace cairn::engine
