// Questions of handlers that wait for the answer, and circles of them.

#include "testing.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace cairn::actor {
namespace {

using testing::ms;

/// Asks `next` (if there is one) for each request and answers what it was told.
class Asker final : public Actor {
 public:
  explicit Asker(std::string next, uint64_t timeout_ns = 1000 * ms)
      : next_(std::move(next)), timeout_ns_(timeout_ns) {}

  Result<Progress> handle_message(Context& context, const Message& message) override {
    if (next_.empty()) {
      context.reply(message, Payload("end"));
      return Progress::done;
    }
    request_ = &message;
    context.ask(context.find(next_), message.payload, timeout_ns_);
    return Progress::waiting;
  }
  void answered(Context&, const Message& reply) override { answer_ = reply; }
  Result<Progress> resume(Context& context) override {
    if (answer_.kind == MessageKind::reply) {
      context.reply(*request_, answer_.payload);
    } else {
      context.refuse(*request_, static_cast<Refusal>(answer_.tag), answer_.payload.text());
    }
    return Progress::done;
  }

 private:
  std::string next_;
  uint64_t timeout_ns_;
  const Message* request_ = nullptr;
  Message answer_;
};

ActorId spawn_asker(System& system, const std::string& name, const std::string& next,
                    uint64_t timeout_ns = 1000 * ms) {
  const Result<ActorId> id = system.spawn(
      {.name = name, .factory = [=] { return std::make_unique<Asker>(next, timeout_ns); }});
  EXPECT_TRUE(id) << id.error().message;
  return id.value_or(ActorId());
}

Message ask(Simulation& simulation, ActorId whom) {
  Message answer;
  simulation.system().request(whom, Payload("?"), 5000 * ms,
                              [&](const Message& reply) { answer = reply; });
  simulation.run();
  return answer;
}

TEST(Ask, GetsAnAnswerWhileTheHandlerWaits) {
  Simulation simulation(1);
  const ActorId first = spawn_asker(simulation.system(), "a", "b");
  spawn_asker(simulation.system(), "b", "c");
  spawn_asker(simulation.system(), "c", "");
  simulation.run();
  // More than one: what comes meanwhile waits its turn.
  int answers = 0;
  for (int i = 0; i < 10; ++i) {
    simulation.system().request(first, Payload("?"), 5000 * ms, [&](const Message& reply) {
      answers += reply.kind == MessageKind::reply && reply.payload.text() == "end";
    });
  }
  simulation.run();
  EXPECT_EQ(answers, 10);
}

TEST(Ask, TellsOfCirclesAtOnce) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    std::vector<std::string> circles;
    Simulation simulation(seed, {.observer = [&](const Event& event) {
                            if (event.kind == EventKind::deadlock) circles.emplace_back(event.text);
                          }});
    const ActorId first = spawn_asker(simulation.system(), "a", "b");
    spawn_asker(simulation.system(), "b", "c");
    spawn_asker(simulation.system(), "c", "a");
    simulation.run();
    const Message answer = ask(simulation, first);
    ASSERT_EQ(answer.kind, MessageKind::failure) << "seed " << seed;
    ASSERT_EQ(answer.tag, static_cast<uint32_t>(Refusal::deadlock)) << "seed " << seed;
    ASSERT_EQ(circles, std::vector<std::string>{"c -> a -> b -> c"}) << "seed " << seed;
  }
}

TEST(Ask, NamesOfALongCircleAreNotAllSaid) {
  std::string circle;
  Simulation simulation(1, {.observer = [&](const Event& event) {
                          if (event.kind == EventKind::deadlock) circle = event.text;
                        }});
  constexpr int length = 20;
  std::vector<ActorId> ids;
  for (int at = 0; at < length; ++at) {
    ids.push_back(spawn_asker(simulation.system(), fmt::format("n{}", at),
                              fmt::format("n{}", (at + 1) % length)));
  }
  simulation.run();
  EXPECT_EQ(ask(simulation, ids[0]).tag, static_cast<uint32_t>(Refusal::deadlock));
  EXPECT_EQ(circle, "n19 -> n0 -> n1 -> n2 -> n3 -> n4 -> n5 -> n6 -> 12 more -> n19");
}

