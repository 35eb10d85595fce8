// Which actor is next: one worker, held up until all have what they are to do.

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "testing.hpp"

namespace cairn::actor {
namespace {

using namespace testing;
using Names = std::vector<std::string>;

size_t place_of(const Names& all, std::string_view name) {
  return static_cast<size_t>(std::ranges::find(all, name) - all.begin());
}

class Policies : public ::testing::Test {
 protected:
  void begin(Policy policy) {
    system_ = std::make_unique<System>(
        clock_, random_,
        SystemSettings{.workers = 1, .policy = policy, .slice_messages = 8, .slice_time_ns = 1});
    workers_ = std::make_unique<Workers>(*system_);
    Hooks hooks;
    hooks.handle = [this](Context&, const Message&) -> Result<Progress> {
      std::unique_lock lock(mutex_);
      is_held_ = true;
      changed_.notify_all();
      changed_.wait(lock, [this] { return may_go_; });
      return Progress::done;
    };
    gate_ = *system_->spawn({.factory = puppet(hooks)});
  }
  void TearDown() override {
    if (gate_) run(0);
    workers_.reset();
    system_.reset();
  }

  /// Whoever handles a message says so.
  ActorId spawn(const std::string& name, Priority priority = Priority::normal) {
    Hooks hooks;
    hooks.handle = [this, name](Context&, const Message&) -> Result<Progress> {
      const std::lock_guard lock(mutex_);
      handled_.push_back(name);
      changed_.notify_all();
      return Progress::done;
    };
    const ActorId id =
        *system_->spawn({.factory = puppet(hooks),
                         .settings = with([&](ActorSettings& own) { own.priority = priority; })});
    // It has started, and waits for nothing.
    send(id, 1);
    wait(++spawned_);
    return id;
  }
  void send(ActorId to, int count) {
    for (int at = 0; at < count; ++at) ASSERT_EQ(system_->send(to, Payload()), Sent::accepted);
  }
  void wait(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return handled_.size() >= count; });
  }

  /// When one is handled that comes behind so many of another actor.
  size_t place_behind(Policy policy, int many) {
    begin(policy);
    const ActorId busy = spawn("busy");
    const ActorId other = spawn("other");
    hold();
    send(busy, many);
    send(other, 1);
    return place_of(run(static_cast<size_t>(many) + 1), "other");
  }

  /// Nobody runs until `run`.
  void hold() {
    system_->send(gate_, Payload());
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return is_held_; });
    handled_.clear();
  }
  /// Who handled the next `count` messages, in order.
  Names run(size_t count) {
    {
      const std::lock_guard lock(mutex_);
      may_go_ = true;
      changed_.notify_all();
    }
    wait(count);
    const std::lock_guard lock(mutex_);
    return handled_;
  }

 private:
  RealClock clock_;
  RealRandom random_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_held_ = false;
  bool may_go_ = false;
  size_t spawned_ = 0;
  Names handled_;
  ActorId gate_;
  std::unique_ptr<System> system_;
  std::unique_ptr<Workers> workers_;
};

TEST_F(Policies, RoundRobinGoesByTheTimeOfWaiting) {
  begin(Policy::round_robin);
  const ActorId low = spawn("low", Priority::low);
  const ActorId critical = spawn("critical", Priority::critical);
  const ActorId high = spawn("high", Priority::high);
  hold();
  for (const ActorId id : {low, high, critical}) send(id, 1);
  EXPECT_EQ(run(3), (Names{"low", "high", "critical"}));
}

TEST_F(Policies, PriorityTakesTheMostUrgent) {
  begin(Policy::priority);
  const ActorId low = spawn("low", Priority::low);
  const ActorId normal = spawn("normal");
  const ActorId critical = spawn("critical", Priority::critical);
  const ActorId high = spawn("high", Priority::high);
  hold();
  for (const ActorId id : {low, high, normal, critical}) send(id, 1);
  EXPECT_EQ(run(4), (Names{"critical", "high", "normal", "low"}));
}

TEST_F(Policies, WhoWaitsLongUnderPriorityRises) {
  begin(Policy::priority);
  constexpr int urgent_count = 30;
  const ActorId low = spawn("low", Priority::low);
  std::vector<ActorId> urgent(urgent_count);
  for (ActorId& id : urgent) id = spawn("urgent", Priority::critical);
  hold();
  send(low, 1);
  for (const ActorId id : urgent) send(id, 1);
  EXPECT_EQ(place_of(run(urgent_count + 1), "low"), 8u);
}

TEST_F(Policies, ATurnEndsWhereOthersWait) {
  EXPECT_LE(place_behind(Policy::round_robin, 500), 8u);
}

TEST_F(Policies, CooperativeTurnsEndWhenNothingIsLeft) {
  EXPECT_EQ(place_behind(Policy::cooperative, 500), 500u);
}

}  // namespace
}  // namespace cairn::actor
