// The way of messages, and what lasts.

#include <cairn/chain/verify.hpp>

#include <algorithm>

#include "deployment_testing.hpp"

namespace cairn::platform::testing {
namespace {

using actor::Refusal;

TEST_F(Deployments, AnAnswerHasItsRecord) {
  world.open();
  const Given given = world.ask("alice", "add 5");
  ASSERT_TRUE(given.has_value()) << given.error().why;
  EXPECT_EQ(given->reply.text(), "105");
  EXPECT_FALSE(given->is_repeated);
  ASSERT_TRUE(given->receipt.has_value());
  const auto record = world.deployment->store()->record("alice", given->receipt->sequence);
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(record->hash, given->receipt->head);
  EXPECT_EQ(record->record.kind, chain::RecordKind::message);
  EXPECT_FALSE(record->record.source.has_value());
  EXPECT_EQ(record->record.input->message_tag, 0u);
  EXPECT_EQ(world.said("alice", "from"), "");
}

TEST_F(Deployments, ARefusalHasItsRecord) {
  world.open();
  for (const auto& [text, why] : {std::pair("take 2000", "too-much: no more than 1000 at once"),
                                  std::pair("take 200", "overdrawn: the balance would be below"),
                                  std::pair("bad", "bad: it was asked for")}) {
    const Given given = world.ask("alice", text);
    ASSERT_FALSE(given.has_value()) << text;
    EXPECT_EQ(given.error().refusal, Refusal::rejected);
    EXPECT_TRUE(given.error().why.starts_with(why)) << given.error().why;
    ASSERT_TRUE(given.error().receipt.has_value());
    const auto record = world.last("alice");
    EXPECT_EQ(record.hash, given.error().receipt->head);
    EXPECT_EQ(record.record.kind, chain::RecordKind::rejection);
  }
  EXPECT_EQ(world.said("alice", "get"), "100");
}

TEST_F(Deployments, WhoIsNotThereIsNotAsked) {
  world.open();
  EXPECT_EQ(world.ask("bob", "get").error().refusal, Refusal::no_such_actor);
  // A supervisor handles nothing of what is sent to it.
  EXPECT_EQ(world.ask("bank", "get").error().refusal, Refusal::no_such_actor);
  EXPECT_EQ(world.deployment->send("bob", actor::Payload("add 1"), {}).error().refusal,
            Refusal::no_such_actor);
  EXPECT_TRUE(world.deployment->send("alice", actor::Payload("add 1"), {}).has_value());
  const actor::Payload large(std::string(2 << 20, 'x'));
  EXPECT_EQ(world.deployment->send("alice", large, {}).error().refusal, Refusal::too_large);
  EXPECT_EQ(world.deployment->send("alice", large, {.idempotency_key = "k"}).error().refusal,
            Refusal::too_large);
  EXPECT_EQ(world.said("alice", "get"), "101");
}

TEST_F(Deployments, ATrapIsRecordedAndItsActorRestarted) {
  world.open();
  EXPECT_EQ(world.said("alice", "add 1"), "101");
  const Given given = world.ask("alice", "trap");
  ASSERT_FALSE(given.has_value());
  EXPECT_EQ(given.error().refusal, Refusal::failed);
  ASSERT_TRUE(given.error().receipt.has_value());
  EXPECT_EQ(world.said("alice", "get"), "101");
  const auto status = world.deployment->actor("alice");
  ASSERT_TRUE(status.has_value());
  EXPECT_EQ(status->restarts, 1u);
  EXPECT_TRUE(status->is_running);
  EXPECT_EQ(status->component, "machine");
  EXPECT_EQ(status->parent, "bank");
  // Again and again: the supervisor gives up, and is started anew itself after a while.
  for (int i = 0; i < 4; ++i) world.tell("alice", "trap");
  world.advance(2 * second);
  EXPECT_EQ(world.said("alice", "get"), "101");
}

TEST_F(Deployments, GoesOnAfterANewStart) {
  world.open();
  EXPECT_EQ(world.said("alice", "add 1"), "101");
  EXPECT_EQ(world.said("alice", "set name Alice"), "");
  const auto before = world.deployment->store()->chain("alice");
  world.open();
  EXPECT_EQ(world.said("alice", "add 1"), "102");
  EXPECT_EQ(world.said("alice", "value name"), "Alice");
  EXPECT_GT(world.deployment->store()->chain("alice")->sequence, before->sequence);
  EXPECT_EQ(world.deployment->store()->chain("alice")->id, before->id);
}

/// Runs again what the log says.
class MachineReplayer final : public chain::Replayer {
 public:
  explicit MachineReplayer(World& world, const Bytes& bytes = *machine()) {
    actor::KindSettings settings;
    settings.settings =
        std::make_shared<const actor::ActorSettings>(world.parse(alice).components[0].settings);
    auto kind = actor::ComponentKind::load(
        world.engine, bytes, {.clock = &world.clock, .random = &world.random}, settings);
    EXPECT_TRUE(kind.has_value());
    kind_ = kind.value_or(nullptr);
  }
  bool has_module(const crypto::Sha256& module) override { return module == kind_->digest(); }
  Result<actor::Transition> replay(const actor::Genesis& genesis, const actor::Transition& recorded,
                                   bool is_first) override {
    return actor::replay(*kind_, genesis.name, recorded, is_first);
  }

