// Random systems from seeds: no message is lost or doubled, and those of one sender keep their
// order, whatever crashes, stops, blocks and waits. A failure names its seed.

#include "testing.hpp"

#include <cairn/base/seeds_testing.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace cairn::actor {
namespace {

using namespace testing;

/// What a message is: the how-manyth of its sender.
struct Numbered {
  uint64_t number = 0;
};

class RandomSystem {
 public:
  explicit RandomSystem(uint64_t seed)
      : random_(seed * 7919 + 1), simulation_(seed, settings_of(random_)) {
    const size_t supervisors = 1 + random_.below(3);
    for (size_t at = 0; at < supervisors; ++at) {
      SupervisorSpec spec;
      spec.strategy = static_cast<Strategy>(random_.below(3));
      spec.intensity = {.max_restarts = static_cast<uint32_t>(random_.below(20)),
                        .period_ns = 1000 * ms};
      if (random_.below(2) == 0) {
        spec.backoff = {.kind = Backoff::Kind::exponential, .initial_ns = 1 * ms, .jitter = 0.2};
      }
      const size_t children = 1 + random_.below(4);
      for (size_t child = 0; child < children; ++child) spec.children.push_back(actor());
      EXPECT_TRUE(system().spawn({.factory = supervisor(spec)}));
    }
    simulation_.run();
    for (const ActorInfo& info : system().list()) {
      if (info.parent) actors_.push_back(info.id);
    }
  }

