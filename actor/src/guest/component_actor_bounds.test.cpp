// What a component actor may not do, or not more of: errors are clear, the state is as before, and
// others do not notice.

#include "guest/component_actor_testing.hpp"

namespace cairn::actor {
namespace {

using testing::Answer;
using testing::ms;
using testing::Style;

class BoundedActors : public testing::MachineActors {
 protected:
  /// It failed for a limit, and nothing else has changed.
  void expect_limit(ActorId id, std::string_view command, std::string_view why) {
    const Answer answer = ask(id, command);
    EXPECT_TRUE(answer.is(Refusal::failed)) << command << " " << answer.text;
    EXPECT_EQ(answer.text, why) << command;
    EXPECT_EQ(last_record("account").kind, TransitionKind::rejection) << command;
    EXPECT_EQ(last_record("account").rejection, Rejection::limit) << command;
    EXPECT_TRUE(last_record("account").effects.empty()) << command;
    EXPECT_EQ(ask(id, "get").text, "100") << command;
  }
};

TEST_P(BoundedActors, StopOnlyTheirChildren) {
  load();
  const ActorId id = spawn("account", "100");
  const ActorId stranger = spawn("stranger", "5");
  for (const char* whom : {"stranger", "account", "nobody"}) {
    EXPECT_EQ(ask(id, fmt::format("end-child {}", whom)).text, "there is no child of that name");
  }
  EXPECT_TRUE(last_record("account").effects.empty());
  EXPECT_EQ(ask(stranger, "get").text, "5");
  ask(id, "spawn child machine 5");
  EXPECT_EQ(ask(stranger, "end-child child").text, "there is no child of that name");
  EXPECT_EQ(ask(id, "end-child child").text, "");
  EXPECT_FALSE(system().find("child"));
}

TEST_P(BoundedActors, HoldSoManyThings) {
  load(with_limits([](ActorSettings& own) {
    own.limits.timers = own.limits.monitors = own.limits.subscriptions = 3;
  }));
  const ActorId id = spawn("account", "100");
  EXPECT_EQ(ask(id, "timers 3").kind, MessageKind::reply);
  expect_limit(id, "timers 4", "the actor has 3 timers, as many as it may");
  EXPECT_EQ(ask(id, "timers 3").kind, MessageKind::reply) << "those of the same tags";
  ask(id, "cancel 2");
  EXPECT_EQ(ask(id, "timer 7 1000 0").kind, MessageKind::reply);
  simulation_.advance(ms);
  EXPECT_EQ(ask(id, "get").text, "107") << "it has come, and is none any more";
  ask(id, "take 7");
  EXPECT_EQ(ask(id, "timer 8 3600000000000 0").kind, MessageKind::reply);
  expect_limit(id, "timer 9 1000 0", "the actor has 3 timers, as many as it may");

  EXPECT_EQ(ask(id, "subscriptions 3").kind, MessageKind::reply);
  expect_limit(id, "subscriptions 4", "the actor has 3 subscriptions, as many as it may");
  ask(id, "unsubscribe x.2");
  EXPECT_EQ(ask(id, "subscribe y").kind, MessageKind::reply);
  expect_limit(id, "subscribe x.2", "the actor has 3 subscriptions, as many as it may");

  expect_limit(id, "monitors 4", "the actor has 3 monitors, as many as it may");
  EXPECT_EQ(ask(id, "monitors 3").kind, MessageKind::reply);
  EXPECT_EQ(ask(id, "get").text, "400") << "there is nobody, of each";
  EXPECT_EQ(last_record("account").input.text(), "get");
  EXPECT_EQ(chain("account")[chain("account").size() - 2].sender, "x.3");
  EXPECT_EQ(ask(id, "monitors 3").kind, MessageKind::reply);
}

TEST_P(BoundedActors, GiveSoMuch) {
  load([](KindSettings& settings) {
    settings.handler_limits.reply_bytes_max = 1000;
    settings.handler_limits.host_result_bytes_max = 100;
  });
  const ActorId id = spawn("account", "100");
  EXPECT_EQ(ask(id, "much 1000").kind, MessageKind::reply);
  expect_limit(id, "much 1001", "the reply has 1001 bytes; the limit is 1000");
  EXPECT_EQ(ask(id, fmt::format("media {}", media_type_bytes_max)).kind, MessageKind::reply);
  expect_limit(id, "media 4097", "a media type of 4097 bytes; the limit is 4096");
  ask(id, "set a " + std::string(60, 'x'));
  EXPECT_EQ(ask(id, "value a").text.size(), 60u);
  ask(id, "set a " + std::string(99, 'x'));
  expect_limit(id, "value a", "a message led to more than 100 bytes of the host's answers");
}

TEST_P(BoundedActors, KeepMemoriesOfSuchASize) {
  if (!is_resident()) GTEST_SKIP() << "they have none";
  load();
  spawn("a", "100");
  size_t size = 0;
  for (const Transition& record : journal_.chains.at("a").transitions) {
    size = std::max(size, record.new_state.size());
  }
  const auto limited = [&](size_t max) {
    load([max](KindSettings& settings) { settings.handler_limits.image_bytes_max = max; });
  };
  limited(size);
  EXPECT_TRUE(system().is_alive(spawn("b", "100")));
  limited(size - 1);
  EXPECT_FALSE(system().is_alive(spawn("c", "100")));
}

TEST_P(BoundedActors, PayForWhatRunsOnCredit) {
  // A large message needs memory, which costs more than a slice has.
  const std::string large = "add 2 " + std::string(7 << 20, ' ');
  const auto with_fuel = [&](uint64_t fuel) {
    load(with_limits([fuel](ActorSettings& own) {
      own.limits.payload_bytes = 8 << 20;
      own.limits.fuel_per_message = fuel;
    }));
    const ActorId id = spawn(fmt::format("account-{}", fuel), "100");
    return ask(id, large);
  };
  EXPECT_EQ(with_fuel(1'000'000).text, "102");
  EXPECT_GT(last_record("account-1000000").fuel_used, 200'000u);
  EXPECT_TRUE(with_fuel(200'000).is(Refusal::failed));
  EXPECT_EQ(last_record("account-200000").rejection, Rejection::limit);
}

/// Whatever a contract or a hook has done to the memory is undone with what it refused.
TEST_P(BoundedActors, AMessageContractThatRefusesLeavesTheMemory) {
  load();
  const ActorId id = spawn("account", "100");
  const auto asked = [&] { return std::stoi(ask(id, "asked").text); };
  const int before = asked();
  EXPECT_TRUE(ask(id, "take 5000").is(Refusal::rejected));
  EXPECT_EQ(asked(), is_resident() ? before + 1 : before);
}

TEST_P(BoundedActors, WithoutRoomInTheJournalTheyGoOn) {
  load();
  const ActorId id = spawn("account", "100");
  journal_.broken = ErrorKind::limit;
  for (const char* command : {"add 5", "take 500", "take 5000", "bad"}) {
    EXPECT_TRUE(ask(id, command).is(Refusal::rejected)) << command;
  }
  for (const char* command : {"trap", "loop"}) {
    EXPECT_TRUE(ask(id, command).is(Refusal::failed)) << command;
  }
  journal_.broken.reset();
  EXPECT_EQ(ask(id, "get").text, "100");
  // A hook that cannot be recorded has not happened.
  ask(id, "set pre-stop send other add 1");
  journal_.broken = ErrorKind::limit;
  system().stop(id);
  simulation_.run();
  EXPECT_FALSE(system().is_alive(id));
  EXPECT_TRUE(system().counters().dead_letters[0] == 0);
}

INSTANTIATE_TEST_SUITE_P(Styles, BoundedActors,
                         ::testing::Values(Style::explicit_state, Style::resident),
                         [](const auto& info) {
                           return info.param == Style::resident ? "Resident" : "Explicit";
                         });

}  // namespace
}  // namespace cairn::actor
