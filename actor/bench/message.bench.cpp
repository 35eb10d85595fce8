// Messages of native actors. See bench_world.hpp.

#include "bench_world.hpp"

#include <array>

namespace cairn::actor {
namespace {

using namespace bench;

/// Sends as many messages to its targets, in turn, as it is told to.
class Source final : public Actor {
 public:
  explicit Source(std::vector<ActorId> targets) : targets_(std::move(targets)) {}
  Result<Progress> handle_message(Context& context, const Message& message) override {
    left_ += message.payload.as<uint64_t>().value_or(0);
    return resume(context);
  }
  Result<Progress> resume(Context& context) override {
    for (uint32_t sent = 0; left_ > 0; --left_) {
      if (++sent > 64) return Progress::yielded;
      if (next_ == targets_.size()) next_ = 0;
      context.send(targets_[next_++], Payload::of(left_));
    }
    return Progress::done;
  }

 private:
  std::vector<ActorId> targets_;
  uint64_t left_ = 0;
  size_t next_ = 0;
};

/// Counts for itself, so that receivers share no counter.
class Counting final : public Actor {
 public:
  Counting(Count* handled, uint64_t expected) : handled_(handled), expected_(expected) {}
  Result<Progress> handle_message(Context&, const Message&) override {
    if (++own_ < expected_) return Progress::done;
    own_ = 0;
    handled_->add();
    return Progress::done;
  }

 private:
  Count* handled_;
  uint64_t expected_;
  uint64_t own_ = 0;
};

void one_to_one(benchmark::State& state) {
  constexpr uint64_t batch = 100'000;
  World world;
  Count done;
  const ActorId sink = must(world.system.spawn(spec<Counting>(settings(1), &done, batch)));
  const ActorId source = must(world.system.spawn(spec<Source>(settings(0), std::vector{sink})));
  uint64_t round = 0;
  Batches batches(state, batch);
  for (auto _ : state) {
    batches.time([&] {
      world.system.send(source, Payload::of(batch));
      done.wait_for(++round);
    });
  }
}
BENCHMARK(one_to_one)->UseManualTime()->Unit(benchmark::kMillisecond);

void many_to_many(benchmark::State& state) {
  constexpr uint64_t actors = 100;
  constexpr uint64_t each = 2000;
  World world;
  Count done;
  std::vector<ActorId> sinks;
  std::vector<ActorId> sources;
  for (uint64_t at = 0; at < actors; ++at) {
    sinks.push_back(must(world.system.spawn(spec<Counting>(settings(), &done, each))));
  }
  for (uint64_t at = 0; at < actors; ++at) {
    sources.push_back(must(world.system.spawn(spec<Source>(settings(), sinks))));
  }
  uint64_t total = 0;
  Batches batches(state, actors * each);
  for (auto _ : state) {
    batches.time([&] {
      for (const ActorId source : sources) world.system.send(source, Payload::of(each));
      done.wait_for(total += actors);
    });
  }
}
BENCHMARK(many_to_many)->UseManualTime()->Unit(benchmark::kMillisecond);

class Echo final : public Actor {
 public:
  Result<Progress> handle_message(Context& context, const Message& message) override {
    context.reply(message, message.payload);
    return Progress::done;
  }
};

/// Asks `echo` as often as it is told to, one request after another.
class Asker final : public Actor {
 public:
  Asker(ActorId echo, Count* done) : echo_(echo), done_(done) {}
  Result<Progress> handle_message(Context& context, const Message& message) override {
    if (message.kind == MessageKind::user) left_ = *message.payload.as<uint64_t>();
    if (left_-- == 0) {
      done_->add();
    } else {
      context.request(echo_, Payload::of(left_), 1'000'000'000);
    }
    return Progress::done;
  }

 private:
  ActorId echo_;
  Count* done_;
  uint64_t left_ = 0;
};

void ping_pong(benchmark::State& state) {
  constexpr uint64_t batch = 1000;
  World world;
  Count done;
  const auto echo_worker = static_cast<uint32_t>(state.range(0)) - 1;
  const ActorId echo = must(world.system.spawn(spec<Echo>(settings(echo_worker))));
  const ActorId asker = must(world.system.spawn(spec<Asker>(settings(0), echo, &done)));
  uint64_t round = 0;
  Batches batches(state, batch);
  for (auto _ : state) {
    batches.time([&] {
      world.system.send(asker, Payload::of(batch));
      done.wait_for(++round);
    });
  }
}
BENCHMARK(ping_pong)->Arg(1)->Arg(2)->UseManualTime()->Unit(benchmark::kMillisecond);

/// Publishes anew whenever it is told that all have handled the last one.
class Publisher final : public Actor {
 public:
  explicit Publisher(Count* done) : done_(done) {}
  Result<Progress> handle_message(Context& context, const Message& message) override {
    if (const auto batch = message.payload.as<uint64_t>()) left_ = *batch;
    if (left_-- == 0) {
      done_->add();
    } else {
      context.publish("topic", Payload(std::string_view("news")));
    }
    return Progress::done;
  }

 private:
  Count* done_;
  uint64_t left_ = 0;
};

/// Who has handled a publication: counted in groups of ten, so that workers seldom wait for each
/// other's counts.
class Census {
 public:
  static constexpr uint64_t groups = 10;
  static constexpr uint64_t group_size = 10;
  /// True: it was the last of all.
  bool add(uint64_t who) {
    if (!is_last(groups_[who / group_size], group_size)) return false;
    return is_last(all_, groups);
  }

 private:
  struct alignas(64) Group {
    std::atomic<uint64_t> count = 0;
  };
  static bool is_last(Group& group, uint64_t size) {
    if (group.count.fetch_add(1) + 1 < size) return false;
    group.count = 0;
    return true;
  }
  std::array<Group, groups> groups_;
  Group all_;
};

/// The last of all that handles a publication tells the publisher.
class Subscriber final : public Actor {
 public:
  Subscriber(Count* ready, Census* census, uint64_t number)
      : ready_(ready), census_(*census), number_(number) {}
  Result<Progress> post_start(Context& context) override {
    TRY(context.subscribe("topic"));
    ready_->add();
    return Progress::done;
  }
  Result<Progress> handle_message(Context& context, const Message& message) override {
    if (census_.add(number_)) context.send(message.from, Payload());
    return Progress::done;
  }

 private:
  Count* ready_;
  Census& census_;
  uint64_t number_;
};

void publish_to_100(benchmark::State& state) {
  constexpr uint64_t subscribers = Census::groups * Census::group_size;
  constexpr uint64_t batch = 100;
  World world;
  Count ready;
  Count done;
  Census census;
  for (uint64_t at = 0; at < subscribers; ++at) {
    must(world.system.spawn(spec<Subscriber>(settings(), &ready, &census, at)));
  }
  ready.wait_for(subscribers);
  const ActorId publisher = must(world.system.spawn(spec<Publisher>(settings(), &done)));
  uint64_t round = 0;
  Batches batches(state, batch);
  for (auto _ : state) {
    batches.time([&] {
      world.system.send(publisher, Payload::of(batch));
      done.wait_for(++round);
    });
  }
}
BENCHMARK(publish_to_100)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace cairn::actor