TEST(Ask, TellsWhoAsksItself) {
  Simulation simulation(3);
  const ActorId self = spawn_asker(simulation.system(), "a", "a");
  simulation.run();
  EXPECT_EQ(ask(simulation, self).tag, static_cast<uint32_t>(Refusal::deadlock));
}

TEST(Ask, TwoThatBeginAtOnceAreTold) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    Simulation simulation(seed);
    System& system = simulation.system();
    const ActorId a = spawn_asker(system, "a", "b");
    const ActorId b = spawn_asker(system, "b", "a");
    simulation.run();
    std::vector<uint32_t> tags;
    for (ActorId id : {a, b}) {
      system.request(id, Payload("?"), 5000 * ms, [&](const Message& reply) {
        tags.push_back(reply.tag);
        EXPECT_EQ(reply.kind, MessageKind::failure);
      });
    }
    simulation.run();
    ASSERT_EQ(tags.size(), 2u) << "seed " << seed;
    EXPECT_EQ(tags[0], static_cast<uint32_t>(Refusal::deadlock)) << "seed " << seed;
  }
}

TEST(Ask, ATimeOutIsAnAnswerAndALateReplyIsCounted) {
  Simulation simulation(4);
  System& system = simulation.system();
  testing::Hooks silent;
  uint64_t asked = 0;
  Message kept;
  silent.handle = [&](Context& context, const Message& message) -> Result<Progress> {
    if (message.kind == MessageKind::request) {
      ++asked;
      kept = message;
      context.start_timer(50 * ms, 1);
    } else {
      context.reply(kept, Payload("late"));
    }
    return Progress::done;
  };
  ASSERT_TRUE(system.spawn({.name = "silent", .factory = testing::puppet(silent)}));
  const ActorId asker = spawn_asker(system, "a", "silent", 10 * ms);
  simulation.run();
  Message answer;
  system.request(asker, Payload("?"), 5000 * ms, [&](const Message& reply) { answer = reply; });
  simulation.advance(20 * ms);
  EXPECT_EQ(asked, 1u);
  EXPECT_EQ(answer.tag, static_cast<uint32_t>(Refusal::timed_out));
  simulation.advance(100 * ms);
  EXPECT_EQ(system.counters().late_replies, 1u);
}

TEST(Ask, WhoEndsMeanwhileForgetsIt) {
  Simulation simulation(5);
  System& system = simulation.system();
  testing::Hooks silent;
  silent.handle = [](Context&, const Message&) -> Result<Progress> { return Progress::done; };
  ASSERT_TRUE(system.spawn({.name = "silent", .factory = testing::puppet(silent)}));
  const ActorId asker = spawn_asker(system, "a", "silent");
  const ActorId other = spawn_asker(system, "b", "a");
  simulation.run();
  Message answer;
  system.request(other, Payload("?"), 5000 * ms, [&](const Message& reply) { answer = reply; });
  simulation.run();
  system.kill(asker);
  simulation.run();
  EXPECT_EQ(answer.kind, MessageKind::failure);
  EXPECT_FALSE(system.is_alive(asker));
  EXPECT_EQ(system.find("#" + to_string(asker)), ActorId());
  EXPECT_EQ(system.address_of(other), "b");
}

TEST(Ask, WakesAtATime) {
  Simulation simulation(6);
  System& system = simulation.system();
  testing::Hooks sleeper;
  uint64_t woken_ns = 0;
  sleeper.handle = [](Context& context, const Message&) -> Result<Progress> {
    context.wake_at(context.now_ns() + 30 * ms);
    return Progress::waiting;
  };
  sleeper.resume = [&](Context& context) -> Result<Progress> {
    woken_ns = context.now_ns();
    return Progress::done;
  };
  const ActorId id = *system.spawn({.factory = testing::puppet(sleeper)});
  simulation.run();
  const uint64_t start_ns = simulation.clock().monotonic_ns();
  system.send(id, {});
  simulation.advance(29 * ms);
  EXPECT_EQ(woken_ns, 0u);
  simulation.advance(2 * ms);
  EXPECT_GE(woken_ns, start_ns + 30 * ms);
}

}  // namespace
}  // namespace cairn::actor
