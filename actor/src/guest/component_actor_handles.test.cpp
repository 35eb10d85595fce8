// Handles that a resident actor keeps from one message to the next.

#include "guest/component_actor_testing.hpp"

namespace cairn::actor {
namespace {

using testing::Answer;
using testing::ms;
using testing::Style;

class KeptHandles : public testing::MachineActors {
 protected:
  ActorId start(const std::function<void(KindSettings&)>& change = {}) {
    load(**bytes_, change, true);
    return spawn("m", "10");
  }
  /// All that was recorded, by who has nothing but the component.
  void expect_replays() {
    const auto kind = ComponentKind::load(engine_, **bytes_, {}, kind_->settings());
    ASSERT_TRUE(kind) << kind.error().message;
    for (const Transition& record : journal_.chains.at("m").transitions) {
      if (record.kind == TransitionKind::restart || record.kind == TransitionKind::stop) continue;
      const auto made = replay(**kind, "m", record, record.kind == TransitionKind::init);
      ASSERT_TRUE(made) << record.input.text() << ": " << made.error().message;
      EXPECT_EQ(difference(record, *made), "") << record.input.text();
    }
  }
  const Result<Bytes>* bytes_ = &testing::machine(GetParam());
};

TEST_P(KeptHandles, AStreamServesEachMessage) {
  const ActorId id = start();
  for (const char* const word : {"one", "two", "three"}) {
    EXPECT_EQ(ask(id, fmt::format("print {}", word)).kind, MessageKind::reply);
  }
  EXPECT_EQ(log_.lines().back(), "info: m: three");
  EXPECT_EQ(ask(id, "allowed").text, "0");
  EXPECT_EQ(ask(id, "watch").kind, MessageKind::reply);
  EXPECT_EQ(ask(id, "ready 199").text, "1");
  expect_replays();
}

TEST_P(KeptHandles, APollableIsOfItsMoment) {
  const ActorId id = start();
  EXPECT_EQ(ask(id, "wait 0 5000000").text, "1");
  EXPECT_EQ(ask(id, "ready 0").text, "0");
  simulation_.advance(6 * ms);
  EXPECT_EQ(ask(id, "ready 0").text, "1");
  EXPECT_EQ(ask(id, "wait 1 1000").text, "2");
  ask(id, "forget 0");
  EXPECT_EQ(ask(id, "sleep 1").kind, MessageKind::reply);
  EXPECT_EQ(ask(id, "wait 2 1000").text, "1") << "the lowest free index";
  expect_replays();
}

TEST_P(KeptHandles, LastAsTheMemoryDoes) {
  const ActorId id = start();
  ask(id, "wait 0 5000000");
  ask(id, "wait 1 5000000");
  ask(id, "forget 0");
  // Whatever says no, or ends the instance, leaves them as they were.
  EXPECT_TRUE(ask(id, "take 50").is(Refusal::rejected));
  EXPECT_TRUE(ask(id, "trap").is(Refusal::failed));
  EXPECT_EQ(ask(id, "ready 1").text, "0");
  EXPECT_EQ(ask(id, "wait 2 1000").text, "1");
  system().stop(id);
  simulation_.run();
  const ActorId again = spawn("m");
  EXPECT_EQ(chain("m").back().kind, TransitionKind::restart);
  EXPECT_EQ(ask(again, "ready 1").text, "0");
  simulation_.advance(6 * ms);
  EXPECT_EQ(ask(again, "ready 1").text, "1");
  EXPECT_EQ(ask(again, "wait 3 1000").text, "3");
  expect_replays();
}

/// So states of before, and of those that keep none, are what they were.
TEST_P(KeptHandles, AreNowhereIfThereAreNone) {
  const ActorId id = start();
  const size_t before = last_record("m").new_state.size();
  const auto is_memory_alone = [&] {
    return (last_record("m").new_state.size() - before) % (4096 + 8) == 0;  // pages
  };
  ask(id, "wait 0 1000");
  EXPECT_FALSE(is_memory_alone());
  ask(id, "wait 1 1000");
  ask(id, "forget 0");
  EXPECT_FALSE(is_memory_alone());
  ask(id, "forget 1");
  EXPECT_TRUE(is_memory_alone());
  EXPECT_EQ(ask(id, "fields-briefly").kind, MessageKind::reply);
  EXPECT_TRUE(is_memory_alone());
  expect_replays();
}

TEST_P(KeptHandles, OfEveryFreshInstanceAreOnlyWhereTheyAreGone) {
  static const Result<Bytes> early = testing::build_guest_with_wasi(
      "machine", "machine-with-handles", {"-DHANDLES", "-DOPENS_EARLY"});
  ASSERT_TRUE(early);
  bytes_ = &early;
  const ActorId id = start();
  const size_t before = last_record("m").new_state.size();
  const auto is_memory_alone = [&] {
    return (last_record("m").new_state.size() - before) % (4096 + 8) == 0;  // pages
  };
  EXPECT_EQ(ask(id, "print one").kind, MessageKind::reply);
  EXPECT_TRUE(is_memory_alone());
  EXPECT_EQ(ask(id, "wait 0 1000").text, "2");
  ask(id, "forget 0");
  EXPECT_TRUE(is_memory_alone());
  ask(id, "close");
  EXPECT_FALSE(is_memory_alone());
  EXPECT_TRUE(ask(id, "trap").is(Refusal::failed));
  EXPECT_EQ(ask(id, "wait 0 1000").text, "1");
  expect_replays();
}

TEST_P(KeptHandles, OthersAreRefusedByTheirName) {
  const ActorId id = start();
  ask(id, "wait 0 1000");
  const Answer answer = ask(id, "fields");
  EXPECT_TRUE(answer.is(Refusal::failed));
  EXPECT_EQ(answer.text,
            "at the end of a message no image can hold handle 2, a "
            "'wasi:http/types@0.2.3#fields'");
  EXPECT_EQ(last_record("m").rejection, Rejection::trap);
  EXPECT_EQ(last_record("m").reason, answer.text);
  EXPECT_EQ(ask(id, "wait 1 1000").text, "2") << "the state is as before";
  expect_replays();
}

TEST_P(KeptHandles, AreSoManyAtMost) {
  const ActorId id = start([](KindSettings& settings) { settings.handler_limits.handles_max = 5; });
  EXPECT_EQ(ask(id, "leak 5").kind, MessageKind::reply);
  const Answer answer = ask(id, "leak 2");
  EXPECT_TRUE(answer.is(Refusal::failed));
  EXPECT_EQ(answer.text, "the actor keeps 7 handles; the limit is 5");
  EXPECT_EQ(last_record("m").rejection, Rejection::limit);
  EXPECT_EQ(ask(id, "add 1").text, "11") << "the state is as before";
  EXPECT_TRUE(ask(id, "leak 1").is(Refusal::failed));
  expect_replays();
}

TEST_P(KeptHandles, AreLoadedInOneForm) {
  const ActorId id = start();
  ask(id, "wait 0 1000");
  ask(id, "add 1");
  const auto& kind = *kind_;
  Transition record = last_record("m");
  ASSERT_TRUE(replay(kind, "m", record, false));
  const auto error_with = [&](const std::function<void(Bytes&)>& change) {
    const ByteSpan bytes = last_record("m").old_state.bytes();
    Bytes changed(bytes.begin(), bytes.end());
    change(changed);
    record.old_state = Payload(changed, last_record("m").old_state.media_type());
    const auto made = replay(kind, "m", record, false);
    return made ? std::string() : made.error().message;
  };
  // The image of one handle: version, count, instance, index, kind, type, length, u8 and u64.
  constexpr size_t size = 7 + 9;
  EXPECT_EQ(error_with([](Bytes&) {}), "");
  EXPECT_NE(error_with([](Bytes& image) { image[image.size() - size] = 9; }).find("version 9"),
            std::string::npos);
  EXPECT_NE(error_with([](Bytes& image) { image.pop_back(); }).find("it ends too early"),
            std::string::npos);
  EXPECT_EQ(error_with([](Bytes& image) {
              image.resize(image.size() - size);
              image.insert(image.end(), {1, 0});
            }),
            "an image with handles that every fresh instance has");
  EXPECT_EQ(error_with([](Bytes& image) { image[image.size() - 9] = 100; }),
            "an image with an object that is none of WASI's");
}

INSTANTIATE_TEST_SUITE_P(Resident, KeptHandles, ::testing::Values(Style::with_handles),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace cairn::actor
