// Other instances in place: what goes on, what begins anew, and who goes on when one is refused.

#include <cairn/chain/verify.hpp>

#include "deployment_testing.hpp"

namespace cairn::platform::testing {
namespace {

using Hosting = Deployments;

/// A new instance begins as after a crash.
TEST_F(Hosting, ANewInstanceHasNothingOfTheLastOne) {
  std::string manifest(alice);
  manifest.insert(manifest.find("argument"), "topics = ['bank.*']\n");
  world.open(manifest);
  world.tell("alice", "set post-start timer 1 1000000000 1000000000");
  world.tell("alice", "subscribe news");
  EXPECT_EQ(world.deployment->publish("news", actor::Payload("add 10")), 1u);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(world.deployment->restart("alice").has_value());
    world.run();
  }
  EXPECT_EQ(world.deployment->publish("news", actor::Payload("add 10")), 0u);
  EXPECT_EQ(world.deployment->publish("bank.day", actor::Payload("add 20")), 1u);
  world.advance(2 * second + second / 2);
  EXPECT_EQ(world.said("alice", "get"), "132");  // 100 + 10 + 20, and the timer twice
}

TEST_F(Hosting, AGuestsChildKeepsItsArgument) {
  world.open("durable = false\n" + std::string(alice));
  world.tell("alice", "spawn kid machine 5");
  world.tell("kid", "add 1");
  ASSERT_TRUE(world.deployment->restart("kid").has_value());
  EXPECT_EQ(world.said("kid", "get"), "5");
}

TEST_F(Hosting, AGuestsChildrenAreSupervisedAsItsComponentSays) {
  std::string manifest(alice);
  manifest.insert(manifest.find("[supervisors"),
                  "[components.machine.supervision]\nmax_restarts = 3\nperiod = \"1h\"\n");
  world.open(manifest);
  world.tell("alice", "spawn-with kid machine 1 0");
  for (uint64_t times = 1; times <= 3; ++times) {
    world.tell("kid", "trap");
    EXPECT_EQ(world.deployment->actor("kid")->restarts, times);
  }
  EXPECT_EQ(world.deployment->actor("alice")->restarts, 0u);
  world.tell("kid", "trap");
  EXPECT_EQ(world.deployment->actor("alice")->restarts, 1u) << "that is too often";
}

TEST_F(Hosting, AGuestsChildKeepsItsUpgrade) {
  world.open();
  const auto uploaded = world.deployment->upload("second", *machine(2));
  ASSERT_TRUE(uploaded.has_value());
  world.tell("alice", "spawn kid machine 5");
  ASSERT_TRUE(world.deployment->upgrade("kid", "second").has_value());
  world.tell("kid", "trap");
  EXPECT_EQ(world.said("kid", "add 1"), "6");
  EXPECT_EQ(world.last("kid").record.module, uploaded->digest);
  EXPECT_EQ(world.deployment->actor("kid")->component, "second");
  // Another child of that name is another actor.
  world.tell("alice", "end-child kid");
  world.tell("alice", "spawn kid machine 5");
  EXPECT_NE(world.last("kid").record.module, uploaded->digest);
}

// --- what does not start ---

class Refusals : public Hosting {
 protected:
  void SetUp() override {
    Hosting::SetUp();
    if (!IsSkipped()) ASSERT_TRUE(machine(harsh_machine).has_value());
  }
  /// As `cairn verify` looks at it, with nothing run again.
  void verify() {
    const auto report = chain::verify_log(world.disk, world.folder / "/cairn-data/log", {});
    EXPECT_TRUE(report.has_value()) << report.error().to_string();
  }
};

/// Whatever the new component says about its traps.
TEST_F(Refusals, TheOldComponentGoesOn) {
  for (const char* const directive : {"restart", "resume"}) {
    std::string manifest(alice);
    const std::string settings = std::string("on_trap = '") + directive + "'\n";
    manifest.insert(manifest.find("limits"), settings);
    world.write("machine.wasm", *machine());
    world.open(manifest);
    world.tell("alice", "add 50");
    const auto before = world.last("alice").record.module;
    world.write("machine.wasm", *machine(harsh_machine));
    ASSERT_TRUE(world.deployment->apply(world.parse(manifest)).has_value());
    world.run();
    EXPECT_EQ(world.last("alice").record.kind, chain::RecordKind::restart) << directive;
    const Given given = world.ask("alice", "get");
    ASSERT_TRUE(given.has_value()) << given.error().why;
    EXPECT_EQ(world.last("alice").record.module, before) << directive;
    verify();
    world.tell("alice", "take 50");
  }
}

/// What was accepted is not done before it is known to work.
TEST_F(Refusals, ACrashBeforeItsTurnChangesNothing) {
  world.open();
  ASSERT_TRUE(world.deployment->upload("harsh", *machine(harsh_machine)).has_value());
  world.tell("alice", "add 50");
  const auto trap = world.begin("alice", "trap");
  world.workers->run();  // it waits for the record of its rejection
  ASSERT_TRUE(world.deployment->upgrade("alice", "harsh").has_value());
  world.run();
  EXPECT_EQ(world.said("alice", "add 1"), "151");
  EXPECT_EQ(world.deployment->actor("alice")->component, "machine");
  EXPECT_EQ(world.deployment->actor("alice")->restarts, 2u);
  verify();
}

TEST_F(Refusals, WhoWasSpawnedIsThereAtTheNextStart) {
  world.open();
  ASSERT_TRUE(world.deployment->upload("harsh", *machine(harsh_machine)).has_value());
  ASSERT_TRUE(world.deployment->spawn("bob", "machine", actor::Payload("150")).has_value());
  world.run();
  ASSERT_TRUE(world.deployment->upgrade("bob", "harsh").has_value());
  world.advance(second);  // its supervisor is in no hurry
  EXPECT_EQ(world.said("bob", "add 1"), "151");
  world.open();
  EXPECT_EQ(world.said("bob", "add 1"), "152");
  // One that succeeds lasts.
  ASSERT_TRUE(world.deployment->upload("second", *machine(2)).has_value());
  ASSERT_TRUE(world.deployment->upgrade("bob", "second").has_value());
  world.run();
  world.open();
  EXPECT_EQ(world.deployment->actor("bob")->component, "second");
  EXPECT_EQ(world.said("bob", "get"), "152");
}

/// What keeps it from starting may pass.
TEST_F(Refusals, WhoHasAStateIsNotForgotten) {
  world.open();
  ASSERT_TRUE(world.deployment->spawn("bob", "machine", actor::Payload("150")).has_value());
  world.run();
  world.write("machine.wasm", *machine(harsh_machine));
  world.open();
  EXPECT_FALSE(world.deployment->actor("bob")->is_running);
  world.deployment->tick();
  world.write("machine.wasm", *machine());
  ASSERT_TRUE(world.deployment->apply(world.parse(alice)).has_value());
  ASSERT_TRUE(world.deployment->restart("bob").has_value());
  world.run();
  EXPECT_EQ(world.said("bob", "get"), "150");
  world.open();
  EXPECT_EQ(world.said("bob", "get"), "150");
}

}  // namespace
}  // namespace cairn::platform::testing
