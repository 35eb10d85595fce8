// How what a guest sends goes, and how what it spawns is supervised: it says so, and records do.

#include "guest/component_actor_testing.hpp"

namespace cairn::actor {
namespace {

using testing::ms;
using testing::Style;

class ActorsWithOptions : public testing::MachineActors {
 protected:
  /// Who never answers.
  void make_quiet() {
    EXPECT_TRUE(system().spawn({.name = "quiet", .factory = testing::puppet({})}));
    simulation_.run();
  }
  /// One that handles nothing else for so many seconds: it asks.
  ActorId busy(const std::string& name, int seconds) {
    make_quiet();
    const ActorId id = spawn(name, "0");
    for (int left = seconds; left > 0; --left) system().send(id, Payload("ask quiet get"));
    simulation_.run();
    return id;
  }
  uint64_t expired() { return dead(Refusal::expired); }
  uint64_t dead(Refusal why) { return system().counters().dead_letters[static_cast<size_t>(why)]; }
  /// Of the guest's message that was handled last.
  const Effect& effect_of(const std::string& name) {
    const Transition& record = last_record(name);
    EXPECT_EQ(record.effects.size(), 1u);
    return record.effects.front();
  }
  /// An auditor comes to the same, and sees it if a record says something else.
  void expect_replayed(const std::string& name, const std::function<void(Effect&)>& change) {
    const Transition& record = last_record(name);
    const Result<Transition> again = replay(*kind_, name, record, false);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(difference(record, *again), "");
    Transition lie = record;
    change(lie.effects.front());
    EXPECT_NE(difference(lie, *again), "");
  }
};

TEST_P(ActorsWithOptions, TheUrgentIsHandledFirst) {
  load();
  const ActorId sender = spawn("sender");
  const ActorId receiver = busy("receiver", 1);
  ask(sender, "send-with receiver 0 0 take 5");
  EXPECT_EQ(effect_of("sender").priority, Priority::low);
  EXPECT_EQ(effect_of("sender").time_to_live_ns, 0u);
  ask(sender, "send-with receiver 3 0 add 5");
  EXPECT_EQ(effect_of("sender").priority, Priority::critical);
  EXPECT_EQ(effect_of("sender").payload.text(), "add 5");
  expect_replayed("sender", [](Effect& effect) { effect.priority = Priority::high; });
  simulation_.advance(1'001 * ms);
  EXPECT_EQ(ask(receiver, "get").text, "0") << "had it been taken first, that were refused: 5";
}

TEST_P(ActorsWithOptions, WhatLivesTooShortIsADeadLetter) {
  load();
  const ActorId sender = spawn("sender");
  const ActorId receiver = busy("receiver", 1);
  ask(sender, "send-with receiver 1 10000000 add 7");
  EXPECT_EQ(effect_of("sender").time_to_live_ns, 10 * ms);
  expect_replayed("sender", [](Effect& effect) { effect.time_to_live_ns = 0; });
  ask(sender, "send-with receiver 1 5000000000 add 1");
  simulation_.advance(1'001 * ms);
  EXPECT_EQ(ask(receiver, "get").text, "1");
  EXPECT_EQ(expired(), 1u);
}

TEST_P(ActorsWithOptions, SoIsWhatIsPublished) {
  load();
  const ActorId sender = spawn("sender");
  const ActorId receiver = spawn("receiver", "0");
  ask(receiver, "subscribe news.*");
  make_quiet();
  system().send(receiver, Payload("ask quiet get"));
  simulation_.run();
  ask(sender, "publish-with news.x 2 10000000 add 7");
  EXPECT_EQ(effect_of("sender").kind, EffectKind::publish);
  EXPECT_EQ(effect_of("sender").priority, Priority::high);
  EXPECT_EQ(effect_of("sender").time_to_live_ns, 10 * ms);
  ask(sender, "publish-with news.x 2 0 add 1");
  simulation_.advance(1'001 * ms);
  EXPECT_EQ(ask(receiver, "get").text, "1");
  EXPECT_EQ(expired(), 1u);
}

TEST_P(ActorsWithOptions, ARequestLivesAsLongAsItIsWaitedFor) {
  load();
  const ActorId sender = spawn("sender");
  const ActorId receiver = busy("receiver", 2);
  system().send(sender, Payload("ask-with receiver 1 0 add 7"));
  simulation_.advance(2'001 * ms);
  EXPECT_EQ(ask(receiver, "get").text, "0") << "nobody waited for it any more";
  EXPECT_EQ(expired(), 1u);
}

TEST_P(ActorsWithOptions, ARequestWithoutOptionsIsHandledLate) {
  load();
  const ActorId sender = spawn("sender");
  const ActorId receiver = busy("receiver", 2);
  system().send(sender, Payload("ask receiver add 7"));
  simulation_.advance(2'001 * ms);
  EXPECT_EQ(ask(receiver, "get").text, "7");
  EXPECT_EQ(expired(), 0u);
}

TEST_P(ActorsWithOptions, ARequestMayBeAnsweredThatItHasExpired) {
  load();
  const ActorId sender = spawn("sender");
  const ActorId receiver = busy("receiver", 1);
  // It asks a little later than the other does, and so waits a little longer.
  simulation_.advance(ms);
  auto answer = std::make_shared<std::string>();
  system().request(
      sender, Payload("ask-with receiver 1 1000000 add 7"), 10'000 * ms,
      [answer](const Message& message) { *answer = std::string(message.payload.text()); });
  simulation_.advance(1'001 * ms);
  EXPECT_EQ(*answer, fmt::format("refusal-{}", static_cast<int>(Refusal::expired)));
  EXPECT_EQ(ask(receiver, "get").text, "0");
}

// ---- Children ----

TEST_P(ActorsWithOptions, AChildIsStartedAgainAsItsParentSaid) {
  load([](KindSettings& settings) {
    settings.on_trap = Directive::restart;
    settings.supervision.intensity = {.max_restarts = 100, .period_ns = 1'000 * ms};
  });
  const ActorId parent = spawn("parent");
  struct Case {
    Restart restart;
    bool after_trap, after_end;
  };
  for (const auto [restart, after_trap, after_end] :
       {Case{Restart::permanent, true, true}, Case{Restart::transient, true, false},
        Case{Restart::temporary, false, false}}) {
    for (const bool traps : {true, false}) {
      const std::string name = fmt::format("c{}{}", static_cast<int>(restart), traps);
      ask(parent, fmt::format("spawn-with {} machine {} 0", name, static_cast<int>(restart)));
      EXPECT_EQ(effect_of("parent").restart, restart);
      EXPECT_FALSE(effect_of("parent").significant);
      system().send(system().find(name), Payload(traps ? "trap" : "stop"));
      simulation_.run();
      EXPECT_EQ(system().is_alive(system().find(name)), traps ? after_trap : after_end) << name;
    }
  }
  ask(parent, "spawn-with last machine 2 1");
  expect_replayed("parent", [](Effect& effect) { effect.restart = Restart::permanent; });
  expect_replayed("parent", [](Effect& effect) { effect.significant = false; });
  EXPECT_EQ(ask(parent, "spawn-with last machine 2 1").text, "the name is taken");
  EXPECT_EQ(ask(parent, "spawn-with x nothing 2 1").text, "there is no such kind");
}

TEST_P(ActorsWithOptions, ASignificantChildTakesItsParentAlong) {
  load([](KindSettings& settings) {
    settings.supervision.auto_shutdown = AutoShutdown::any_significant;
  });
  const ActorId parent = spawn("parent");
  ask(parent, "spawn-with plain machine 1 0");
  ask(parent, "spawn-with needed machine 1 1");
  system().send(system().find("plain"), Payload("stop"));
  simulation_.run();
  EXPECT_TRUE(system().is_alive(parent));
  system().send(system().find("needed"), Payload("stop"));
  simulation_.run();
  EXPECT_FALSE(system().is_alive(parent));
  EXPECT_EQ(chain("parent").back().kind, TransitionKind::stop);
}

TEST_P(ActorsWithOptions, TheParentsStrategyIsThatOfItsComponent) {
  load([](KindSettings& settings) {
    settings.on_trap = Directive::restart;
    settings.supervision.strategy = Strategy::one_for_all;
    settings.supervision.intensity = {.max_restarts = 2, .period_ns = 10'000 * ms};
  });
  const ActorId parent = spawn("parent");
  ask(parent, "spawn a machine 0");
  ask(parent, "spawn b machine 0");
  const auto restarts = [&](const std::string& name) {
    return std::ranges::count(journal_.chains.at(name).transitions, TransitionKind::restart,
                              &Transition::kind);
  };
  for (const int times : {1, 2}) {
    system().send(system().find("a"), Payload("trap"));
    simulation_.run();
    EXPECT_EQ(restarts("a"), times);
    EXPECT_EQ(restarts("b"), times) << "its sister failed";
  }
  EXPECT_TRUE(system().is_alive(parent));
  system().send(system().find("a"), Payload("trap"));
  simulation_.run();
  EXPECT_FALSE(system().is_alive(parent)) << "twice, not more often";
}

TEST_P(ActorsWithOptions, ARestartWaitsAsTheComponentSays) {
  load([](KindSettings& settings) {
    settings.on_trap = Directive::restart;
    settings.supervision.backoff = {.kind = Backoff::Kind::linear, .initial_ns = 50 * ms};
  });
  ask(spawn("parent"), "spawn a machine 0");
  system().send(system().find("a"), Payload("trap"));
  simulation_.run();
  const size_t before = journal_.chains.at("a").transitions.size();
  simulation_.advance(49 * ms);
  EXPECT_EQ(journal_.chains.at("a").transitions.size(), before);
  simulation_.advance(2 * ms);
  EXPECT_EQ(chain("a").back().kind, TransitionKind::restart);
}

INSTANTIATE_TEST_SUITE_P(Styles, ActorsWithOptions,
                         ::testing::Values(Style::explicit_state, Style::resident),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace cairn::actor
