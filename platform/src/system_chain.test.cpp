// What was decided about actors, and refused before any of them saw it, is a chain of its own.

#include "system_chain.hpp"

#include <nlohmann/json.hpp>

#include "deployment_testing.hpp"

namespace cairn::platform::testing {
namespace {

using nlohmann::json;

/// A record of that chain as the tests look at it.
struct Told {
  chain::RecordKind kind = chain::RecordKind::genesis;
  json content = {};
  std::string source = {};
  uint64_t cause = 0;
  std::string reason = {};
  bool operator==(const Told&) const = default;
};

class SystemChains : public Deployments {
 protected:
  std::vector<Told> told() {
    std::vector<Told> all;
    const auto records = world.deployment->store()->records(system_chain_name, 0, 100'000);
    if (!records) return all;
    for (const chain::StoredRecord& one : *records) {
      if (one.record.kind == chain::RecordKind::genesis) continue;
      Told told;
      told.kind = one.record.kind;
      told.content = json::parse(as_text(one.content(chain::Slot::input).value()));
      told.reason = one.record.reason;
      if (one.record.source) {
        told.source = one.record.source->name;
        told.cause = one.record.source->cause;
        EXPECT_TRUE(one.record.source->head.has_value()) << told.source;
      }
      all.push_back(std::move(told));
    }
    return all;
  }
  /// Those of that event: "ACTOR by OTHER (REASON)".
  std::vector<std::string> told_of(std::string_view event) {
    std::vector<std::string> texts;
    for (const Told& one : told()) {
      if (one.content["event"] != event) continue;
      std::string text = one.content["actor"];
      if (one.content.contains("other")) text += " by " + one.content["other"].get<std::string>();
      if (one.content.contains("reason")) {
        text += " (" + one.content["reason"].get<std::string>() + ")";
      }
      texts.push_back(std::move(text));
    }
    return texts;
  }
  /// How many refusals they stand for.
  uint64_t times_told(std::string_view reason) {
    uint64_t times = 0;
    for (const Told& one : told()) {
      if (one.content.value("reason", "") == reason) times += one.content.value("times", 1);
    }
    return times;
  }
};

using Texts = std::vector<std::string>;

TEST_F(SystemChains, IsNotThereWhereNothingWentWrong) {
  world.open();
  world.tell("alice", "add 1");
  EXPECT_FALSE(world.deployment->store()->chain(system_chain_name).has_value());
}

TEST_F(SystemChains, ARestartIsLinkedToWhatTheActorDid) {
  world.open();
  const Given given = world.ask("alice", "trap");
  ASSERT_FALSE(given.has_value());
  ASSERT_TRUE(given.error().receipt.has_value());
  EXPECT_EQ(told_of("failed"), Texts{"alice (trap)"});
  EXPECT_EQ(told_of("restarting"), Texts{"alice by bank"});
  ASSERT_EQ(told().size(), 2u) << told()[1].reason;
  for (const Told& one : told()) {
    EXPECT_EQ(one.kind, chain::RecordKind::supervision);
    EXPECT_EQ(one.source, "alice");
    EXPECT_EQ(one.cause, given.error().receipt->sequence);
  }
  EXPECT_EQ(told()[1].content["delay_ns"], 0);
}

TEST_F(SystemChains, TellsWhoIsStoppedForASibling) {
  std::string all = std::string(alice) + "[actors.bob]\ncomponent='machine'\nsupervisor='bank'\n";
  all.replace(all.find("max_restarts"), 0, "strategy = 'one_for_all'\n");
  world.open(all);
  world.tell("alice", "trap");
  EXPECT_EQ(told_of("halted"), Texts{"bob by bank"});
  EXPECT_EQ(told_of("restarting"), Texts{"alice by bank"});
}

TEST_F(SystemChains, TellsWhoGaveUpAndWhatFollows) {
  world.open();
  for (int i = 0; i < 4; ++i) world.tell("alice", "trap");
  world.advance(second);
  EXPECT_EQ(told_of("gave_up"), Texts{"alice by bank"});
  EXPECT_EQ(told_of("failed").back(), "bank (escalated)");
  EXPECT_EQ(told_of("restarting").size(), 4u) << "alice three times, and the bank";
}

TEST_F(SystemChains, TellsOfEscalationHealthAndAutomaticShutdown) {
  std::string other = std::string(alice);
  other.replace(other.find("path"), 0,
                "on_trap = 'escalate'\nhealth = { interval = '1s', threshold = 2 }\n");
  other.replace(other.find("max_restarts"), 0, "auto_shutdown = 'any_significant'\n");
  other.replace(other.find("argument"), 0, "significant = true\nrestart = 'transient'\n");
  world.open(other);
  world.tell("alice", "set health-check bad");
  world.advance(3 * second);
  EXPECT_GE(told_of("unhealthy").size(), 2u);
  EXPECT_EQ(told_of("failed").front(), "alice (unhealthy)");
  world.tell("alice", "remove health-check");
  world.tell("alice", "trap");
  world.advance(second);
  EXPECT_EQ(told_of("escalated"), Texts{"alice by bank"});
  world.tell("alice", "stop");
  EXPECT_EQ(told_of("auto_shutdown"), Texts{"alice by bank"});
}

TEST_F(SystemChains, TellsWhoWasKilled) {
  world.open();
  ASSERT_TRUE(world.deployment->stop("alice", true).has_value());
  world.run();
  EXPECT_EQ(told_of("failed"), Texts{"alice (killed)"});
}

TEST_F(SystemChains, TellsWhatWasRefused) {
  std::string small = std::string(alice);
  small.replace(small.find("limits = {"), 10, "limits = { payload = '1KiB',");
  world.open(small);
  world.tell("nobody", "add 1");
  EXPECT_EQ(told_of("refused"), Texts{"nobody (no such actor)"});
  EXPECT_EQ(told().back().kind, chain::RecordKind::rejection);
  EXPECT_EQ(told().back().source, "") << "there is no chain to be linked to";
  world.tell("alice", std::string(2000, 'x'));
  EXPECT_EQ(told_of("dead_letter"), Texts{"alice (too large)"});
  EXPECT_EQ(told().back().source, "alice");
  world.tell("alice", "send zoe hello");
  EXPECT_EQ(told_of("dead_letter").back(), "zoe by alice (no such actor)");
  EXPECT_EQ(world.deployment->dead_letters().back().actor, "zoe");
  world.tell("alice", "ask zoe get");
  EXPECT_EQ(told_of("dead_letter").size(), 3u);
  EXPECT_EQ(told_of("dead_letter").back(), "zoe by alice (no such actor)");
  world.tell("alice", "ask alice get");
  EXPECT_EQ(told_of("deadlock"), Texts{"alice by alice"});
  EXPECT_EQ(told().back().content["text"], "alice -> alice");
}

TEST_F(SystemChains, TellsWhoFloodsTheLog) {
  std::string terse = std::string(alice);
  terse.replace(terse.find("limits = {"), 10, "limits = { log = 50,");
  world.open(terse);
  for (int i = 0; i < 2; ++i) world.tell("alice", "logs 1000");
  EXPECT_EQ(told_of("log_flood"), (Texts{"alice (too large)", "alice (too large)"}));
  EXPECT_EQ(told().back().kind, chain::RecordKind::rejection);
  EXPECT_EQ(told().back().source, "alice");
  EXPECT_EQ(told().back().content["text"], "logs more than 50 bytes of one message");
}

TEST_F(SystemChains, AFloodIsCountedAndNotRecorded) {
  world.open();
  constexpr uint64_t flood = 20'000;
  for (uint64_t i = 0; i < flood; ++i) {
    static_cast<void>(world.deployment->send("nobody", actor::Payload("x"), {}));
  }
  world.run();
  EXPECT_LE(told().size(), 64u);
  world.advance(second);
  static_cast<void>(world.deployment->tick());
  world.run();
  EXPECT_LE(told().size(), 66u);
  EXPECT_EQ(times_told("no such actor"), flood);
  EXPECT_TRUE(told().back().reason.contains(" times")) << told()[1].reason;
}

/// Also while it lasts.
TEST_F(SystemChains, ASteadyFloodIsCountedAsItComes) {
  world.open();
  uint64_t sent = 0;
  for (int step = 0; step < 200; ++step) {
    for (const char* const name : {"nobody", "nowhere", "never"}) {
      for (int i = 0; i < 20; ++i, ++sent)
        static_cast<void>(world.deployment->send(name, actor::Payload("x"), {}));
    }
    world.advance(second / 20);
    static_cast<void>(world.deployment->tick());
    world.run();
  }
  EXPECT_LE(told().size(), 64u + 45u) << "ten seconds";
  EXPECT_GE(times_told("no such actor"), sent * 9 / 10);
  for (const char* const name : {"nobody", "nowhere", "never"})
    EXPECT_GT(std::ranges::count(told_of("refused"), std::string(name) + " (no such actor)"), 5);
}

TEST_F(SystemChains, AFloodOfManyNamesIsBounded) {
  world.open();
  constexpr uint64_t flood = 5'000;
  for (uint64_t i = 0; i < flood; ++i) {
    static_cast<void>(
        world.deployment->send("nobody-" + std::to_string(i), actor::Payload("x"), {}));
  }
  world.deployment->drain(second);
  while (!world.deployment->ended()) world.advance(second);
  EXPECT_LE(told().size(), 64u + 257u);
  uint64_t times = 0;
  for (const Told& one : told()) {
    if (one.kind == chain::RecordKind::rejection) times += one.content.value("times", 1);
  }
  EXPECT_EQ(times, flood) << "the end of the system lets all go";
}

TEST_F(SystemChains, GoesOnAfterANewStart) {
  world.open();
  world.tell("alice", "trap");
  const std::vector<Told> before = told();
  world.open();
  world.tell("nobody", "x");
  const std::vector<Told> after = told();
  ASSERT_EQ(after.size(), before.size() + 1);
  EXPECT_TRUE(std::equal(before.begin(), before.end(), after.begin()));
}

TEST_F(SystemChains, GoesOnOnceAFullDiskHasRoom) {
  world.open();
  world.disk.set_capacity(world.disk.used());
  // There is room in the segment that was reserved; then there is none for the next one.
  for (const size_t size : {1'000'000, 10'000, 100, 0}) {
    while (world.ask("alice", "get" + std::string(size, ' '))) {
    }
  }
  world.tell("nobody", "x");
  ASSERT_FALSE(world.deployment->store()->chain(system_chain_name).has_value());
  world.disk.set_capacity(UINT64_MAX);
  world.tell("nobody", "x");
  EXPECT_EQ(told_of("refused"), Texts{"nobody (no such actor)"});
  EXPECT_EQ(times_told("no such actor"), 2u) << "what found no room is counted, too";
}

TEST_F(SystemChains, IsNoActor) {
  world.open();
  world.tell("alice", "trap");
  const std::string name(system_chain_name);
  EXPECT_EQ(world.deployment->actor(name).error().kind, ErrorKind::not_found);
  EXPECT_EQ(world.deployment->state(name, 1).error().kind, ErrorKind::not_found);
  EXPECT_EQ(world.deployment->fork(name, 1, "copy").error().kind, ErrorKind::not_found);
  EXPECT_EQ(world.deployment->revert(name, 1).error().kind, ErrorKind::not_found);
  EXPECT_FALSE(world.deployment->spawn(name, "machine", {}).has_value());
  EXPECT_EQ(world.ask(name, "x").error().refusal, actor::Refusal::no_such_actor);
}

}  // namespace
}  // namespace cairn::platform::testing
