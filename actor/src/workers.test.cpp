// With real threads; also under ThreadSanitizer.

#include "testing.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>

namespace cairn::actor {
namespace {

using namespace testing;

class Threads : public ::testing::Test {
 protected:
  /// Ends the wait of `wait`.
  void done() {
    std::lock_guard lock(mutex_);
    ++done_;
    changed_.notify_all();
  }
  void wait(uint64_t times) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return done_ >= times; });
  }

  RealClock clock_;
  RealRandom random_;
  std::mutex mutex_;
  std::condition_variable changed_;
  uint64_t done_ = 0;
};

TEST_F(Threads, AllMessagesOfAllSendersAreHandledInOrder) {
  System system(clock_, random_, {.workers = 3});
  Workers workers(system);
  constexpr uint64_t senders = 8;
  constexpr uint64_t each = 5000;
  std::map<ActorId, uint64_t> last;  // of the receiver alone
  uint64_t count = 0;
  std::atomic<bool> in_order = true;
  Hooks hooks;
  hooks.handle = [&](Context&, const Message& message) -> Result<Progress> {
    if (++last[message.from] != message.payload.as<uint64_t>()) in_order = false;
    if (++count == senders * each) done();
    return Progress::done;
  };
  const ActorId sink = *system.spawn({.factory = puppet(hooks)});
  for (uint64_t at = 0; at < senders; ++at) {
    Hooks sender;
    auto sent = std::make_shared<uint64_t>(0);
    sender.handle = [sink, sent](Context& context, const Message&) -> Result<Progress> {
      for (int burst = 0; burst < 100; ++burst) context.send(sink, Payload::of(++*sent));
      if (*sent < each) context.send(context.self(), Payload());
      return Progress::done;
    };
    system.send(*system.spawn({.factory = puppet(sender)}), Payload());
  }
  wait(1);
  EXPECT_TRUE(in_order);
}

TEST_F(Threads, AnActorNeverRunsOnTwoThreads) {
  System system(clock_, random_, {.workers = 4, .slice_messages = 3});
  Workers workers(system);
  constexpr uint64_t messages = 20'000;
  std::atomic<int> inside = 0;
  std::atomic<bool> alone = true;
  uint64_t count = 0;
  Hooks hooks;
  hooks.handle = [&](Context&, const Message&) -> Result<Progress> {
    if (inside.fetch_add(1) != 0) alone = false;
    ++count;
    if (count == messages) done();
    inside.fetch_sub(1);
    return Progress::done;
  };
  const ActorId a = *system.spawn({.factory = puppet(hooks)});
  for (uint64_t sent = 0; sent < messages;) {
    if (system.send(a, Payload()) == Sent::accepted) ++sent;
  }
  wait(1);
  EXPECT_TRUE(alone);
}

TEST_F(Threads, WakersAndTimersFromOutside) {
  System system(clock_, random_);
  Workers workers(system);
  std::mutex mutex;
  std::optional<Waker> waker;
  Hooks hooks;
  hooks.handle = [&](Context& context, const Message& message) -> Result<Progress> {
    if (message.kind == MessageKind::timer) {
      done();
      return Progress::done;
    }
    context.start_timer(1 * ms, 1);
    std::lock_guard lock(mutex);
    waker = context.waker();
    done();
    return Progress::waiting;
  };
  const ActorId a = *system.spawn({.factory = puppet(hooks)});
  system.send(a, Payload());
  wait(1);
  {
    std::lock_guard lock(mutex);
    waker->wake();
  }
  wait(2);
}

TEST_F(Threads, ManyAreBornAndDie) {
  System system(clock_, random_);
  Workers workers(system);
  std::atomic<uint64_t> ended = 0;
  Hooks hooks;
  hooks.post_start = [](Context& context) -> Result<Progress> {
    context.stop(context.self());
    return Progress::done;
  };
  constexpr uint64_t count = 5000;
  hooks.post_stop = [&](Context&) -> Result<Progress> {
    if (++ended == count) done();
    return Progress::done;
  };
  std::vector<ActorId> ids;
  for (uint64_t at = 0; at < count; ++at) {
    ids.push_back(*system.spawn({.factory = puppet(hooks)}));
    if (at > 10) system.send(ids[at - 10], Payload());  // some of them gone, their places new
  }
  wait(1);
  std::ranges::sort(ids);
  EXPECT_EQ(std::ranges::unique(ids).size(), 0) << "no id is given twice";
}

TEST_F(Threads, ManyAtOnce) {
  constexpr uint64_t count = 2500;
  std::atomic<uint64_t> ready = 0;  // outlives the workers: of the batch too many, some do start
  System system(clock_, random_, {.actors_max = 3000});
  Workers workers(system);
  Hooks hooks;
  hooks.post_start = [&](Context&) -> Result<Progress> {
    if (++ready == count) done();
    return Progress::done;
  };
  auto spec = std::make_shared<const ChildSpec>(ChildSpec{.factory = puppet(hooks)});
  std::vector<ActorId> ids(count);
  ASSERT_TRUE(system.spawn(spec, ids));
  wait(1);
  EXPECT_TRUE(std::ranges::all_of(ids, [&](ActorId id) { return system.is_alive(id); }));
  auto too_many = system.spawn(spec, ids);
  ASSERT_FALSE(too_many);
  EXPECT_EQ(too_many.error().kind, ErrorKind::limit);
}

TEST_F(Threads, ALoopThatYieldsDoesNotStarveOthers) {
  System system(clock_, random_, {.workers = 1});
  Workers workers(system);
  std::atomic<bool> end = false;
  Hooks looping;
  looping.handle = [](Context&, const Message&) { return Progress::yielded; };
  looping.resume = [&](Context&) { return end ? Progress::done : Progress::yielded; };
  Hooks good;
  good.handle = [&](Context& context, const Message& message) -> Result<Progress> {
    context.reply(message, Payload());
    return Progress::done;
  };
  system.send(*system.spawn({.factory = puppet(looping)}), Payload());
  const ActorId a = *system.spawn({.factory = puppet(good)});
  for (uint64_t at = 1; at <= 100; ++at) {
    system.request(a, Payload(), 10'000 * ms, [&](const Message&) { done(); });
    wait(at);
  }
  end = true;
}

TEST_F(Threads, ShutdownWhileAllIsBusy) {
  for (int round = 0; round < 3; ++round) {
    System system(clock_, random_);
    Workers workers(system);
    std::vector<ActorId> ids;
    for (int at = 0; at < 50; ++at) {
      Hooks hooks;
      const ActorId other = ids.empty() ? ActorId() : ids.back();
      hooks.handle = [other](Context& context, const Message&) -> Result<Progress> {
        if (other) context.send(other, Payload());
        context.send(context.self(), Payload());
        return Progress::done;
      };
      ids.push_back(*system.spawn({.factory = puppet(hooks)}));
      system.send(ids.back(), Payload());
    }
    system.shutdown(2 * ms);
    while (system.live() != 0) clock_.sleep_until(clock_.monotonic_ns() + 1 * ms);
  }
}

}  // namespace
}  // namespace cairn::actor
