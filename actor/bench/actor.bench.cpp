// Delivered work only: a message counts when its handler has run, a spawn when the actor is ready,
// a publication when the last subscriber has handled it, a restart from the fault to ready.

#include <cairn/actor/actor.hpp>
#include <cairn/actor/system.hpp>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace cairn::actor {
namespace {

/// Lets one thread sleep until the count is what it waits for.
class Count {
 public:
  void add() {
    if (count_.fetch_add(1, std::memory_order_acq_rel) + 1 == target_.load()) count_.notify_one();
  }
  void wait_for(uint64_t target) {
    target_ = target;
    for (uint64_t now = count_.load(); now < target; now = count_.load()) count_.wait(now);
  }

 private:
  std::atomic<uint64_t> count_ = 0;
  std::atomic<uint64_t> target_ = UINT64_MAX;
};

struct World {
  RealClock clock;
  RealRandom random;
  System system;
  Workers workers{system};

  explicit World(SystemSettings settings = {}) : system(clock, random, std::move(settings)) {}
};

std::shared_ptr<const ActorSettings> settings(std::optional<uint32_t> worker = {}) {
  ActorSettings settings;
  settings.worker = worker;
  settings.mailbox.capacity = 10'000;
  return std::make_shared<const ActorSettings>(settings);
}

template <class T, class... Args>
std::shared_ptr<const ChildSpec> spec(const std::shared_ptr<const ActorSettings>& settings,
                                      const Args&... args) {
  return std::make_shared<const ChildSpec>(
      ChildSpec{.factory = [args...]() -> Result<std::unique_ptr<Actor>> {
                  return std::make_unique<T>(args...);
                },
                .settings = settings});
}

/// Says when it is ready and when it has handled something.
class Sink final : public Actor {
 public:
  Sink(Count* ready, Count* handled, bool subscribe = false)
      : ready_(ready), handled_(handled), subscribe_(subscribe) {}
  Result<Progress> post_start(Context& context) override {
    if (subscribe_) TRY(context.subscribe("topic"));
    ready_->add();
    return Progress::done;
  }
  Result<Progress> handle_message(Context&, const Message&) override {
    handled_->add();
    return Progress::done;
  }

 private:
  Count* ready_;
  Count* handled_;
  bool subscribe_;
};

void spawn_batch(benchmark::State& state) {
  constexpr uint64_t batch = 100'000;
  for (auto _ : state) {
    state.PauseTiming();
    Count ready;
    Count handled;
    auto world = std::make_unique<World>();
    std::vector<ActorId> ids(batch);
    auto child = spec<Sink>(settings(), &ready, &handled);
    state.ResumeTiming();
    if (!world->system.spawn(child, ids)) return state.SkipWithError("cannot spawn");
    ready.wait_for(batch);
    state.PauseTiming();
    world.reset();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(batch));
}
BENCHMARK(spawn_batch)->UseRealTime()->Unit(benchmark::kMillisecond);

/// All hooks, and the end.
class Brief final : public Actor {
 public:
  explicit Brief(Count* ended) : ended_(ended) {}
  Result<Progress> pre_start(Context&) override { return Progress::done; }
  Result<Progress> post_start(Context& context) override {
    context.stop(context.self());
    return Progress::done;
  }
  Result<Progress> pre_stop(Context&) override { return Progress::done; }
  Result<Progress> post_stop(Context&) override {
    ended_->add();
    return Progress::done;
  }
  Result<Progress> handle_message(Context&, const Message&) override { return Progress::done; }

 private:
  Count* ended_;
};

void full_lifecycle(benchmark::State& state) {
  constexpr uint64_t batch = 1000;
  World world;
  Count ended;
  uint64_t total = 0;
  auto child = spec<Brief>(settings(), &ended);
  for (auto _ : state) {
    for (uint64_t at = 0; at < batch; ++at) benchmark::DoNotOptimize(world.system.spawn(child));
    ended.wait_for(total += batch);
  }
  state.SetItemsProcessed(static_cast<int64_t>(total));
}
BENCHMARK(full_lifecycle)->UseRealTime();

/// Sends `payload` messages to its target for each message it gets, or passes tokens on.
class Source final : public Actor {
 public:
  Source(std::vector<ActorId> targets, Count* handled)
      : targets_(std::move(targets)), handled_(handled) {}
  Result<Progress> handle_message(Context& context, const Message& message) override {
    left_ += message.payload.as<uint64_t>().value_or(0);
    return resume(context);
  }
  Result<Progress> resume(Context& context) override {
    for (uint32_t sent = 0; left_ > 0; --left_) {
      if (++sent > 64) return Progress::yielded;
      context.send(targets_[next_++ % targets_.size()], Payload::of(left_));
    }
    handled_->add();
    return Progress::done;
  }

