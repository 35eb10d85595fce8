// Supervisors in a system, as their users see them.

#include "testing.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace cairn::actor {
namespace {

using namespace testing;
using Log = std::vector<std::string>;

/// A supervisor with the children a, b, c, …, whose starts and stops are noted: "+a", "-a".
class Supervised : public ::testing::Test {
 protected:
  ChildSpec child(const std::string& name, Restart restart = Restart::permanent) {
    Hooks hooks;
    hooks.handle = [](Context& context, const Message& message) -> Result<Progress> {
      if (message.payload.text() == "end") context.stop_self();
      if (message.payload.text() == "crash") return fail(ErrorKind::trap, "crashed");
      return Progress::done;
    };
    hooks.pre_start = [this, name](Context&) -> Result<Progress> {
      log_.push_back("+" + name);
      if (failing_starts_ > 0) {
        --failing_starts_;
        return fail(ErrorKind::invalid, "cannot start");
      }
      return Progress::done;
    };
    hooks.post_stop = [this, name](Context&) -> Result<Progress> {
      log_.push_back("-" + name);
      return Progress::done;
    };
    hooks.on_error = [this](const Error&) { return directive_; };
    return {.name = name, .factory = puppet(hooks), .restart = restart};
  }

  void start(SupervisorSpec spec) {
    top_ = *system().spawn({.name = "top", .factory = supervisor(std::move(spec))});
    simulation_.run();
  }
  void tell(const std::string& name, std::string_view what) {
    log_.clear();
    system().send(system().find(name), Payload(what));
    simulation_.run();
  }
  System& system() { return simulation_.system(); }
  size_t count(EventKind kind) const {
    return static_cast<size_t>(std::ranges::count(events_, kind));
  }

