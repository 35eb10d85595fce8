// What the log need not keep, thrown away while the system lives.

#include <cairn/chain/verify.hpp>
#include <cairn/crypto/merkle.hpp>

#include "api/api_testing.hpp"

namespace cairn::platform::testing {
namespace {

using Retention = Apis;
constexpr uint64_t minute = 60 * second;

TEST_F(Retention, ThrowsContentsAwayAndKeepsTheRest) {
  const std::string toml = std::string(alice) + "[retention]\nage = \"1h\"\nrecords = 10\n";
  open(toml);
  const chain::Store* store = world.deployment->store();
  EXPECT_EQ(world.said("alice", "add 1"), "101");
  EXPECT_EQ(world.said("alice", "add 1"), "102");
  const uint64_t early = store->chain("alice")->sequence - 1;
  ASSERT_TRUE(world.deployment->restart("alice").has_value());
  world.run();
  const uint64_t restarted = store->chain("alice")->sequence;
  ASSERT_EQ(store->record("alice", restarted)->record.kind, chain::RecordKind::restart);
  const chain::Digest root = store->root();
  const uint64_t size = store->size();
  const auto proof = crypto::prove_inclusion(size - 1, size, store->nodes());
  ASSERT_TRUE(proof);
  // More than one segment.
  const std::string large = "get " + std::string(1'000'000, 'x');
  for (int i = 0; i < 80; ++i) ASSERT_TRUE(world.ask("alice", large));
  const uint64_t end = store->chain("alice")->sequence;

  world.clock.advance(30 * minute);
  const uint64_t used = world.disk.used();
  world.deployment->tick();
  EXPECT_EQ(ask("GET", "/v1/actors/alice/state?at=" + std::to_string(early)).body, "101")
      << "all of it is young";
  EXPECT_GE(world.disk.used(), used);

  world.clock.advance(90 * minute);
  world.deployment->tick();
  EXPECT_LT(world.disk.used(), used - 50'000'000);
  const std::string of_state = "/v1/actors/alice/state";
  const Reply gone = ask("GET", of_state + "?at=" + std::to_string(early));
  EXPECT_EQ(gone.status, 404);
  EXPECT_NE(gone.at("/detail").find("thrown away"), std::string::npos) << gone.body;
  EXPECT_EQ(ask("GET", of_state).body, "102");
  EXPECT_FALSE(store->record("alice", early)->content(chain::Slot::input));
  EXPECT_TRUE(store->record("alice", end - 9)->content(chain::Slot::input));
  EXPECT_TRUE(store->record("alice", restarted)->content(chain::Slot::input))
      << "without its limits nothing behind it could be run again";
  EXPECT_TRUE(crypto::verify_inclusion(chain::record_hash(store->record(size - 1)->encoded),
                                       size - 1, size, *proof, root));
  const auto report = chain::verify_log(world.disk, world.folder / "/cairn-data/log", {});
  ASSERT_TRUE(report.has_value()) << report.error().to_string();
  EXPECT_GT(report->contents_missing, 50u);

  EXPECT_EQ(world.said("alice", "add 1"), "103");
  TearDown();
  open(toml);
  EXPECT_EQ(world.said("alice", "add 1"), "104");
}

TEST_F(Retention, ThrowsContentsAwayWhenItIsTold) {
  open();
  constexpr const char* path = "/v1/prune";
  const Reply nothing = ask_json("POST", path, "{}");
  EXPECT_EQ(nothing.status, 200) << nothing.body;
  EXPECT_EQ(nothing.at("/bytes"), "0") << "only full segments are looked at";
  const chain::Store* store = world.deployment->store();
  const std::string large = "get " + std::string(1'000'000, 'x');
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(world.ask("alice", large));
  world.clock.advance(60 * minute);
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(world.ask("alice", large));
  const uint64_t end = store->chain("alice")->sequence;
  const auto has_input = [&](uint64_t at) {
    return store->record("alice", at)->content(chain::Slot::input).has_value();
  };
  const uint64_t used = world.disk.used();

  EXPECT_EQ(ask_json("POST", path, R"({"age": "2h"})").at("/bytes"), "0");
  EXPECT_EQ(ask_json("POST", path, R"({"records": 1000})").at("/before"), "0");
  EXPECT_EQ(ask_json("POST", path, R"({"age": "30m", "records": 90})").at("/bytes"), "0")
      << "each keeps its own";
  EXPECT_TRUE(has_input(5));
  EXPECT_GE(world.disk.used(), used);

  const Reply pruned = ask_json("POST", path, R"({"records": 2})");
  EXPECT_EQ(pruned.status, 200) << pruned.body;
  EXPECT_EQ(pruned.at("/before"), std::to_string(store->size() - 2));
  EXPECT_GT(std::stoull(pruned.at("/bytes")), 50'000'000u);
  EXPECT_LT(world.disk.used(), used - 50'000'000);
  EXPECT_FALSE(has_input(5));
  EXPECT_TRUE(has_input(end));
  EXPECT_EQ(world.said("alice", "add 1"), "101");

  for (const char* bad :
       {R"({"age": "long"})", R"({"age": 5})", R"({"records": -1})", R"({"record": 1})", "[]", ""})
    EXPECT_EQ(ask_json("POST", path, bad).status, 400) << bad;
}

/// To search by halves for the first young one would meet those of 1970.
TEST_F(Retention, TakesNothingForOldBehindWhatIsYoung) {
  open();
  const chain::Store* store = world.deployment->store();
  const std::string large = "get " + std::string(1'000'000, 'x');
  const auto write = [&](uint64_t at_ns, int times) {
    world.clock.set_realtime(at_ns);
    for (int i = 0; i < times; ++i) ASSERT_TRUE(world.ask("alice", large));
  };
  const uint64_t now_ns = world.clock.realtime_ns();
  write(now_ns, 66);
  write(minute, 10);
  write(now_ns, 66);
  const Reply young = ask_json("POST", "/v1/prune", R"({"age": "1h"})");
  EXPECT_EQ(young.at("/bytes"), "0");
  EXPECT_TRUE(store->record("alice", 5)->content(chain::Slot::input));

  world.clock.advance(600 * minute);
  const Reply old = ask_json("POST", "/v1/prune", R"({"age": "1h"})");
  EXPECT_EQ(old.at("/before"), std::to_string(store->size()));
  EXPECT_FALSE(store->record("alice", 5)->content(chain::Slot::input));
  EXPECT_GT(store->pruned(), 60u);
}

/// Somebody who set the clock, once, is not to wonder why the disk is full.
TEST_F(Retention, SaysOnceThatARecordIsAheadOfTheClock) {
  open(std::string(alice) + "[retention]\nage = \"1h\"\n");
  const auto write = [&](uint64_t ahead_ns) {
    const uint64_t now_ns = world.clock.realtime_ns();
    world.clock.set_realtime(now_ns + ahead_ns);
    world.tell("alice", "add 1");
    world.clock.set_realtime(now_ns);
  };
  const auto prune = [&] {
    world.clock.advance(120 * minute);
    world.deployment->tick();
    return world.logged("ahead of this clock");
  };
  write(150 * minute);
  EXPECT_EQ(prune(), 0) << "it is soon";
  write(100'000 * minute);
  write(0);
  EXPECT_EQ(prune(), 1);
  EXPECT_EQ(world.logged("was written 5992800 s ahead of this clock"), 1);
  EXPECT_EQ(prune(), 1);
  EXPECT_EQ(ask_json("POST", "/v1/prune", R"({"age": "1h"})").status, 200);
  EXPECT_EQ(prune(), 1) << "it was told";
}

TEST_F(Retention, NeedsALog) {
  open("durable = false\n" + std::string(alice));
  EXPECT_EQ(ask_json("POST", "/v1/prune", "{}").status, 501);
}

TEST_F(Retention, KeepsAllWhereTheManifestSaysNothing) {
  open();
  const std::string large = "get " + std::string(1'000'000, 'x');
  for (int i = 0; i < 80; ++i) ASSERT_TRUE(world.ask("alice", large));
  world.clock.advance(1'000'000 * minute);
  const uint64_t used = world.disk.used();
  world.deployment->tick();
  EXPECT_GE(world.disk.used(), used);
}

}  // namespace
}  // namespace cairn::platform::testing
