// A name belongs to one actor from its spawning until it has gone.

#include "name_table.hpp"
#include "testing.hpp"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>

namespace cairn::actor {
namespace {

using namespace testing;

TEST(Names, TwoSpawnsAtOnceAreOne) {
  Simulation simulation(1);
  System& system = simulation.system();
  const ChildSpec spec{.name = "a", .factory = puppet({})};
  ASSERT_TRUE(system.spawn(spec));
  const auto second = system.spawn(spec);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message, "there is an actor of the name 'a'");
  EXPECT_FALSE(system.find("a")) << "it has not started";
  simulation.run();
  EXPECT_TRUE(system.find("a"));
  EXPECT_FALSE(system.spawn(spec));
}

TEST(Names, AreFreeWhenTheActorHasGone) {
  Simulation simulation(1);
  System& system = simulation.system();
  std::optional<Waker> waker;
  bool may_end = false;
  Hooks hooks;
  const auto last = [&](Context& context) -> Result<Progress> {
    waker.emplace(context.waker());
    return may_end ? Progress::done : Progress::waiting;
  };
  hooks.post_stop = last;
  hooks.resume = last;
  const ChildSpec spec{.name = "a", .factory = puppet(hooks)};
  const ActorId first = *system.spawn(spec);
  simulation.run();
  system.stop(first);
  simulation.run();
  EXPECT_FALSE(system.find("a")) << "it stops";
  EXPECT_FALSE(system.spawn(spec)) << "it has not gone";
  may_end = true;
  waker->wake();
  simulation.run();
  EXPECT_FALSE(system.is_alive(first));
  EXPECT_TRUE(system.spawn(spec));
}

TEST(Names, AreFreeWhenTheStartFails) {
  Simulation simulation(1);
  System& system = simulation.system();
  Hooks hooks;
  hooks.pre_start = [](Context&) -> Result<Progress> { return fail(ErrorKind::io, "no"); };
  ASSERT_TRUE(system.spawn({.name = "a", .factory = puppet(hooks)}));
  simulation.run();
  EXPECT_TRUE(system.spawn({.name = "a", .factory = puppet({})}));
}

TEST(Names, AreFreeWhenThereIsNoPlace) {
  Simulation simulation(1, {.actors_max = 1});
  System& system = simulation.system();
  const ActorId only = *system.spawn({.factory = puppet({})});
  simulation.run();
  const auto more = system.spawn({.name = "a", .factory = puppet({})});
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().kind, ErrorKind::limit);
  system.kill(only);
  simulation.run();
  EXPECT_TRUE(system.spawn({.name = "a", .factory = puppet({})}));
}

TEST(Names, StayWithARestartedActor) {
  Simulation simulation(1);
  System& system = simulation.system();
  Hooks hooks;
  hooks.handle = [](Context& context, const Message& message) -> Result<Progress> {
    if (message.payload.text() == "stop") {
      context.stop_self();
      return Progress::done;
    }
    return fail(ErrorKind::trap, "crash");
  };
  SupervisorSpec children;
  children.intensity = {.max_restarts = 10, .period_ns = 1000 * ms};
  children.children.push_back({.name = "a", .factory = puppet(hooks)});
  ASSERT_TRUE(system.spawn({.factory = supervisor(children)}));
  simulation.run();
  const ActorId id = system.find("a");
  for (const char* end : {"crash", "stop", "crash"}) {
    system.send(id, Payload(end));
    simulation.run();
    EXPECT_EQ(system.find("a"), id) << end;
  }
}

TEST(Names, TheirTableIsThatOfAnOrderedMap) {
  NameTable table;
  std::map<std::string, ActorId> model;
  SeededRandom random(7);
  for (uint64_t step = 1; step <= 20'000; ++step) {
    // Mostly growing at first, mostly shrinking then.
    const std::string name = "actor-" + std::to_string(random.below(500));
    if (random.below(20'000) >= step) {
      NameTable::Entry* const entry = table.add(name);
      EXPECT_EQ(entry != nullptr, model.emplace(name, ActorId(step)).second);
      if (entry != nullptr) entry->id = ActorId(step);
    } else if (model.erase(name) != 0) {
      table.remove(name);
    }
    const NameTable::Entry* const found = table.find(name);
    ASSERT_EQ(found != nullptr, model.contains(name));
    ASSERT_EQ(table.size(), model.size());
    if (step % 1000 != 0) continue;
    for (const auto& [known, id] : model) {
      ASSERT_NE(table.find(known), nullptr) << known;
      EXPECT_EQ(table.find(known)->id, id);
    }
  }
}

}  // namespace
}  // namespace cairn::actor
