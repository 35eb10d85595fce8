// What a message costs whose every step is proven: a component with contracts, a chain, and a disk.
// A message counts when its answer is there, which is after its record is durable. With
// CAIRN_COMPILER=…/cairn-compiler in the environment everything is compiled first.

#include <cairn/base/disk.hpp>
#include <cairn/chain/store.hpp>
#include <cairn/chain/verify.hpp>
#include <cairn/platform/deployment.hpp>
#include <cairn/platform/replayer.hpp>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "guest/guests_testing.hpp"
#include "harness/compiled.hpp"

namespace cairn::platform {
namespace {

[[noreturn]] void give_up(std::string_view why) {
  fmt::print(stderr, "{}\n", why);
  std::exit(1);
}

template <class T>
T must(Result<T> result) {
  if (!result) give_up(result.error().to_string());
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

/// An account: no balance below zero, which its contract says.
const Bytes& machine() {
  static const Result<Bytes> guest = actor::testing::build_guest("machine", "actor-with-contracts");
  if (!guest) give_up(guest.error().message);
  return *guest;
}

class Quiet final : public Log {
 public:
  Quiet() : Log(LogLevel::error) {}

 protected:
  void write(LogLevel, std::string_view message) override { give_up(message); }
};

/// On the disk that TMPDIR is on.
class Folder {
 public:
  Folder() {
    const char* parent = std::getenv("TMPDIR");
    path_ = std::string(parent != nullptr ? parent : "/var/tmp") + "/cairn-bench-XXXXXX";
    if (mkdtemp(path_.data()) == nullptr) give_up("no folder for a log");
    must(files_.write_file(path_ + "/machine.wasm", machine()));
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::string& path() const { return path_; }

 private:
  RealFiles files_;
  std::string path_;
};

std::string manifest_of(uint32_t actors, bool is_durable) {
  std::string text = fmt::format("data = \"data\"\ndurable = {}\nworkers = 2\n", is_durable);
  text += "[components.machine]\npath = \"machine.wasm\"\n";
  for (uint32_t i = 0; i < actors; ++i)
    text += fmt::format("[actors.a{}]\ncomponent = \"machine\"\nargument = \"1\"\n", i);
  return text;
}

/// To the workers, which are what is waited for.
void leave_the_processor() { std::this_thread::sleep_for(std::chrono::milliseconds(1)); }

/// Actors that have one message after the other, each with one under way.
class Bank {
 public:
  Bank(const Folder& folder, uint32_t actors, bool is_durable)
      : engine_(bench::compiled_if_asked({.fuel = true, .deterministic = true})) {
    deployment_ = must(
        Deployment::open({.engine = &engine_,
                          .clock = &clock_,
                          .random = &random_,
                          .disk = &disk_,
                          .files = &files_,
                          .log = &log_,
                          .folder = folder.path()},
                         must(Manifest::parse(manifest_of(actors, is_durable), "bench.toml"))));
    if (chain::Store* const store = deployment_->store()) committer_.emplace(*store, clock_);
    workers_.emplace(deployment_->system());
    must(deployment_->start());
    for (uint32_t i = 0; i < actors; ++i) names_.push_back(fmt::format("a{}", i));
    for (const std::string& name : names_) {
      while (!must(deployment_->actor(name)).is_running) leave_the_processor();
    }
    run(actors);
    latencies_ns_.clear();
  }
  ~Bank() {
    deployment_->drain(0);
    while (!deployment_->ended()) {
      deployment_->tick();
      leave_the_processor();
    }
  }
  Bank(const Bank&) = delete;
  Bank& operator=(const Bank&) = delete;

  /// Until `count` more were answered.
  void run(uint64_t count) {
    const uint64_t target = done_ + count;
    uint64_t begun = done_;
    for (uint32_t i = 0; i < names_.size(); ++i) ready_.push_back(i);
    std::vector<uint32_t> taken;
    while (!is_done(target, taken)) {
      for (const uint32_t actor : taken) {
        if (begun++ < target) ask(actor);
      }
      taken.clear();
    }
    ready_.clear();
  }

  std::vector<uint64_t>& latencies_ns() { return latencies_ns_; }

 private:
  bool is_done(uint64_t target, std::vector<uint32_t>& taken) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !ready_.empty() || done_ >= target; });
    std::swap(taken, ready_);
    return done_ >= target;
  }

  void ask(uint32_t actor) {
    static constexpr std::string_view message =
        "add 1                                                           ";
    static_assert(message.size() == 64);
    const uint64_t from_ns = clock_.monotonic_ns();
    deployment_->request(names_[actor], actor::Payload(message), {}, [=, this](const auto& answer) {
      if (!answer) give_up(answer.error().why);
      const std::lock_guard lock(mutex_);
      latencies_ns_.push_back(clock_.monotonic_ns() - from_ns);
      ready_.push_back(actor);
      ++done_;
      changed_.notify_one();
    });
  }

  RealDisk disk_;
  RealFiles files_;
  RealClock clock_;
  RealRandom random_;
  Quiet log_;
  engine::Engine engine_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<uint32_t> ready_;
  std::vector<uint64_t> latencies_ns_;
  uint64_t done_ = 0;
  std::vector<std::string> names_;
  std::unique_ptr<Deployment> deployment_;
  std::optional<chain::Committer> committer_;
  std::optional<actor::Workers> workers_;
};

void messages(benchmark::State& state, bool is_durable) {
  const Folder folder;
  Bank bank(folder, static_cast<uint32_t>(state.range(0)), is_durable);
  const uint64_t portion = std::max<uint64_t>(1'000, static_cast<uint64_t>(state.range(0)) * 10);
  for (auto _ : state) bank.run(portion);
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(portion));
  std::vector<uint64_t>& latencies = bank.latencies_ns();
  std::ranges::sort(latencies);
  state.counters["p50_ns"] = static_cast<double>(latencies[latencies.size() / 2]);
  state.counters["p99_ns"] = static_cast<double>(latencies[latencies.size() * 99 / 100]);
}
BENCHMARK_CAPTURE(messages, durable, true)
    ->Arg(1)
    ->Arg(16)
    ->Arg(24)
    ->Arg(64)
    ->Arg(1000)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(messages, kept_in_memory, false)
    ->Arg(64)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

/// What was done, done again from its log; `live`: how fast it was done, durable.
void replay(benchmark::State& state) {
  constexpr uint64_t count = 200'000;
  const Folder folder;
  double live_s = 0;
  {
    Bank bank(folder, 64, true);
    const auto start = std::chrono::steady_clock::now();
    bank.run(count);
    live_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  engine::Engine engine(bench::compiled_if_asked({.fuel = true, .deterministic = true}));
  RealDisk disk;
  RealClock clock;
  RealRandom random;
  ComponentReplayer replayer(engine, clock, random);
  replayer.add(machine());
  chain::VerifyOptions options;
  options.threads = 2;
  options.replayer = &replayer;
  uint64_t replayed = 0;
  for (auto _ : state) {
    const chain::VerifyReport report =
        must(chain::verify_log(disk, folder.path() + "/data/log", options));
    if (report.replayed < count) give_up("not all was replayed");
    replayed += report.replayed;
  }
  state.SetItemsProcessed(static_cast<int64_t>(replayed));
  state.counters["live_per_s"] = static_cast<double>(count) / live_s;
}
BENCHMARK(replay)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace cairn::platform
