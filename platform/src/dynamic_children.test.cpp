// Children that are spawned while their supervisor runs.

#include "deployment_testing.hpp"
#include "tables.hpp"

namespace cairn::platform::testing {
namespace {

using DynamicChildren = Deployments;

constexpr std::string_view more = R"(
[supervisors.group]
strategy = "one_for_all"
[actors.carol]
component = "machine"
supervisor = "group"
[supervisors.tellers]
strategy = "simple_one_for_one"
component = "machine"
supervisor = "bank"
max_restarts = 1
period = "10s"
)";

std::string both() { return std::string(alice) + std::string(more); }

/// Who is to be spawned like that, or why not.
std::string spawn(World& world, const std::string& name, const std::string& component,
                  const SpawnOptions& options) {
  const Result<> spawned =
      world.deployment->spawn(name, component, actor::Payload("7"), nullptr, options);
  world.run();
  return spawned ? "" : spawned.error().message;
}

std::string parent(World& world, const std::string& name) {
  const auto status = world.deployment->actor(name);
  return !status ? "none" : !status->is_running ? "does not run" : status->parent;
}

TEST_F(DynamicChildren, AreWhereTheyWereAfterANewStart) {
  world.open(both());
  EXPECT_TRUE(spawn(world, "bob", "machine", {.supervisor = "group", .significant = true})
                  .contains("expected a supervisor whose auto_shutdown"));
  EXPECT_EQ(spawn(world, "bob", "machine", {.supervisor = "group"}), "");
  EXPECT_EQ(parent(world, "bob"), "group");
  world.tell("bob", "add 1");
  world.open(both());
  EXPECT_EQ(parent(world, "bob"), "group");
  EXPECT_EQ(world.said("bob", "get"), "8");
  ASSERT_TRUE(world.deployment->stop("bob", false).has_value());
  world.open(both());
  EXPECT_FALSE(world.deployment->actor("bob")->is_running);
  // Its supervisor may be gone by then.
  EXPECT_EQ(spawn(world, "dave", "machine", {.supervisor = "group"}), "");
  world.open();
  EXPECT_EQ(parent(world, "dave"), "");
  EXPECT_EQ(world.logged("below supervisor 'group', which is gone"), 1);
}

TEST_F(DynamicChildren, FailAndEndWithTheirSiblings) {
  world.open(both());
  EXPECT_EQ(spawn(world, "bob", "machine", {.supervisor = "group"}), "");
  world.tell("bob", "trap");
  EXPECT_EQ(world.deployment->actor("bob")->restarts, 1u);
  world.advance(second);
  EXPECT_EQ(parent(world, "carol"), "group");
  EXPECT_EQ(world.last("carol").record.kind, chain::RecordKind::restart) << "one for all";
  EXPECT_EQ(world.said("bob", "get"), "7");
}

TEST_F(DynamicChildren, EndAsTheirRestartSays) {
  world.open(both());
  for (const auto& [restart, again] : {std::pair{actor::Restart::permanent, true},
                                       {actor::Restart::transient, false},
                                       {actor::Restart::temporary, false}}) {
    const std::string name(actor::to_string(restart));
    EXPECT_EQ(spawn(world, name, "machine", {.supervisor = "bank", .restart = restart}), "");
    world.tell(name, "stop");
    world.advance(second);
    EXPECT_EQ(world.deployment->actor(name)->is_running, again) << name;
  }
  EXPECT_EQ(spawn(world, "brief", "machine",
                  {.supervisor = "bank", .restart = actor::Restart::temporary}),
            "");
  world.tell("brief", "trap");
  EXPECT_FALSE(world.deployment->actor("brief")->is_running);
}

TEST_F(DynamicChildren, OfOneComponentAlone) {
  world.open(both());
  EXPECT_EQ(spawn(world, "a", "", {.supervisor = "tellers"}), "");
  EXPECT_EQ(spawn(world, "b", "machine", {.supervisor = "tellers"}), "");
  EXPECT_EQ(world.deployment->actor("a")->component, "machine");
  ASSERT_TRUE(world.deployment->upload("other", *machine(2)).has_value());
  EXPECT_EQ(spawn(world, "c", "other", {.supervisor = "tellers"}),
            "supervisor 'tellers' has children of component 'machine' alone");
  EXPECT_EQ(spawn(world, "c", "", {.supervisor = "group"}),
            "nothing says which component is to run");
  EXPECT_EQ(spawn(world, "c", "machine", {.supervisor = "nobody"}),
            "there is no supervisor 'nobody'");
  const uint64_t before = world.deployment->store()->chain("b")->sequence;
  world.tell("a", "trap");
  EXPECT_EQ(parent(world, "a"), "tellers");
  EXPECT_EQ(world.deployment->store()->chain("b")->sequence, before) << "the others live on";
  // One more than it may: it gives up, and its own supervisor starts it anew, with both.
  world.tell("a", "trap");
  world.advance(second);
  EXPECT_EQ(parent(world, "a"), "tellers");
  EXPECT_EQ(world.last("b").record.kind, chain::RecordKind::restart);
}

/// It would keep its supervisor from starting, now and at each new start.
TEST_F(DynamicChildren, WhoDoesNotStartIsForgotten) {
  world.open(both());
  ASSERT_TRUE(world.deployment
                  ->spawn("bad", "machine", actor::Payload("-5"), nullptr, {.supervisor = "group"})
                  .has_value());
  world.run();
  EXPECT_FALSE(world.deployment->actor("bad")->is_running);
  EXPECT_EQ(parent(world, "carol"), "group") << "its siblings have heard nothing of it";
  world.deployment->tick();
  world.open(both());
  EXPECT_EQ(parent(world, "carol"), "group");
  EXPECT_EQ(world.ask("bad", "get").error().refusal, actor::Refusal::no_such_actor);
}

TEST_F(DynamicChildren, KeepTheirSupervisor) {
  world.open(both());
  EXPECT_EQ(spawn(world, "bob", "machine", {.supervisor = "group"}), "");
  const Result<> refused = world.deployment->apply(world.parse(alice));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().message,
            "actor 'bob' was spawned below supervisor 'group', which is gone");
  ASSERT_TRUE(world.deployment->stop("bob", false).has_value());
  world.run();
  EXPECT_TRUE(world.deployment->apply(world.parse(alice)).has_value());
}

