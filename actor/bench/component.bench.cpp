// Components as actors: delivered work only. With CAIRN_COMPILER=…/cairn-compiler in the
// environment everything is compiled first.

#include "guest/guests_testing.hpp"

#include <cairn/actor/actor.hpp>
#include <cairn/actor/system.hpp>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <future>
#include <memory>
#include <thread>

#include "harness/compiled.hpp"

namespace cairn::actor {
namespace {

const Bytes& counter(bool resident) {
  static const Result<Bytes> guests[] = {
      testing::build_guest("counter", "actor"),
      testing::build_guest("counter", "resident-actor", {"-DRESIDENT"})};
  const Result<Bytes>& guest = guests[resident ? 1 : 0];
  if (!guest) {
    fmt::print(stderr, "{}\n", guest.error().message);
    std::exit(1);
  }
  return *guest;
}

/// A small memory for each of very many is checked by code; others have guard pages.
struct World {
  explicit World(bool resident, uint32_t workers = 2, uint32_t capacity = 10'000,
                 bool small = false, Observer observer = nullptr)
      : engine(with_memory(bench::compiled_if_asked({.fuel = true, .deterministic = true}), small)),
        system(clock, random, {.workers = workers, .observer = std::move(observer)}) {
    KindSettings settings;
    ActorSettings own;
    own.grants = Grants::all();
    own.mailbox.capacity = capacity;
    settings.settings = std::make_shared<const ActorSettings>(own);
    auto loaded = ComponentKind::load(engine, counter(resident),
                                      {.clock = &clock, .random = &random}, std::move(settings));
    if (!loaded) {
      fmt::print(stderr, "{}\n", loaded.error().message);
      std::exit(1);
    }
    kind = *loaded;
    threads = std::make_unique<Workers>(system);
  }
  static engine::Settings with_memory(engine::Settings settings, bool small) {
    if (small) settings.memory_provider = engine::make_budget_provider(uint64_t{16} << 30);
    return settings;
  }
  /// Until all that was sent so far was handled.
  Message ask(ActorId id) {
    std::promise<Message> answer;
    system.request(id, Payload("?"), 60'000'000'000,
                   [&](const Message& reply) { answer.set_value(reply); });
    return answer.get_future().get();
  }

  RealClock clock;
  RealRandom random;
  engine::Engine engine;
  System system;
  std::shared_ptr<const ComponentKind> kind;
  std::unique_ptr<Workers> threads;
};

uint64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  uint64_t pages = 0;
  file >> pages >> pages;
  return pages * 4096;
}

uint64_t since(std::chrono::steady_clock::time_point start) {
  return static_cast<uint64_t>(
      std::chrono::nanoseconds(std::chrono::steady_clock::now() - start).count());
}

double percentile(std::vector<uint64_t>& times, double part) {
  std::ranges::sort(times);
  return static_cast<double>(
      times[static_cast<size_t>(static_cast<double>(times.size() - 1) * part)]);
}

/// Spawns one after the other, and notes how long each takes until it is ready.
class Spawner final : public Actor {
 public:
  struct Notes {
    ActorId self;
    uint64_t started_ns = 0;
    std::atomic<uint64_t> ready_ns = 0;
    std::vector<uint64_t> times;
    size_t wanted = 0;
    std::promise<void> done;
  };
  Spawner(Notes* notes, std::shared_ptr<const ChildSpec> child)
      : notes_(*notes), child_(std::move(child)) {}
  Result<Progress> handle_message(Context& context, const Message&) override {
    if (notes_.started_ns != 0) notes_.times.push_back(notes_.ready_ns - notes_.started_ns);
    if (notes_.times.size() == notes_.wanted) {
      notes_.done.set_value();
      return Progress::done;
    }
    notes_.started_ns = clock_.monotonic_ns();
    TRY(context.spawn(child_));
    return Progress::done;
  }

 private:
  Notes& notes_;
  std::shared_ptr<const ChildSpec> child_;
  RealClock clock_;
};

void component_spawn(benchmark::State& state, bool resident) {
  RealClock now;
  for (auto _ : state) {
    Spawner::Notes notes;
    notes.wanted = 20'000;
    System* system = nullptr;
    World world(resident, 2, 10'000, true, [&](const Event& event) {
      if (event.kind != EventKind::ready || event.actor == notes.self || !notes.self) return;
      notes.ready_ns = now.monotonic_ns();
      system->send(notes.self, {});
    });
    system = &world.system;
    const auto child = std::make_shared<const ChildSpec>(world.kind->spec("", Payload()));
    notes.self = *world.system.spawn({.factory = [&]() -> Result<std::unique_ptr<Actor>> {
                                        return std::make_unique<Spawner>(&notes, child);
                                      },
                                      .settings = child->settings});
    const auto start = std::chrono::steady_clock::now();
    world.system.send(notes.self, {});
    notes.done.get_future().wait();
    state.SetIterationTime(static_cast<double>(since(start)) / 1e9);
    state.counters["p50_ns"] = percentile(notes.times, 0.5);
    state.counters["p99_ns"] = percentile(notes.times, 0.99);
  }
}
BENCHMARK_CAPTURE(component_spawn, explicit_state, false)->UseManualTime()->Iterations(1);
BENCHMARK_CAPTURE(component_spawn, resident, true)->UseManualTime()->Iterations(1);

