#include <cairn/actor/pool.hpp>

#include "testing.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace cairn::actor {
namespace {

using testing::ms;

class Pools : public ::testing::Test {
 protected:
  /// Members say who they are; "fail" makes them fail, "wait" not go on.
  ActorId spawn(Routing routing, uint32_t size, Restart restart = Restart::permanent) {
    testing::Hooks member;
    member.handle = [](Context& context, const Message& message) -> Result<Progress> {
      if (message.payload.text() == "fail") return fail(ErrorKind::trap, "as it was told");
      if (message.payload.text() == "wait") return Progress::waiting;
      context.reply(message, Payload::of(context.self().value()));
      return Progress::done;
    };
    PoolSpec spec = {.routing = routing, .size = size};
    spec.member = {.factory = testing::puppet(member), .restart = restart};
    spec.intensity = {.max_restarts = 100, .period_ns = 1000 * ms};
    const Result<ActorId> id = system().spawn({.name = "pool", .factory = pool(spec)});
    EXPECT_TRUE(id);
    simulation_.run();
    return *id;
  }
  /// Who answered; 0: nobody yet, or a refusal.
  uint64_t ask(ActorId id, std::string_view text) {
    uint64_t who = 0;
    system().request(id, Payload(text), 1000 * ms, [&](const Message& reply) {
      if (reply.kind == MessageKind::reply) who = *reply.payload.as<uint64_t>();
      refusal_ = reply.tag;
    });
    simulation_.run();
    return who;
  }
  System& system() { return simulation_.system(); }

  Simulation simulation_{7};
  uint32_t refusal_ = 0;
};

TEST_F(Pools, RoundRobinTakesOneAfterTheOther) {
  const ActorId id = spawn(Routing::round_robin, 3);
  std::map<uint64_t, int> answers;
  for (int i = 0; i < 12; ++i) ++answers[ask(id, "who")];
  ASSERT_EQ(answers.size(), 3u);
  for (const auto& [who, count] : answers) EXPECT_EQ(count, 4) << who;
}

TEST_F(Pools, LeastLoadedAvoidsWhoIsBusy) {
  const ActorId id = spawn(Routing::least_loaded, 3);
  system().send(id, Payload("wait"));  // one member goes on no more
  simulation_.run();
  system().send(id, Payload("who"));
  std::map<uint64_t, int> answers;
  int unanswered = 0;
  for (int i = 0; i < 30; ++i) {
    const uint64_t who = ask(id, "who");
    who == 0 ? ++unanswered : ++answers[who];
  }
  EXPECT_EQ(answers.size(), 2u);
  EXPECT_LE(unanswered, 1);
}

TEST_F(Pools, ConsistentHashKeepsKeysWhereTheyAre) {
  const ActorId id = spawn(Routing::consistent_hash, 8, Restart::temporary);
  std::map<std::string, uint64_t> owners;
  std::set<uint64_t> members;
  for (int key = 0; key < 200; ++key) {
    const std::string text = std::to_string(key);
    members.insert(owners[text] = ask(id, text));
    EXPECT_EQ(ask(id, text), owners[text]);
  }
  EXPECT_EQ(members.size(), 8u);
  // One goes: the keys of others stay.
  system().kill(ActorId(owners["0"]));
  simulation_.run();
  for (const auto& [text, owner] : owners) {
    const uint64_t now = ask(id, text);
    if (owner == owners["0"]) {
      EXPECT_NE(now, owner) << text;
    } else {
      EXPECT_EQ(now, owner) << text;
    }
  }
}

TEST_F(Pools, MembersAreRestartedAndAPoolWithoutOneRefuses) {
  const ActorId id = spawn(Routing::round_robin, 2);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(ask(id, "fail"), 0u);
  EXPECT_EQ(refusal_, static_cast<uint32_t>(Refusal::failed));
  EXPECT_NE(ask(id, "who"), 0u);
  system().stop(id);
  simulation_.run();
  const ActorId mortal = spawn(Routing::round_robin, 2, Restart::temporary);
  for (int i = 0; i < 2; ++i) ask(mortal, "fail");
  EXPECT_EQ(ask(mortal, "who"), 0u);
  EXPECT_EQ(refusal_, static_cast<uint32_t>(Refusal::no_such_actor));
}

}  // namespace
}  // namespace cairn::actor
