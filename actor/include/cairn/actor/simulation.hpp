#pragma once
/// A system in which one seed decides everything: the time, the random numbers, which actor runs
/// next, and on which worker. The same seed, the same run.

#include <cairn/actor/system.hpp>

#include <cairn/base/clock.hpp>
#include <cairn/base/random.hpp>

namespace cairn::actor {

/// Runs a system in an order that a seed decides, as workers that take turns. For one thread.
class SimulatedWorkers {
 public:
  /// The clock is that of the system.
  SimulatedWorkers(System& system, SimulatedClock& clock, uint64_t seed)
      : system_(system), clock_(clock), order_(seed) {}

  /// One turn of an actor. False: nothing can run before time passes.
  bool step();
  /// Runs until nothing is left to do but to wait for time.
  void run();
  /// Lets time pass up to the next alarm, or `at_most_ns`; then runs. False: no alarm is set
  /// within.
  bool advance_to_alarm(uint64_t at_most_ns);
  /// Lets `ns` pass, with all alarms on the way.
  void advance(uint64_t ns);

 private:
  System& system_;
  SimulatedClock& clock_;
  SeededRandom order_;
};

/// For one thread.
class Simulation {
 public:
  explicit Simulation(uint64_t seed, SystemSettings settings = {});

  System& system() { return system_; }
  Clock& clock() { return clock_; }
  Random& random() { return random_; }

  // As those of `SimulatedWorkers`.
  bool step() { return workers_.step(); }
  void run() { workers_.run(); }
  bool advance_to_alarm(uint64_t at_most_ns) { return workers_.advance_to_alarm(at_most_ns); }
  void advance(uint64_t ns) { workers_.advance(ns); }

 private:
  SimulatedClock clock_;
  SeededRandom random_;
  System system_;
  SimulatedWorkers workers_;  // with an order apart: what actors draw does not change who runs
};

}  // namespace cairn::actor