/// A hundred thousand that live at the same time, until the last has its first state.
void component_spawn_batch(benchmark::State& state, bool resident) {
  constexpr size_t count = 100'000;
  for (auto _ : state) {
    World world(resident, 2, 10'000, true);
    const uint64_t before = resident_bytes();
    const auto start = std::chrono::steady_clock::now();
    std::vector<ActorId> ids(count);
    const auto spec = std::make_shared<const ChildSpec>(world.kind->spec("", Payload()));
    if (!world.system.spawn(spec, ids)) std::abort();
    std::atomic<size_t> answers = 0;
    std::promise<void> all;
    for (const ActorId id : ids) {
      world.system.request(id, Payload("?"), 60'000'000'000, [&](const Message& reply) {
        if (reply.kind != MessageKind::reply) std::abort();
        if (answers.fetch_add(1) + 1 == count) all.set_value();
      });
    }
    all.get_future().wait();
    const double seconds = static_cast<double>(since(start)) / 1e9;
    state.SetIterationTime(seconds);
    state.counters["spawned_and_asked_per_s"] = static_cast<double>(count) / seconds;
    state.counters["bytes_each"] = static_cast<double>(resident_bytes() - before) / count;
  }
}
BENCHMARK_CAPTURE(component_spawn_batch, explicit_state, false)
    ->UseManualTime()
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(component_spawn_batch, resident, true)
    ->UseManualTime()
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

/// Sends `rounds` messages of 64 bytes to one component, when told to.
class Sender final : public Actor {
 public:
  Sender(ActorId to, uint32_t rounds) : to_(to), rounds_(rounds) {}
  Result<Progress> handle_message(Context& context, const Message&) override {
    static constexpr uint8_t bytes[64] = {1};
    const Payload payload{ByteSpan(bytes)};
    for (uint32_t i = 0; i < rounds_; ++i) context.send(to_, payload);
    return Progress::done;
  }

 private:
  ActorId to_;
  uint32_t rounds_;
};

/// 64 actors on all workers, each with a native one that sends to it.
void component_message(benchmark::State& state, bool resident) {
  constexpr uint32_t pairs = 64;
  static constexpr uint32_t rounds = 1000;
  World world(resident);
  std::vector<ActorId> components;
  std::vector<ActorId> senders;
  for (uint32_t i = 0; i < pairs; ++i) {
    components.push_back(*world.system.spawn(world.kind->spec("", Payload())));
    senders.push_back(*world.system.spawn(
        {.factory = [to = components.back()] { return std::make_unique<Sender>(to, rounds); }}));
  }
  for (const ActorId id : components) world.ask(id);
  for (auto _ : state) {
    const uint64_t before = world.system.counters().handled;
    for (const ActorId id : senders) world.system.send(id, {});
    while (world.system.counters().handled < before + uint64_t{pairs} * (rounds + 1)) {
      // The workers need the processors.
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
  }
  state.SetItemsProcessed(state.iterations() * pairs * rounds);
}
BENCHMARK_CAPTURE(component_message, explicit_state, false)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(component_message, resident, true)->UseRealTime()->Unit(benchmark::kMillisecond);

/// A hundred that are asked in turn, alone and beside one that loops.
void beside_looping(benchmark::State& state, bool looping) {
  World world(false);
  std::vector<ActorId> good;
  for (int i = 0; i < 100; ++i) {
    good.push_back(*world.system.spawn(world.kind->spec("", Payload())));
  }
  for (const ActorId id : good) world.ask(id);
  if (looping) {
    const ActorId bad = *world.system.spawn(world.kind->spec("", Payload()));
    world.system.send(bad, Payload("!!"));
  }
  std::vector<uint64_t> times;
  size_t next = 0;
  for (auto _ : state) {
    const auto start = std::chrono::steady_clock::now();
    world.ask(good[next++ % good.size()]);
    times.push_back(since(start));
  }
  state.counters["p50_ns"] = percentile(times, 0.5);
  state.counters["p99_ns"] = percentile(times, 0.99);
  state.counters["max_ns"] = percentile(times, 1);
}
BENCHMARK_CAPTURE(beside_looping, alone, false)->UseRealTime()->Iterations(5'000);
BENCHMARK_CAPTURE(beside_looping, looping, true)->UseRealTime()->Iterations(5'000);

}  // namespace
}  // namespace cairn::actor
