// Who runs by an uploaded component has the settings of what it ran by before.

#include <cairn/actor/recorded_limits.hpp>

#include "deployment_testing.hpp"

namespace cairn::platform::testing {
namespace {

using UploadSettings = Deployments;

/// `spin` needs more than the smaller fuel, and less than the larger one.
constexpr std::string_view spin = "spin 1000000";
constexpr std::string_view bounded = R"(
[components.machine]
path = "machine.wasm"
limits = { fuel = 200000, memory = "2MiB" }
on_limit = "resume"
[actors.alice]
component = "machine"
argument = "100"
)";
std::string with(std::string_view before, std::string_view after) {
  std::string text(bounded);
  text.replace(text.find(before), before.size(), after);
  return text;
}

bool is_bounded(World& world, const std::string& name) {
  const Given answer = world.ask(name, spin);
  // It was resumed, and needs no time to start anew.
  EXPECT_TRUE(world.deployment->actor(name)->is_running) << name;
  return !answer && answer.error().refusal == actor::Refusal::failed;
}

void upgrade(World& world, const std::string& name, const std::string& component) {
  const Result<> done = world.deployment->upgrade(name, component);
  ASSERT_TRUE(done.has_value()) << done.error().to_string();
  world.run();
  ASSERT_EQ(world.deployment->actor(name)->component, component);
}

TEST_F(UploadSettings, ThoseOfBeforeHold) {
  world.open(bounded);
  EXPECT_TRUE(is_bounded(world, "alice"));
  ASSERT_TRUE(world.deployment->upload("second", *machine(2)).has_value());
  upgrade(world, "alice", "second");
  const chain::StoredRecord record = world.last("alice");
  ASSERT_EQ(record.record.kind, chain::RecordKind::upgrade);
  const auto limits = actor::RecordedLimits::of(record.content(chain::Slot::input).value());
  ASSERT_TRUE(limits.has_value());
  EXPECT_EQ(limits->fuel, 200'000u);
  EXPECT_EQ(limits->memory, 2u << 20);
  EXPECT_TRUE(is_bounded(world, "alice"));
  // What was uploaded is spawned with what holds where nothing is said.
  ASSERT_TRUE(world.deployment->spawn("bob", "second", actor::Payload("1")).has_value());
  world.run();
  EXPECT_TRUE(world.ask("bob", spin).has_value());
  // Once more of that name, and from one to the next.
  ASSERT_TRUE(world.deployment->upload("second", *machine(harsh_machine)).has_value());
  upgrade(world, "alice", "second");
  EXPECT_TRUE(is_bounded(world, "alice"));
  ASSERT_TRUE(world.deployment->upload("third", *machine(2)).has_value());
  upgrade(world, "alice", "third");
  EXPECT_TRUE(is_bounded(world, "alice"));
  upgrade(world, "alice", "machine");
  EXPECT_TRUE(is_bounded(world, "alice"));
}

TEST_F(UploadSettings, LastAcrossStarts) {
  world.open(bounded);
  ASSERT_TRUE(world.deployment->upload("second", *machine(2)).has_value());
  upgrade(world, "alice", "second");
  ASSERT_TRUE(world.deployment->spawn("bob", "machine", actor::Payload("1")).has_value());
  world.run();
  upgrade(world, "bob", "second");
  ASSERT_TRUE(world.deployment->fork("bob", 1, "bobby", nullptr).has_value());
  for (int start = 0; start < 3; ++start) {
    world.run();
    for (const char* const name : {"alice", "bob", "bobby"}) {
      EXPECT_EQ(world.deployment->actor(name)->component, "second") << name;
      EXPECT_TRUE(is_bounded(world, name)) << name << ", start " << start;
    }
    world.open(bounded);
  }
}

TEST_F(UploadSettings, FollowTheManifest) {
  world.open(bounded);
  ASSERT_TRUE(world.deployment->upload("second", *machine(2)).has_value());
  upgrade(world, "alice", "second");
  ASSERT_TRUE(world.deployment->spawn("bob", "machine", actor::Payload("1")).has_value());
  world.run();
  upgrade(world, "bob", "second");
  const auto apply = [&](const std::string& manifest) {
    const Result<> applied = world.deployment->apply(world.parse(manifest));
    EXPECT_TRUE(applied.has_value()) << applied.error().to_string();
    world.advance(second);
  };
  apply(with("200000", "50000000"));
  for (const char* const name : {"alice", "bob"}) {
    EXPECT_EQ(world.deployment->actor(name)->component, "second") << name;
    EXPECT_FALSE(is_bounded(world, name)) << name;
  }
  apply(std::string(bounded));
  EXPECT_TRUE(is_bounded(world, "alice"));
  EXPECT_TRUE(is_bounded(world, "bob"));
  // What it has in the manifest is its own.
  world.write("second.wasm", *machine(2));
  apply(std::string(bounded) + "[components.second]\npath = 'second.wasm'\n");
  EXPECT_FALSE(is_bounded(world, "alice"));
  EXPECT_FALSE(is_bounded(world, "bob"));
}

TEST_F(UploadSettings, AlsoWhereNothingIsKept) {
  world.open("durable = false\n" + std::string(bounded));
  ASSERT_TRUE(world.deployment->upload("second", *machine(2)).has_value());
  upgrade(world, "alice", "second");
  EXPECT_TRUE(is_bounded(world, "alice"));
}

// --- a state that somebody left ---

TEST_F(UploadSettings, ANameIsNotSpawnedWithAnotherComponent) {
  world.open(bounded);
  ASSERT_TRUE(world.deployment->upload("second", *machine(2)).has_value());
  ASSERT_TRUE(world.deployment->spawn("carol", "machine", actor::Payload("5")).has_value());
  world.run();
  ASSERT_TRUE(world.deployment->stop("carol", false).has_value());
  world.run();
  const Result<> other = world.deployment->spawn("carol", "second", actor::Payload("9"));
  ASSERT_FALSE(other.has_value());
  EXPECT_EQ(other.error().kind, ErrorKind::usage) << "409";
  EXPECT_NE(other.error().message.find("by another component than 'second'"), std::string::npos)
      << other.error().message;
  ASSERT_TRUE(world.deployment->spawn("carol", "machine", actor::Payload("9")).has_value());
  world.run();
  EXPECT_EQ(world.said("carol", "get"), "5");
}

/// Whose first start failed left none.
TEST_F(UploadSettings, WhoNeverHadAStateIsSpawnedWithAny) {
  world.open(bounded);
  ASSERT_TRUE(world.deployment->upload("second", *machine(2)).has_value());
  ASSERT_TRUE(world.deployment->spawn("bad", "machine", actor::Payload("-5")).has_value());
  world.run();
  world.deployment->tick();
  ASSERT_TRUE(world.deployment->spawn("bad", "second", actor::Payload("5")).has_value());
  world.run();
  EXPECT_EQ(world.said("bad", "get"), "5");
}

}  // namespace
}  // namespace cairn::platform::testing