 private:
  std::shared_ptr<const actor::ComponentKind> kind_;
};

TEST_F(Deployments, TheLogIsGoodByItself) {
  world.open();
  world.tell("alice", "add 1", {.idempotency_key = "k"});
  world.tell("alice", "from", {.idempotency_key = "l"});  // says who asks: nobody
  world.tell("alice", "take 500");
  world.tell("alice", "trap");
  ASSERT_TRUE(world.deployment->revert("alice", 1).has_value());
  world.run();
  world.deployment->drain(second);
  while (!world.deployment->ended()) world.advance(second);
  MachineReplayer replayer(world);
  const auto report = chain::verify_log(
      world.disk, world.folder / "/cairn-data/log",
      {.signers = {world.deployment->store()->verifier()}, .replayer = &replayer});
  ASSERT_TRUE(report.has_value()) << report.error().to_string();
  EXPECT_EQ(report->records, report->signed_records);
  EXPECT_EQ(report->replayed, 5u);
}

/// What actors say of how things are done, and what becomes of them, is run again as well.
TEST_F(Deployments, TheLogHasDecisionsAndOptions) {
  const auto deciding =
      actor::testing::build_guest_with_wasi("machine", "deciding-machine", {"-DDECIDES"});
  ASSERT_TRUE(deciding.has_value()) << deciding.error().message;
  world.write("machine.wasm", *deciding);
  world.open();
  for (const char* const message :
       {"set directive 2", "bad", "set directive 1", "set on-error publish x y", "trap",
        "send-with alice 3 5000000000 add 1", "publish-with bank.day 0 0 add 1",
        "spawn-with kid machine 1 1", "ask-with kid 2 0 get"}) {
    world.tell("alice", message);
  }
  EXPECT_EQ(world.deployment->actor("alice")->restarts, 1u);
  EXPECT_EQ(world.said("alice", "get"), "101");
  world.deployment->drain(second);
  while (!world.deployment->ended()) world.advance(second);
  MachineReplayer replayer(world, *deciding);
  const auto report = chain::verify_log(
      world.disk, world.folder / "/cairn-data/log",
      {.signers = {world.deployment->store()->verifier()}, .replayer = &replayer});
  ASSERT_TRUE(report.has_value()) << report.error().to_string();
  // Both were begun, alice handled ten messages and one of her own, kid one, and two decisions.
  EXPECT_EQ(report->replayed, 2u + 11u + 1u + 2u);
  EXPECT_EQ(report->rejections, 2u);
  EXPECT_EQ(report->not_replayed, 0u);
}

TEST_F(Deployments, WithoutAChainNothingLasts) {
  const std::string manifest = "durable = false\n" + std::string(alice);
  world.open(manifest);
  EXPECT_EQ(world.deployment->store(), nullptr);
  const Given given = world.ask("alice", "add 1", {.idempotency_key = "k"});
  ASSERT_TRUE(given.has_value()) << given.error().why;
  EXPECT_FALSE(given->receipt.has_value());
  const Given again = world.ask("alice", "add 1", {.idempotency_key = "k"});
  ASSERT_TRUE(again.has_value());
  EXPECT_TRUE(again->is_repeated);
  EXPECT_EQ(again->reply.text(), "101");
  EXPECT_EQ(world.deployment->fork("alice", 1, "bob").error().kind, ErrorKind::unsupported);
  world.tell("alice", "set name Alice");
  EXPECT_EQ(world.said("alice", "value name"), "Alice");
  ASSERT_TRUE(world.deployment->spawn("bob", "machine", actor::Payload("7")).has_value());
  world.run();
  world.open(manifest);
  EXPECT_EQ(world.said("alice", "get"), "100");
  EXPECT_EQ(world.said("alice", "value name"), "none");
  EXPECT_EQ(world.ask("bob", "get").error().refusal, Refusal::no_such_actor);
  EXPECT_FALSE(world.files.exists(world.folder / "cairn-data"));
  EXPECT_FALSE(world.disk.list_directory(world.folder / "/cairn-data").has_value());
}

/// Not even a key is made.
TEST_F(Deployments, AFolderThatSomebodyHasIsLeftAlone) {
  const std::string data = world.folder / "/cairn-data";
  ASSERT_TRUE(world.disk.make_directories(data).has_value());
  const auto held = world.disk.lock(data + "/lock");
  ASSERT_TRUE(held.has_value());
  const Result<> opened = world.try_open(alice);
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().kind, ErrorKind::denied);
  EXPECT_FALSE(world.disk.contents(data + "/key").has_value());
}

TEST_F(Deployments, TheKeyIsThatOfTheFirstStart) {
  world.open();
  const auto verifier = world.deployment->store()->verifier().to_string();
  const std::string path = world.folder / "/cairn-data/key";
  world.open();
  EXPECT_EQ(world.deployment->store()->verifier().to_string(), verifier);
  world.close();
  world.disk.change(path, [](Bytes& bytes) { bytes.resize(9); });
  EXPECT_EQ(world.try_open(alice).error().kind, ErrorKind::malformed);
  ASSERT_TRUE(world.disk.remove_file(path).has_value());
  EXPECT_EQ(world.try_open(alice).error().kind, ErrorKind::not_found);
}

TEST_F(Deployments, ALogThatIsLostOrCutIsNotBegunAnew) {
  world.open();
  world.deployment->tick();
  world.close();
  const std::string data = world.folder / "/cairn-data";
  const auto logs = world.disk.list_directory(data + "/log");
  ASSERT_TRUE(logs.has_value());
  for (const std::string& name : *logs) {
    ASSERT_TRUE(world.disk.remove_file(data + "/log/" + name).has_value());
  }
  const Result<> lost = world.try_open(alice);
  ASSERT_FALSE(lost.has_value());
  EXPECT_NE(lost.error().message.find("the log has 0 records, and had "), std::string::npos)
      << lost.error().to_string();
  EXPECT_EQ(lost.error().path, data + "/reached");
  // Who knows about it may say so.
  ASSERT_TRUE(world.disk.remove_file(data + "/reached").has_value());
  EXPECT_TRUE(world.try_open(alice).has_value());
  world.close();
  world.disk.change(data + "/reached", [](Bytes& bytes) { bytes.assign(21, uint8_t{'x'}); });
  EXPECT_EQ(world.try_open(alice).error().kind, ErrorKind::malformed);
}

/// How much was acknowledged of what is gone, nobody knows.
TEST_F(Deployments, ALogThatWasTornSaysWhereItEnds) {
  world.open();
  world.deployment->tick();
  const uint64_t noted = world.deployment->store()->size();
  for (int i = 0; i < 3; ++i) world.tell("alice", "add 1");
  world.close();
  const std::string path = world.folder / "/cairn-data/log/000000000000.log";
  world.disk.change(path, [](Bytes& bytes) {
    while (!bytes.empty() && bytes.back() == 0) bytes.pop_back();
    bytes.resize(bytes.size() - 60);
  });
  ASSERT_TRUE(world.try_open(alice).has_value());
  const std::string expected = "it has " + std::to_string(world.deployment->store()->size()) +
                               " records now, and had at least " + std::to_string(noted) +
                               " when they were counted last";
  EXPECT_EQ(world.logged(expected), 1) << expected;
}

/// The log alone does not say who of them is to go on.
TEST_F(Deployments, WhoWasForgottenIsNamedOnce) {
  world.open();
  for (const char* const name : {"bob", "carol"}) {
    ASSERT_TRUE(world.deployment->spawn(name, "machine", actor::Payload("7")).has_value());
  }
  world.run();
  EXPECT_EQ(world.logged("was lost"), 0);
  world.close();
  ASSERT_TRUE(world.files.remove_file(world.folder / "cairn-data/deployment.db").has_value());
  world.open();
  EXPECT_EQ(world.logged("/cairn-data/deployment.db was lost"), 1);
  EXPECT_EQ(world.logged("nobody runs 'bob', 'carol'. Who of them"), 1);
  ASSERT_TRUE(world.deployment->spawn("bob", "machine", {}).has_value());
  world.run();
  EXPECT_EQ(world.said("bob", "get"), "7");
  world.open();
  EXPECT_EQ(world.logged("was lost"), 1);
}

TEST_F(Deployments, SayThatTheLogWasRemoved) {
  world.open();
  ASSERT_TRUE(world.ask("alice", "add 1").has_value());
  const std::string folder = world.folder / "/cairn-data/log";
  const auto names = world.disk.list_directory(folder);
  ASSERT_TRUE(names.has_value()) << names.error().to_string();
  for (const std::string& name : *names) {
    ASSERT_TRUE(world.disk.remove_file(folder + "/" + name).has_value());
  }
  EXPECT_FALSE(world.ask("alice", "add 1").has_value());
  ASSERT_TRUE(world.deployment->store()->failure().has_value());
  EXPECT_NE(world.deployment->store()->failure()->to_string().find("was removed"),
            std::string::npos);
}

TEST_F(Deployments, SchedulesSendAgainAndAgain) {
  world.open(std::string(alice) +
             "[schedules.tick]\nactor = \"alice\"\nevery = \"1s\"\nmessage = \"add 1\"\n");
  const uint64_t first = world.deployment->tick();
  EXPECT_GT(first, world.clock.monotonic_ns());
  for (int i = 0; i < 3; ++i) {
    world.clock.sleep_until(world.deployment->tick());
    world.deployment->tick();
    world.run();
  }
  EXPECT_EQ(world.said("alice", "get"), "103");
  // What was missed is not made up for.
  world.clock.advance(100 * second);
  world.deployment->tick();
  EXPECT_EQ(world.said("alice", "get"), "104");
}

TEST_F(Deployments, SchedulesThatAreRefusedSaySoNowAndThen) {
  world.open(std::string(alice) +
             "[schedules.tick]\nactor = \"alice\"\nevery = \"1s\"\nmessage = \"add 1\"\n");
  ASSERT_TRUE(world.deployment->stop("alice", false).has_value());
  world.run();
  const auto complaints = [&] {
    return std::ranges::count_if(world.log.lines(), [](const std::string& line) {
      return line.contains("schedule 'tick': its message was refused (");
    });
  };
  for (int i = 0; i < 59; ++i) {
    world.clock.advance(second);
    world.deployment->tick();
  }
  EXPECT_EQ(complaints(), 1);
  world.clock.advance(2 * second);
  world.deployment->tick();
  EXPECT_EQ(complaints(), 2);
}

TEST_F(Deployments, WatchersSeeWhatHappens) {
  world.open();
  std::vector<Happening> seen;
  auto watch =
      world.deployment->watch("alice", [&](const Happening& what) { seen.push_back(what); });
  const auto has = [&](Happening::Kind kind, std::string_view name) {
    return std::ranges::any_of(seen, [&](const Happening& what) {
      return what.kind == kind && what.name == name && what.actor == "alice";
    });
  };
  const Given given = world.ask("alice", "add 1");
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].name, "message");
  EXPECT_EQ(seen[0].receipt, given->receipt);
  world.tell("alice", "log hello");
  EXPECT_TRUE(has(Happening::Kind::log, "warning"));
  world.tell("alice", "trap");
  EXPECT_TRUE(has(Happening::Kind::transition, "rejection"));
  EXPECT_TRUE(has(Happening::Kind::event, "restarting"));
  EXPECT_TRUE(has(Happening::Kind::transition, "restart"));
  const size_t count = seen.size();
  watch.reset();
  world.tell("alice", "add 1");
  EXPECT_EQ(seen.size(), count);
}

