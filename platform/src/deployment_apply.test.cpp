// A changed manifest, and what was changed from outside.

#include "deployment_testing.hpp"
#include "tables.hpp"

namespace cairn::platform::testing {
namespace {

using Applying = Deployments;

constexpr std::string_view two = R"(
[components.machine]
path = "machine.wasm"
limits = { fuel = 50000000 }
[supervisors.bank]
max_restarts = 3
period = "10s"
[supervisors.other]
strategy = "one_for_all"
[actors.bob]
component = "machine"
supervisor = "other"
argument = "1"
)";

/// Old instances have their names for a while, and a new supervisor starts meanwhile.
TEST_F(Applying, WhoRunsIsPutUnderAnotherSupervisor) {
  std::string three, moved;
  for (const char* const name : {"alice", "bob", "carol"}) {
    const std::string one = std::string("[actors.") + name + "]\ncomponent = 'machine'\n";
    three += one;
    moved += one + "supervisor = 'bank'\n";
  }
  const std::string component = "[components.machine]\npath = 'machine.wasm'\n";
  const std::string with_bank = component + "[supervisors.bank]\n" + moved;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    World each(seed);
    each.write("machine.wasm", *machine());
    each.open(component + three);
    for (const std::string& next : {with_bank, component + three, with_bank}) {
      ASSERT_TRUE(each.deployment->apply(each.parse(next)).has_value());
      each.advance(second);
      for (const char* const name : {"alice", "bob", "carol"}) {
        const auto status = each.deployment->actor(name);
        ASSERT_TRUE(status.has_value() && status->is_running) << name << ", seed " << seed;
        EXPECT_EQ(status->parent, next == with_bank ? "bank" : "") << "seed " << seed;
      }
    }
    ASSERT_EQ(each.logged("failed"), 0) << "seed " << seed;
  }
}

/// As an upgrade that somebody asks for would not.
TEST_F(Applying, NobodyGoesOnByAComponentThatCannot) {
  const auto alice_by = [](std::string_view name) {
    return "[components.machine]\npath = 'machine.wasm'\n" +
           (name == "machine" ? std::string() : "[components.other]\npath = 'resident.wasm'\n") +
           "[actors.alice]\ncomponent = '" + std::string(name) + "'\nargument = '100'\n";
  };
  CAIRN_NEEDS_GUEST(machine(resident_machine))
  world.write("resident.wasm", *machine(resident_machine));
  world.open(alice_by("machine"));
  EXPECT_EQ(world.deployment->apply(world.parse(alice_by("other"))).error().kind,
            ErrorKind::unsupported)
      << "a new name";
  world.write("machine.wasm", *machine(resident_machine));
  EXPECT_EQ(world.deployment->apply(world.parse(alice_by("machine"))).error().kind,
            ErrorKind::unsupported)
      << "new bytes";
  EXPECT_EQ(world.said("alice", "add 1"), "101");
}

TEST_F(Applying, AManifestThatChangedIsApplied) {
  world.open();
  world.tell("alice", "add 1");
  ASSERT_TRUE(world.deployment->apply(world.parse(two)).has_value());
  world.run();
  EXPECT_EQ(world.ask("alice", "get").error().refusal, actor::Refusal::no_such_actor);
  EXPECT_EQ(world.said("bob", "get"), "1");
  EXPECT_EQ(world.deployment->actor("bob")->parent, "other");
  EXPECT_EQ(world.deployment->manifest()->actors.size(), 1u);
  // And back: its chain is still there.
  ASSERT_TRUE(world.deployment->apply(world.parse(alice)).has_value());
  world.run();
  EXPECT_EQ(world.said("alice", "get"), "101");
  EXPECT_EQ(world.ask("bob", "get").error().refusal, actor::Refusal::no_such_actor);
}

TEST_F(Applying, WhoMovesGoesOnElsewhere) {
  std::string manifest(two);
  world.open(manifest);
  world.tell("bob", "add 1");
  const size_t at = manifest.find("supervisor = \"other\"");
  manifest.replace(at, 20, "supervisor = \"bank\"");
  ASSERT_TRUE(world.deployment->apply(world.parse(manifest)).has_value());
  world.run();
  EXPECT_EQ(world.said("bob", "get"), "2");
  EXPECT_EQ(world.deployment->actor("bob")->parent, "bank");
}

