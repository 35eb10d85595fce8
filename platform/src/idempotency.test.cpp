// Messages that come twice are handled once, whatever happens between.

#include <cairn/base/simulated_disk.hpp>

#include <cerrno>
#include <map>
#include <utility>

#include "deployment_testing.hpp"
#include "keys.hpp"

namespace cairn::platform::testing {
namespace {

using actor::Refusal;

MessageOptions key(const std::string& name) { return {.idempotency_key = name}; }

using Idempotency = Deployments;

TEST_F(Idempotency, TheSameAnswerAgain) {
  world.open();
  const Given first = world.ask("alice", "add 5", key("a"));
  const Given again = world.ask("alice", "add 5", key("a"));
  ASSERT_TRUE(first.has_value() && again.has_value());
  EXPECT_FALSE(first->is_repeated);
  EXPECT_TRUE(again->is_repeated);
  EXPECT_EQ(again->reply.text(), "105");
  EXPECT_EQ(again->reply.media_type(), first->reply.media_type());
  EXPECT_EQ(again->receipt, first->receipt);
  EXPECT_EQ(world.said("alice", "get"), "105");
  // The record names the key; the guest has seen nothing of it.
  const auto record = world.deployment->store()->record("alice", first->receipt->sequence);
  ASSERT_TRUE(record.has_value() && record->record.source.has_value());
  EXPECT_EQ(record->record.source->name, "#outside:a");
  EXPECT_EQ(world.said("alice", "from", key("b")), "");
  EXPECT_EQ(world.said("alice", "add 5", key("c")), "110");
}

TEST_F(Idempotency, AnotherMessageIsRefused) {
  world.open();
  world.tell("alice", "add 5", key("a"));
  const Given other = world.ask("alice", "add 6", key("a"));
  ASSERT_FALSE(other.has_value());
  EXPECT_EQ(other.error().refusal, Refusal::rejected);
  EXPECT_FALSE(other.error().receipt.has_value());
  EXPECT_EQ(other.error().why, "the idempotency key 'a' was used for another message");
  EXPECT_EQ(world.said("alice", "get"), "105");
  for (const std::string& bad : {std::string("two words"), std::string(256, 'x')}) {
    EXPECT_EQ(world.ask("alice", "add 1", key(bad)).error().refusal, Refusal::rejected);
  }
}

TEST_F(Idempotency, ARejectionIsRepeatedToo) {
  world.open();
  const Given first = world.ask("alice", "take 200", key("a"));
  const Given again = world.ask("alice", "take 200", key("a"));
  ASSERT_FALSE(first.has_value() || again.has_value());
  EXPECT_EQ(again.error().refusal, Refusal::rejected);
  EXPECT_EQ(again.error().why, first.error().why);
  EXPECT_EQ(again.error().receipt, first.error().receipt);
  // A trap is recorded, too: what has brought one actor down does not bring it down again.
  world.tell("alice", "trap", key("b"));
  EXPECT_EQ(world.ask("alice", "trap", key("b")).error().refusal, Refusal::failed);
  EXPECT_EQ(world.deployment->actor("alice")->restarts, 1u);
}

/// An instance of its own may follow, and a record of what it has decided: the answer is the first.
TEST_F(Idempotency, ARejectionIsTheSameWhateverBecomesOfTheActor) {
  const auto deciding =
      actor::testing::build_guest_with_wasi("machine", "deciding-machine", {"-DDECIDES"});
  ASSERT_TRUE(deciding.has_value());
  std::string manifest(alice);
  manifest.insert(manifest.find("limits"), "on_contract = \"restart\"\n");
  for (const bool decides : {false, true}) {
    world.close();
    if (decides) world.write("machine.wasm", *deciding);
    world.open(manifest);
    if (decides) world.tell("alice", "set directive 2");
    const std::string name = decides ? "b" : "a";
    const Given first = world.ask("alice", "take 200", key(name));
    EXPECT_EQ(world.deployment->actor("alice")->restarts, 1u);
    const Given again = world.ask("alice", "take 200", key(name));
    ASSERT_FALSE(first.has_value() || again.has_value());
    EXPECT_EQ(first.error().refusal, Refusal::rejected);
    EXPECT_EQ(first.error().why, "overdrawn: the balance would be below zero");
    EXPECT_EQ(again.error().why, first.error().why);
    EXPECT_EQ(again.error().receipt, first.error().receipt);
    EXPECT_EQ(world.deployment->actor("alice")->restarts, 1u);
    EXPECT_EQ(world.said("alice", "get"), "100");
  }
}

TEST_F(Idempotency, TwoAtTheSameTimeAreOne) {
  world.open();
  const auto first = world.begin("alice", "add 5", key("a"));
  const auto second_one = world.begin("alice", "add 5", key("a"));
  EXPECT_TRUE(world.deployment->send("alice", actor::Payload("add 5"), key("a")).has_value());
  world.run();
  ASSERT_TRUE(first->has_value() && second_one->has_value());
  EXPECT_EQ((**second_one)->reply.text(), "105");
  EXPECT_EQ((**second_one)->receipt, (**first)->receipt);
  EXPECT_EQ(world.said("alice", "get"), "105");
}

TEST_F(Idempotency, SentOnceAndAskedLater) {
  world.open();
  EXPECT_TRUE(world.deployment->send("alice", actor::Payload("add 5"), key("a")).has_value());
  world.run();
  const Given given = world.ask("alice", "add 5", key("a"));
  ASSERT_TRUE(given.has_value());
  EXPECT_TRUE(given->is_repeated);
  EXPECT_EQ(given->reply.text(), "105");
}

TEST_F(Idempotency, WhatCameTooLateIsNeverHandled) {
  world.open();
  // It waits behind one that is in the journal when its time is over.
  const auto first = world.begin("alice", "add 1");
  MessageOptions options = key("a");
  options.timeout_ns = second;
  const auto late = world.begin("alice", "add 5", options);
  world.workers->run();
  world.workers->advance(2 * second);
  ASSERT_TRUE(late->has_value());
  EXPECT_EQ((*late)->error().refusal, Refusal::timed_out);
  world.run();
  EXPECT_EQ(world.said("alice", "get"), "101");
  EXPECT_EQ(world.said("alice", "add 5", key("a")), "106");  // its key was free
}

TEST_F(Idempotency, WhatWasBegunIsFoundLater) {
  world.open();
  MessageOptions options = key("a");
  options.timeout_ns = second;
  const auto given = world.begin("alice", "add 5", options);
  world.workers->run();  // and it waits for the journal
  world.workers->advance(2 * second);
  ASSERT_TRUE(given->has_value());
  EXPECT_EQ((*given)->error().refusal, Refusal::timed_out);
  const auto again = world.begin("alice", "add 5", key("a"));
  EXPECT_FALSE(again->has_value());
  world.run();
  ASSERT_TRUE(again->has_value() && (*again)->has_value());
  EXPECT_TRUE((**again)->is_repeated);
  EXPECT_EQ((**again)->reply.text(), "105");
  EXPECT_EQ(world.said("alice", "get"), "105");
}

TEST_F(Idempotency, WhatIsBeingWrittenCountsThoughItsActorEnds) {
  world.open();
  const auto given = world.begin("alice", "add 5", key("a"));
  world.workers->run();  // and it waits for the journal
  ASSERT_TRUE(world.deployment->stop("alice", true).has_value());
  world.workers->run();
  EXPECT_FALSE(given->has_value()) << "the end waits for the journal";
  world.run();
  ASSERT_TRUE(given->has_value() && (*given)->has_value());
  EXPECT_EQ((**given)->reply.text(), "105");
  ASSERT_TRUE(world.deployment->restart("alice").has_value());
  world.run();
  const Given again = world.ask("alice", "add 5", key("a"));
  ASSERT_TRUE(again.has_value()) << again.error().why;
  EXPECT_TRUE(again->is_repeated);
  EXPECT_EQ(world.said("alice", "get"), "105");
}

TEST_F(Idempotency, WhatFoundNoRoomMayComeAgain) {
  world.open();
  bool is_full = true;  // for one write
  world.disk.set_fault([&](uint64_t, const std::string& path) {
    return path.ends_with(".log") && std::exchange(is_full, false) ? ENOSPC : 0;
  });
  const Given full = world.ask("alice", "add 5", key("a"));
  ASSERT_FALSE(full.has_value());
  EXPECT_FALSE(full.error().receipt.has_value());
  const Given again = world.ask("alice", "add 5", key("a"));
  ASSERT_TRUE(again.has_value()) << again.error().why;
  EXPECT_FALSE(again->is_repeated);
  EXPECT_EQ(world.said("alice", "get"), "105");
}

/// Who waited is told before its actor goes on, and comes again at once.
TEST_F(Idempotency, AKeyIsGivenFreeOnce) {
  world.open();
  const auto full = world.begin("alice", "add 5", key("a"));
  world.workers->run();  // and it waits for the journal
  bool is_full = true;
  world.disk.set_fault([&](uint64_t, const std::string& path) {
    return path.ends_with(".log") && std::exchange(is_full, false) ? ENOSPC : 0;
  });
  world.deployment->store()->commit();
  EXPECT_FALSE(is_full);
  const auto again = world.begin("alice", "add 5", key("a"));
  world.run();
  ASSERT_TRUE(full->has_value() && again->has_value());
  EXPECT_FALSE((*full)->has_value());
  ASSERT_TRUE((*again)->has_value()) << (*again)->error().why;
  EXPECT_EQ((**again)->reply.text(), "105");
  EXPECT_EQ(world.said("alice", "add 5", key("a")), "105");
  EXPECT_EQ(world.said("alice", "get"), "105");
}

TEST_F(Idempotency, LastsAcrossStarts) {
  world.open();
  const Given first = world.ask("alice", "add 5", key("a"));
  world.tell("alice", "take 500", key("b"));
  world.open();
  const Given again = world.ask("alice", "add 5", key("a"));
  ASSERT_TRUE(again.has_value());
  EXPECT_TRUE(again->is_repeated);
  EXPECT_EQ(again->receipt, first->receipt);
  EXPECT_EQ(world.ask("alice", "add 6", key("a")).error().refusal, Refusal::rejected);
  EXPECT_TRUE(world.ask("alice", "take 500", key("b")).error().receipt.has_value());
  EXPECT_EQ(world.said("alice", "get"), "105");
  // A day later it is forgotten.
  world.clock.advance(key_age_ns_max + second);
  EXPECT_EQ(world.said("alice", "add 5", key("a")), "110");
}

/// Power fails at any point; who had no answer asks again. Each message counts once in the end, and
/// nobody who had an answer is told something else later.
TEST_F(Idempotency, OnceWhateverTheCrash) {
  constexpr uint64_t seeds = 20;
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    SCOPED_TRACE(seed);
    World mine(seed);
    mine.tables_in_memory = true;
    mine.write("machine.wasm", *machine());
    mine.open();
    SeededRandom choice(seed);
    std::map<int, std::shared_ptr<std::optional<Given>>> open_requests;
    std::map<int, Answer> answered;
    constexpr int messages = 12;
    for (int round = 0; round < 200 && answered.size() < messages; ++round) {
      const int number = static_cast<int>(choice.below(messages));
      if (!answered.contains(number) || choice.below(4) == 0) {
        open_requests[number] = mine.begin("alice", "add " + std::to_string(1 << number),
                                           key("k" + std::to_string(number)));
      }
      for (uint64_t steps = choice.below(20); steps > 0; --steps) mine.workers->step();
      if (choice.below(3) == 0) mine.deployment->store()->commit();
      for (const auto& [of, given] : open_requests) {
        if (!given->has_value() || !(*given)->has_value()) continue;
        const Answer& answer = ***given;
        const auto [known, is_new] = answered.emplace(of, answer);
        EXPECT_EQ(known->second.receipt, answer.receipt);
        EXPECT_EQ(known->second.reply.text(), answer.reply.text());
      }
      if (choice.below(15) != 0) continue;
      open_requests.clear();
      mine.close();
      mine.disk.crash(choice);
      mine.open();
    }
    // All that was never answered, too.
    for (int number = 0; number < messages; ++number) {
      const Given given = mine.ask("alice", "add " + std::to_string(1 << number),
                                   key("k" + std::to_string(number)));
      ASSERT_TRUE(given.has_value()) << given.error().why;
    }
    EXPECT_EQ(mine.said("alice", "get"), std::to_string(100 + (1 << messages) - 1));
  }
}

/// Who comes again waits no longer than they said, whatever the first one said.
TEST_F(Idempotency, WaitingForTheFirstOneEnds) {
  world.open();
  const auto first =
      world.begin("alice", "add 5", {.timeout_ns = 3600 * second, .idempotency_key = "a"});
  const auto again = world.begin("alice", "add 5", {.timeout_ns = second, .idempotency_key = "a"});
  world.clock.advance(2 * second);
  world.deployment->tick();
  ASSERT_TRUE(again->has_value() && !(*again)->has_value());
  EXPECT_EQ((*again)->error().refusal, Refusal::timed_out);
  world.run();
  ASSERT_TRUE(first->has_value() && (*first)->has_value());
  EXPECT_EQ(world.ask("alice", "add 5", key("a"))->reply.text(), "105");
}

/// Answers that no record has are kept up to a size, the latest ones.
TEST(Keys, ForgetWhatIsTooMuch) {
  SimulatedClock clock;
  Keys keys(clock);
  Keys::Done done = [](const Given&) {};
  Keys::Handled handled;
  const std::string large(key_reply_bytes_max / 4, 'x');
  const auto claim = [&](const std::string& name) {
    return keys.claim("alice", name, {}, UINT64_MAX, done, handled);
  };
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(claim(std::to_string(i)), Keys::Claim::fresh);
    keys.settle("alice", std::to_string(i),
                {.receipt = std::nullopt, .reply = actor::Payload(large)});
  }
  EXPECT_EQ(claim("5"), Keys::Claim::handled);
  EXPECT_EQ(handled.reply.size(), large.size());
  EXPECT_EQ(claim("0"), Keys::Claim::fresh);
}

}  // namespace
}  // namespace cairn::platform::testing