 private:
  std::vector<ActorId> targets_;
  Count* handled_;
  uint64_t left_ = 0;
  size_t next_ = 0;
};

/// Counts for itself, so that receivers share no counter.
class Counting final : public Actor {
 public:
  Counting(Count* handled, uint64_t expected) : handled_(handled), expected_(expected) {}
  Result<Progress> handle_message(Context&, const Message&) override {
    if (++own_ % expected_ == 0) handled_->add();
    return Progress::done;
  }

 private:
  Count* handled_;
  uint64_t expected_;
  uint64_t own_ = 0;
};

void one_to_one(benchmark::State& state) {
  constexpr uint64_t batch = 1'000'000;
  World world;
  Count done;
  Count sources;
  const ActorId sink = *world.system.spawn(spec<Counting>(settings(1), &done, batch));
  const ActorId source =
      *world.system.spawn(spec<Source>(settings(0), std::vector{sink}, &sources));
  uint64_t round = 0;
  for (auto _ : state) {
    world.system.send(source, Payload::of(batch));
    done.wait_for(++round);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(batch));
}
BENCHMARK(one_to_one)->UseRealTime()->Unit(benchmark::kMillisecond);

void many_to_many(benchmark::State& state) {
  constexpr uint64_t actors = 100;
  constexpr uint64_t each = 10'000;
  World world;
  Count done;
  Count sources;
  std::vector<ActorId> sinks;
  std::vector<ActorId> senders;
  for (uint64_t at = 0; at < actors; ++at) {
    sinks.push_back(*world.system.spawn(spec<Counting>(settings(), &done, each)));
  }
  for (uint64_t at = 0; at < actors; ++at) {
    senders.push_back(*world.system.spawn(spec<Source>(settings(), sinks, &sources)));
  }
  uint64_t total = 0;
  for (auto _ : state) {
    for (ActorId sender : senders) world.system.send(sender, Payload::of(each));
    done.wait_for(total += actors);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(actors * each));
}
BENCHMARK(many_to_many)->UseRealTime()->Unit(benchmark::kMillisecond);

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

void request_response(benchmark::State& state) {
  constexpr uint64_t batch = 100'000;
  World world;
  Count done;
  const auto echo_worker = static_cast<uint32_t>(state.range(0)) - 1;
  const ActorId echo = *world.system.spawn(spec<Echo>(settings(echo_worker)));
  const ActorId asker = *world.system.spawn(spec<Asker>(settings(0), echo, &done));
  uint64_t round = 0;
  for (auto _ : state) {
    world.system.send(asker, Payload::of(batch));
    done.wait_for(++round);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(batch));
}
BENCHMARK(request_response)
    ->Arg(1)
    ->Arg(2)
    ->ArgName("workers")
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

/// Publishes anew when all subscribers have told it that they handled the last one.
class Publisher final : public Actor {
 public:
  Publisher(uint64_t subscribers, Count* done) : subscribers_(subscribers), done_(done) {}
  Result<Progress> handle_message(Context& context, const Message& message) override {
    if (message.tag == 0) {
      left_ = *message.payload.as<uint64_t>();
    } else if (++answers_ % subscribers_ != 0) {
      return Progress::done;
    }
    if (left_-- == 0) {
      done_->add();
    } else {
      context.publish("topic", Payload(std::string_view("news")));
    }
    return Progress::done;
  }

