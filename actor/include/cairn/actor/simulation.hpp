#pragma once
/// A system in which one seed decides everything: the time, the random numbers, which actor runs
/// next, and on which worker. The same seed, the same run.

#include <cairn/actor/system.hpp>

#include <cairn/base/clock.hpp>
#include <cairn/base/random.hpp>

namespace cairn::actor {

/// For one thread.
class Simulation {
 public:
  explicit Simulation(uint64_t seed, SystemSettings settings = {});

  System& system() { return system_; }
  Clock& clock() { return clock_; }
  Random& random() { return random_; }

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
  SimulatedClock clock_;
  SeededRandom random_;
  SeededRandom order_;  // apart, so that what actors draw does not change who runs
  System system_;
};

}  // namespace cairn::actor
