// A hook that never ends: when its time is over the actor's run is, and nobody waits for it.

#include "testing.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace cairn::actor {
namespace {

using namespace testing;

/// Its own time for each, so that none can be taken for another.
constexpr HookTimeouts timeouts = {.start_ns = 20 * ms, .stop_ns = 30 * ms, .health_ns = 40 * ms};

class HookTimes : public ::testing::Test {
 protected:
  /// An actor one of whose hooks waits for ever.
  ActorId spawn(Hooks::Hook Hooks::* hook, Restart restart = Restart::temporary) {
    Hooks hooks;
    hooks.handle = [](Context&, const Message&) { return fail(ErrorKind::trap, "crashed"); };
    hooks.*hook = [](Context&) -> Result<Progress> { return Progress::waiting; };
    const auto settings = with([](ActorSettings& own) {
      own.timeouts = timeouts;
      own.health = {.interval_ns = 100 * ms, .threshold = 1};
    });
    SupervisorSpec top = {
        .intensity = {.max_restarts = 1, .period_ns = 10'000 * ms},
        .children = {
            {.name = "a", .factory = puppet(hooks), .settings = settings, .restart = restart}}};
    EXPECT_TRUE(simulation_.system().spawn({.factory = supervisor(top)}));
    simulation_.run();
    return simulation_.system().find("a");
  }
  /// With what exit its last run ended, and when.
  void expect_end(Exit exit, uint64_t at_ns) {
    const auto ended = std::ranges::find_if(events_, [&](const Event& event) {
      return event.kind == EventKind::ended && event.code == static_cast<uint32_t>(exit);
    });
    ASSERT_NE(ended, events_.end()) << to_string(exit);
    EXPECT_EQ(ended->at_ns / ms, at_ns / ms);  // a simulated turn takes some nanoseconds
  }
  uint64_t now_ns() { return simulation_.clock().monotonic_ns(); }

  std::vector<Event> events_;
  Simulation simulation_{11, {.observer = [this](Event event) {
                           event.text = {};
                           events_.push_back(event);
                         }}};
};

TEST_F(HookTimes, PreStart) {
  const uint64_t began_ns = now_ns();
  EXPECT_FALSE(spawn(&Hooks::pre_start)) << "not registered yet";
  simulation_.advance(1000 * ms);
  expect_end(Exit::limit, began_ns + timeouts.start_ns);
}

TEST_F(HookTimes, PostStart) {
  const uint64_t began_ns = now_ns();
  EXPECT_TRUE(spawn(&Hooks::post_start)) << "registered before";
  simulation_.advance(1000 * ms);
  expect_end(Exit::limit, began_ns + timeouts.start_ns);
}

TEST_F(HookTimes, OnRestart) {
  const ActorId id = spawn(&Hooks::on_restart, Restart::permanent);
  const uint64_t began_ns = now_ns();
  simulation_.system().send(id, Payload("crash"));
  simulation_.advance(1000 * ms);
  expect_end(Exit::limit, began_ns + timeouts.start_ns);
  EXPECT_FALSE(simulation_.system().is_alive(id)) << "that was one restart too many";
}

TEST_F(HookTimes, PreStop) {
  const ActorId id = spawn(&Hooks::pre_stop);
  const uint64_t began_ns = now_ns();
  simulation_.system().stop(id);
  simulation_.advance(1000 * ms);
  EXPECT_FALSE(simulation_.system().is_alive(id));
  expect_end(Exit::limit, began_ns + timeouts.stop_ns);
}

TEST_F(HookTimes, PostStop) {
  const ActorId id = spawn(&Hooks::post_stop);
  const uint64_t began_ns = now_ns();
  simulation_.system().stop(id);
  simulation_.advance(1000 * ms);
  EXPECT_FALSE(simulation_.system().is_alive(id));
  expect_end(Exit::limit, began_ns + timeouts.stop_ns);
}

TEST_F(HookTimes, HealthCheck) {
  const uint64_t began_ns = now_ns();
  const ActorId id = spawn(&Hooks::health_check);
  simulation_.advance(1000 * ms);
  EXPECT_FALSE(simulation_.system().is_alive(id));
  expect_end(Exit::unhealthy, began_ns + 100 * ms + timeouts.health_ns);
}

}  // namespace
}  // namespace cairn::actor
