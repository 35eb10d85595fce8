#include "core.hpp"
#include "testing.hpp"

#include <gtest/gtest.h>
#include <cairn/actor/system.hpp>

#include <algorithm>

namespace cairn::actor {
namespace {

using namespace testing;
using Log = std::vector<std::string>;

/// Notes each hook under a name.
Hooks noting(Log& log, const std::string& name) {
  const auto note = [&log, name](const char* what) {
    return [&log, name, what](Context&) -> Result<Progress> {
      log.push_back(name + " " + what);
      return Progress::done;
    };
  };
  return {.handle = [&log, name](Context&, const Message& message) -> Result<Progress> {
            log.push_back(name + " got " + std::string(message.payload.text()));
            if (message.payload.text() == "crash") return fail(ErrorKind::trap, "crashed");
            return Progress::done;
          },
          .pre_start = note("pre_start"),
          .post_start = note("post_start"),
          .pre_stop = note("pre_stop"),
          .post_stop = note("post_stop"),
          .on_restart = note("on_restart")};
}

Payload text(std::string_view words) { return Payload(words); }

TEST(System, HooksRunInTheOrderOfALife) {
  Log log;
  Simulation simulation(1, {.observer = [&](const Event& event) {
                          if (event.kind != EventKind::dead_letter)
                            log.emplace_back(to_string(event.kind));
                        }});
  System& system = simulation.system();
  ActorId a = *system.spawn({.name = "a", .factory = puppet(noting(log, "a"))});
  system.send(a, text("hello"));
  simulation.run();
  EXPECT_EQ(system.find("a"), a);
  system.send(a, text("more"));
  system.stop(a);
  simulation.run();
  EXPECT_EQ(log,
            (Log{"a pre_start", "spawned", "registered", "a post_start", "ready", "a got hello",
                 "a got more", "a pre_stop", "a post_stop", "ended", "removed"}));
  EXPECT_EQ(system.find("a"), ActorId());
  EXPECT_EQ(system.live(), 0);
}

TEST(System, StopHandlesWhatWasAcceptedKillDoesNot) {
  for (bool kill : {false, true}) {
    Log log;
    Simulation simulation(1);
    System& system = simulation.system();
    ActorId a = *system.spawn({.factory = puppet(noting(log, "a"))});
    simulation.run();
    log.clear();
    system.send(a, text("1"));
    system.send(a, text("2"));
    kill ? system.kill(a) : system.stop(a);
    EXPECT_EQ(system.send(a, text("3")), Sent::accepted);  // it has not heard of it yet
    simulation.run();
    EXPECT_EQ(log, kill ? (Log{"a post_stop"})
                        : (Log{"a got 1", "a got 2", "a got 3", "a pre_stop", "a post_stop"}));
    EXPECT_EQ(system.counters().dead_letters[static_cast<size_t>(Refusal::stopped)],
              kill ? 3u : 0u);
    EXPECT_EQ(system.send(a, text("4")), Sent::refused);
    EXPECT_EQ(system.counters().dead_letters[static_cast<size_t>(Refusal::no_such_actor)], 1);
  }
}

TEST(System, AHandlerThatStopsInTimeOrIsKilled) {
  Simulation simulation(1);
  System& system = simulation.system();
  bool cancelled = false;
  ActorId a = *system.spawn(
      {.factory = puppet({.handle = [](Context&, const Message&) { return Progress::waiting; },
                          .cancel = [&] { cancelled = true; }})});
  system.send(a, text("wait"));
  simulation.run();
  system.stop(a, 50 * ms);
  simulation.advance(40 * ms);
  EXPECT_TRUE(system.is_alive(a));
  EXPECT_FALSE(cancelled);
  simulation.advance(20 * ms);
  EXPECT_FALSE(system.is_alive(a));
  EXPECT_TRUE(cancelled);
}

TEST(System, RequestsAreAnsweredRefusedOrTimeOut) {
  Simulation simulation(1);
  System& system = simulation.system();
  ActorId echo = *system.spawn(
      {.factory =
           puppet({.handle = [](Context& context, const Message& message) -> Result<Progress> {
                     if (message.payload.text() == "no")
                       context.refuse(message, Refusal::rejected, "why not");
                     if (message.payload.text() == "fail")
                       return fail(ErrorKind::invalid, "it failed");
                     if (message.payload.text() == "hi") context.reply(message, message.payload);
                     return Progress::done;
                   },
                   .on_error = [](const Error&) { return Directive::resume; }})});
  Log answers;
  for (std::string_view question : {"hi", "no", "fail", "silence"}) {
    system.request(echo, text(question), 10 * ms, [&](const Message& answer) {
      answers.push_back(std::string(to_string(static_cast<Refusal>(answer.tag))) + ": " +
                        std::string(answer.payload.text()));
    });
  }
  system.request(ActorId(12345, 1), text("anybody?"), 10 * ms,
                 [&](const Message& answer) { answers.emplace_back(answer.payload.text()); });
  simulation.run();
  EXPECT_EQ(answers,
            (Log{"no such actor", "no such actor: hi", "rejected: why not", "failed: it failed"}));
  simulation.advance(11 * ms);
  EXPECT_EQ(answers.back(), "timed out: timed out");
}

/// Who refuses a request and fails over it has answered it.
TEST(System, WhatWasRefusedIsAnsweredOnce) {
  for (const bool yields : {false, true}) {
    for (const Directive directive :
         {Directive::stop, Directive::resume, Directive::restart, Directive::escalate}) {
      Simulation simulation(1);
      System& system = simulation.system();
      std::optional<Message> at_hand;
      const auto refuse = [&](Context& context) -> Result<Progress> {
        context.refuse(*at_hand, Refusal::rejected, "no");
        return fail(ErrorKind::invalid, "it fails over it");
      };
      const ActorId id = *system.spawn(
          {.factory =
               puppet({.handle = [&](Context& context, const Message& message) -> Result<Progress> {
                         at_hand = message;
                         return yields ? Progress::yielded : refuse(context);
                       },
                       .resume = refuse,
                       .on_error = [directive](const Error&) { return directive; }})});
      Log answers;
      system.request(id, text("x"), 10 * ms, [&](const Message& answer) {
        answers.emplace_back(to_string(static_cast<Refusal>(answer.tag)));
        answers.emplace_back(answer.payload.text());
      });
      simulation.run();
      EXPECT_EQ(answers, (Log{"rejected", "no"}));
      EXPECT_EQ(system.counters().late_replies, 0u);
      EXPECT_EQ(system.counters().failed, 1u);
      EXPECT_EQ(system.counters().dead_letters[static_cast<size_t>(Refusal::failed)], 1u);
      EXPECT_EQ(system.is_alive(id), directive == Directive::resume);
    }
  }
}

TEST(System, LateRepliesAreCountedNotDelivered) {
  Simulation simulation(1);
  System& system = simulation.system();
  std::optional<Message> held;
  ActorId slow = *system.spawn(
      {.factory = puppet({.handle = [&](Context& context, const Message& m) -> Result<Progress> {
         if (m.kind == MessageKind::request) held = m;
         if (m.kind == MessageKind::user) context.reply(*held, m.payload);
         return Progress::done;
       }})});
  std::vector<MessageKind> got;
  ActorId asker = *system.spawn(
      {.factory = puppet({.handle = [&](Context& context, const Message& m) -> Result<Progress> {
         if (m.kind == MessageKind::user) context.request(slow, Payload(), 5 * ms);
         got.push_back(m.kind);
         return Progress::done;
       }})});
  system.send(asker, Payload());
  simulation.advance(6 * ms);
  system.send(slow, text("late"));
  simulation.run();
  EXPECT_EQ(got, (std::vector{MessageKind::user, MessageKind::failure}));
  EXPECT_EQ(system.counters().late_replies, 1);
}

TEST(System, PrioritiesAndTimeToLive) {
  Simulation simulation(1);
  System& system = simulation.system();
  Log log;
  ActorId a = *system.spawn({.factory = puppet(noting(log, "a")),
                             .settings = with([](ActorSettings& s) { s.mailbox.capacity = 10; })});
  simulation.run();
  log.clear();
  for (auto [word, priority] : {std::pair{"low", Priority::low},
                                {"normal", Priority::normal},
                                {"critical", Priority::critical},
                                {"high", Priority::high}}) {
    system.send(a, text(word), {.priority = priority});
  }
  simulation.run();
  EXPECT_EQ(log, (Log{"a got critical", "a got high", "a got normal", "a got low"}));
  log.clear();
  system.send(a, text("old"), {.time_to_live_ns = 1});
  simulation.advance(1 * ms);
  system.send(a, text("young"), {.time_to_live_ns = 1'000 * ms});
  simulation.run();
  EXPECT_EQ(log.back(), "a got young");
}

TEST(System, AFullMailboxBlocksFailsOrDrops) {
  Simulation simulation(1);
  System& system = simulation.system();
  bool open = false;
  uint32_t handled = 0;
  std::optional<Waker> waker;
  ActorId slow = *system.spawn(
      {.factory = puppet({.handle = [&](Context& context, const Message&) -> Result<Progress> {
         ++handled;
         if (open) return Progress::done;
         waker = context.waker();
         return Progress::waiting;
       }}),
       .settings = with([](ActorSettings& s) { s.mailbox.capacity = 2; })});
  std::vector<Sent> sent;
  uint32_t sender_handled = 0;
  ActorId sender = *system.spawn(
      {.factory = puppet({.handle = [&](Context& context, const Message&) -> Result<Progress> {
         ++sender_handled;
         for (int at = 0; at < 4; ++at) sent.push_back(context.send(slow, Payload::of(at)));
         sent.push_back(context.send(slow, Payload(), {.priority = Priority::critical}));
         sent.push_back(context.send(slow, Payload(), {.priority = Priority::low}));
         return Progress::done;
       }})});
  system.send(slow, Payload());  // it waits in this one
  simulation.run();
  system.send(sender, Payload());
  system.send(sender, Payload());
  simulation.run();
  EXPECT_EQ(sender_handled, 1) << "a blocked sender handles nothing";
  EXPECT_EQ(sent, (std::vector{Sent::accepted, Sent::accepted, Sent::blocked, Sent::blocked,
                               Sent::blocked, Sent::blocked}));
  EXPECT_EQ(system.send(slow, Payload()), Sent::full);
  EXPECT_EQ(system.send(slow, Payload(), {.priority = Priority::low}), Sent::dropped);
  open = true;
  waker->wake();
  simulation.run();
  EXPECT_EQ(sender_handled, 2);
  EXPECT_EQ(handled, 1 + 6 + 6);
}

TEST(System, NobodyHoldsASenderForEver) {
  Simulation simulation(1);
  System& system = simulation.system();
  const auto stuck = with([](ActorSettings& s) { s.mailbox.capacity = 1; });
  ActorId silent = *system.spawn(
      {.factory = puppet({.handle = [](Context&, const Message&) { return Progress::waiting; }}),
       .settings = stuck});
  uint32_t handled = 0;
  ActorId sender = *system.spawn(
      {.factory =
           puppet({.handle = [&](Context& context, const Message& message) -> Result<Progress> {
             ++handled;
             if (message.kind != MessageKind::user) return Progress::done;
             for (int at = 0; at < 3; ++at) {
               context.send(silent, Payload());
             }
             for (int at = 0; at < 2000; ++at) {
               context.send(context.self(), Payload(), {.priority = Priority::low});
             }
             context.request(silent, Payload(), 1 * ms);
             return Progress::done;
           }})});
  system.send(silent, Payload());
  system.send(sender, Payload());
  simulation.advance(4000 * ms);
  EXPECT_EQ(handled, 1);
  simulation.advance(2000 * ms);
  EXPECT_GT(handled, 1);
}

TEST(System, AnActorThatWakesItselfLetsOthersRun) {
  Simulation simulation(1, {.workers = 1});
  System& system = simulation.system();
  bool end = false;
  const auto again = [&](Context& context) -> Result<Progress> {
    if (end) return Progress::done;
    context.waker().wake();
    return Progress::waiting;
  };
  ActorId busy = *system.spawn(
      {.factory =
           puppet({.handle = [&](Context& context, const Message&) { return again(context); },
                   .resume = again})});
  ActorId other = *system.spawn(
      {.factory = puppet({.handle = [&](Context&, const Message&) -> Result<Progress> {
         end = true;
         return Progress::done;
       }})});
  system.send(busy, Payload());
  system.send(other, Payload());
  simulation.run();
  EXPECT_TRUE(end);
}

TEST(System, TopicsReachLiveSubscribersOnce) {
  Simulation simulation(1);
  System& system = simulation.system();
  Log log;
  Hooks hooks = noting(log, "s");
  hooks.pre_start = [](Context& context) -> Result<Progress> {
    TRY(context.subscribe("news.*"));
    TRY(context.subscribe("news.>"));
    return Progress::done;
  };
  system.publish("news.today", text("before"));
  ActorId s = *system.spawn({.factory = puppet(hooks)});
  simulation.run();
  EXPECT_EQ(system.publish("news.today", text("now")), 1);
  EXPECT_EQ(system.publish("weather", text("rain")), 0);
  simulation.run();
  EXPECT_EQ(std::ranges::count(log, "s got now"), 1);
  EXPECT_EQ(std::ranges::count(log, "s got before"), 0);
  system.stop(s);
  simulation.run();
  EXPECT_EQ(system.publish("news.today", text("after")), 0);
}

TEST(System, MonitorsAndLinks) {
  Simulation simulation(1);
  System& system = simulation.system();
  Log log;
  std::map<std::string, ActorId> ids;
  const auto start = [&](const std::string& name, bool trap, const Log& links,
                         const Log& monitors) {
    Hooks hooks;
    hooks.pre_start = [&, trap, links, monitors](Context& context) -> Result<Progress> {
      context.trap_exits(trap);
      for (const auto& other : links) context.link(ids[other]);
      for (const auto& other : monitors) context.monitor(ids[other]);
      return Progress::done;
    };
    hooks.handle = [&, name](Context&, const Message& message) -> Result<Progress> {
      if (message.kind == MessageKind::user) return fail(ErrorKind::trap, "crash");
      log.push_back(name + " hears " + std::string(to_string(static_cast<Exit>(message.tag))));
      return Progress::done;
    };
    ids[name] = *system.spawn({.factory = puppet(hooks)});
    simulation.run();
  };
  start("a", false, {}, {});
  start("linked", false, {"a"}, {});
  start("trapping", true, {"a"}, {});
  start("monitor", false, {}, {"a", "linked"});
  system.send(ids["a"], Payload());
  simulation.run();
  EXPECT_FALSE(system.is_alive(ids["a"]));
  EXPECT_FALSE(system.is_alive(ids["linked"]));
  EXPECT_TRUE(system.is_alive(ids["trapping"]));
  std::ranges::sort(log);
  EXPECT_EQ(log, (Log{"monitor hears trap", "monitor hears trap", "trapping hears trap"}));
  start("too late", false, {}, {"a"});
  EXPECT_EQ(log.back(), "too late hears normal");
}

TEST(System, Timers) {
  Simulation simulation(1);
  std::vector<uint32_t> tags;
  uint64_t repeating = 0;
  ActorId a = *simulation.system().spawn(
      {.factory =
           puppet({.handle = [&](Context& context, const Message& message) -> Result<Progress> {
                     if (message.kind == MessageKind::timer) tags.push_back(message.tag);
                     if (message.kind == MessageKind::user) {
                       context.cancel_timer(repeating);
                     }
                     return Progress::done;
                   },
                   .post_start = [&](Context& context) -> Result<Progress> {
                     context.start_timer(3 * ms, 1);
                     repeating = context.start_timer(1 * ms, 2, 2 * ms);
                     context.cancel_timer(context.start_timer(2 * ms, 3));
                     return Progress::done;
                   }})});
  simulation.advance(6 * ms);
  std::ranges::sort(tags);
  EXPECT_EQ(tags, (std::vector<uint32_t>{1, 2, 2, 2}));
  simulation.system().send(a, Payload());
  simulation.advance(6 * ms);
  EXPECT_EQ(tags.size(), 4);
}

TEST(System, GrantsNamesAndSizesAreChecked) {
  Simulation simulation(1);
  System& system = simulation.system();
  Log errors;
  auto narrow = with([](ActorSettings& s) { s.grants = Grants({"send/bank"}); });
  auto wide = with([](ActorSettings& s) { s.grants = Grants({"send"}); });
  ActorId parent = *system.spawn(
      {.name = "parent",
       .factory = puppet({.handle = [&](Context& context, const Message&) -> Result<Progress> {
         for (const ChildSpec& child : {ChildSpec{.factory = puppet({}), .settings = wide},
                                        ChildSpec{.name = "parent", .factory = puppet({})}}) {
           errors.push_back(context.spawn(child).error().message);
         }
         return Progress::done;
       }}),
       .settings = narrow});
  simulation.run();
  system.send(parent, Payload());
  simulation.run();
  EXPECT_EQ(errors, (Log{"'send' was not granted to the parent",
                         "there is an actor of the name 'parent'"}));
  Bytes large((1 << 20) + 1);
  EXPECT_EQ(system.send(parent, Payload(large)), Sent::refused);
  large.pop_back();
  EXPECT_EQ(system.send(parent, Payload(large)), Sent::accepted);
}

TEST(System, ShutdownStopsTheYoungestFirst) {
  Log log;
  Simulation simulation(7, {.observer = [&](const Event& event) {
                          if (event.kind == EventKind::removed) {
                            log.push_back(to_string(event.actor));
                          }
                        }});
  for (int at = 0; at < 3; ++at) ASSERT_TRUE(simulation.system().spawn({.factory = puppet({})}));
  simulation.run();
  simulation.system().shutdown();
  EXPECT_FALSE(simulation.system().spawn({.factory = puppet({})}));
  simulation.run();
  EXPECT_EQ(log, (Log{"2.1", "1.1", "0.1"}));
}

/// An alarm that is far away is set once, however many nearer ones come and go.
TEST(System, TheHeapOfAlarmsDoesNotGrow) {
  Simulation simulation(9);
  Hooks hooks;
  hooks.handle = [](Context& context, const Message& message) -> Result<Progress> {
    if (message.kind == MessageKind::timer && message.tag == 1) context.start_timer(ms, 1);
    return Progress::done;
  };
  hooks.post_start = [](Context& context) -> Result<Progress> {
    context.start_timer(3'600'000 * ms, 2);
    context.start_timer(ms, 1);
    return Progress::done;
  };
  ASSERT_TRUE(simulation.system().spawn({.factory = puppet(hooks)}));
  simulation.advance(1000 * ms);
  EXPECT_GT(simulation.system().counters().handled, 900u);
  EXPECT_LE(simulation.system().core().timers.size(), 3u);
}

TEST(System, WhoStopsAtOnceNeedsNoAlarm) {
  Simulation simulation(10);
  std::vector<ActorId> ids;
  for (int at = 0; at < 100; ++at) {
    ids.push_back(*simulation.system().spawn({.factory = puppet({})}));
  }
  simulation.run();
  for (const ActorId id : ids) simulation.system().stop(id, 3'600'000 * ms);
  simulation.run();
  EXPECT_EQ(simulation.system().live(), 0u);
  EXPECT_EQ(simulation.system().core().timers.size(), 0u);
}

}  // namespace
}  // namespace cairn::actor
