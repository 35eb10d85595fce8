// How much of anything one actor may have: on both sides of each limit.

#include "testing.hpp"

#include "core.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cairn::actor {
namespace {

using namespace testing;

/// Runs `use` in a handler of an actor with these limits.
void in_actor(const std::function<void(ActorLimits&)>& change,
              const std::function<void(Context&)>& use) {
  Simulation simulation(1);
  const ActorId id = *simulation.system().spawn(
      {.factory = puppet({.handle =
                              [&](Context& context, const Message& message) {
                                if (message.kind == MessageKind::user) use(context);
                                return Result<Progress>(Progress::done);
                              }}),
       .settings = with([&](ActorSettings& own) { change(own.limits); })});
  simulation.run();
  simulation.system().send(id, Payload());
  simulation.run();
}

TEST(ActorLimits, OfTimers) {
  in_actor([](ActorLimits& limits) { limits.timers = 2; },
           [](Context& context) {
             const uint64_t first = context.start_timer(ms, 1);
             EXPECT_NE(first, 0u);
             EXPECT_NE(context.start_timer(ms, 2, ms), 0u);
             EXPECT_EQ(context.start_timer(ms, 3), 0u);
             context.cancel_timer(first);
             EXPECT_NE(context.start_timer(ms, 3), 0u);
           });
  in_actor([](ActorLimits& limits) { limits.timers = 0; },
           [](Context& context) {
             for (int at = 0; at < 2000; ++at) EXPECT_NE(context.start_timer(ms, 1), 0u);
           });
}

TEST(ActorLimits, OfMonitors) {
  in_actor([](ActorLimits& limits) { limits.monitors = 2; },
           [](Context& context) {
             const ActorId a = *context.spawn(ChildSpec{.factory = puppet({})});
             const ActorId b = *context.spawn(ChildSpec{.factory = puppet({})});
             const ActorId c = *context.spawn(ChildSpec{.factory = puppet({})});
             EXPECT_TRUE(context.monitor(a));
             EXPECT_TRUE(context.monitor(a)) << "it is monitored already";
             EXPECT_TRUE(context.monitor(b));
             EXPECT_FALSE(context.monitor(c));
             context.demonitor(a);
             EXPECT_TRUE(context.monitor(c));
           });
}

TEST(ActorLimits, OfSubscriptions) {
  in_actor([](ActorLimits& limits) { limits.subscriptions = 1; },
           [](Context& context) {
             EXPECT_TRUE(context.subscribe("a.b"));
             EXPECT_TRUE(context.subscribe("a.b"));
             const Result<> more = context.subscribe("a.c");
             ASSERT_FALSE(more);
             EXPECT_EQ(more.error().kind, ErrorKind::limit);
             EXPECT_EQ(more.error().message, "the actor has 1 subscriptions, as many as it may");
             context.unsubscribe("a.b");
             EXPECT_TRUE(context.subscribe("a.c"));
           });
}

TEST(ActorLimits, OfRequests) {
  in_actor([](ActorLimits& limits) { limits.requests = 2; },
           [](Context& context) {
             const ActorId silent = *context.spawn(ChildSpec{.factory = puppet({})});
             EXPECT_NE(context.request(silent, Payload(), ms), 0u);
             EXPECT_NE(context.ask(silent, Payload(), ms), 0u);
             EXPECT_EQ(context.request(silent, Payload(), ms), 0u);
             EXPECT_EQ(context.ask(silent, Payload(), ms), 0u);
           });
}

TEST(ActorLimits, OfNames) {
  Simulation simulation(1);
  System& system = simulation.system();
  EXPECT_TRUE(system.spawn({.name = std::string(actor_name_bytes_max, 'a'),  //
                            .factory = puppet({})}));
  const auto longer =
      system.spawn({.name = std::string(actor_name_bytes_max + 1, 'a'), .factory = puppet({})});
  ASSERT_FALSE(longer);
  EXPECT_EQ(longer.error().message, "the name of an actor has 4097 bytes; the limit is 4096");
}

TEST(ActorLimits, OfMediaTypes) {
  Simulation simulation(1);
  System& system = simulation.system();
  std::string reply_type(media_type_bytes_max, 'm');
  const ActorId id =
      *system.spawn({.factory = puppet({.handle = [&](Context& context, const Message& message) {
                       context.reply(message, Payload("", reply_type));
                       return Result<Progress>(Progress::done);
                     }})});
  const ActorId asking = *system.spawn({.factory = puppet({})});
  simulation.run();
  EXPECT_EQ(system.send(id, Payload("", std::string(media_type_bytes_max, 'm'))), Sent::accepted);
  EXPECT_EQ(system.send(id, Payload("", std::string(media_type_bytes_max + 1, 'm'))),
            Sent::refused);
  EXPECT_EQ(system.dead_letters().back().reason, Refusal::too_large);
  // Replies to actors likewise.
  std::vector<MessageKind> answers;
  const auto ask = [&] {
    const ActorId from =
        *system.spawn({.factory = puppet({.handle = [&](Context& context, const Message& message) {
                         if (message.kind == MessageKind::user) {
                           context.request(id, Payload(), 1000 * ms);
                         } else {
                           answers.push_back(message.kind);
                         }
                         return Result<Progress>(Progress::done);
                       }})});
    system.send(from, Payload());
    simulation.run();
  };
  ask();
  reply_type += 'm';
  ask();
  EXPECT_EQ(answers, (std::vector{MessageKind::reply, MessageKind::failure}));
  EXPECT_TRUE(system.is_alive(asking));
}

/// Which messages of timers an actor has; it handles nothing while `is_busy`.
class Ticking {
 public:
  explicit Ticking(std::function<void(Context&)> start) {
    Hooks hooks;
    hooks.handle = [this](Context& context, const Message& message) -> Result<Progress> {
      if (message.kind == MessageKind::timer) tags.push_back(message.tag);
      waker.emplace(context.waker());
      return is_busy ? Progress::waiting : Progress::done;
    };
    hooks.resume = [this](Context& context) -> Result<Progress> {
      if (before_end) before_end(context);
      return Progress::done;
    };
    hooks.post_start = [start = std::move(start)](Context& context) -> Result<Progress> {
      start(context);
      return Progress::done;
    };
    id = *simulation.system().spawn({.factory = puppet(hooks)});
    simulation.run();
  }
  uint32_t queued() { return simulation.system().core().cell(id)->queued; }

