// What lasts, and how fast it is checked. An append counts when its record is durable; the disk's
// own rate of syncs is measured in the same run.

#include <cairn/chain/store.hpp>
#include <cairn/chain/verify.hpp>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <deque>
#include <string>

namespace cairn::chain {
namespace {

/// On the disk that TMPDIR is on.
class Folder {
 public:
  Folder() {
    const char* parent = std::getenv("TMPDIR");
    path_ = std::string(parent != nullptr ? parent : "/var/tmp") + "/cairn-bench-XXXXXX";
    if (mkdtemp(path_.data()) == nullptr) std::abort();
  }
  ~Folder() {
    RealDisk disk;
    if (const auto names = disk.list_directory(path_)) {
      for (const std::string& name : *names)
        static_cast<void>(disk.remove_file(path_ + "/" + name));
    }
    std::remove(path_.c_str());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

void must(const auto& result) {
  if (result.has_value()) return;
  fmt::print(stderr, "{}\n", result.error().to_string());
  std::abort();
}

actor::Transition message(uint64_t number) {
  actor::Transition transition;
  transition.at_ns = number;
  transition.input = actor::Payload(Bytes(64, static_cast<uint8_t>(number)));
  if (number != 0) transition.old_state = actor::Payload::of(number);
  transition.new_state = actor::Payload::of(number + 1);
  transition.has_reply = true;
  transition.reply = transition.new_state;
  transition.fuel_used = 1000;
  return transition;
}

/// Actors that have one message after the other, each with one under way.
class Load {
 public:
  Load(uint32_t actors, const std::string& folder)
      : store_(open(disk_, clock_, random_, folder)), committer_(*store_, clock_), at_(actors) {
    std::atomic<uint32_t> opened = 0;
    for (uint32_t i = 0; i < actors; ++i) {
      actor::Genesis genesis;
      genesis.name = fmt::format("actor-{}", i);
      store_->open({i, 1}, genesis, [&opened](const auto& recovered) {
        must(recovered);
        ++opened;
        opened.notify_one();
      });
    }
    for (uint32_t now = 0; (now = opened.load()) < actors;) opened.wait(now);
  }

  /// Until `count` more are durable. Latencies are from the call to the receipt.
  void run(uint64_t count) {
    const uint64_t target = done_ + count;
    for (uint32_t i = 0; i < at_.size(); ++i) ready_.push_back(i);
    uint64_t begun = done_;
    std::vector<uint32_t> taken;
    while (done_ < target) {
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this, target] { return !ready_.empty() || done_ >= target; });
        std::swap(taken, ready_);
      }
      for (const uint32_t actor : taken) {
        if (begun++ < target) send(actor);
      }
      taken.clear();
    }
    ready_.clear();
  }

  std::vector<uint32_t>& latencies_us() { return latencies_us_; }
  Store& store() { return *store_; }

 private:
  static std::unique_ptr<Store> open(Disk& disk, Clock& clock, Random& random,
                                     const std::string& folder) {
    auto store = Store::open(disk, clock, random, {.folder = folder, .origin = "bench"},
                             crypto::Ed25519Key({1}));
    must(store);
    return *std::move(store);
  }

  void send(uint32_t actor) {
    const uint64_t from = clock_.monotonic_ns();
    store_->append({actor, 1}, message(at_[actor]++), [this, actor, from](const auto& receipt) {
      must(receipt);
      const std::lock_guard lock(mutex_);
      latencies_us_.push_back(static_cast<uint32_t>((clock_.monotonic_ns() - from) / 1000));
      ready_.push_back(actor);
      ++done_;
      changed_.notify_one();
    });
  }

  RealDisk disk_;
  RealClock clock_;
  RealRandom random_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<uint32_t> ready_;
  std::vector<uint32_t> latencies_us_;
  std::atomic<uint64_t> done_ = 0;
  std::unique_ptr<Store> store_;
  Committer committer_;
  std::vector<uint64_t> at_;
};

/// One write of a small batch into room that was reserved, and its sync.
void disk_syncs(benchmark::State& state) {
  const Folder folder;
  RealDisk disk;
  auto file = disk.open(folder.path() + "/file", Disk::Open::create);
  must(file);
  must((*file)->reserve(64 << 20));
  must((*file)->sync());
  const Bytes bytes(static_cast<size_t>(state.range(0)), 1);
  uint64_t offset = 0;
  for (auto _ : state) {
    if (offset + bytes.size() > 64 << 20) offset = 0;
    must((*file)->write(offset, bytes));
    must((*file)->sync());
    offset += bytes.size();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(disk_syncs)->Arg(512)->Arg(16 << 10)->Arg(256 << 10)->UseRealTime();

void durable_appends(benchmark::State& state) {
  const Folder folder;
  Load load(static_cast<uint32_t>(state.range(0)), folder.path());
  const uint64_t portion = std::max<uint64_t>(100, static_cast<uint64_t>(state.range(0)) * 10);
  for (auto _ : state) load.run(portion);
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(portion));
  std::vector<uint32_t>& latencies = load.latencies_us();
  std::ranges::sort(latencies);
  state.counters["p50_us"] = latencies[latencies.size() / 2];
  state.counters["p99_us"] = latencies[latencies.size() * 99 / 100];
}
BENCHMARK(durable_appends)->Arg(1)->Arg(64)->Arg(1000)->Arg(10'000)->UseRealTime();

/// A log of a million records, with contents.
void verification(benchmark::State& state) {
  static const Folder folder;
  static const uint64_t records = [] {
    Load load(1000, folder.path());
    load.run(1'000'000);
    return load.store().size();
  }();
  RealDisk disk;
  VerifyOptions options;
  options.contents = state.range(1) != 0;
  options.threads = static_cast<uint32_t>(state.range(0));
  for (auto _ : state) {
    const auto report = verify_log(disk, folder.path(), options);
    must(report);
    if (report->records != records) std::abort();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(records));
}
BENCHMARK(verification)
    ->ArgNames({"threads", "contents"})
    ->Args({1, 0})
    ->Args({2, 0})
    ->Args({2, 1})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

/// Opening that log again.
void opening(benchmark::State& state) {
  const Folder folder;
  {
    Load(1000, folder.path()).run(1'000'000);
  }
  RealDisk disk;
  RealClock clock;
  RealRandom random;
  for (auto _ : state) {
    must(Store::open(disk, clock, random, {.folder = folder.path(), .origin = "bench"},
                     crypto::Ed25519Key({1})));
  }
}
BENCHMARK(opening)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace cairn::chain
