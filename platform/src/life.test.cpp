// Who runs, by which component, from which state.

#include <cairn/actor/actor.hpp>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <utility>

#include "deployment_testing.hpp"

namespace cairn::platform::testing {
namespace {

using Life = Deployments;

std::vector<std::string> names(const std::vector<ActorStatus>& list) {
  std::vector<std::string> found;
  for (const ActorStatus& one : list) found.push_back(one.name);
  return found;
}

TEST_F(Life, WhoWasSpawnedLasts) {
  world.open();
  ASSERT_TRUE(world.deployment->spawn("bob", "machine", actor::Payload("7")).has_value());
  EXPECT_EQ(world.deployment->spawn("bob", "machine", {}).error().kind, ErrorKind::usage);
  EXPECT_EQ(world.deployment->spawn("alice", "machine", {}).error().kind, ErrorKind::usage);
  EXPECT_EQ(world.deployment->spawn("bank", "machine", {}).error().kind, ErrorKind::usage);
  EXPECT_EQ(world.deployment->spawn("#7.1", "machine", {}).error().kind, ErrorKind::invalid);
  EXPECT_EQ(world.deployment->spawn("carol", "none", {}).error().kind, ErrorKind::not_found);
  world.run();
  EXPECT_EQ(world.said("bob", "add 1"), "8");
  EXPECT_EQ(names(world.deployment->actors("", 10)), (std::vector<std::string>{"alice", "bob"}));
  EXPECT_EQ(names(world.deployment->actors("alice", 10)), std::vector<std::string>{"bob"});
  EXPECT_EQ(names(world.deployment->actors("", 1)), std::vector<std::string>{"alice"});
  world.open();
  EXPECT_EQ(world.said("bob", "get"), "8");
  ASSERT_TRUE(world.deployment->stop("bob", false).has_value());
  world.run();
  EXPECT_EQ(world.ask("bob", "get").error().refusal, actor::Refusal::no_such_actor);
  EXPECT_FALSE(world.deployment->actor("bob")->is_running);
  EXPECT_EQ(world.last("bob").record.kind, chain::RecordKind::stop);
  world.open();
  EXPECT_EQ(world.ask("bob", "get").error().refusal, actor::Refusal::no_such_actor);
}

TEST_F(Life, WhoEndsWellOrNeverStartsIsForgotten) {
  world.open();
  ASSERT_TRUE(world.deployment->spawn("bob", "machine", actor::Payload("1")).has_value());
  ASSERT_TRUE(world.deployment->spawn("bad", "machine", actor::Payload("-5")).has_value());
  world.run();
  EXPECT_EQ(world.ask("bad", "get").error().refusal, actor::Refusal::no_such_actor);
  EXPECT_EQ(world.last("bad").record.kind, chain::RecordKind::rejection);
  world.tell("bob", "stop");
  EXPECT_EQ(world.ask("bob", "get").error().refusal, actor::Refusal::no_such_actor);
  world.deployment->tick();
  world.open();
  EXPECT_EQ(names(world.deployment->actors("", 10)), std::vector<std::string>{"alice"});
}

TEST_F(Life, StoppedAndStartedAgain) {
  world.open();
  world.tell("alice", "add 1");
  ASSERT_TRUE(world.deployment->stop("alice", true).has_value());
  world.run();
  EXPECT_EQ(world.ask("alice", "get").error().refusal, actor::Refusal::no_such_actor);
  EXPECT_EQ(world.deployment->stop("alice", true).error().kind, ErrorKind::not_found);
  ASSERT_TRUE(world.deployment->restart("alice").has_value());
  world.run();
  EXPECT_EQ(world.said("alice", "get"), "101");
}

TEST_F(Life, WhoStopsIsNotRestartedBeforeItHas) {
  world.open();
  ASSERT_TRUE(world.deployment->spawn("bob", "machine", actor::Payload("7")).has_value());
  world.run();
  for (const std::string name : {"alice", "bob"}) {
    ASSERT_TRUE(world.deployment->stop(name, false).has_value());
    const Result<> early = world.deployment->restart(name);
    ASSERT_FALSE(early.has_value()) << name;
    EXPECT_EQ(early.error().message, "'" + name + "' has not stopped yet");
    EXPECT_EQ(early.error().kind, ErrorKind::usage) << "409";
    EXPECT_EQ(world.deployment->upgrade(name, "machine").error().kind, ErrorKind::usage) << name;
    EXPECT_EQ(world.deployment->revert(name, 1).error().kind, ErrorKind::usage) << name;
  }
  world.run();
  EXPECT_EQ(world.deployment->restart("bob").error().kind, ErrorKind::not_found)
      << "who was spawned is forgotten";
  ASSERT_TRUE(world.deployment->restart("alice").has_value());
  world.run();
  EXPECT_EQ(world.said("alice", "get"), "100");
}

TEST_F(Life, ANewInstanceKeepsTheMailbox) {
  world.open();
  const auto first = world.begin("alice", "add 1");
  ASSERT_TRUE(world.deployment->restart("alice").has_value());
  const auto last = world.begin("alice", "add 1");
  world.run();
  ASSERT_TRUE(first->has_value() && (*first)->has_value());
  ASSERT_TRUE(last->has_value() && (*last)->has_value());
  EXPECT_EQ((**last)->reply.text(), "102");
  const auto records = world.deployment->store()->records("alice", 0, 100);
  ASSERT_TRUE(records.has_value());
  const auto restarts = std::ranges::count_if(*records, [](const chain::StoredRecord& one) {
    return one.record.kind == chain::RecordKind::restart;
  });
  EXPECT_EQ(restarts, 1);
  EXPECT_EQ(world.deployment->restart("nobody").error().kind, ErrorKind::not_found);
}

TEST_F(Life, AnotherComponentGoesOn) {
  world.open();
  world.tell("alice", "add 1");
  ASSERT_TRUE(machine(2).has_value());
  const auto uploaded = world.deployment->upload("second", *machine(2));
  ASSERT_TRUE(uploaded.has_value()) << uploaded.error().to_string();
  EXPECT_FALSE(uploaded->is_resident);
  EXPECT_EQ(uploaded->bytes, machine(2)->size());
  EXPECT_EQ(world.deployment->components().size(), 2u);
  ASSERT_TRUE(world.deployment->upgrade("alice", "second").has_value());
  EXPECT_EQ(world.said("alice", "add 1"), "102");
  const auto record = world.last("alice");
  EXPECT_EQ(record.record.module, uploaded->digest);
  EXPECT_EQ(world.deployment->actor("alice")->component, "second");
  EXPECT_EQ(world.deployment->upgrade("alice", "third").error().kind, ErrorKind::not_found);
  EXPECT_EQ(world.deployment->upload("machine", *machine(2)).error().kind, ErrorKind::denied);
  EXPECT_EQ(world.deployment->upload("bad", Bytes{1, 2, 3}).error().kind, ErrorKind::malformed);
  ASSERT_TRUE(world.deployment->spawn("bob", "second", actor::Payload("1")).has_value());
  // What was uploaded lasts, and so does who runs by it.
  world.open();
  EXPECT_EQ(world.said("bob", "add 1"), "2");
  EXPECT_EQ(world.last("bob").record.module, uploaded->digest);
  EXPECT_EQ(world.said("alice", "add 1"), "103");
  EXPECT_EQ(world.last("alice").record.module, uploaded->digest);
}

TEST_F(Life, ForksAndRevertsAndTimeTravel) {
  world.open();
  world.tell("alice", "add 1");
  const Given at = world.ask("alice", "add 1");
  world.tell("alice", "add 1");
  const uint64_t sequence = at->receipt->sequence;
  EXPECT_EQ(world.deployment->state("alice", sequence)->text(), "102");
  EXPECT_EQ(world.deployment->state("alice", std::nullopt)->text(), "103");
  EXPECT_EQ(world.deployment->state("alice", 99).error().kind, ErrorKind::not_found);
  EXPECT_EQ(world.deployment->state("bob", std::nullopt).error().kind, ErrorKind::not_found);

  ASSERT_TRUE(world.deployment->fork("alice", sequence, "bob").has_value());
  EXPECT_EQ(world.deployment->fork("alice", 0, "carol").error().kind, ErrorKind::invalid);
  EXPECT_EQ(world.deployment->fork("alice", 99, "carol").error().kind, ErrorKind::not_found);
  EXPECT_EQ(world.deployment->fork("alice", 1, "bob").error().kind, ErrorKind::usage);
  world.run();
  EXPECT_EQ(world.said("bob", "add 10"), "112");
  EXPECT_EQ(world.said("alice", "get"), "103");
  const auto fork = world.deployment->store()->record("bob", 1);
  ASSERT_TRUE(fork.has_value());
  EXPECT_EQ(fork->record.kind, chain::RecordKind::fork);
  EXPECT_EQ(fork->record.source->name, "alice");
  EXPECT_EQ(fork->record.source->cause, sequence);

  ASSERT_TRUE(world.deployment->revert("alice", sequence).has_value());
  EXPECT_EQ(world.said("alice", "add 10"), "112");
  world.open();
  EXPECT_EQ(world.said("bob", "get"), "112");
  EXPECT_EQ(world.said("alice", "get"), "112");
}

/// Who commits goes on: what follows is done elsewhere, and only then it is there.
TEST_F(Life, AForkIsThereWhenItIsDurable) {
  std::vector<std::function<void()>> tasks;
  world.apart = [&](std::function<void()> task) { tasks.push_back(std::move(task)); };
  world.open();
  std::optional<Result<>> done;
  const auto forked = [&](const Result<>& how) { done = how; };
  ASSERT_TRUE(world.deployment->fork("alice", 1, "bob", forked).has_value());
  EXPECT_TRUE(tasks.empty());
  world.run();
  ASSERT_EQ(tasks.size(), 1u);
  EXPECT_FALSE(done.has_value());
  EXPECT_EQ(world.deployment->fork("alice", 1, "bob").error().kind, ErrorKind::usage);
  tasks[0]();
  world.run();
  ASSERT_TRUE(done.has_value());
  EXPECT_TRUE(done->has_value());
  EXPECT_EQ(world.said("bob", "get"), "100");

  done.reset();
  ASSERT_TRUE(world.deployment->fork("alice", 1, "carol", forked).has_value());
  world.disk.set_fault([](uint64_t, const std::string&) { return EIO; });
  world.run();
  ASSERT_EQ(tasks.size(), 2u);
  tasks[1]();
  ASSERT_TRUE(done.has_value());
  EXPECT_EQ(done->error().kind, ErrorKind::io);
  EXPECT_FALSE(world.deployment->system().find("carol"));
}

TEST_F(Life, SpawningEndsWithTheStart) {
  world.open();
  std::optional<Result<>> good, bad, stopped;
  const auto to = [](std::optional<Result<>>& place) {
    return [&place](const Result<>& how) { place = how; };
  };
  Deployment& deployment = *world.deployment;
  ASSERT_TRUE(deployment.spawn("good", "machine", actor::Payload("1"), to(good)).has_value());
  ASSERT_TRUE(deployment.spawn("bad", "machine", actor::Payload("-5"), to(bad)).has_value());
  ASSERT_TRUE(deployment.spawn("brief", "machine", actor::Payload("1"), to(stopped)).has_value());
  EXPECT_FALSE(good.has_value() || bad.has_value() || stopped.has_value());
  ASSERT_TRUE(deployment.stop("brief", true).has_value());
  world.run();
  ASSERT_TRUE(good.has_value() && bad.has_value() && stopped.has_value());
  EXPECT_TRUE(good->has_value());
  ASSERT_FALSE(bad->has_value());
  EXPECT_EQ(bad->error().kind, ErrorKind::exception);
  EXPECT_NE(bad->error().message, "");
  ASSERT_FALSE(stopped->has_value());
  EXPECT_EQ(stopped->error().kind, ErrorKind::usage);
}

/// They are in logs, on terminals and in paths.
TEST_F(Life, AGuestsChildHasANameLikeAnyOther) {
  world.open();
  for (const char* name : {"a/b", "a\x1b[2J", "a\xff"}) {
    world.tell("alice", "spawn " + std::string(name) + " machine 5");
    EXPECT_FALSE(world.deployment->system().find(name)) << name;
  }
  EXPECT_FALSE(check_name("alice: x").has_value());
}

TEST_F(Life, AForkThatFoundNoRoomMayBeTriedAgain) {
  world.open();
  ASSERT_TRUE(world.deployment->fork("alice", 1, "bob").has_value());
  bool is_full = true;
  world.disk.set_fault([&](uint64_t, const std::string& path) {
    return path.ends_with(".log") && std::exchange(is_full, false) ? ENOSPC : 0;
  });
  world.run();
  EXPECT_FALSE(is_full);
  EXPECT_EQ(world.ask("bob", "get").error().refusal, actor::Refusal::no_such_actor);
  const Result<> again = world.deployment->fork("alice", 1, "bob");
  ASSERT_TRUE(again.has_value()) << again.error().to_string();
  world.run();
  EXPECT_EQ(world.said("bob", "get"), "100");
}

/// Somebody else's, who has a name while it starts, or from then on.
class Other final : public actor::Actor {
 public:
  explicit Other(bool starts) : starts_(starts) {}
  Result<actor::Progress> pre_start(actor::Context&) override {
    return starts_ ? actor::Progress::done : actor::Progress::waiting;
  }
  Result<actor::Progress> handle_message(actor::Context&, const actor::Message&) override {
    return actor::Progress::done;
  }

