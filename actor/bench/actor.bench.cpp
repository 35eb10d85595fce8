// Lives of native actors: how they begin, end, are found, and begin again. See bench_world.hpp.

#include "bench_world.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <fstream>
#include <string>
#include <thread>

namespace cairn::actor {
namespace {

using namespace bench;

/// Says when it is ready; does nothing.
class Idle final : public Actor {
 public:
  explicit Idle(Count* ready) : ready_(ready) {}
  Result<Progress> post_start(Context&) override {
    ready_->add();
    return Progress::done;
  }
  Result<Progress> handle_message(Context&, const Message&) override { return Progress::done; }

 private:
  Count* ready_;
};

/// Until nobody lives; not part of a measurement. It sleeps, for the workers need the processors.
void end_all(System& system, const std::vector<ActorId>& ids) {
  for (const ActorId id : ids) system.kill(id);
  while (system.live() != 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

void spawn_batch(benchmark::State& state) {
  constexpr uint64_t batch = 100'000;
  World world;
  Count ready;
  uint64_t total = 0;
  std::vector<ActorId> ids(batch);
  const auto child = spec<Idle>(settings(), &ready);
  Batches batches(state, batch);
  for (auto _ : state) {
    batches.time([&] {
      must(world.system.spawn(child, ids));
      ready.wait_for(total += batch);
    });
    end_all(world.system, ids);
  }
}
BENCHMARK(spawn_batch)->UseManualTime()->Iterations(20)->Unit(benchmark::kMillisecond);

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
  constexpr uint64_t batch = 10'000;
  World world;
  Count ended;
  uint64_t total = 0;
  const auto child = spec<Brief>(settings(), &ended);
  Batches batches(state, batch);
  for (auto _ : state) {
    batches.time([&] {
      for (uint64_t at = 0; at < batch; ++at) must(world.system.spawn(child));
      ended.wait_for(total += batch);
    });
  }
}
BENCHMARK(full_lifecycle)->UseManualTime()->Unit(benchmark::kMillisecond);

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
  constexpr uint64_t batch = 1000;
  World world({.dead_letters_kept = 0});
  Count done;
  uint64_t left = 0;
  SupervisorSpec supervised;
  supervised.intensity = {.max_restarts = UINT32_MAX, .period_ns = 1};
  ChildSpec child = *spec<Crashing>(settings(), &left, &done);
  child.name = "crashing";
  supervised.children.push_back(child);
  must(world.system.spawn({.factory = supervisor(supervised)}));
  uint64_t round = 1;
  done.wait_for(round);
  Batches batches(state, batch);
  for (auto _ : state) {
    batches.time([&] {
      // One message more begins it, and one restart more ends it.
      left = batch - 1;
      world.system.send(world.system.find("crashing"), Payload());
      done.wait_for(++round);
    });
  }
}
BENCHMARK(restart)->UseManualTime()->Unit(benchmark::kMillisecond);

enum class Key : uint8_t { id, name };

/// Random keys, by two threads at the same time.
void lookup(benchmark::State& state, Key by) {
  constexpr uint64_t lookups = 100'000;
  constexpr uint64_t threads = 2;
  World world;
  Count ready;
  const auto count = static_cast<uint64_t>(state.range(0));
  std::vector<ActorId> ids;
  std::vector<std::string> names;
  for (uint64_t at = 0; at < count; ++at) {
    ChildSpec child = *spec<Idle>(settings(), &ready);
    child.name = names.emplace_back(fmt::format("actor-{}", at));
    ids.push_back(must(world.system.spawn(std::move(child))));
  }
  ready.wait_for(count);
  const auto look = [&](uint64_t random) {
    uint64_t found = 0;
    for (uint64_t turn = 0; turn < lookups; ++turn) {
      random = random * 6364136223846793005u + 1442695040888963407u;
      const uint64_t key = (random >> 32) * count >> 32;
      const bool is_there =
          by == Key::name ? bool(world.system.find(names[key])) : world.system.is_alive(ids[key]);
      found += is_there ? 1 : 0;
    }
    if (found != lookups) std::abort();
  };
  Batches batches(state, lookups);  // of each thread
  uint64_t seed = 1;
  for (auto _ : state) {
    batches.time([&] {
      std::vector<std::thread> lookers;
      for (uint64_t at = 0; at < threads; ++at) lookers.emplace_back(look, ++seed);
      for (std::thread& looker : lookers) looker.join();
    });
  }
}
BENCHMARK_CAPTURE(lookup, id, Key::id)
    ->RangeMultiplier(10)
    ->Range(10, 1'000'000)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(lookup, name, Key::name)
    ->RangeMultiplier(10)
    ->Range(10, 1'000'000)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

/// What the process grows by, over a million.
void idle_memory(benchmark::State& state) {
  constexpr uint64_t count = 1'000'000;
  const auto resident_bytes = [] {
    std::ifstream file("/proc/self/statm");
    uint64_t pages = 0;
    file >> pages >> pages;
    return pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  };
  for (auto _ : state) {
    World world;
    Count ready;
    std::vector<ActorId> ids(count);
    const uint64_t before = resident_bytes();
    must(world.system.spawn(spec<Idle>(settings(), &ready), ids));
    ready.wait_for(count);
    state.counters["bytes_each"] = static_cast<double>(resident_bytes() - before) / count;
  }
}
BENCHMARK(idle_memory)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace cairn::actor
