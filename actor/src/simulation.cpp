#include <cairn/actor/simulation.hpp>

#include "core.hpp"

#include <algorithm>

namespace cairn::actor {

Simulation::Simulation(uint64_t seed, SystemSettings settings)
    : random_(seed),
      system_(clock_, random_, std::move(settings)),
      workers_(system_, clock_, ~seed) {
  clock_.advance(1);  // no time is 0
}

bool SimulatedWorkers::step() {
  Core& core = system_.core();
  const uint32_t workers = core.workers();
  const auto first = static_cast<uint32_t>(order_.below(workers));
  for (uint32_t at = 0; at < workers; ++at) {
    Lane& lane = core.lane((first + at) % workers);
    if (!core.run_any(lane, order_.next_u64())) continue;
    clock_.advance(order_.below(1000));  // work takes time
    return true;
  }
  return false;
}

void SimulatedWorkers::run() {
  do {
    system_.core().fire_timers(system_.core().lane(0));
  } while (step() || system_.core().timers.next_ns() <= clock_.monotonic_ns());
}

bool SimulatedWorkers::advance_to_alarm(uint64_t at_most_ns) {
  run();
  const uint64_t next_ns = system_.core().timers.next_ns();
  const uint64_t end_ns = later(clock_.monotonic_ns(), at_most_ns);
  clock_.sleep_until(std::min(next_ns, end_ns));
  run();
  return next_ns <= end_ns;
}

void SimulatedWorkers::advance(uint64_t ns) {
  run();
  const uint64_t end_ns = later(clock_.monotonic_ns(), ns);
  while (clock_.monotonic_ns() < end_ns) {
    if (!advance_to_alarm(end_ns - clock_.monotonic_ns())) break;
  }
}

}  // namespace cairn::actor