 private:
  bool starts_;
};

actor::ActorId spawn_other(World& world, const std::string& name, bool starts) {
  const auto made = world.deployment->system().spawn(
      actor::ChildSpec{.name = name, .factory = [=]() -> Result<std::unique_ptr<actor::Actor>> {
                         return std::make_unique<Other>(starts);
                       }});
  EXPECT_TRUE(made.has_value());
  world.run();
  return made.value_or(actor::ActorId());
}

TEST_F(Life, WhoCouldNotBeSpawnedIsSpawnedLater) {
  world.open();
  for (const bool starts : {false, true}) {
    const std::string name = starts ? "bob" : "carol";
    const actor::ActorId other = spawn_other(world, name, starts);
    std::optional<Result<>> told;
    const auto tell = [&](const Result<>& how) { told = how; };
    ASSERT_TRUE(world.deployment->spawn(name, "machine", actor::Payload("7"), tell).has_value());
    world.run();
    EXPECT_FALSE(world.deployment->actor(name)->is_running);
    ASSERT_TRUE(told.has_value() && !told->has_value()) << "who waits is not kept waiting";
    EXPECT_NE(told->error().message.find("is tried again"), std::string::npos);
    world.deployment->system().kill(other);
    world.advance(2 * second);
    EXPECT_EQ(world.said(name, "get"), "7");
  }
}

TEST_F(Life, ManyWhoCouldNotBeSpawnedAreTriedOnceASecond) {
  world.open();
  const auto names = {"bob", "carol", "dave"};
  for (const char* name : names) spawn_other(world, name, false);
  for (const char* name : names) {
    ASSERT_TRUE(world.deployment->spawn(name, "machine", {}).has_value());
  }
  world.run();
  const auto complaints = [&] {
    return std::ranges::count_if(world.log.lines(), [](const std::string& line) {
      return line.find("was not spawned") != std::string::npos;
    });
  };
  EXPECT_EQ(complaints(), 3);
  const uint64_t before = world.deployment->system().counters().handled;
  world.advance(10 * second);
  EXPECT_EQ(complaints(), 3) << "once for each";
  const uint64_t handled = world.deployment->system().counters().handled - before;
  EXPECT_GT(handled, 0u);
  EXPECT_LE(handled, 10u) << "there is one timer";
}

TEST_F(Life, AGuestsChildIsSeenAndAsked) {
  world.open();
  world.tell("alice", "spawn kid machine 5");
  EXPECT_EQ(world.said("kid", "add 1", {.idempotency_key = "a"}), "6");
  EXPECT_EQ(world.said("kid", "add 1", {.idempotency_key = "a"}), "6");
  const auto status = world.deployment->actor("kid");
  ASSERT_TRUE(status.has_value());
  EXPECT_EQ(status->parent, "alice");
  EXPECT_EQ(status->component, "machine");
  EXPECT_TRUE(world.deployment->restart("kid").has_value());
  EXPECT_EQ(world.said("kid", "get"), "6");
  world.tell("alice", "end-child kid");
  EXPECT_EQ(world.ask("kid", "get").error().refusal, actor::Refusal::no_such_actor);
}

TEST_F(Life, AResidentActorIsItsMemory) {
  ASSERT_TRUE(machine(resident_machine).has_value());
  world.write("machine.wasm", *machine(resident_machine));
  world.open();
  const Given at = world.ask("alice", "add 1");
  ASSERT_TRUE(at.has_value()) << at.error().why;
  EXPECT_EQ(world.said("alice", "add 1"), "102");
  ASSERT_TRUE(world.deployment->fork("alice", at->receipt->sequence, "bob").has_value());
  ASSERT_TRUE(world.deployment->revert("alice", at->receipt->sequence).has_value());
  world.run();
  EXPECT_EQ(world.said("alice", "get"), "101");
  EXPECT_EQ(world.said("bob", "get"), "101");
  ASSERT_TRUE(world.deployment->upload("second", *machine(2)).has_value());
  EXPECT_EQ(world.deployment->upgrade("alice", "second").error().kind, ErrorKind::unsupported);
  EXPECT_EQ(world.said("alice", "add 1"), "102");
}

TEST_F(Life, TopicsOfTheManifestAreHeard) {
  std::string manifest(alice);
  world.open(manifest);
  EXPECT_EQ(world.deployment->publish("bank.day", actor::Payload("add 1")), 0u);
  manifest.insert(manifest.find("argument"), "topics = [\"bank.*\"]\n");
  ASSERT_TRUE(world.deployment->apply(world.parse(manifest)).has_value());
  world.run();
  EXPECT_EQ(world.deployment->publish("bank.day", actor::Payload("add 1")), 1u);
  EXPECT_EQ(world.said("alice", "get"), "101");
  world.tell("alice", "trap");
  EXPECT_EQ(world.deployment->publish("bank.day", actor::Payload("add 1")), 1u);
  EXPECT_EQ(world.said("alice", "get"), "102");
}

/// What it was told to do is lost with its mailbox, and nobody else does it later.
TEST_F(Life, AnOrderToWhoEndsIsDropped) {
  std::string manifest(alice);
  manifest.insert(manifest.find("argument"), "restart = 'transient'\n");
  world.open(manifest);
  world.tell("alice", "add 1");
  world.begin("alice", "stop");
  world.workers->run();  // it waits for its record
  ASSERT_TRUE(world.deployment->revert("alice", 1).has_value());
  world.run();
  EXPECT_FALSE(world.deployment->actor("alice")->is_running);
  EXPECT_EQ(world.log.lines().back(),
            "error: actor 'alice' was to be reverted to record 1, and ended before that");
  ASSERT_TRUE(world.deployment->restart("alice").has_value());
  world.run();
  EXPECT_EQ(world.said("alice", "add 1"), "102");
  ASSERT_TRUE(world.deployment->restart("alice").has_value());
  EXPECT_EQ(world.said("alice", "get"), "102");
}

/// Its chain has one writer, and who asks in between hears so at once.
TEST_F(Life, NobodyStartsWhileItIsReverted) {
  std::string manifest(alice);
  manifest.insert(manifest.find("argument"), "restart = 'transient'\n");
  world.open(manifest);
  world.tell("alice", "add 1");
  world.tell("alice", "stop");
  ASSERT_TRUE(world.deployment->revert("alice", 1).has_value());
  EXPECT_EQ(world.deployment->revert("alice", 1).error().kind, ErrorKind::usage);
  EXPECT_EQ(world.deployment->restart("alice").error().kind, ErrorKind::usage);
  ASSERT_TRUE(world.deployment->stop("alice", false).has_value());
  EXPECT_EQ(world.deployment->spawn("alice", "machine", {}).error().kind, ErrorKind::usage);
  world.run();
  EXPECT_FALSE(world.deployment->system().find("alice")) << "it was stopped meanwhile";
  ASSERT_TRUE(world.deployment->spawn("alice", "machine", {}).has_value());
  world.run();
  EXPECT_EQ(world.said("alice", "get"), "100");
}

/// Between two instances there is none to be told that it stops.
TEST_F(Life, KilledWhileItIsReverted) {
  world.open();
  const Given at = world.ask("alice", "add 1");
  ASSERT_TRUE(at.has_value());
  world.tell("alice", "add 1");
  ASSERT_TRUE(world.deployment->revert("alice", at->receipt->sequence).has_value());
  world.workers->run();  // it waits for the record of the fork
  ASSERT_TRUE(world.deployment->stop("alice", true).has_value());
  world.workers->run();
  world.run();
  EXPECT_FALSE(world.deployment->system().find("alice"));
  ASSERT_TRUE(world.deployment->restart("alice").has_value());
  world.run();
  EXPECT_EQ(world.said("alice", "get"), "101");
}

/// Who begins while the fork is written goes on with what that brings.
TEST_F(Life, RevertedWhileItIsSpawned) {
  world.open();
  ASSERT_TRUE(world.deployment->spawn("bob", "machine", actor::Payload("1")).has_value());
  world.run();
  const Given at = world.ask("bob", "add 1");
  ASSERT_TRUE(at.has_value());
  world.tell("bob", "add 1");
  ASSERT_TRUE(world.deployment->stop("bob", false).has_value());
  world.run();
  ASSERT_TRUE(world.deployment->spawn("bob", "machine", {}).has_value());
  ASSERT_TRUE(world.deployment->revert("bob", at->receipt->sequence).has_value());
  world.run();
  EXPECT_EQ(world.said("bob", "get"), "2");
  EXPECT_EQ(world.logged("failed"), 0);
}

/// It has no id yet, and is gone all the same.
TEST_F(Life, StoppedWhileItIsSpawned) {
  world.open();
  for (int steps = 0; steps < 8; ++steps) {
    const std::string name = "bob" + std::to_string(steps);
    ASSERT_TRUE(world.deployment->spawn(name, "machine", actor::Payload("1")).has_value());
    for (int step = 0; step < steps; ++step) world.workers->step();
    ASSERT_TRUE(world.deployment->stop(name, false).has_value());
    world.run();
    EXPECT_FALSE(world.deployment->system().find(name)) << steps;
  }
}

}  // namespace
}  // namespace cairn::platform::testing
