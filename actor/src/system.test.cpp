#include <cairn/actor/actor.hpp>
#include <cairn/actor/simulation.hpp>

#include <gtest/gtest.h>

namespace cairn::actor {
namespace {

/// Calls a function for each message.
class Handler final : public Actor {
 public:
  using Function = std::function<Result<Progress>(Context&, const Message&)>;
  explicit Handler(Function function) : function_(std::move(function)) {}
  Result<Progress> handle_message(Context& context, const Message& message) override {
    return function_(context, message);
  }

 private:
  Function function_;
};

Factory handler(Handler::Function function) {
  return [function]() -> Result<std::unique_ptr<Actor>> {
    return std::make_unique<Handler>(function);
  };
}

TEST(System, ASentMessageIsHandled) {
  Simulation simulation(1);
  std::vector<uint32_t> got;
  ActorId actor = *simulation.system().spawn({.factory = handler([&](Context&, const Message& m) {
                                                got.push_back(*m.payload.as<uint32_t>());
                                                return Progress::done;
                                              })});
  for (uint32_t number : {1, 2, 3}) {
    EXPECT_EQ(simulation.system().send(actor, Payload::of(number)), Sent::accepted);
  }
  simulation.run();
  EXPECT_EQ(got, (std::vector<uint32_t>{1, 2, 3}));
  simulation.system().shutdown();
  simulation.run();
  EXPECT_EQ(simulation.system().live(), 0);
}

}  // namespace
}  // namespace cairn::actor