TEST_F(Applying, AFileThatChangedIsAnUpgrade) {
  world.open();
  world.tell("alice", "add 1");
  const auto before = world.last("alice").record.module;
  world.write("machine.wasm", *machine(2));
  ASSERT_TRUE(world.deployment->apply(world.parse(alice)).has_value());
  EXPECT_EQ(world.said("alice", "add 1"), "102");
  EXPECT_NE(world.last("alice").record.module, before);
  EXPECT_EQ(world.deployment->actor("alice")->restarts, 0u);
}

TEST_F(Applying, SettingsThatChangedHold) {
  world.open();
  std::string manifest(alice);
  manifest.replace(manifest.find("50000000"), 8, "200000");
  ASSERT_TRUE(world.deployment->apply(world.parse(manifest)).has_value());
  world.run();
  EXPECT_EQ(world.said("alice", "get"), "100");
  EXPECT_EQ(world.ask("alice", "spin 1000000").error().refusal, actor::Refusal::failed);
}

TEST_F(Applying, AnUpgradeFromOutsideOutlastsOtherChanges) {
  world.open();
  ASSERT_TRUE(machine(2).has_value());
  const auto second_one = world.deployment->upload("second", *machine(2));
  ASSERT_TRUE(second_one.has_value());
  ASSERT_TRUE(world.deployment->upgrade("alice", "second").has_value());
  world.run();
  std::string manifest(alice);
  manifest += "[actors.bob]\ncomponent = 'machine'\n";
  ASSERT_TRUE(world.deployment->apply(world.parse(manifest)).has_value());
  EXPECT_EQ(world.said("alice", "add 1"), "101");
  EXPECT_EQ(world.last("alice").record.module, second_one->digest);
  EXPECT_EQ(world.deployment->actor("alice")->component, "second");
  manifest.insert(manifest.find("argument"), "topics = ['bank.*']\n");
  ASSERT_TRUE(world.deployment->apply(world.parse(manifest)).has_value());
  EXPECT_EQ(world.said("alice", "add 1"), "102");
  EXPECT_EQ(world.last("alice").record.module, second_one->digest);
  // What the manifest itself says anew counts.
  manifest += "[components.third]\npath = 'machine.wasm'\n";
  manifest.replace(manifest.find("component = \"machine\""), 21, "component = 'third'");
  ASSERT_TRUE(world.deployment->apply(world.parse(manifest)).has_value());
  EXPECT_EQ(world.said("alice", "add 1"), "103");
  EXPECT_EQ(world.deployment->actor("alice")->component, "third");
}

TEST_F(Applying, AnUpgradeFromOutsideOutlastsStarts) {
  const auto component = [&] { return world.deployment->actor("alice")->component; };
  world.open();
  const auto second = world.deployment->upload("second", *machine(2));
  ASSERT_TRUE(second.has_value());
  ASSERT_TRUE(world.deployment->upgrade("alice", "second").has_value());
  world.run();
  for (int i = 0; i < 2; ++i) {
    world.open();
    EXPECT_EQ(component(), "second");
    EXPECT_EQ(world.said("alice", "add 1"), std::to_string(101 + i));
    EXPECT_EQ(world.last("alice").record.module, second->digest);
  }
  ASSERT_TRUE(world.deployment->stop("alice", false).has_value());
  world.run();
  ASSERT_TRUE(world.deployment->restart("alice").has_value());
  world.run();
  EXPECT_EQ(component(), "second") << "who is stopped and started again has not changed";

  // Until the manifest says something else than it did, also while nobody reads it; for good.
  constexpr std::string_view over = "'alice' ran by component 'second' and runs by 'third' again";
  std::string manifest(alice);
  manifest += "[components.third]\npath = 'machine.wasm'\n";
  manifest.replace(manifest.find("component = \"machine\""), 21, "component = 'third'");
  world.open(manifest);
  EXPECT_EQ(component(), "third");
  EXPECT_EQ(world.logged(over), 1);
  world.open();
  EXPECT_EQ(component(), "machine");
  EXPECT_EQ(world.logged(over), 1) << "said once";

  ASSERT_TRUE(world.deployment->upgrade("alice", "second").has_value());
  world.run();
  ASSERT_TRUE(world.deployment->apply(world.parse(manifest)).has_value());
  world.run();
  world.open();
  EXPECT_EQ(component(), "machine");

  // Who was told to go back runs as the manifest says.
  for (const char* name : {"second", "machine"}) {
    ASSERT_TRUE(world.deployment->upgrade("alice", name).has_value());
    world.run();
  }
  world.open(manifest);
  EXPECT_EQ(component(), "third");
  EXPECT_EQ(world.logged("ran by component"), 1);

  // Nor does whom the manifest names as it was told.
  world.open(manifest);
  ASSERT_TRUE(world.deployment->upgrade("alice", "machine").has_value());
  world.run();
  world.open();
  EXPECT_EQ(component(), "machine");
  EXPECT_EQ(world.logged("ran by component"), 1);
}