  Simulation simulation{1};
  ActorId id;
  bool is_busy = false;
  std::function<void(Context&)> before_end;
  std::optional<Waker> waker;
  std::vector<uint32_t> tags;
};

TEST(Timers, WaitInTheMailboxOnce) {
  Ticking ticking([](Context& context) {
    context.start_timer(ms, 1, ms);
    context.start_timer(ms, 2, ms);
  });
  ticking.is_busy = true;
  ticking.simulation.system().send(ticking.id, Payload());
  ticking.simulation.advance(1000 * ms);
  EXPECT_EQ(ticking.queued(), 2u);
  ticking.is_busy = false;
}

TEST(Timers, RepeatEachMillisecondAtMost) {
  Ticking ticking([](Context& context) { context.start_timer(0, 1, 1); });
  ticking.simulation.advance(100 * ms);
  EXPECT_GE(ticking.tags.size(), 90u);
  EXPECT_LE(ticking.tags.size(), 102u);
}

TEST(Timers, OfTheEndOfTimeComeOnce) {
  Ticking ticking([](Context& context) {
    context.start_timer(ms, 1, UINT64_MAX);
    context.start_timer(UINT64_MAX, 2, UINT64_MAX);
  });
  ticking.simulation.advance(100 * ms);
  EXPECT_EQ(ticking.tags, (std::vector<uint32_t>{1}));
}

TEST(Timers, ThatAreCancelledSayNothingMore) {
  for (const uint64_t every_ns : {uint64_t{0}, ms}) {
    uint64_t timer = 0;
    Ticking ticking([&](Context& context) { timer = context.start_timer(ms, 1, every_ns); });
    ticking.is_busy = true;
    ticking.simulation.system().send(ticking.id, Payload());
    ticking.simulation.advance(50 * ms);
    EXPECT_EQ(ticking.queued(), 1u) << "its message waits";
    ticking.before_end = [&](Context& context) { context.cancel_timer(timer); };
    ticking.is_busy = false;
    ticking.waker->wake();
    ticking.simulation.advance(50 * ms);
    EXPECT_TRUE(ticking.tags.empty());
    EXPECT_EQ(ticking.queued(), 0u);
  }
}

TEST(ActorLimits, TimesMayBeForEver) {
  constexpr uint64_t for_ever = UINT64_MAX;
  Simulation simulation(1);
  System& system = simulation.system();
  simulation.advance(1 * ms);
  uint32_t handled = 0, checked = 0;
  const ActorId a = *system.spawn(
      {.factory =
           puppet({.handle = [&](Context& context, const Message& message) -> Result<Progress> {
                     ++handled;
                     context.reply(message, Payload("here"));
                     return Progress::done;
                   },
                   .health_check = [&](Context&) -> Result<Progress> {
                     ++checked;
                     return Progress::done;
                   }}),
       .settings = with([](ActorSettings& s) {
         s.mailbox.time_to_live_ns = for_ever;
         s.health.interval_ns = for_ever;
       })});
  simulation.run();
  std::string answer;
  const auto answered = [&](const Message& reply) { answer = reply.payload.text(); };
  system.send(a, Payload(), {.time_to_live_ns = for_ever});
  system.send(a, Payload());
  system.request(a, Payload(), for_ever, answered, {.time_to_live_ns = for_ever});
  simulation.advance(1'000 * ms);
  EXPECT_EQ(handled, 3u);
  EXPECT_EQ(answer, "here");
  EXPECT_EQ(checked, 0u);
}

}  // namespace
}  // namespace cairn::actor