  void live() {
    for (int round = 0; round < 30; ++round) {
      for (uint64_t count = random_.below(8); count > 0; --count) {
        const ActorId to = actors_[random_.below(actors_.size())];
        note(system().send(to, next(ActorId(), to), {.priority = priority()}));
      }
      if (random_.below(20) == 0) system().stop(actors_[random_.below(actors_.size())], 10 * ms);
      if (random_.below(40) == 0) system().kill(actors_[random_.below(actors_.size())]);
      simulation_.advance(random_.below(3 * ms));
    }
    simulation_.advance(10'000 * ms);
    system().shutdown(100 * ms);
    simulation_.advance(10'000 * ms);
  }

  void check() {
    EXPECT_EQ(system().live(), 0);
    std::map<uint64_t, int> ends = handled_;
    for (const DeadLetter& letter : system().dead_letters()) {
      auto message = letter.message.payload.as<Numbered>();
      if (message && letter.reason != Refusal::failed) ++ends[message->number];
    }
    for (uint64_t number : accepted_) {
      EXPECT_EQ(ends[number], 1) << "message " << number << " of " << next_;
    }
    for (const auto& [number, times] : ends) {
      EXPECT_TRUE(accepted_.contains(number)) << "message " << number << " was not sent";
    }
  }

 private:
  static SystemSettings settings_of(SeededRandom& random) {
    return {.workers = static_cast<uint32_t>(1 + random.below(3)),
            .policy = static_cast<Policy>(random.below(3)),
            .slice_messages = static_cast<uint32_t>(1 + random.below(5)),
            .dead_letters_kept = UINT32_MAX};
  }
  System& system() { return simulation_.system(); }
  Priority priority() { return static_cast<Priority>(random_.below(priority_count)); }

  Payload next(ActorId, ActorId) { return Payload::of(Numbered{next_++}); }
  /// Of the message that was numbered last.
  void note(Sent sent) {
    if (sent != Sent::full) accepted_.insert(next_ - 1);
  }

  ChildSpec actor() {
    Hooks hooks;
    hooks.handle = [this](Context& context, const Message& message) {
      return handle(context, message);
    };
    hooks.resume = [this](Context& context) { return suspend(context); };
    hooks.on_error = [this](const Error&) {
      return random_.below(3) == 0 ? Directive::resume : Directive::restart;
    };
    hooks.post_start = [this](Context& context) { return suspend(context); };
    hooks.pre_stop = hooks.post_start;
    auto settings = with([this](ActorSettings& own) {
      own.mailbox.capacity = static_cast<uint32_t>(1 + random_.below(20));
      for (Overflow& overflow : own.mailbox.overflow) {
        overflow = static_cast<Overflow>(random_.below(3));
      }
      own.timeouts = {.start_ns = 20 * ms, .stop_ns = 20 * ms};
      own.limits.message_time_ns = 20 * ms;
    });
    return {.factory = puppet(hooks),
            .settings = settings,
            .restart = static_cast<Restart>(random_.below(3)),
            .shutdown_ns = random_.below(2) * 50 * ms};
  }

  Result<Progress> handle(Context& context, const Message& message) {
    if (auto numbered = message.payload.as<Numbered>()) {
      ++handled_[numbered->number];
      uint64_t& last = last_[{message.from, context.self(), message.priority}];
      EXPECT_GT(numbered->number, last) << "of one sender, out of order";
      last = numbered->number;
    }
    for (uint64_t count = random_.below(3); count > 0 && next_ < 2000; --count) {
      const ActorId to = actors_[random_.below(actors_.size())];
      Payload payload = next(context.self(), to);
      if (random_.below(4) == 0) {
        accepted_.insert(next_ - 1);
        const uint64_t number = next_ - 1;
        const Sent sent = request(context, to, std::move(payload));
        if (sent == Sent::full) accepted_.erase(number);
      } else {
        note(context.send(to, std::move(payload), {.priority = priority()}));
      }
    }
    if (message.kind == MessageKind::request && random_.below(2) == 0) {
      context.reply(message, Payload());
    }
    if (random_.below(12) == 0) return fail(ErrorKind::trap, "at random");
    return suspend(context);
  }

  /// A request that found the mailbox full is answered by a failure, and never delivered.
  Sent request(Context& context, ActorId to, Payload payload) {
    const auto before = system().counters().full;
    context.request(to, std::move(payload), 5 * ms, {.priority = priority()});
    return system().counters().full == before ? Sent::accepted : Sent::full;
  }

  Result<Progress> suspend(Context& context) {
    switch (random_.below(8)) {
      case 0: return Progress::yielded;
      case 1:
        if (random_.below(4) != 0) context.waker().wake();  // else it waits until its time is over
        return Progress::waiting;
      default: return Progress::done;
    }
  }

  SeededRandom random_;
  Simulation simulation_;
  std::vector<ActorId> actors_;
  uint64_t next_ = 1;
  std::set<uint64_t> accepted_;
  std::map<uint64_t, int> handled_;
  std::map<std::tuple<ActorId, ActorId, Priority>, uint64_t> last_;
};

TEST(Property, NoMessageIsLostOrDoubledOrOvertaken) {
  for (const uint64_t seed : test_seeds(5'000)) {
    if (HasFailure()) return;
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    RandomSystem random(seed);
    random.live();
    random.check();
  }
}

TEST(Property, OneSeedIsOneRun) {
  const auto run = [](uint64_t seed) {
    std::vector<std::tuple<uint64_t, EventKind, ActorId, uint32_t>> events;
    Simulation simulation(seed, {.observer = [&](const Event& event) {
                            events.emplace_back(event.at_ns, event.kind, event.actor, event.code);
                          }});
    ActorId last;
    for (int at = 0; at < 20; ++at) {
      Hooks hooks;
      hooks.handle = [last](Context& context, const Message& message) -> Result<Progress> {
        if (last) context.send(last, message.payload);
        if (context.random().below(3) == 0) return fail(ErrorKind::trap, "at random");
        return Progress::done;
      };
      last = *simulation.system().spawn({.factory = puppet(hooks)});
    }
    for (int at = 0; at < 20; ++at) simulation.system().send(last, Payload());
    simulation.advance(100 * ms);
    return events;
  };
  EXPECT_EQ(run(5), run(5));
  EXPECT_NE(run(5), run(6));
}

}  // namespace
}  // namespace cairn::actor
