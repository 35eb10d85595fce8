#include <pthread.h>

#include <chrono>
#include <cmath>
#include <ctime>
#include <thread>

#include "interp/testing.hpp"

namespace cairn::engine {
namespace {

using testing::must;
using State = Execution::State;
/// Interrupts the store from another thread after a while. Time is the processor's that the thread
/// which made this object has used: what other programs take is not counted.
class Interrupter {
 public:
  explicit Interrupter(Store& store) {
    pthread_getcpuclockid(pthread_self(), &clock_);
    thread_ = std::thread([&store, this] {
      // Time for the program to be in its loop, so that the way out of it is measured.
      std::this_thread::sleep_for(std::chrono::milliseconds(3));
      at_ = now();
      store.interrupt();
    });
  }
  ~Interrupter() { thread_.join(); }
  /// From the call of `interrupt` until now.
  double microseconds() const { return now() - at_; }

 private:
  double now() const {
    timespec time;
    clock_gettime(clock_, &time);
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
  }
  clockid_t clock_;
  std::atomic<double> at_ = 0;
  std::thread thread_;
};

class Interrupt : public testing::EachMode {};

struct Endless {
  const char* name;
  const char* body;
};
constexpr Endless endless[] = {
    {"br", "(loop $l (br $l))"},
    {"br_if", "(loop $l (br_if $l (i32.const 1)))"},
    {"br_if with a value", "(drop (loop $l (result i32) (br_if $l (i32.const 1)) (i32.const 1)))"},
    {"loop with parameters",
     "(i32.const 1) (loop $l (param i32) (drop) (br_if $l (i32.const 7) (i32.const 1)) (drop))"},
    {"br_table", "(loop $l (br_table $l $l (i32.const 0)))"},
    {"br_on_null", "(loop $l (br_on_null $l (ref.null func)) (drop))"},
    {"br_on_non_null",
     "(drop (ref.func $run)) (loop $l (block $o (result (ref func)) "
     "(br_on_non_null $o (ref.func $run)) (unreachable)) (drop) (br $l))"},
    {"return_call", "(return_call $run)"},
    {"return_call_indirect", "(return_call_indirect (i32.const 0))"},
    {"return_call_ref", "(return_call_ref 0 (ref.func $run))"},
    {"throw and catch", "(loop $l (try_table (catch_all $l) (throw 0)))"},
    {"throw_ref and catch",
     "(local exnref) (block $b (result exnref) (try_table (catch_all_ref $b) (throw 0)) "
     "(unreachable)) "
     "(local.set 0) (loop $l (try_table (catch_all $l) (throw_ref (local.get 0))))"},
    {"throw through a call", "(loop $l (try_table (catch_all $l) (call $throw)))"},
    {"host function that throws", "(loop $l (try_table (catch_all $l) (call $throws)))"},
    {"memory.fill",
     "(loop $l (memory.fill (i32.const 0) (i32.const 7) (i32.const 50000000)) (br $l))"},
    {"memory.copy",
     "(loop $l (memory.copy (i32.const 1) (i32.const 0) (i32.const 50000000)) (br $l))"},
};

TEST_P(Interrupt, StopsWhatNeverEnds) {
  Engine engine(settings());
  double worst = 0;  // of the best for each program: what delays the other thread counts here, too
  for (const Endless& what : endless) {
    Store store(engine);
    const Tag tag = store.new_tag({});
    Linker linker(engine);
    linker.func("host", "throws",
                [&](Caller& caller) -> HostStatus { return caller.throw_exception(tag, {}); });
    const auto instance = linker.instantiate(store, testing::load(engine, std::string(R"((module
      (type (func)) (import "host" "throws" (func $throws))
      (memory 800) (tag (type 0)) (table funcref (elem $run)) (elem declare func $run)
      (func $throw (throw 0))
      (func $run (export "run") )") + what.body + "))"));
    ASSERT_TRUE(instance) << what.name << ": " << instance.error().to_string();
    Execution execution = testing::start(store, *instance, "run");
    double best = HUGE_VAL;
    for (int round = 0; round < 3; ++round) {
      Interrupter interrupter(store);
      ASSERT_EQ(execution.resume(), State::interrupted) << what.name;
      best = std::min(best, interrupter.microseconds());
      EXPECT_EQ(execution.resume(), State::interrupted) << what.name << ": before it is cleared";
      store.clear_interrupt();
    }
    worst = std::max(worst, best);
  }
  RecordProperty("latency_us_max", std::to_string(worst));
  std::printf("interrupt latency at most %.0f us\n", worst);
#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
  EXPECT_LT(worst, 1'000);
#endif
}

TEST_P(Interrupt, StopsEndlessRecursion) {
  Engine engine(settings());
  Store store(engine);
  const Instance instance = testing::instantiate(store, testing::programs()[1].text);
  Execution execution = testing::start(store, instance, "run", {Value(90)});
  Interrupter interrupter(store);
  EXPECT_EQ(execution.resume(), State::interrupted);
}

/// Interrupted at random moments, a program still gives its result.
TEST_P(Interrupt, IsResumable) {
  Engine engine(settings());
  for (const testing::Program& program : testing::programs()) {
    Store store(engine);
    Linker linker(engine);
    testing::define_next(linker);
    const Instance instance = must(linker.instantiate(store, testing::load(engine, program.text)));
    std::atomic<bool> done = false;
    std::thread nuisance([&] {
      while (!done) {
        store.interrupt();
        std::this_thread::yield();
      }
    });
    for (int round = 0; round < 5; ++round) {
      Execution execution = testing::start(store, instance, "run", {Value(program.argument)});
      State state;
      while ((state = execution.resume()) == State::interrupted) store.clear_interrupt();
      ASSERT_EQ(state, State::returned) << program.name;
      EXPECT_EQ(static_cast<int64_t>(execution.results()[0].i64()), program.result) << program.name;
    }
    done = true;
    nuisance.join();
  }
}

TEST_P(Interrupt, BeforeTheStartIsSeen) {
  Engine engine(settings());
  Store store(engine);
  const Instance instance = testing::instantiate(store, testing::programs()[0].text);
  store.interrupt();
  Execution execution = testing::start(store, instance, "run", {Value(10)});
  EXPECT_EQ(execution.resume(), State::interrupted);
  const auto error = instance.func("run").invoke<int64_t>(store, 10);
  ASSERT_FALSE(error);
  EXPECT_EQ(error.error().kind, ErrorKind::limit);
  EXPECT_EQ(error.error().message, "interrupted");
  store.clear_interrupt();
  EXPECT_EQ(execution.resume(), State::returned);
  EXPECT_EQ(must(instance.func("run").invoke<int64_t>(store, 10)), 45);
}

/// Fuel is not lost or paid twice where an interruption stops.
TEST_P(Interrupt, LeavesFuelExact) {
  Engine engine(settings(true));
  for (const testing::Program& program : testing::programs()) {
    const auto fuel_of = [&](bool interrupted) {
      Store store(engine);
      store.set_fuel(1'000'000'000);
      Linker linker(engine);
      testing::define_next(linker);
      const Instance instance =
          must(linker.instantiate(store, testing::load(engine, program.text)));
      Execution execution = testing::start(store, instance, "run", {Value(program.argument)});
      // Interrupted at the start of every other slice.
      State state = State::ready;
      for (int i = 0; state != State::returned && state != State::trapped; ++i) {
        if (interrupted && i % 2 == 0) store.interrupt();
        state = execution.resume(interrupted ? 20 : UINT64_MAX);
        store.clear_interrupt();
      }
      EXPECT_EQ(state, State::returned) << program.name;
      return 1'000'000'000 - store.fuel();
    };
    EXPECT_EQ(fuel_of(true), fuel_of(false)) << program.name;
  }
}

CAIRN_EACH_MODE(Interrupt);

}  // namespace
}  // namespace cairn::engine
