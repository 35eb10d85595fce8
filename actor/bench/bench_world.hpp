#pragma once
/// What measurements of native actors share. Delivered work only: a message counts when its handler
/// has run, a spawn when the actor is ready, a publication when the last subscriber has handled it,
/// a restart from the fault to ready.

#include <cairn/actor/actor.hpp>
#include <cairn/actor/system.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace cairn::actor::bench {

/// Times of batches, as counters of the benchmark: what one operation took in half of the batches,
/// and in all but one of a hundred; and operations per second over all of them. The first batch,
/// which warms up, does not count.
class Batches {
 public:
  Batches(benchmark::State& state, uint64_t operations) : state_(state), operations_(operations) {}
  ~Batches() {
    std::ranges::sort(times_ns_);
    if (times_ns_.empty()) return;
    double sum_ns = 0;
    for (const double time_ns : times_ns_) sum_ns += time_ns;
    const auto each = static_cast<double>(operations_);
    const auto count = static_cast<double>(times_ns_.size());
    state_.counters["p50_ns"] = times_ns_[times_ns_.size() / 2] / each;
    state_.counters["p99_ns"] = times_ns_[(times_ns_.size() - 1) * 99 / 100] / each;
    state_.counters["per_s"] = 1e9 * each * count / sum_ns;
  }
  Batches(const Batches&) = delete;
  Batches& operator=(const Batches&) = delete;

  template <class Work>
  void time(Work&& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
    state_.SetIterationTime(time.count());
    if (!std::exchange(warm_, true)) return;
    times_ns_.push_back(time.count() * 1e9);
  }

 private:
  benchmark::State& state_;
  uint64_t operations_;
  bool warm_ = false;
  std::vector<double> times_ns_;
};

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

inline std::shared_ptr<const ActorSettings> settings(std::optional<uint32_t> worker = {}) {
  ActorSettings settings;
  settings.worker = worker;
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

/// Nothing that is measured may fail.
template <class T>
T must(Result<T> result) {
  if (!result) std::abort();
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

}  // namespace cairn::actor::bench
