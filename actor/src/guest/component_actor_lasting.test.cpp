// What lasts, and can be run again: restarts, questions, replays.

#include "guest/component_actor_testing.hpp"

#include <future>

namespace cairn::actor {
namespace {

using testing::ms;
using testing::Style;

class LastingActors : public testing::MachineActors {};

TEST_P(LastingActors, GoOnAfterARestart) {
  load([](KindSettings& settings) { settings.on_trap = Directive::restart; });
  SupervisorSpec children;
  children.children.push_back(kind_->spec("account", Payload("100")));
  const auto all = testing::with([](ActorSettings& own) { own.grants = Grants::all(); });
  ASSERT_TRUE(system().spawn({.name = "top", .factory = supervisor(children), .settings = all}));
  simulation_.run();
  const ActorId id = system().find("account");
  EXPECT_EQ(ask(id, "add 11").text, "111");
  EXPECT_TRUE(ask(id, "trap").is(Refusal::failed));
  EXPECT_EQ(ask(system().find("account"), "get").text, "111");
  std::vector<TransitionKind> kinds;
  for (const Transition& record : chain("account")) kinds.push_back(record.kind);
  EXPECT_EQ(kinds,
            (std::vector{TransitionKind::init, TransitionKind::message, TransitionKind::rejection,
                         TransitionKind::restart, TransitionKind::message}));
  EXPECT_TRUE(std::ranges::count(log_.lines(), "info: account: on-restart") == 1)
      << fmt::format("{}", fmt::join(log_.lines(), "\n"));
  // The same when the whole system has ended.
  system().shutdown();
  simulation_.advance(6'000 * ms);
  Simulation next(2);
  const auto again = next.system().spawn(kind_->spec("account", Payload("0")));
  ASSERT_TRUE(again);
  next.run();
  std::string balance;
  next.system().request(*again, Payload("get"), 1000 * ms,
                        [&](const Message& reply) { balance = reply.payload.text(); });
  next.run();
  EXPECT_EQ(balance, "111");
}

TEST_P(LastingActors, AskOthersWithoutAThread) {
  load();
  const ActorId id = spawn("account", "1");
  const ActorId other = spawn("other", "42");
  EXPECT_EQ(ask(id, "ask other get").text, "42");
  EXPECT_EQ(ask(id, "ask nobody get").text, "refusal-0");
  EXPECT_EQ(ask(id, "ask other take 2000").text, "refusal-8");
  // Circles are told at once: each would wait for the other.
  EXPECT_EQ(ask(id, "ask account get").text, "refusal-7");
  EXPECT_EQ(ask(id, "ask other ask account get").text, "refusal-7");
  EXPECT_EQ(ask(other, "get").text, "42");
  const auto records = chain("account");
  ASSERT_EQ(records[1].host_results.size(), 1u);
  EXPECT_EQ(records[1].host_results[0].name, "cairn:actor/messaging#request");
}

/// An auditor has the component and the chain, and nothing else.
TEST_P(LastingActors, EachTransitionRunsAgainTheSameWay) {
  load();
  const ActorId id = spawn("account", "100");
  spawn("other", "42");
  spawn("account-2", "-1");
  for (const char* command : {"add 20",
                              "take 5",
                              "take 500",
                              "take 5000",
                              "bad",
                              "trap",
                              "loop",
                              "flood 20000",
                              "ask other get",
                              "set a b",
                              "value a",
                              "value c",
                              "now",
                              "who",
                              "parent",
                              "spin 150000",
                              "send other add 1",
                              "spawn child machine 3",
                              "spawn other machine 3",
                              "subscribe a.b",
                              "publish a.b count",
                              "timer 3 1000 0",
                              "get"}) {
    ask(id, command);
  }
  simulation_.advance(10 * ms);
  uint32_t again = 0;
  for (const auto& [name, chain] : journal_.chains) {
    bool is_first = true;
    for (const Transition& record : chain.transitions) {
      const Result<Transition> made = replay(*kind_, name, record, is_first);
      ASSERT_TRUE(made) << name << " '" << record.input.text() << "': " << made.error().message;
      EXPECT_EQ(difference(record, *made), "") << name << " '" << record.input.text() << "'";
      is_first = is_first && record.kind == TransitionKind::rejection;
      ++again;
    }
  }
  EXPECT_GT(again, 25u);
}

TEST_P(LastingActors, AForgedTransitionIsFound) {
  load();
  const ActorId id = spawn("account", "100");
  spawn("other", "42");
  ask(id, "ask other get");
  ask(id, "send other add 1");
  const auto records = chain("account");
  const auto check = [&](size_t which, const std::function<void(Transition&)>& forge) {
    Transition forged = records[which];
    forge(forged);
    const Result<Transition> made = replay(*kind_, "account", forged, which == 0);
    return made ? difference(forged, *made) : made.error().message;
  };
  EXPECT_EQ(check(1, [](Transition&) {}), "");
  EXPECT_NE(check(0, [](Transition& forged) { forged.input = Payload("101"); }), "");
  EXPECT_NE(check(1, [](Transition& forged) { forged.reply = Payload("41"); }), "");
  EXPECT_NE(check(1, [](Transition& forged) { forged.host_results.clear(); }), "");
  EXPECT_NE(check(1, [](Transition& forged) { forged.host_results[0].bytes.back() = '0'; }), "");
  EXPECT_NE(check(1, [](Transition& forged) { ++forged.fuel_used; }), "");
  EXPECT_NE(check(2, [](Transition& forged) { forged.effects[0].to = "account"; }), "");
  EXPECT_NE(check(2, [](Transition& forged) { forged.host_results.push_back({"x", {}}); }), "");
  EXPECT_NE(check(2, [](Transition& forged) { forged.kind = TransitionKind::rejection; }), "");
}

/// The same on threads: guests move between them, wait, and ask each other.
TEST_P(LastingActors, ManyOnThreads) {
  constexpr int actors = 20;
  constexpr int rounds = 50;
  RealClock clock;
  RealRandom random;
  ActorSettings own = granted();
  own.mailbox.capacity = 100'000;
  KindSettings settings;
  settings.settings = std::make_shared<const ActorSettings>(own);
  const auto kind = ComponentKind::load(engine_, *testing::machine(GetParam()),
                                        {.clock = &clock, .random = &random}, settings);
  ASSERT_TRUE(kind) << kind.error().message;
  System system(clock, random);
  Workers workers(system);
  std::vector<ActorId> ids;
  for (int i = 0; i < actors; ++i) {
    ids.push_back(*system.spawn((*kind)->spec(fmt::format("a{}", i), Payload("0"))));
  }
  const auto ask = [&](ActorId id, const std::string& text) {
    std::promise<std::string> answer;
    system.request(id, Payload(text), 20'000 * ms, [&](const Message& reply) {
      answer.set_value(std::string(reply.payload.text()));
    });
    return answer.get_future().get();
  };
  for (const ActorId id : ids) EXPECT_EQ(ask(id, "get"), "0");
  for (int round = 0; round < rounds; ++round) {
    for (int i = 0; i < actors; ++i) {
      system.send(ids[i], Payload(fmt::format("send a{} add 1", (i * 7 + round) % actors)));
      system.send(ids[i], Payload(fmt::format("spin {}", round * 1000)));
    }
  }
  for (const ActorId id : ids) ask(id, "get");
  int sum = 0;
  for (const ActorId id : ids) sum += std::stoi(ask(id, "get"));
  EXPECT_EQ(sum, actors * rounds);
  for (int i = 1; i < actors; ++i) {
    EXPECT_EQ(ask(ids[i], "ask a0 get"), ask(ids[0], "get"));
  }
}

INSTANTIATE_TEST_SUITE_P(Styles, LastingActors,
                         ::testing::Values(Style::explicit_state, Style::resident),
                         [](const auto& info) {
                           return info.param == Style::resident ? "Resident" : "Explicit";
                         });

}  // namespace
}  // namespace cairn::actor
