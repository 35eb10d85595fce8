#include "interp/testing.hpp"

namespace cairn::engine {
namespace {

using testing::must;
using State = Execution::State;

constexpr uint64_t plenty = uint64_t{1} << 40;

/// Runs a program's "run" in slices of at most `slice` and returns the fuel that it took.
struct Outcome {
  int64_t result = 0;
  uint64_t fuel = 0;
  uint64_t slices = 0;
};
Outcome run_in_slices(Engine& engine, const testing::Program& program, uint64_t slice) {
  Store store(engine);
  store.set_fuel(plenty);
  Linker linker(engine);
  testing::define_next(linker);
  const Instance instance = must(linker.instantiate(store, testing::load(engine, program.text)));
  Execution execution = testing::start(store, instance, "run", {Value(program.argument)});
  Outcome outcome;
  State state;
  do {
    const uint64_t before = store.fuel();
    state = execution.resume(slice);
    ++outcome.slices;
    if (state == State::out_of_fuel) {
      EXPECT_LT(store.fuel(), before) << program.name << ": a slice that does nothing";
    }
  } while (state == State::out_of_fuel);
  EXPECT_EQ(state, State::returned) << program.name;
  if (state != State::returned) return outcome;
  outcome.result = static_cast<int64_t>(execution.results()[0].i64());
  outcome.fuel = plenty - store.fuel();
  return outcome;
}

class Fuel : public testing::EachMode {};

TEST_P(Fuel, ProgramsGiveTheirResultsWithoutFuelToo) {
  Engine engine(settings());
  for (const testing::Program& program : testing::programs())
    EXPECT_EQ(run_in_slices(engine, program, UINT64_MAX).result, program.result) << program.name;
}

TEST_P(Fuel, SlicesOfAnySizeAddUpToTheSame) {
  Engine engine(settings(true));
  for (const testing::Program& program : testing::programs()) {
    const Outcome whole = run_in_slices(engine, program, UINT64_MAX);
    EXPECT_EQ(whole.result, program.result) << program.name;
    EXPECT_EQ(whole.slices, 1u) << program.name;
    for (const uint64_t slice : {0, 1, 2, 3, 7, 50, 1000, 10'000}) {
      const Outcome sliced = run_in_slices(engine, program, slice);
      EXPECT_EQ(sliced.result, whole.result) << program.name << " by " << slice;
      EXPECT_EQ(sliced.fuel, whole.fuel) << program.name << " by " << slice;
    }
  }
}

/// The figures are part of the contract: they do not change between shells, providers or runs.
TEST_P(Fuel, IsTheSameEverywhere) {
  Engine engine(settings(true));
  Engine reference(testing::settings_of(testing::reference_mode, true));
  for (const testing::Program& program : testing::programs())
    EXPECT_EQ(run_in_slices(engine, program, 100).fuel,
              run_in_slices(reference, program, UINT64_MAX).fuel)
        << program.name;
}

/// What is not paid for yet when a trap ends the call is not paid.
TEST_P(Fuel, OfCallsThatTrapIsTheSameEverywhere) {
  constexpr std::string_view bodies[] = {
      // Nothing is paid at the end of a loop, though branches go to its head.
      "(loop (result i32) (br_if 0 (local.get 0)) (i32.sub (local.get 0) (i32.const 1)))",
      "(block (result i32) (br_if 0 (i32.sub (local.get 0) (i32.const 1)) (local.get 0)))",
      "(block (result i32) (nop) (i32.sub (local.get 0) (i32.const 1)))",
      R"((if (result i32) (local.get 0) (then (i32.const 1))
          (else (i32.sub (local.get 0) (i32.const 1)))))",
      "(loop (result i32) (call $f (i32.const 1)) (i32.sub (local.get 0) (i32.const 1)))",
  };
  Engine engine(settings(true));
  Engine reference(testing::settings_of(testing::reference_mode, true));
  for (const std::string_view body : bodies) {
    uint64_t left[2];
    for (const bool is_reference : {false, true}) {
      Engine& each = is_reference ? reference : engine;
      Store store(each);
      store.set_fuel(plenty);
      const Instance instance = testing::instantiate(
          store, fmt::format("(module (memory 1) (func $f (param i32)) (func (export \"run\") "
                             "(param i32) (drop (i32.load8_s {}))))",
                             body));
      EXPECT_FALSE(instance.func("run").invoke<>(store, 0)) << body;
      left[is_reference] = store.fuel();
    }
    EXPECT_EQ(left[0], left[1]) << body;
  }
}

/// Callers and callees count on from one another, whatever is passed, and wherever it ends.
TEST_P(Fuel, GoesAlongWithCallsOfAllKinds) {
  constexpr std::string_view text = R"((module
    (memory 1) (table 1 funcref) (elem (i32.const 0) $fib) (type $t (func (param i32) (result i32)))
    (func $fib (type $t) (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
      (then (local.get 0))
      (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                     (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
    (func $touch (param i32) (nop) (i32.store (local.get 0) (i32.const 1)) (nop))
    (func $float (param f64 i32) (result f64) (call $touch (local.get 1))
      (f64.add (local.get 0) (f64.const 1)))
    (func $vector (param i32 v128) (result v128) (call $touch (local.get 0))
      (i32x4.add (local.get 1) (v128.const i32x4 1 2 3 4)))
    (func $two (param i32 i32 i32 i32 i32 i32 i32) (result i32 f32)
      (call $touch (local.get 6)) (i32.add (local.get 0) (local.get 5)) (f32.const 2))
    (func (export "run") (param $at i32) (result i32) (local $i i32) (local $f f64) (local $v v128)
      (loop $l
        (local.set $f (call $float (local.get $f) (local.get $i)))
        (local.set $v (call $vector (local.get $i) (local.get $v)))
        (call $two (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4) (i32.const 5)
          (call $fib (i32.and (local.get $i) (i32.const 7))) (local.get $at))
        (drop) (drop)
        (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 9))))
      (i32.add (i32.add (i32.trunc_f64_u (local.get $f)) (i32x4.extract_lane 3 (local.get $v)))
        (call_indirect (type $t) (i32.const 9) (i32.const 0))))))";
  Engine engine(settings(true));
  Engine reference(testing::settings_of(testing::reference_mode, true));
  for (const int32_t at : {8, 70'000}) {
    for (const uint64_t slice : {uint64_t{1}, uint64_t{7}, uint64_t{200}, plenty}) {
      uint64_t left[2];
      for (const bool is_reference : {false, true}) {
        Store store(is_reference ? reference : engine);
        store.set_fuel(plenty);
        const Instance instance = testing::instantiate(store, text);
        Execution execution = testing::start(store, instance, "run", {Value(at)});
        State state;
        while ((state = execution.resume(slice)) == State::out_of_fuel) {
        }
        ASSERT_EQ(state, at == 8 ? State::returned : State::trapped);
        if (at == 8) {
          EXPECT_EQ(execution.results()[0].i32(), 79u);
        }
        left[is_reference] = store.fuel();
      }
      EXPECT_EQ(left[0], left[1]) << at << " by " << slice;
    }
  }
}

TEST_P(Fuel, IsWhatTheTableSays) {
  Engine engine(settings(true));
  Store store(engine);
  const Instance instance = testing::instantiate(store, R"((module
    (memory 1)
    (func (export "empty"))
    (func (export "add") (result i32) (i32.add (i32.const 1) (i32.const 2)))
    (func (export "fill") (memory.fill (i32.const 0) (i32.const 0) (i32.const 6400)))
    (func (export "loop") (param i32)
      (loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))))");
  const auto cost = [&](std::string_view name, std::initializer_list<Value> args = {}) {
    store.set_fuel(plenty);
    Execution execution = testing::start(store, instance, name, args);
    EXPECT_EQ(execution.resume(), State::returned);
    return plenty - store.fuel();
  };
  EXPECT_EQ(cost("empty"), 0u);
  EXPECT_EQ(cost("add"), 1u);
  EXPECT_EQ(cost("fill"), 1u + 6400 / 64);
  EXPECT_EQ(cost("loop", {Value(1)}), 3u);
  EXPECT_EQ(cost("loop", {Value(1000)}), 3000u);
}

/// A host gives fuel bit by bit; what a bulk instruction costs cannot be had for less.
TEST_P(Fuel, GivenBitByBitBuysNoMore) {
  Engine engine(settings(true));
  for (const testing::Program& program : testing::programs()) {
    const uint64_t whole = run_in_slices(engine, program, UINT64_MAX).fuel;
    Store store(engine);
    Linker linker(engine);
    testing::define_next(linker);
    const Instance instance = must(linker.instantiate(store, testing::load(engine, program.text)));
    Execution execution = testing::start(store, instance, "run", {Value(program.argument)});
    uint64_t given = 0;
    State state = execution.resume();
    while (state == State::out_of_fuel) {
      given += 13;
      store.set_fuel(store.fuel() + 13);
      state = execution.resume();
    }
    ASSERT_EQ(state, State::returned) << program.name;
    EXPECT_EQ(given - store.fuel(), whole) << program.name;
    EXPECT_EQ(static_cast<int64_t>(execution.results()[0].i64()), program.result);
  }
}

TEST_P(Fuel, EndlessProgramsEnd) {
  Engine engine(settings(true));
  const char* const endless[] = {
      "(loop $l (br $l))",
      "(loop $l (br_table $l $l (i32.const 0)))",
      "(loop $l (br_if $l (i32.const 1)))",
      "(call 0)",
      "(return_call 0)",
      "(return_call_indirect (i32.const 0))",
      "(return_call_ref 0 (ref.func 0))",
      "(loop $l (try_table (catch_all $l) (throw 0)))",
      "(loop $l (memory.fill (i32.const 0) (i32.const 0) (i32.const 65536)) (br $l))",
  };
  for (const char* body : endless) {
    Store store(engine, {.call_depth_max = 1'000'000});
    const Instance instance = testing::instantiate(
        store,
        std::string("(module (type (func)) (memory 1) (tag (type 0)) (table funcref (elem 0)) "
                    "(func (export \"run\") (type 0) ") +
            body + "))");
    store.set_fuel(10'000);
    Execution execution = testing::start(store, instance, "run");
    EXPECT_EQ(execution.resume(), State::out_of_fuel) << body;
    store.set_fuel(10'000);
    EXPECT_EQ(execution.resume(5000), State::out_of_fuel) << body;
    EXPECT_GE(store.fuel(), 4000u) << body;
    EXPECT_EQ(execution.resume(), State::out_of_fuel) << body;
    const auto error = instance.func("run").call(store, {});
    ASSERT_FALSE(error);
    EXPECT_EQ(error.error().kind, ErrorKind::limit);
  }
}

TEST_P(Fuel, NestedCallsAndHostFunctionsShareTheStores) {
  Engine engine(settings(true));
  Store store(engine);
  Linker linker(engine);
  Func inner;
  linker.func("host", "call", [&](Caller& caller) -> Result<void> {
    TRY(inner.call(caller.store(), {}));
    return {};
  });
  linker.func("host", "give", [](Caller& caller) { caller.store().set_fuel(1000); });
  linker.func("host", "take", [](Caller& caller) { caller.store().set_fuel(0); });
  const Instance instance = must(linker.instantiate(store, testing::load(engine, R"((module
    (import "host" "call" (func $call)) (import "host" "give" (func $give))
    (import "host" "take" (func $take))
    (func (export "inner") (local $i i32)
      (local.set $i (i32.const 10))
      (loop $l (br_if $l (local.tee $i (i32.sub (local.get $i) (i32.const 1))))))
    (func (export "outer") (call $call) (call $call))
    (func (export "give") (call $give) (call $call))
    (func (export "take") (call $take) (call $call))))")));
  inner = instance.func("inner");
  store.set_fuel(1000);
  ASSERT_TRUE(instance.func("outer").call(store, {}));
  EXPECT_EQ(1000 - store.fuel(), 2u + 2 * 31);
  store.set_fuel(5);
  ASSERT_TRUE(instance.func("give").call(store, {}));
  EXPECT_EQ(store.fuel(), 1000u - 1 - 31);
  store.set_fuel(1000);
  EXPECT_FALSE(instance.func("take").call(store, {}));
  EXPECT_EQ(store.fuel(), 0u);
}

CAIRN_EACH_MODE(Fuel);

}  // namespace
}  // namespace cairn::engine
