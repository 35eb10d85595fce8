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

/// Those of a component of the manifest that it was told to run, whatever is listed.
TEST_F(UploadSettings, AreThoseOfTheOneItWasToldToRun) {
  const std::string text =
      with("200000", "50000000") +
      "[components.small]\npath = 'small.wasm'\nlimits = { fuel = 200000 }\non_limit = 'resume'\n";
  world.write("small.wasm", *machine(2));
  world.open(text);
  upgrade(world, "alice", "small");
  EXPECT_TRUE(is_bounded(world, "alice"));
  world.open(text);
  EXPECT_TRUE(is_bounded(world, "alice"));
  ASSERT_TRUE(world.deployment->upload("third", *machine(harsh_machine)).has_value());
  upgrade(world, "alice", "third");
  EXPECT_TRUE(is_bounded(world, "alice"));
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

/// What is uploaded since is for who is upgraded to it.
TEST_F(UploadSettings, WhatTheyRunIsTheirs) {
  world.open(bounded);
  ASSERT_TRUE(world.deployment->upload("second", *machine(2)).has_value());
  upgrade(world, "alice", "second");
  ASSERT_TRUE(world.deployment->spawn("bob", "second", actor::Payload("200")).has_value());
  world.run();
  ASSERT_TRUE(world.deployment->upload("second", *machine(harsh_machine)).has_value());
  const auto all_are_well = [&](std::string_view when) {
    for (const char* const name : {"alice", "bob"}) {
      EXPECT_FALSE(world.said(name, "add 0").starts_with("refused")) << name << when;
      EXPECT_EQ(world.last(name).record.module, crypto::sha256(*machine(2))) << name << when;
    }
  };
  ASSERT_TRUE(world.deployment->apply(world.parse(with("200000", "300000"))).has_value());
  world.advance(second);
  all_are_well(", other settings");
  ASSERT_TRUE(world.deployment->fork("bob", 1, "bobby", nullptr).has_value());
  world.run();
  for (int start = 0; start < 2; ++start) {
    world.open(with("200000", "300000"));
    all_are_well(", a new start");
    EXPECT_EQ(world.deployment->actor("bobby")->component, "second");
    EXPECT_EQ(world.said("bobby", "get"), "200");
  }
  // As it was asked for.
  upgrade(world, "alice", "second");
  EXPECT_EQ(world.last("alice").record.module, crypto::sha256(*machine(harsh_machine)));
}

TEST_F(UploadSettings, WhoRunsAnUploadIsForkedAfterTheManifestsComponentChanged) {
  world.open(bounded);
  ASSERT_TRUE(world.deployment->upload("second", *machine(2)).has_value());
  upgrade(world, "alice", "second");
  world.write("machine.wasm", *machine(harsh_machine));
  ASSERT_TRUE(world.deployment->apply(world.parse(bounded)).has_value());
  world.advance(second);
  const Result<> forked = world.deployment->fork("alice", 1, "copy");
  ASSERT_TRUE(forked.has_value()) << forked.error().to_string();
  world.run();
  EXPECT_EQ(world.deployment->actor("copy")->component, "second");
  EXPECT_TRUE(is_bounded(world, "copy"));
}

// --- grants ---

class UploadGrants : public UploadSettings {
 protected:
  void SetUp() override {
    UploadSettings::SetUp();
    CAIRN_NEEDS_GUEST(quiet())
    CAIRN_NEEDS_GUEST(teller())
    world.write("quiet.wasm", *quiet());
  }
  /// Needs no grants. A counter, whose state `machine` cannot read.
  static const Result<Bytes>& quiet() {
    static const Result<Bytes> bytes = actor::testing::build_guest("counter", "actor");
    return bytes;
  }
  /// Needs some of WASI.
  static const Result<Bytes>& teller() {
    static const Result<Bytes> bytes = actor::testing::build_guest_with_wasi("teller", "teller");
    return bytes;
  }
  static std::string granted(std::string_view names) {
    return "[components.quiet]\npath = 'quiet.wasm'\ngrants = [" + std::string(names) +
           "]\n[actors.alice]\ncomponent = 'quiet'\n[actors.carol]\ncomponent = 'quiet'\n";
  }
  Result<> apply(std::string_view names) {
    const Result<> applied = world.deployment->apply(world.parse(granted(names)));
    world.advance(second);
    return applied;
  }
};

TEST_F(UploadGrants, OfWhoRunsItAreNotTakenAway) {
  world.open(granted("'cairn:actor'"));
  ASSERT_TRUE(world.deployment->upload("second", *machine(2)).has_value());
  ASSERT_TRUE(world.deployment->upgrade("alice", "second").has_value());
  world.run();
  const Result<> applied = apply("");
  ASSERT_FALSE(applied.has_value());
  EXPECT_EQ(applied.error().kind, ErrorKind::denied);
  EXPECT_TRUE(applied.error().message.contains("component 'second'")) << applied.error().message;
  EXPECT_TRUE(applied.error().message.contains("'alice' runs by it")) << applied.error().message;
  // Once nobody runs by it, nobody minds.
  ASSERT_TRUE(world.deployment->upgrade("alice", "quiet").has_value());
  world.run();
  EXPECT_TRUE(apply("").has_value());
}

TEST_F(UploadGrants, ThatWereTakenAwayKeepNobodyElseFromStarting) {
  world.open(granted("'cairn:actor'"));
  ASSERT_TRUE(world.deployment->upload("second", *machine(2)).has_value());
  ASSERT_TRUE(world.deployment->spawn("bob", "quiet", {}).has_value());
  world.run();
  for (const char* const name : {"alice", "bob"})
    ASSERT_TRUE(world.deployment->upgrade(name, "second").has_value());
  world.run();
  world.open(granted(""));
  EXPECT_TRUE(world.deployment->actor("carol")->is_running);
  EXPECT_EQ(world.logged("does not run: component 'second': the component imports"), 2);
  for (const char* const name : {"alice", "bob"})
    EXPECT_FALSE(world.deployment->actor(name)->is_running) << name;
  EXPECT_EQ(world.deployment->restart("alice").error().kind, ErrorKind::denied);
  world.open(granted("'cairn:actor'"));
  for (const char* const name : {"alice", "bob"})
    EXPECT_TRUE(world.deployment->actor(name)->is_running) << name;
}

/// They are those of the component before.
TEST_F(UploadGrants, AreLookedAtWhereItIsToRun) {
  world.open(granted("'cairn:actor', 'wasi:cli', 'wasi:clocks', 'wasi:random'"));
  for (int start = 0; start < 2; ++start) {
    if (start == 0) {
      const auto uploaded = world.deployment->upload("teller", *teller());
      ASSERT_TRUE(uploaded.has_value()) << uploaded.error().to_string();
      EXPECT_TRUE(uploaded->denied.contains("which is not granted")) << uploaded->denied;
    }
    const Result<> spawned = world.deployment->spawn("bob", "teller", actor::Payload("0"));
    ASSERT_FALSE(spawned.has_value());
    EXPECT_EQ(spawned.error().kind, ErrorKind::denied);
    const Result<> upgraded = world.deployment->upgrade("carol", "teller");
    EXPECT_TRUE(upgraded.has_value()) << upgraded.error().to_string();
    world.run();
    EXPECT_EQ(world.deployment->actor("carol")->component, "teller");
    world.open(granted("'cairn:actor', 'wasi:cli', 'wasi:clocks', 'wasi:random'"));
  }
  ASSERT_TRUE(world.deployment->upload("teller", *machine(2)).has_value())
      << "nobody runs the former under another name";
  EXPECT_TRUE(world.deployment->spawn("bob", "teller", actor::Payload("0")).has_value());
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
  EXPECT_TRUE(other.error().message.contains("made by 'machine', not by 'second'"))
      << other.error().message;
  ASSERT_TRUE(world.deployment->spawn("carol", "machine", actor::Payload("9")).has_value());
  world.run();
  EXPECT_EQ(world.said("carol", "get"), "5");
}

TEST_F(UploadSettings, ANameIsSpawnedWithTheNewVersionOfItsComponent) {
  world.open(bounded);
  ASSERT_TRUE(world.deployment->spawn("carol", "machine", actor::Payload("5")).has_value());
  world.run();
  ASSERT_TRUE(world.deployment->stop("carol", false).has_value());
  world.run();
  world.write("machine.wasm", *machine(2));
  ASSERT_TRUE(world.deployment->apply(world.parse(bounded)).has_value());
  // It has the name of what made the state, though not its bytes.
  ASSERT_TRUE(world.deployment->upload("other", *machine(harsh_machine)).has_value());
  const Result<> other = world.deployment->spawn("carol", "other", actor::Payload("9"));
  ASSERT_FALSE(other.has_value());
  EXPECT_TRUE(other.error().message.contains(crypto::to_hex(crypto::sha256(*machine())) + ".wasm"))
      << other.error().message;
  world.open(bounded);
  const Result<> again = world.deployment->spawn("carol", "machine", actor::Payload("9"));
  ASSERT_TRUE(again.has_value()) << again.error().to_string();
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
