// Messages that are handed on: whoever sent them first is answered, once.

#include "testing.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace cairn::actor {
namespace {

using namespace testing;

TEST(Forwarded, MessagesAreAnsweredToTheFirstSender) {
  Simulation simulation(1);
  System& system = simulation.system();
  std::vector<std::pair<ActorId, Priority>> seen;
  ActorId last = *system.spawn(
      {.factory = puppet({.handle = [&](Context& context, const Message& m) -> Result<Progress> {
         seen.emplace_back(m.from, m.priority);
         if (m.kind == MessageKind::request) context.reply(m, Payload("done"));
         return Progress::done;
       }})});
  ActorId middle = *system.spawn(
      {.factory = puppet({.handle = [&](Context& context, const Message& m) -> Result<Progress> {
         context.forward(m, last);
         return Progress::done;
       }})});
  std::vector<std::string> got;
  ActorId asker = *system.spawn(
      {.factory = puppet({.handle = [&](Context& context, const Message& m) -> Result<Progress> {
         if (m.kind == MessageKind::user) {
           context.send(middle, Payload("x"), {.priority = Priority::critical});
           context.request(middle, Payload("x"), 1000 * ms, {.priority = Priority::high});
         } else {
           got.push_back(fmt::format("{} {}", static_cast<int>(m.kind), m.payload.text()));
         }
         return Progress::done;
       }})});
  system.send(asker, Payload());
  simulation.run();
  EXPECT_EQ(seen,
            (std::vector{std::pair(asker, Priority::critical), std::pair(asker, Priority::high)}));
  const auto word = [](MessageKind kind, std::string_view rest) {
    return fmt::format("{} {}", static_cast<int>(kind), rest);
  };
  EXPECT_EQ(got, std::vector{word(MessageKind::reply, "done")});
  // Who has gone is told of in the same way.
  system.kill(last);
  simulation.run();
  system.send(asker, Payload());
  simulation.run();
  ASSERT_EQ(got.size(), 2u);
  EXPECT_TRUE(got[1].starts_with(word(MessageKind::failure, ""))) << got[1];
  EXPECT_EQ(system.dead_letters().back().reason, Refusal::no_such_actor);
  simulation.advance(2000 * ms);
  EXPECT_EQ(got.size(), 2u) << "once";
}

}  // namespace
}  // namespace cairn::actor
