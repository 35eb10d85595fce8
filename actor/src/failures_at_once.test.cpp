// Failures and stops that cross: whoever was told to stop stays away, and nobody else does.

#include "testing.hpp"

#include <cairn/base/seeds_testing.hpp>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace cairn::actor {
namespace {

using namespace testing;

/// A supervisor of four permanent children n0, n1, … that end as messages say.
class Family {
 public:
  Family(uint64_t seed, Strategy strategy)
      : simulation_(seed, {.workers = static_cast<uint32_t>(1 + seed % 3)}) {
    SupervisorSpec top = {.strategy = strategy, .intensity = {.max_restarts = 1000}};
    Hooks hooks;
    hooks.handle = [](Context&, const Message& message) {
      return fail(ErrorKind::trap, std::string(message.payload.text()));
    };
    hooks.on_error = [](const Error& error) {
      return error.message == "escalate" ? Directive::escalate : Directive::restart;
    };
    hooks.pre_stop = [](Context& context) {
      return context.random().below(2) == 0 ? Progress::done : Progress::waiting;
    };
    const auto settings = with([](ActorSettings& own) { own.timeouts.stop_ns = 5 * ms; });
    for (uint64_t at = 0; at < size; ++at) {
      top.children.push_back({.name = name(at),
                              .factory = puppet(hooks),
                              .settings = settings,
                              .shutdown_ns = at == 0 ? 0 : 100 * ms});
    }
    EXPECT_TRUE(system().spawn({.name = "top", .factory = supervisor(top)}));
    simulation_.run();
  }

  static constexpr uint64_t size = 4;
  static std::string name(uint64_t at) { return fmt::format("n{}", at); }
  ActorId find(uint64_t at) { return system().find(name(at)); }
  System& system() { return simulation_.system(); }
  void step() { simulation_.step(); }
  void settle() { simulation_.advance(1000 * ms); }

 private:
  Simulation simulation_;
};

Strategy strategy_of(uint64_t seed) { return static_cast<Strategy>(seed % 3); }

TEST(FailuresAtOnce, EverybodyIsStartedAgain) {
  for (const uint64_t seed : test_seeds(10'000)) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    SeededRandom random(seed * 31 + 7);
    Family family(seed, strategy_of(seed));
    for (uint64_t left = 2 + random.below(6); left > 0; --left) {
      family.system().send(family.find(random.below(Family::size)), Payload("crash"));
      for (uint64_t steps = random.below(4); steps > 0; --steps) family.step();
    }
    family.settle();
    for (uint64_t at = 0; at < Family::size; ++at) EXPECT_TRUE(family.find(at)) << "n" << at;
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(FailuresAtOnce, WhoIsToldToStopStaysAwayThoughItFails) {
  for (const uint64_t seed : test_seeds(10'000)) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    SeededRandom random(seed * 31 + 11);
    Family family(seed, strategy_of(seed));
    const uint64_t stopped = random.below(Family::size);
    const ActorId id = family.find(stopped);
    for (uint64_t left = random.below(3); left > 0; --left) {
      family.system().send(family.find(random.below(Family::size)), Payload("crash"));
      for (uint64_t steps = random.below(4); steps > 0; --steps) family.step();
    }
    // It comes to that when it has heard that it is to stop: nobody else fails for it any more.
    if (random.below(2) == 0) family.system().send(id, Payload("escalate"));
    if (random.below(3) != 0)
      family.system().stop(id, 50 * ms);
    else
      family.system().kill(id);
    for (uint64_t left = random.below(3); left > 0; --left) {
      for (uint64_t steps = random.below(4); steps > 0; --steps) family.step();
      if (const ActorId other = family.find(random.below(Family::size)); other != id)
        family.system().send(other, Payload("crash"));
    }
    family.settle();
    EXPECT_FALSE(family.system().is_alive(id));
    for (uint64_t at = 0; at < Family::size; ++at) {
      EXPECT_EQ(static_cast<bool>(family.find(at)), at != stopped) << "n" << at;
    }
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace cairn::actor