TEST_F(Deployments, DrainingHandlesWhatIsThereAndNothingElse) {
  world.open();
  const auto first = world.begin("alice", "add 1");
  world.deployment->drain(5 * second);
  const auto late = world.begin("alice", "add 1");
  ASSERT_TRUE(late->has_value());
  EXPECT_EQ((*late)->error().refusal, Refusal::stopped);
  EXPECT_FALSE(world.deployment->ended());
  world.run();
  ASSERT_TRUE(first->has_value() && (*first)->has_value());
  EXPECT_EQ((**first)->reply.text(), "101");
  EXPECT_FALSE(world.deployment->ended());  // its checkpoint is being signed
  world.run();
  EXPECT_TRUE(world.deployment->ended());
  EXPECT_EQ(world.last("alice").record.kind, chain::RecordKind::stop);
  EXPECT_EQ(world.deployment->spawn("bob", "machine", {}).error().kind, ErrorKind::usage);
  EXPECT_NE(world.deployment->store()->checkpoint(), "");
}

TEST_F(Deployments, ErrorsNameThePartOfTheManifest) {
  world.write("machine.wasm", Bytes{1, 2, 3});
  const Result<> opened = world.try_open(alice);
  ASSERT_FALSE(opened.has_value());
  EXPECT_NE(opened.error().to_string().find("component 'machine'"), std::string::npos)
      << opened.error().to_string();
  EXPECT_EQ(world.try_open("[components.a]\npath='none.wasm'").error().kind, ErrorKind::not_found);
}

}  // namespace
}  // namespace cairn::platform::testing
