// Actors that are alike, behind one name.

#include "pools.hpp"

#include <map>

#include "deployment_testing.hpp"

namespace cairn::platform::testing {
namespace {

std::string with_pool(std::string_view more) {
  return std::string(alice) +
         "[pools.tellers]\ncomponent = 'machine'\nsupervisor = 'bank'\nargument = '0'\n" +
         std::string(more);
}

class PoolsOfTheManifest : public Deployments {
 protected:
  /// Who gets it, and handles it.
  std::string tell(std::string_view text, std::string_view key = "", MessageOptions options = {}) {
    const std::string to =
        world.deployment->addressee("tellers", actor::Payload(text), key, options.idempotency_key);
    world.tell(to, text, std::move(options));
    return to;
  }
  std::string state(const std::string& name) { return world.said(name, "get"); }
};

TEST_F(PoolsOfTheManifest, RoundRobinTakesOneAfterTheOther) {
  world.open(with_pool("size = 3\n"));
  std::map<std::string, int> counts;
  for (int i = 0; i < 9; ++i) ++counts[tell("add 1")];
  EXPECT_EQ(counts.size(), 3u);
  for (const char* const name : {"tellers-1", "tellers-2", "tellers-3"}) {
    EXPECT_EQ(counts[name], 3) << name;
    EXPECT_EQ(state(name), "3") << "it has a state of its own";
    EXPECT_EQ(world.deployment->actor(name)->parent, "bank");
    EXPECT_TRUE(world.deployment->store()->chain(name).has_value());
  }
  EXPECT_EQ(world.deployment->addressee("alice", {}, "", ""), "alice");
}

TEST_F(PoolsOfTheManifest, TheSameKeyIsTheSameMember) {
  world.open(with_pool("size = 5\nrouting = 'consistent_hash'\n"));
  std::map<std::string, std::string> before;
  for (int key = 0; key < 50; ++key)
    before[std::to_string(key)] = tell("add 1", std::to_string(key));
  for (const auto& [key, member] : before) EXPECT_EQ(tell("add 2", key), member);
  ASSERT_TRUE(
      world.deployment->apply(world.parse(with_pool("size = 4\nrouting = 'consistent_hash'\n")))
          .has_value());
  world.run();
  for (const auto& [key, member] : before) {
    if (member != "tellers-5") EXPECT_EQ(tell("add 1", key), member) << "only its keys move";
    EXPECT_NE(tell("add 1", key), "tellers-5");
  }
  EXPECT_FALSE(world.deployment->actor("tellers-5")->is_running);
}

TEST_F(PoolsOfTheManifest, LeastLoadedIsWhoHasLeastWaiting) {
  world.open(with_pool("size = 2\nrouting = 'least_loaded'\n"));
  for (int i = 0; i < 5; ++i) static_cast<void>(world.begin("tellers-1", "add 1"));
  EXPECT_EQ(world.deployment->addressee("tellers", {}, "", ""), "tellers-2");
  world.run();
}

TEST_F(PoolsOfTheManifest, AKeyOfIdempotencyFindsItsMemberAgain) {
  world.open(with_pool("size = 4\n"));
  const std::string first = tell("add 5", "", {.idempotency_key = "k"});
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(tell("add 5", "", {.idempotency_key = "k"}), first);
  }
  EXPECT_EQ(state(first), "5") << "it was handled once";
  ASSERT_TRUE(world.deployment->stop(first, false).has_value());
  world.run();
  EXPECT_EQ(tell("add 5", "", {.idempotency_key = "k"}), first) << "nobody else knows of it";
  EXPECT_NE(tell("add 5"), first);
}

TEST_F(PoolsOfTheManifest, AKeyOfIdempotencyFindsItsMemberByItsRoutingKey) {
  for (const std::string routing : {"round_robin", "least_loaded", "consistent_hash"}) {
    SCOPED_TRACE(routing);
    world.open(with_pool("size = 4\nrouting = '" + routing + "'\n"));
    const auto to = [&](std::string_view routing_key, std::string_view key) {
      return world.deployment->addressee("tellers", actor::Payload("add 5"), routing_key, key);
    };
    const std::string first = to("r", "k");
    for (int i = 0; i < 4; ++i) EXPECT_EQ(to("r", "k" + std::to_string(i)), first);
    if (routing == "consistent_hash") EXPECT_EQ(to("r", ""), first);
    ASSERT_TRUE(world.deployment->stop(first, false).has_value());
    world.run();
    EXPECT_EQ(to("r", "k"), first) << "nobody else knows of it";
    EXPECT_NE(to("r", ""), first);
    ASSERT_TRUE(world.deployment->restart(first).has_value());
    world.run();
  }
}

/// It was a member's to handle, and is again: whoever sent it is to come again.
TEST_F(PoolsOfTheManifest, WhoseMemberDoesNotRunRefuse) {
  world.open(with_pool("size = 2\n"));
  const std::string first = tell("add 5", "", {.idempotency_key = "k"});
  const std::string other = first == "tellers-1" ? "tellers-2" : "tellers-1";
  ASSERT_TRUE(world.deployment->stop(first, false).has_value());
  world.run();
  const auto refused = [&](const std::string& name, MessageOptions options) {
    const Given given = world.ask(name, "add 5", std::move(options));
    EXPECT_FALSE(given);
    return given ? "" : std::string(to_string(given.error().refusal)) + ": " + given.error().why;
  };
  EXPECT_EQ(refused(first, {.idempotency_key = "k"}),
            "stopped: member '" + first + "' of pool 'tellers' does not run");
  EXPECT_EQ(refused("tellers-3", {}), "no such actor: there is no actor 'tellers-3'");
  ASSERT_TRUE(world.deployment->stop(other, false).has_value());
  world.run();
  EXPECT_EQ(refused("tellers", {}), "stopped: nobody of pool 'tellers' runs");
  ASSERT_TRUE(world.deployment->restart(first).has_value());
  world.run();
  EXPECT_EQ(world.said(first, "add 5", {.idempotency_key = "k"}), "5") << "it was handled once";
}

/// Actors know the pool by its name.
TEST_F(PoolsOfTheManifest, IsAnAddressForActorsAndTopics) {
  world.open(with_pool("size = 2\ntopics = ['jobs.>']\n"));
  EXPECT_EQ(world.said("alice", "ask tellers add 1"), "1");
  EXPECT_EQ(world.said("alice", "ask tellers add 1"), "1") << "the other one";
  world.tell("alice", "send tellers add 5");
  world.tell("alice", "publish jobs.new add 10");
  world.advance(second);
  EXPECT_EQ(std::stoi(state("tellers-1")) + std::stoi(state("tellers-2")), 17);
  EXPECT_EQ(world.deployment->publish("jobs.new", actor::Payload("add 1")), 1u);
}

TEST_F(PoolsOfTheManifest, AMemberThatFailsIsStartedAnew) {
  world.open(with_pool("size = 2\n"));
  const std::string who = tell("add 7");
  world.tell(who, "trap");
  EXPECT_EQ(state(who), "7");
  ASSERT_TRUE(world.deployment->stop(who, true).has_value());
  world.run();
  for (int i = 0; i < 4; ++i) EXPECT_NE(tell("add 1"), who) << "who does not run is left out";
}

TEST_F(PoolsOfTheManifest, ComesGrowsAndGoesByAReload) {
  world.open();
  ASSERT_TRUE(world.deployment->apply(world.parse(with_pool("size = 1\n"))).has_value());
  world.run();
  EXPECT_EQ(tell("add 3"), "tellers-1");
  ASSERT_TRUE(world.deployment->apply(world.parse(with_pool("size = 2\n"))).has_value());
  world.run();
  EXPECT_EQ(state("tellers-1"), "3");
  EXPECT_EQ(state("tellers-2"), "0");
  EXPECT_EQ(world.deployment->spawn("tellers", "machine", {}).error().kind, ErrorKind::usage);
  EXPECT_FALSE(
      world.deployment->apply(world.parse(with_pool("size = 2\ntopics = ['a']\n"))).has_value());
  ASSERT_TRUE(world.deployment->apply(world.parse(alice)).has_value());
  world.run();
  EXPECT_EQ(world.ask("tellers", "get").error().refusal, actor::Refusal::no_such_actor);
  EXPECT_FALSE(world.deployment->system().find("tellers"));
  ASSERT_TRUE(world.deployment->spawn("tellers", "machine", actor::Payload("1")).has_value());
  world.run();
  EXPECT_EQ(world.said("tellers", "get"), "1");
}

TEST(PoolManifests, NamesAreTheirOwn) {
  const auto fault = [](std::string_view more) {
    const auto manifest = Manifest::parse(std::string(alice) + std::string(more), "cairn.toml");
    return manifest ? std::string() : manifest.error().to_string();
  };
  const std::string pool = "[pools.p]\ncomponent = 'machine'\nsize = 2\n";
  EXPECT_EQ(fault(pool + "[schedules.s]\nactor = 'p'\nevery = '1s'\n"), "");
  for (const char* const other :
       {"[actors.p-2]\ncomponent = 'machine'\n", "[actors.p]\ncomponent = 'machine'\n",
        "[supervisors.p-1]\n", "[pools.p-1]\ncomponent = 'machine'\nsize = 1\n"}) {
    EXPECT_NE(fault(pool + other).find("there is an actor, a pool or a supervisor 'p"),
              std::string::npos)
        << other << fault(pool + other);
  }
  EXPECT_NE(fault("[pools.p]\ncomponent = 'x'\nsize = 2\n").find("there is no 'x'"),
            std::string::npos);
  EXPECT_NE(fault("[pools.p]\ncomponent = 'machine'\nsize = 0\n").find("size"), std::string::npos);
}

}  // namespace
}  // namespace cairn::platform::testing