 private:
  uint64_t subscribers_;
  Count* done_;
  uint64_t left_ = 0;
  uint64_t answers_ = 0;
};

class Subscriber final : public Actor {
 public:
  explicit Subscriber(Count* ready) : ready_(ready) {}
  Result<Progress> post_start(Context& context) override {
    TRY(context.subscribe("topic"));
    ready_->add();
    return Progress::done;
  }
  Result<Progress> handle_message(Context& context, const Message& message) override {
    context.send(message.from, Payload(), {.tag = 1});
    return Progress::done;
  }

 private:
  Count* ready_;
};

/// The time includes 100 answers, from which the publisher knows that all have handled it.
void publish_to_100(benchmark::State& state) {
  constexpr uint64_t subscribers = 100;
  constexpr uint64_t batch = 1000;
  World world;
  Count ready;
  Count done;
  for (uint64_t at = 0; at < subscribers; ++at) {
    benchmark::DoNotOptimize(world.system.spawn(spec<Subscriber>(settings(), &ready)));
  }
  ready.wait_for(subscribers);
  const ActorId publisher = *world.system.spawn(spec<Publisher>(settings(), subscribers, &done));
  uint64_t round = 0;
  for (auto _ : state) {
    world.system.send(publisher, Payload::of(batch));
    done.wait_for(++round);
  }
  state.SetItemsProcessed(static_cast<int64_t>(round * batch));
}
BENCHMARK(publish_to_100)->UseRealTime()->Unit(benchmark::kMillisecond);

/// Fails at each message; whenever it is ready again, it sends itself one, until the count is up.
class Crashing final : public Actor {
 public:
  Crashing(uint64_t* left, Count* done) : left_(left), done_(done) {}
  Result<Progress> post_start(Context& context) override {
    if (*left_ == 0) {
      done_->add();
    } else {
      --*left_;
      context.send(context.self(), Payload());
    }
    return Progress::done;
  }
  Result<Progress> handle_message(Context&, const Message&) override {
    return fail(ErrorKind::trap, "crash");
  }

 private:
  uint64_t* left_;
  Count* done_;
};

void restart(benchmark::State& state) {
  constexpr uint64_t batch = 10'000;
  World world({.dead_letters_kept = 0});
  Count done;
  uint64_t left = 0;
  SupervisorSpec supervised;
  supervised.intensity = {.max_restarts = UINT32_MAX, .period_ns = 1};
  ChildSpec child = *spec<Crashing>(settings(), &left, &done);
  child.name = "crashing";
  supervised.children.push_back(child);
  benchmark::DoNotOptimize(world.system.spawn({.factory = supervisor(supervised)}));
  uint64_t round = 1;
  done.wait_for(round);
  for (auto _ : state) {
    left = batch;
    world.system.send(world.system.find("crashing"), Payload());
    done.wait_for(++round);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(batch));
}
BENCHMARK(restart)->UseRealTime()->Unit(benchmark::kMillisecond);

/// Random keys, two threads.
void lookup(benchmark::State& state, bool by_name) {
  static std::unique_ptr<World> world;
  static std::vector<ActorId> ids;
  static std::vector<std::string> names;
  const auto count = static_cast<size_t>(state.range(0));
  if (state.thread_index() == 0) {
    world = std::make_unique<World>();
    ids.clear();
    names.clear();
    Count ready;
    Count handled;
    for (size_t at = 0; at < count; ++at) {
      ChildSpec child = *spec<Sink>(settings(), &ready, &handled);
      child.name = names.emplace_back(fmt::format("actor-{}", at));
      ids.push_back(*world->system.spawn(child));
    }
    ready.wait_for(count);
  }
  uint64_t random = 88172645463325252ull + static_cast<uint64_t>(state.thread_index());
  uint64_t found = 0;
  for (auto _ : state) {
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    const size_t key = random % count;
    if (by_name) {
      found += world->system.find(names[key]) ? 1 : 0;
    } else {
      found += world->system.is_alive(ids[key]) ? 1 : 0;
    }
  }
  benchmark::DoNotOptimize(found);
}
BENCHMARK_CAPTURE(lookup, id, false)->RangeMultiplier(100)->Range(10, 1'000'000)->Threads(2);
BENCHMARK_CAPTURE(lookup, name, true)->RangeMultiplier(100)->Range(10, 1'000'000)->Threads(2);

}  // namespace
}  // namespace cairn::actor