/// Files of before know names, components and arguments alone.
TEST(SpawnedActors, OfOlderFilesAreSupervisedAsTheyWere) {
  auto database = database::Database::open_in_memory();
  ASSERT_TRUE(database.has_value());
  ASSERT_TRUE(database
                  ->execute("CREATE TABLE spawned(name TEXT PRIMARY KEY, component TEXT NOT NULL, "
                            "argument BLOB NOT NULL, media_type TEXT NOT NULL);"
                            "INSERT INTO spawned VALUES('bob', 'machine', '7', 'text/plain')")
                  .has_value());
  const auto tables = Tables::open(*std::move(database));
  ASSERT_TRUE(tables.has_value()) << tables.error().to_string();
  EXPECT_FALSE((*tables)->are_new());
  ASSERT_TRUE((*tables)
                  ->put(Tables::Spawned{.name = "eve",
                                        .component = "c",
                                        .supervisor = "bank",
                                        .restart = actor::Restart::temporary,
                                        .shutdown_ns = 3,
                                        .significant = true})
                  .has_value());
  const auto spawned = (*tables)->spawned();
  ASSERT_TRUE(spawned.has_value());
  ASSERT_EQ(spawned->size(), 2u);
  const Tables::Spawned& bob = (*spawned)[0];
  EXPECT_EQ(bob.argument.text(), "7");
  EXPECT_EQ(bob.supervisor, "");
  EXPECT_EQ(bob.restart, actor::Restart::transient);
  EXPECT_EQ(bob.shutdown_ns, 5 * second);
  EXPECT_FALSE(bob.significant);
  const Tables::Spawned& eve = (*spawned)[1];
  EXPECT_EQ(eve.supervisor, "bank");
  EXPECT_EQ(eve.restart, actor::Restart::temporary);
  EXPECT_EQ(eve.shutdown_ns, 3u);
  EXPECT_TRUE(eve.significant);
}

TEST(SimpleOneForOne, HasAComponentAndNobodyOfTheManifest) {
  const auto fault = [](std::string_view text) {
    const auto manifest = Manifest::parse(std::string(alice) + std::string(text), "cairn.toml");
    return manifest ? std::string() : manifest.error().to_string();
  };
  const std::string simple = "[supervisors.s]\nstrategy = 'simple_one_for_one'\n";
  EXPECT_EQ(fault(simple + "component = 'machine'\n"), "");
  for (const auto& [text, why] :
       {std::pair{simple, "'component', which the children of simple_one_for_one run"},
        {simple + "component = 'x'\n", "there is no 'x'"},
        {std::string("[supervisors.s]\ncomponent = 'machine'\n"), "with simple_one_for_one alone"},
        {simple + "component = 'machine'\n[actors.b]\ncomponent = 'machine'\nsupervisor = 's'\n",
         "are spawned while it runs"}}) {
    EXPECT_TRUE(fault(text).contains(why)) << text << fault(text);
  }
}

}  // namespace
}  // namespace cairn::platform::testing
