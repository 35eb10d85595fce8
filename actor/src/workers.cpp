#include <cairn/actor/system.hpp>

#include "core.hpp"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace cairn::actor {

struct Workers::State {
  explicit State(Core& core_in) : core(core_in) {}

  void work(uint32_t worker);
  void wait_for_work(Lane& lane);

  Core& core;
  std::vector<std::thread> threads;
  std::atomic<bool> ending = false;
};

void Workers::State::work(uint32_t worker) {
  Lane& lane = core.lane(worker);
  while (!ending.load(std::memory_order_relaxed)) {
    if (core.run_one(lane)) continue;
    core.fire_timers(lane);
    core.begin_to_seek(lane);
    wait_for_work(lane);
    core.end_to_seek();
  }
}

void Workers::State::wait_for_work(Lane& lane) {
  // To look a little longer before sleeping spares the system call that wakes a thread. For longer
  // than such a call takes, it would keep others from the processor.
  constexpr uint32_t looks_max = 500;
  // Whoever has the work may wait for this very processor.
  constexpr uint32_t looks_between_yields = 50;
  constexpr uint64_t sleep_ns_max = 1'000'000'000;
  for (uint32_t looks = 1; looks <= looks_max; ++looks) {
    if (core.seems_to_have_work(lane)) return;
    if (looks % looks_between_yields == 0) {
      std::this_thread::yield();
    } else {
      spin_pause();
    }
  }
  const uint64_t next_ns = core.timers.next_ns();
  uint64_t sleep_ns = sleep_ns_max;
  if (next_ns != TimerQueue::never) {
    const uint64_t now_ns = core.clock.monotonic_ns();
    sleep_ns = next_ns > now_ns ? std::min(next_ns - now_ns, sleep_ns_max) : 0;
  }
  if (sleep_ns == 0) return;
  lane.bed.sleep(sleep_ns, [&] { return core.has_work(lane) || ending.load(); });
}

Workers::Workers(System& system) : state_(std::make_unique<State>(system.core())) {
  for (uint32_t worker = 0; worker < state_->core.workers(); ++worker) {
    state_->threads.emplace_back([state = state_.get(), worker] { state->work(worker); });
  }
}

Workers::~Workers() {
  state_->ending = true;
  for (uint32_t worker = 0; worker < state_->core.workers(); ++worker) {
    state_->core.lane(worker).bed.wake();
  }
  for (std::thread& thread : state_->threads) thread.join();
}

}  // namespace cairn::actor