/// The process ended when the chain had it and the table did not; or before either.
TEST_F(Applying, WhatChainsSayOfUpgradesCounts) {
  const auto component = [&](const char* name) { return world.deployment->actor(name)->component; };
  const std::string manifest = std::string(alice) + "[actors.bob]\ncomponent = 'machine'\n";
  world.open(manifest);
  ASSERT_TRUE(world.deployment->upload("second", *machine(2)).has_value());
  ASSERT_TRUE(world.deployment->spawn("carol", "machine", {}).has_value());
  ASSERT_TRUE(world.deployment->spawn("dave", "machine", {}).has_value());
  world.run();
  for (const char* name : {"alice", "carol"})
    ASSERT_TRUE(world.deployment->upgrade(name, "second").has_value());
  world.run();
  world.close();
  {
    auto tables =
        *Tables::open(*database::Database::open(world.folder / "cairn-data/deployment.db"));
    ASSERT_TRUE(tables->upgrade("carol", "machine", "", {}).has_value());
    for (const auto& one : *tables->upgraded()) ASSERT_TRUE(tables->forget(one).has_value());
    for (const char* name : {"alice", "bob"})
      ASSERT_TRUE(tables->put(Tables::Upgraded{name, "second", "machine", false}).has_value());
    for (const char* name : {"carol", "dave"})
      ASSERT_TRUE(tables->put(Tables::Upgraded{name, "second", "", false}).has_value());
  }
  for (int i = 0; i < 2; ++i) {
    world.open(manifest);
    EXPECT_EQ(component("alice"), "second");
    EXPECT_EQ(component("bob"), "machine");
    EXPECT_EQ(component("carol"), "second");
    EXPECT_EQ(component("dave"), "machine");
    EXPECT_EQ(world.logged("was told to run by component 'second' and had not begun to"), 2)
        << "said once";
  }
}

TEST_F(Applying, WhoIsKilledBeforeItsUpgradeHasIt) {
  world.open();
  const auto second = world.deployment->upload("second", *machine(2));
  ASSERT_TRUE(second.has_value());
  ASSERT_TRUE(world.deployment->upgrade("alice", "second").has_value());
  actor::System& system = world.deployment->system();
  system.kill(system.find("alice"));
  world.run();
  ASSERT_TRUE(world.deployment->restart("alice").has_value());
  world.run();
  EXPECT_EQ(world.said("alice", "add 1"), "101");
  EXPECT_EQ(world.last("alice").record.module, second->digest);
  world.open();
  EXPECT_EQ(world.deployment->actor("alice")->component, "second");
}

TEST_F(Applying, WhatCannotBeAppliedChangesNothing) {
  world.open();
  const auto refused = [&](const std::string& toml, std::string_view what) {
    const Result<> applied = world.deployment->apply(world.parse(toml));
    ASSERT_FALSE(applied.has_value()) << toml;
    EXPECT_NE(applied.error().to_string().find(what), std::string::npos)
        << applied.error().to_string();
    world.run();
    EXPECT_EQ(world.said("alice", "get"), "100");
  };
  refused("workers = 7\n" + std::string(alice), "'workers' needs a new start");
  refused("[components.machine]\npath = 'none.wasm'\n", "none.wasm");
  ASSERT_TRUE(world.deployment->spawn("bob", "machine", actor::Payload("7")).has_value());
  world.run();
  refused(std::string(alice) + "[actors.bob]\ncomponent = 'machine'\n", "an actor 'bob' already");
  refused("[components.other]\npath = 'machine.wasm'\n", "needs component 'machine'");
  EXPECT_EQ(world.said("bob", "get"), "7");
}

}  // namespace
}  // namespace cairn::platform::testing
