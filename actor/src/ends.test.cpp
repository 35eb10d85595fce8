// How an actor ends that is in the midst of what cannot be given up.

#include "testing.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace cairn::actor {
namespace {

using namespace testing;

/// An actor whose handler waits, and cannot be cancelled, until `release`.
class Ends : public ::testing::Test {
 protected:
  Ends() {
    Hooks hooks;
    hooks.handle = [this](Context& context, const Message&) -> Result<Progress> {
      context.stop_self();
      waker_.emplace(context.waker());
      return Progress::waiting;
    };
    hooks.pre_start = [this](Context& context) -> Result<Progress> {
      context.link(linked_);
      return Progress::done;
    };
    hooks.resume = [this](Context&) -> Result<Progress> {
      ++resumed_;
      return Progress::done;
    };
    hooks.cancel = [this] { ++cancelled_; };
    hooks.can_cancel = [this] { return can_cancel_; };
    Hooks crashing;
    crashing.handle = [](Context&, const Message&) -> Result<Progress> {
      return fail(ErrorKind::trap, "crash");
    };
    linked_ = *system().spawn({.factory = puppet(crashing)});
    simulation_.run();
    id_ = *system().spawn({.factory = puppet(hooks)});
    simulation_.run();
    system().send(id_, Payload());
    simulation_.run();
  }
  System& system() { return simulation_.system(); }
  void release() {
    waker_->wake();
    simulation_.run();
  }

  std::vector<Exit> exits_;
  Simulation simulation_{1, {.observer = [this](const Event& event) {
                           if (event.kind == EventKind::ended && event.actor == id_) {
                             exits_.push_back(static_cast<Exit>(event.code));
                           }
                         }}};
  ActorId id_, linked_;
  std::optional<Waker> waker_;
  bool can_cancel_ = false;
  int resumed_ = 0, cancelled_ = 0;
};

TEST_F(Ends, WaitForIt) {
  system().kill(id_);
  simulation_.advance(60'000 * ms);
  EXPECT_TRUE(system().is_alive(id_));
  release();
  EXPECT_EQ(exits_, (std::vector{Exit::killed}));
  EXPECT_EQ(resumed_, 1);
  EXPECT_EQ(cancelled_, 0);
  EXPECT_EQ(system().counters().handled, 1u) << "it counts";
}

TEST_F(Ends, DoNotWaitForAnythingElse) {
  can_cancel_ = true;
  system().kill(id_);
  simulation_.run();
  EXPECT_EQ(exits_, (std::vector{Exit::killed}));
  EXPECT_EQ(resumed_, 0);
  EXPECT_EQ(cancelled_, 1);
}

TEST_F(Ends, OfWhoIsKilledAreThatWhateverElseHappens) {
  system().kill(id_);
  simulation_.run();
  system().send(linked_, Payload());
  simulation_.run();
  EXPECT_TRUE(system().is_alive(id_));
  release();
  EXPECT_EQ(exits_, (std::vector{Exit::killed}));
}

TEST_F(Ends, AreThoseOfTheLinkedOnes) {
  system().send(linked_, Payload());
  simulation_.run();
  EXPECT_TRUE(system().is_alive(id_));
  release();
  EXPECT_EQ(exits_, (std::vector{Exit::trap}));
}

TEST_F(Ends, AreAsTheyWereIfNobodyMinds) {
  release();
  EXPECT_EQ(exits_, (std::vector{Exit::normal}));
}

}  // namespace
}  // namespace cairn::actor
