// Hooks, ends and upgrades: what they do goes the way of a message, or does not happen.

#include <cairn/actor/recorded_limits.hpp>

#include "guest/component_actor_testing.hpp"

namespace cairn::actor {
namespace {

using testing::ms;
using testing::Style;

class LivesOfActors : public testing::MachineActors {
 protected:
  static std::function<void(KindSettings&)> with_health() {
    return with_limits(
        [](ActorSettings& own) { own.health = {.interval_ns = 10 * ms, .threshold = 100}; });
  }
  size_t records(const std::string& name) { return journal_.chains.at(name).transitions.size(); }
};

TEST_P(LivesOfActors, HooksGoTheWayOfAMessage) {
  load(with_health());
  const ActorId listener = spawn("listener", "0");
  const ActorId id = spawn("account", "100");
  ask(id, "set health-check send listener add 1");
  simulation_.advance(11 * ms);
  EXPECT_EQ(ask(listener, "get").text, "1");
  const Transition& record = last_record("account");
  EXPECT_EQ(record.kind, TransitionKind::snapshot);
  EXPECT_EQ(record.reason, "health-check");
  ASSERT_EQ(record.effects.size(), 1u);
  EXPECT_EQ(record.effects[0].to, "listener");
  EXPECT_GT(record.fuel_used, 0u);
}

TEST_P(LivesOfActors, HooksThatAreRefusedHaveDoneNothing) {
  load(with_health());
  const ActorId id = spawn("account", "100");
  for (const char* command : {"take 1000", "bad", "trap", "loop", "add 1"}) {
    ask(id, fmt::format("set health-check {}", command));
    const size_t before = records("account");
    simulation_.advance(10 * ms);
    const bool counts = is_resident() && std::string_view(command) == "add 1";
    if (std::string_view(command) != "add 1") {
      EXPECT_EQ(records("account"), before) << command;
    }
    EXPECT_EQ(ask(id, "get").text, counts ? "101" : "100") << command;
  }
}

/// Each hook that loops for ever: when its time is over the run is, and it has done nothing.
TEST_P(LivesOfActors, HooksThatLoopEndWithTheirTime) {
  constexpr uint64_t us = 1000;
  constexpr HookTimeouts times = {.start_ns = 100 * us, .stop_ns = 200 * us, .health_ns = 300 * us};
  load([&](KindSettings& settings) {
    with_limits([&](ActorSettings& own) {
      own.timeouts = times;
      own.health = {.interval_ns = 2 * ms, .threshold = 1};
      own.limits.fuel_per_message = 0;
    })(settings);
    settings.on_trap = Directive::restart;
  });
  struct Case {
    const char* hook;
    uint64_t after_ns;
    Exit exit = Exit::limit;
  };
  for (const Case& each : {Case{"pre-start", times.start_ns}, Case{"post-start", times.start_ns},
                           Case{"on-restart", times.start_ns}, Case{"pre-stop", times.stop_ns},
                           Case{"post-stop", times.stop_ns},
                           Case{"health-check", 2 * ms + times.health_ns, Exit::unhealthy}}) {
    const std::string name = each.hook;
    values_[name] = std::make_shared<wasi::MemoryBucket>();
    const ByteSpan loop = as_bytes("loop");
    ASSERT_TRUE(values_[name]->change({{.key = name, .value = Bytes(loop.begin(), loop.end())}}));
    SupervisorSpec parent = {.intensity = {.max_restarts = 1, .period_ns = 1000 * ms}};
    parent.children.push_back(kind_->spec(name, Payload("100")));
    parent.children[0].restart = Restart::transient;
    std::vector<std::pair<Exit, uint64_t>> ends;
    // A turn is a slice of fuel: without that a loop of some simulated time takes a real while.
    Simulation simulation(1, {.slice_time_ns = 0, .observer = [&](const Event& event) {
                                if (event.kind == EventKind::ended)
                                  ends.emplace_back(Exit(event.code), event.at_ns);
                              }});
    const auto all = testing::with([](ActorSettings& own) { own.grants = Grants::all(); });
    uint64_t begin_ns = simulation.clock().monotonic_ns();
    static_cast<void>(simulation.system().spawn({.factory = supervisor(parent), .settings = all}));
    simulation.run();
    const ActorId id = simulation.system().find(name);
    if (name != "health-check" && !name.ends_with("-start")) {
      begin_ns = simulation.clock().monotonic_ns();
      if (name == "on-restart") simulation.system().send(id, Payload("trap"));
      if (name != "on-restart") simulation.system().stop(id);
    }
    simulation.advance(10 * ms);
    const auto end = std::ranges::find(ends, each.exit, &std::pair<Exit, uint64_t>::first);
    ASSERT_NE(end, ends.end()) << name;
    EXPECT_GE(end->second - begin_ns, each.after_ns) << name;
    EXPECT_LT(end->second - begin_ns, each.after_ns + 50 * us) << name;
    for (const Transition& record : journal_.chains.at(name).transitions) {
      EXPECT_NE(record.reason, name) << "a hook that did not end is no record";
    }
    EXPECT_FALSE(simulation.system().is_alive(id)) << name << ": it failed twice, or stopped";
  }
}

TEST_P(LivesOfActors, WithoutAJournalAHookThatTrapsHasDoneNothing) {
  load(with_health(), false);
  const ActorId id = spawn("account", "100");
  ask(id, "add 1");
  ask(id, "set health-check trap");
  simulation_.advance(11 * ms);
  EXPECT_EQ(ask(id, "get").text, "101");
}

TEST_P(LivesOfActors, WhatIsBeingRecordedHappensBeforeTheEnd) {
  load();
  const ActorId listener = spawn("listener", "0");
  const ActorId id = spawn("account", "100");
  journal_.defer = true;
  ask(id, "send listener add 5");
  const auto answer = last_;
  system().kill(id);
  simulation_.advance(10 * ms);
  EXPECT_TRUE(system().is_alive(id));
  EXPECT_EQ(answer->kind, MessageKind::signal);
  journal_.settle();
  journal_.defer = false;
  simulation_.run();
  EXPECT_FALSE(system().is_alive(id));
  EXPECT_EQ(answer->kind, MessageKind::reply) << "what is recorded is what was seen";
  EXPECT_EQ(ask(listener, "get").text, "5");
  EXPECT_EQ(system().counters().handled, 3u);
}

TEST_P(LivesOfActors, WhatIsNotRecordedYetEndsAtOnce) {
  load();
  const ActorId id = spawn("account", "100");
  const size_t before = chain("account").size();
  system().send(id, Payload("loop"));
  for (int step = 0; step < 10; ++step) simulation_.step();
  system().kill(id);
  simulation_.run();
  EXPECT_FALSE(system().is_alive(id));
  EXPECT_EQ(chain("account").size(), before);
}

TEST_P(LivesOfActors, AnotherModuleHasToAcceptTheState) {
  const auto& modest = testing::modest_machine(GetParam());
  ASSERT_TRUE(modest) << modest.error().message;
  const auto stop = [&](ActorId id) {
    system().stop(id);
    simulation_.run();
  };
  load();
  stop(spawn("account", "100"));
  load(*modest, {}, true);
  ActorId id = spawn("account", "0");
  EXPECT_EQ(system().is_alive(id), !is_resident()) << "a memory is of its module";
  if (!is_resident()) {
    EXPECT_EQ(ask(id, "get").text, "100");
    EXPECT_TRUE(ask(id, "add 1").is(Refusal::rejected));
    stop(id);
    load();
    id = spawn("account", "0");
    ask(id, "add 50");
    stop(id);
    load(*modest, {}, true);
    EXPECT_FALSE(system().is_alive(spawn("account", "0")));
  }
  const Transition refused = last_record("account");
  EXPECT_EQ(refused.kind, TransitionKind::rejection);
  EXPECT_EQ(refused.module, kind_->digest());
  EXPECT_EQ(refused.rejection, is_resident() ? Rejection::error : Rejection::contract);
  EXPECT_EQ(refused.reason,
            is_resident()
                ? "upgrade: a memory means nothing to another module than that which made it"
                : "too-rich: the balance would be above the limit");
  // The old one goes on, as after any restart.
  load();
  const size_t before = records("account");
  id = spawn("account", "0");
  const Transition& restart = journal_.chains.at("account").transitions.at(before);
  EXPECT_EQ(restart.kind, TransitionKind::restart);
  EXPECT_TRUE(RecordedLimits::of(restart.input.bytes()).has_value()) << restart.input.text();
  EXPECT_EQ(ask(id, "get").text, is_resident() ? "100" : "150");
}

INSTANTIATE_TEST_SUITE_P(Styles, LivesOfActors,
                         ::testing::Values(Style::explicit_state, Style::resident),
                         [](const auto& info) {
                           return info.param == Style::resident ? "Resident" : "Explicit";
                         });

}  // namespace
}  // namespace cairn::actor