  Log log_;
  std::vector<EventKind> events_;
  std::vector<uint64_t> delays_;
  int failing_starts_ = 0;
  Directive directive_ = Directive::restart;
  Simulation simulation_{3, {.observer = [this](const Event& event) {
                           events_.push_back(event.kind);
                           if (event.kind == EventKind::restarting) {
                             delays_.push_back(event.amount);
                           }
                         }}};
  ActorId top_;
};

TEST_F(Supervised, StartInOrderStopInReverse) {
  start({.children = {child("a"), child("b"), child("c")}});
  EXPECT_EQ(log_, (Log{"+a", "+b", "+c"}));
  log_.clear();
  system().stop(top_);
  simulation_.run();
  EXPECT_EQ(log_, (Log{"-c", "-b", "-a"}));
  EXPECT_EQ(system().live(), 0);
}

TEST_F(Supervised, OneForOne) {
  start({.children = {child("a"), child("b"), child("c")}});
  const ActorId b = system().find("b");
  tell("b", "crash");
  EXPECT_EQ(log_, (Log{"-b", "+b"}));
  EXPECT_EQ(system().find("b"), b) << "the id stays";
}

TEST_F(Supervised, OneForAll) {
  start({.strategy = Strategy::one_for_all, .children = {child("a"), child("b"), child("c")}});
  tell("b", "crash");
  EXPECT_EQ(log_, (Log{"-b", "-c", "-a", "+a", "+b", "+c"}));
  EXPECT_EQ(count(EventKind::halted), 2) << "a and c";
}

TEST_F(Supervised, RestForOne) {
  start({.strategy = Strategy::rest_for_one,
         .children = {child("a"), child("b"), child("c"), child("d")}});
  tell("b", "crash");
  EXPECT_EQ(log_, (Log{"-b", "-d", "-c", "+b", "+c", "+d"}));
  EXPECT_EQ(count(EventKind::halted), 2) << "c and d";
}

TEST_F(Supervised, SimpleOneForOne) {
  SupervisorSpec spec = {.strategy = Strategy::simple_one_for_one, .children = {child("")}};
  Hooks hooks;
  hooks.supervision = [spec] { return spec; };
  hooks.handle = [](Context& context, const Message&) -> Result<Progress> {
    TRY(context.spawn_child());
    return Progress::done;
  };
  top_ = *system().spawn({.name = "top", .factory = puppet(hooks)});
  simulation_.run();
  EXPECT_EQ(log_, Log{});
  tell("top", "one");
  tell("top", "two");
  EXPECT_EQ(system().live(), 3);
}

TEST_F(Supervised, WhoIsRestarted) {
  for (auto [restart, what, again] : {std::tuple{Restart::permanent, "end", true},
                                      {Restart::permanent, "crash", true},
                                      {Restart::transient, "end", false},
                                      {Restart::transient, "crash", true},
                                      {Restart::temporary, "end", false},
                                      {Restart::temporary, "crash", false}}) {
    start({.children = {child("a", restart)}});
    tell("a", what);
    EXPECT_EQ(static_cast<bool>(system().find("a")), again) << to_string(restart) << what;
    system().stop(top_);
    simulation_.run();
  }
}

TEST_F(Supervised, WhoIsToldToStopIsNotRestarted) {
  start({.children = {child("a")}});
  system().stop(system().find("a"));
  simulation_.run();
  EXPECT_FALSE(system().find("a"));
  EXPECT_TRUE(system().is_alive(top_));
}

TEST_F(Supervised, TooManyRestartsWithinThePeriod) {
  start({.intensity = {.max_restarts = 2, .period_ns = 1000 * ms}, .children = {child("a")}});
  tell("a", "crash");
  simulation_.advance(600 * ms);
  tell("a", "crash");
  simulation_.advance(600 * ms);  // the first is forgotten
  tell("a", "crash");
  EXPECT_TRUE(system().is_alive(top_));
  tell("a", "crash");
  EXPECT_FALSE(system().is_alive(top_));
  EXPECT_EQ(count(EventKind::gave_up), 1);
  EXPECT_EQ(system().live(), 0);
}

TEST_F(Supervised, FailuresGoUpTheTree) {
  SupervisorSpec inner = {.intensity = {.max_restarts = 0}, .children = {child("a")}};
  ChildSpec inner_child = {.name = "inner", .factory = supervisor(inner)};
  start({.intensity = {.max_restarts = 1, .period_ns = 1000 * ms}, .children = {inner_child}});
  log_.clear();
  tell("a", "crash");
  EXPECT_EQ(log_, (Log{"-a", "+a"})) << "by the restart of `inner`";
  EXPECT_TRUE(system().is_alive(top_));
  tell("a", "crash");
  EXPECT_EQ(system().live(), 0);
}

TEST_F(Supervised, Directives) {
  start({.intensity = {.max_restarts = 10}, .children = {child("a"), child("b")}});
  directive_ = Directive::resume;
  tell("a", "crash");
  EXPECT_EQ(log_, Log{});
  directive_ = Directive::stop;
  tell("a", "crash");
  EXPECT_EQ(log_, Log{"-a"});
  EXPECT_FALSE(system().find("a"));
  directive_ = Directive::escalate;
  tell("b", "crash");
  EXPECT_EQ(count(EventKind::escalated), 1);
  EXPECT_EQ(system().live(), 0);
}

TEST_F(Supervised, BackOff) {
  Backoff linear = {.kind = Backoff::Kind::linear, .initial_ns = 10 * ms};
  Backoff exponential = {.kind = Backoff::Kind::exponential,
                         .initial_ns = 10 * ms,
                         .multiplier = 3,
                         .max_ns = 50 * ms,
                         .jitter = 0.1};
  for (const Backoff& backoff : {linear, exponential}) {
    delays_.clear();
    start({.intensity = {.max_restarts = 10, .period_ns = 1000 * ms},
           .backoff = backoff,
           .children = {child("a")}});
    for (int at = 0; at < 3; ++at) {
      tell("a", "crash");
      EXPECT_EQ(log_, Log{"-a"});
      simulation_.advance(delays_.back() - 1 * ms);
      EXPECT_EQ(log_, Log{"-a"});
      simulation_.advance(2 * ms);
      EXPECT_EQ(log_, (Log{"-a", "+a"}));
    }
    if (backoff.kind == Backoff::Kind::linear) {
      EXPECT_EQ(delays_, (std::vector{10 * ms, 20 * ms, 30 * ms}));
    } else {
      for (auto [delay, mean] :
           {std::pair{delays_[0], 10 * ms}, {delays_[1], 30 * ms}, {delays_[2], 50 * ms}}) {
        EXPECT_NEAR(static_cast<double>(delay), static_cast<double>(mean),
                    0.1 * static_cast<double>(mean) + 1);
      }
    }
    system().stop(top_);
    simulation_.run();
  }
}

TEST_F(Supervised, NoBackOffStaysNoneHoweverOftenItIsMultiplied) {
  start({.intensity = {.max_restarts = 1000, .period_ns = 1000 * ms},
         .backoff = {.kind = Backoff::Kind::exponential, .initial_ns = 0, .multiplier = 1000},
         .children = {child("a")}});
  for (int at = 0; at < 120; ++at) {
    tell("a", "crash");
    ASSERT_EQ(log_, (Log{"-a", "+a"})) << at;
  }
}

TEST_F(Supervised, BackOffMayBeForEver) {
  constexpr uint64_t most = UINT64_MAX - 2047;  // that is a double, too
  start({.intensity = {.max_restarts = 10, .period_ns = 1000 * ms},
         .backoff = {.kind = Backoff::Kind::linear, .initial_ns = most, .max_ns = most},
         .children = {child("a")}});
  simulation_.advance(1 * ms);
  tell("a", "crash");
  simulation_.advance(1'000'000 * ms);
  EXPECT_EQ(log_, Log{"-a"});
}

TEST_F(Supervised, WhoIsToldToStopWhileItWaitsForItsRestartIsNotRestarted) {
  start({.intensity = {.max_restarts = 10, .period_ns = 1000 * ms},
         .backoff = {.kind = Backoff::Kind::linear, .initial_ns = 100 * ms},
         .children = {child("a"), child("b")}});
  for (const bool kill : {false, true}) {
    const ActorId id = system().find(kill ? "b" : "a");
    tell(kill ? "b" : "a", "crash");
    ASSERT_TRUE(system().is_alive(id));
    if (kill) {
      system().kill(id);
    } else {
      system().stop(id);
    }
    log_.clear();
    simulation_.advance(1000 * ms);
    EXPECT_EQ(log_, Log{});
    EXPECT_FALSE(system().is_alive(id));
  }
  EXPECT_TRUE(system().is_alive(top_));
}

TEST_F(Supervised, ARestartThatFailsIsTriedAgain) {
  start({.intensity = {.max_restarts = 3}, .children = {child("a")}});
  failing_starts_ = 2;
  tell("a", "crash");
  EXPECT_EQ(log_, (Log{"-a", "+a", "+a", "+a"}));
  failing_starts_ = 100;
  tell("a", "crash");
  EXPECT_EQ(system().live(), 0);
}

TEST_F(Supervised, AFirstStartThatFailsFailsTheSupervisor) {
  failing_starts_ = 1;
  start({.children = {child("a"), child("b")}});
  EXPECT_EQ(log_, Log{"+a"});
  EXPECT_EQ(system().live(), 0);
}

TEST_F(Supervised, AFailureInTheMidstOfTheStart) {
  Hooks slow;
  std::optional<Waker> waker;
  slow.pre_start = [&](Context& context) -> Result<Progress> {
    log_.emplace_back("+slow");
    if (waker) return Progress::done;
    waker = context.waker();
    return Progress::waiting;
  };
  start({.strategy = Strategy::one_for_all,
         .children = {child("a"), {.name = "slow", .factory = puppet(slow)}, child("c")}});
  EXPECT_EQ(log_, (Log{"+a", "+slow"}));
  tell("a", "crash");
  waker->wake();
  simulation_.run();
  EXPECT_TRUE(system().find("c"));
  EXPECT_EQ(count(EventKind::ready) + count(EventKind::restarted), 4 + 2) << "top is ready, too";
}

TEST_F(Supervised, AutoShutdown) {
  for (AutoShutdown when : {AutoShutdown::any_significant, AutoShutdown::all_significant}) {
    ChildSpec a = child("a", Restart::transient);
    ChildSpec b = child("b", Restart::transient);
    a.significant = b.significant = true;
    start({.auto_shutdown = when, .children = {a, child("c"), b}});
    tell("a", "end");
    if (when == AutoShutdown::all_significant) {
      EXPECT_TRUE(system().is_alive(top_));
      tell("b", "end");
    }
    EXPECT_EQ(system().live(), 0);
  }
  EXPECT_EQ(count(EventKind::auto_shutdown), 2);
}

TEST_F(Supervised, HealthChecks) {
  bool healthy = true;
  Hooks hooks;
  hooks.health_check = [&](Context&) -> Result<Progress> {
    if (healthy) return Progress::done;
    return fail(ErrorKind::invalid, "unwell");
  };
  ChildSpec sick = {.name = "sick",
                    .factory = puppet(hooks),
                    .settings = with([](ActorSettings& settings) {
                      settings.health = {.interval_ns = 10 * ms, .threshold = 3};
                    })};
  start({.children = {sick}});
  simulation_.advance(100 * ms);
  EXPECT_EQ(count(EventKind::unhealthy), 0);
  healthy = false;
  simulation_.advance(25 * ms);
  EXPECT_EQ(count(EventKind::unhealthy), 2);
  EXPECT_EQ(count(EventKind::restarted), 0);
  simulation_.advance(10 * ms);
  EXPECT_EQ(count(EventKind::restarted), 1);
}

TEST_F(Supervised, LimitsOfTimeAndRate) {
  Hooks hooks;
  uint32_t handled = 0;
  hooks.handle = [&](Context&, const Message& message) -> Result<Progress> {
    ++handled;
    if (message.payload.text() == "wait") return Progress::waiting;
    return Progress::done;
  };
  start({.children = {
             {.name = "a", .factory = puppet(hooks), .settings = with([](ActorSettings& settings) {
                                                       settings.limits.message_time_ns = 20 * ms;
                                                       settings.limits.messages_per_s = 10;
                                                     })}}});
  tell("a", "wait");
  simulation_.advance(19 * ms);
  EXPECT_EQ(count(EventKind::restarted), 0);
  simulation_.advance(2 * ms);
  EXPECT_EQ(count(EventKind::restarted), 1);
  handled = 0;
  for (int at = 0; at < 25; ++at) system().send(system().find("a"), Payload());
  simulation_.run();
  EXPECT_EQ(handled, 10);
  simulation_.advance(1000 * ms);
  EXPECT_EQ(handled, 20);
  simulation_.advance(1000 * ms);
  EXPECT_EQ(handled, 25);
  EXPECT_GE(count(EventKind::throttled), 2);
}

TEST_F(Supervised, LimitOfProcessorTime) {
  Hooks hooks;
  uint32_t handled = 0;
  hooks.handle = [&](Context&, const Message&) -> Result<Progress> {
    ++handled;
    Clock& clock = simulation_.clock();
    clock.sleep_until(clock.monotonic_ns() + 30 * ms);  // so long it took
    return Progress::done;
  };
  start({.children = {
             {.name = "a", .factory = puppet(hooks), .settings = with([](ActorSettings& settings) {
                                                       settings.limits.cpu_ns_per_s = 100 * ms;
                                                     })}}});
  for (int at = 0; at < 10; ++at) system().send(system().find("a"), Payload());
  simulation_.run();
  EXPECT_EQ(handled, 4) << "the fourth began within it";
  EXPECT_EQ(count(EventKind::throttled), 1);
  simulation_.advance(800 * ms);
  EXPECT_EQ(handled, 4);
  simulation_.advance(200 * ms);
  EXPECT_EQ(handled, 8);
  simulation_.advance(1000 * ms);
  EXPECT_EQ(handled, 10);
}

TEST_F(Supervised, ErrorRate) {
  directive_ = Directive::resume;
  ChildSpec a = child("a");
  a.settings =
      with([](ActorSettings& settings) { settings.error_rate = {.failures = 3, .window = 10}; });
  start({.children = {a}});
  for (int at = 0; at < 3; ++at) tell("a", "crash");
  EXPECT_EQ(count(EventKind::restarted), 0);
  tell("a", "crash");
  EXPECT_EQ(count(EventKind::restarted), 1);
}

}  // namespace
}  // namespace cairn::actor
