// The collector's roots while executions stand still: every function below keeps references in some
// kind of place while it can be stopped. They are run in the smallest slices that exist, and
// between two slices everything unreachable is collected and its memory used for something else.

#include <fmt/format.h>

#include "interp/testing.hpp"

namespace cairn::engine {
namespace {

using testing::must;
using State = Execution::State;

/// Each body takes nothing and gives the sum 111 out of boxes with 1, 10 and 100. `$new` makes a
/// box,
/// `$get` reads one, `$spin` passes time, `$pass` gives a box back.
struct Place {
  const char* name;
  const char* body;
};
constexpr Place places[] = {
    {"locals", R"((local.set $a (call $new (i64.const 1))) (local.set $b (call $new (i64.const 10)))
      (local.set $any (call $new (i64.const 100)))
      (call $spin)
      (call $sum (local.get $a) (local.get $b) (ref.cast (ref $box) (local.get $any))))"},
    {"operands", R"((call $new (i64.const 1)) (call $new (i64.const 10)) (call $new (i64.const 100))
      (call $spin) (call $sum))"},
    {"operands under others",
     R"((call $new (i64.const 1)) (i64.const 5) (call $new (i64.const 10)) (f32.const 1)
      (call $new (i64.const 100)) (call $spin)
      (local.set $c) (drop) (local.set $b) (drop)
      (call $sum (local.get $b) (local.get $c)))"},
    {"a loop's parameters",
     R"((call $new (i64.const 1)) (call $new (i64.const 10)) (call $new (i64.const 100))
      (loop $l (param (ref null $box) (ref null $box) (ref null $box))
               (result (ref null $box) (ref null $box) (ref null $box))
        (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 5))))
      (call $sum))"},
    {"values of branches", R"((call $new (i64.const 1))
      (block $out (result (ref null $box) (ref null $box))
        (i64.const 77)
        (call $new (i64.const 10)) (call $new (i64.const 100))
        (loop $l (call $spin)
          (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 3))))
        (br $out))
      (call $sum))"},
    {"values that move onto numbers", R"((call $new (i64.const 1))
      (block $out (result (ref null $box) i64 (ref null $box))
        (i64.const 0x0123456789abcdef) (f64.const 1.5)
        (call $new (i64.const 10)) (i64.const 0x7edcba9876543210) (call $new (i64.const 100))
        (br_if $out (i32.const 1))
        (unreachable))
      (local.set $c) (drop) (local.get $c)
      (call $sum))"},
    {"values around a loop that move", R"((call $new (i64.const 1)) (i64.const 0x1111)
      (loop $l (param i64) (result (ref null $box) (ref null $box))
        (call $new (i64.const 10)) (call $new (i64.const 100)) (i64.const 0x0123456789abcdef)
        (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 5)))
        (drop)
        (local.set $c) (local.set $b) (drop) (local.get $b) (local.get $c))
      (call $sum))"},
    {"br_table", R"((call $new (i64.const 1))
      (block $b (result (ref null $box) (ref null $box))
        (block $a (result (ref null $box) (ref null $box))
          (i32.const 5) (call $new (i64.const 10)) (call $new (i64.const 100))
          (br_table $a $b $a (i32.const 1)))
        (br $b))
      (call $sum))"},
    {"if and else", R"((call $new (i64.const 1))
      (call $new (i64.const 10))
      (if (param (ref null $box)) (result (ref null $box) (ref null $box)) (call $one)
        (then (call $new (i64.const 100)))
        (else (unreachable)))
      (call $sum))"},
    {"else", R"((call $new (i64.const 1))
      (call $new (i64.const 10))
      (if (param (ref null $box)) (result (ref null $box) (ref null $box))
        (i32.eqz (call $one)) (then (unreachable)) (else (call $new (i64.const 100))))
      (call $sum))"},
    {"select", R"((call $new (i64.const 1))
      (select (result (ref null $box))
        (call $new (i64.const 10)) (call $new (i64.const 20)) (call $one))
      (select (result (ref null $box))
        (ref.null $box) (call $new (i64.const 100)) (i32.eqz (call $one)))
      (call $sum))"},
    {"select from locals",
     R"((local.set $a (call $new (i64.const 10))) (local.set $b (call $new (i64.const 100)))
      (call $new (i64.const 1))
      (select (result (ref null $box)) (local.get $a) (local.get $b) (call $one))
      (select (result (ref null $box)) (local.get $a) (local.get $b) (i32.eqz (call $one)))
      (call $sum))"},
    {"br_on_null", R"(      (block $null
        (br_on_null $null (call $new (i64.const 1)))
        (br_on_null $null (call $new (i64.const 10)))
        (br_on_null $null (call $new (i64.const 100)))
        (call $sum)
        (return))
      (unreachable))"},
    {"br_on_null to a loop", R"((call $new (i64.const 1)) (drop)
      (loop $again
        (br_on_null $again (select (result (ref null $box)) (call $new (i64.const 11)) (ref.null $box)
          (i32.gt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 3))))
        (call $get) (call $get (call $new (i64.const 100))) (return (i64.add)))
      (unreachable))"},
    {"br_on_cast", R"((call $new (i64.const 1))
      (block $cast (result (ref $box))
        (br_on_cast $cast anyref (ref $box) (call $new (i64.const 10)))
        (unreachable))
      (block $ok (result (ref null $box))
        (block $not (result anyref)
          (br_on_cast_fail $not anyref (ref $box) (call $new (i64.const 100)))
          (br $ok))
        (unreachable))
      (call $sum))"},
    {"results", R"((call $three (i64.const 0)) (call $sum))"},
    {"results and parameters",
     R"((call $swap (i64.const 0x0123456789abcdef) (call $new (i64.const 1)) (f64.const 3)
        (call $new (i64.const 10)) (call $new (i64.const 100)))
      (drop) (local.set $a) (local.set $b) (local.set $c) (drop)
      (call $sum (local.get $a) (local.get $b) (local.get $c)))"},
    {"arguments", R"((call_indirect $f (type $three_to_one) (call $new (i64.const 1))
        (call $new (i64.const 10)) (call $new (i64.const 100)) (call $zero)))"},
    {"arguments of tail calls", R"((i64.const 3) (call $new (i64.const 1)) (i64.const 9)
      (call $new (i64.const 10)) (call $new (i64.const 100)) (call $tail) (drop) (drop)
      (local.set $r) (drop) (local.get $r))"},
    {"host calls", R"((call $new (i64.const 1))
      (call $both (i32.const 1) (call $new (i64.const 10)) (call $new (i64.const 100)))
      (call $sum))"},
    {"tail-called host functions", R"((call $new (i64.const 1))
      (call $host_tail (i32.const 1) (call $new (i64.const 10)) (call $new (i64.const 100)))
      (call $sum))"},
    {"exceptions", R"((call $new (i64.const 1))
      (block $caught (result (ref null $box) (ref null $box))
        (try_table (catch $two $caught)
          (i64.const 3) (call $spin) (call $thrower (call $new (i64.const 10))) (drop))
        (unreachable))
      (call $sum))"},
    {"exceptions as values", R"((call $new (i64.const 1))
      (loop $again
        (block $caught (result (ref null $box) (ref null $box) exnref)
          (try_table (catch_ref $two $caught)
            (if (ref.is_null (local.get $e)) (then (call $thrower (call $new (i64.const 10)))))
            (throw_ref (local.get $e)))
          (unreachable))
        (local.set $e) (drop) (drop)
        (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 4))))
      (block $caught (result (ref null $box) (ref null $box))
        (try_table (catch $two $caught) (throw_ref (local.get $e)))
        (unreachable))
      (call $sum))"},
    {"exceptions of the host", R"((call $new (i64.const 1))
      (block $caught (result (ref null $box) (ref null $box))
        (try_table (catch $two $caught)
          (call $host_throws (call $new (i64.const 10)) (call $new (i64.const 100))))
        (unreachable))
      (call $sum))"},
    {"exceptions around a loop", R"((call $new (i64.const 1))
      (loop $again (result (ref null $box) (ref null $box))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (try_table (catch_all $again)
          (if (i32.lt_u (local.get $i) (i32.const 4)) (then (call $thrower (call $new (i64.const 7))))))
        (call $new (i64.const 10)) (call $new (i64.const 100)))
      (call $sum))"},
    {"new objects", R"((call $new (i64.const 1))
      (local.set $p (struct.new $pair (call $new (i64.const 10)) (call $new (i64.const 100))))
      (struct.get $pair 0 (local.get $p)) (call $spin) (struct.get $pair 1 (local.get $p))
      (call $sum))"},
    {"new arrays",
     R"((array.get $boxes (array.new $boxes (call $new (i64.const 1)) (i32.const 3)) (i32.const 2))
      (local.set $q (array.new_fixed $boxes 2 (call $new (i64.const 10)) (call $new (i64.const 100))))
      (array.get $boxes (local.get $q) (i32.const 0)) (call $spin)
      (array.get $boxes (local.get $q) (i32.const 1))
      (call $sum))"},
    {"globals and tables", R"((global.set $g (call $new (i64.const 1)))
      (table.set $t (i32.const 1) (call $new (i64.const 10)))
      (drop (table.grow $t (call $new (i64.const 100)) (i32.const 1)))
      (call $spin)
      (global.get $g) (table.get $t (i32.const 1))
      (table.get $t (i32.sub (table.size $t) (i32.const 1)))
      (call $sum))"},
};
constexpr std::string_view prelude = R"((module
  (type $box (struct (field i64)))
  (type $pair (struct (field (ref null $box)) (field (ref null $box))))
  (type $boxes (array (mut (ref null $box))))
  (type $three_to_one (func (param (ref null $box) (ref null $box) (ref null $box)) (result i64)))
  (import "host" "both" (func $host (param i32 externref externref) (result externref externref)))
  (import "host" "tag" (tag $outside (param externref externref)))
  (import "host" "throws" (func $throws (param externref externref)))
  (tag $two (param (ref null $box) (ref null $box)))
  (global $g (mut (ref null $box)) (ref.null $box))
  (table $t 2 (ref null $box))
  (table $f funcref (elem $sum))
  (func $new (param i64) (result (ref $box)) (struct.new $box (local.get 0)))
  (func $one (result i32) (i32.const 1))
  (func $zero (result i32) (i32.const 0))
  (func $get (param (ref null $box)) (result i64) (struct.get $box 0 (local.get 0)))
  (func $spin (local $i i32)
    (loop $l (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 4)))))
  (func $sum (type $three_to_one)
    (i64.add (i64.add (call $get (local.get 0)) (call $get (local.get 1))) (call $get (local.get 2))))
  (func $three (param i64) (result (ref null $box) (ref null $box) (ref null $box))
    (call $new (i64.const 1)) (call $new (i64.const 10)) (call $new (i64.const 100)) (call $spin))
  (func $swap (param $n i64) (param $a (ref null $box)) (param $x f64)
              (param $b (ref null $box)) (param $c (ref null $box))
    (result i64 (ref null $box) (ref null $box) (ref null $box) f64)
    (local.get $n) (local.get $c) (local.get $b) (local.get $a) (local.get $x))
  (func $tail (param i64 (ref null $box) i64 (ref null $box) (ref null $box))
              (result i64 i64 i64 i64)
    (local $i i64)
    (if (i64.eqz (local.get 0))
      (then (return (i64.const 1)
        (call $sum (local.get 1) (local.get 3) (local.get 4)) (i64.const 2) (i64.const 3))))
    (return_call $tail (i64.sub (local.get 0) (i64.const 1)) (local.get 4) (i64.const 0x7777777777777)
      (local.get 1) (local.get 3)))
  (func $both (param i32 (ref null $box) (ref null $box)) (result (ref null $box) (ref null $box))
    (local $b externref)
    (call $host (local.get 0) (extern.convert_any (local.get 1)) (extern.convert_any (local.get 2)))
    (local.set $b)
    (ref.cast (ref null $box) (any.convert_extern))
    (ref.cast (ref null $box) (any.convert_extern (local.get $b))))
  (func $thrower (param (ref null $box))
    (call $spin)
    (throw $two (local.get 0) (call $new (i64.const 100))))
)";

class Roots : public testing::EachMode {};

TEST_P(Roots, AreFoundWhereverAnExecutionStands) {
  Settings with_stress = settings(true);
  with_stress.gc_stress = true;
  Engine engine(with_stress);
  for (const Place& place : places) {
    Store store(engine);
    store.set_fuel(1'000'000'000);
    Linker linker(engine);
    const Tag tag = store.new_tag({.params = {wasm::externref, wasm::externref}, .results = {}});
    linker.define("host", "tag", tag);
    linker.define("host", "both",
                  {.params = {wasm::i32, wasm::externref, wasm::externref},
                   .results = {wasm::externref, wasm::externref}},
                  [](void*, Caller& caller, uint64_t* slots) {
                    caller.store().collect_garbage();
                    slots[0] = slots[1];
                    slots[1] = slots[2];
                    return HostStatus::ok;
                  });
    linker.define(
        "host", "throws", {.params = {wasm::externref, wasm::externref}, .results = {}},
        [](void* of, Caller& caller, uint64_t* slots) {
          const Value payload[] = {Value(Ref{slots[0]}, wasm::externref),
                                   Value(Ref{slots[1]}, wasm::externref)};
          return caller.throw_exception(*static_cast<const Tag*>(of), payload);
        },
        std::make_shared<Tag>(tag));
    const auto module = engine.load_text(fmt::format(R"({}
      (func $host_tail (param i32 (ref null $box) (ref null $box))
                       (result (ref null $box) (ref null $box))
        (return_call $both (local.get 0) (local.get 1) (local.get 2)))
      (func $host_throws (param (ref null $box) (ref null $box)) (local $b externref)
        (block $b (result externref externref)
          (try_table (catch $outside $b)
            (call $throws (extern.convert_any (local.get 0)) (extern.convert_any (local.get 1))))
          (unreachable))
        (local.set $b)
        (throw $two (ref.cast (ref null $box) (any.convert_extern))
                    (ref.cast (ref null $box) (any.convert_extern (local.get $b)))))
      (func (export "churn") (local $i i32)
        (loop $l (drop (struct.new $box (i64.const 0x5a5a5a5a5a5a5a5a)))
          (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))
                              (i32.const 40)))))
      (func (export "run") (result i64) (local $i i32) (local $r i64) (local $any anyref)
        (local $a (ref null $box)) (local $b (ref null $box)) (local $c (ref null $box))
        (local $p (ref null $pair)) (local $q (ref null $boxes)) (local $e exnref)
        {})))",
                                                     prelude, place.body));
    if (!module) {
      ADD_FAILURE() << place.name << ": " << module.error().to_string();
      continue;
    }
    const Instance instance = must(linker.instantiate(store, *module));
    const Func churn = instance.func("churn");
    for (const bool interrupts : {false, true}) {
      Execution execution = testing::start(store, instance, "run");
      State state = State::ready;
      int stops = 0;
      while (state != State::returned && state != State::trapped) {
        if (interrupts) store.interrupt();
        state = execution.resume(interrupts ? UINT64_MAX : 0);
        store.clear_interrupt();
        ++stops;
        if (interrupts && state == State::interrupted) {
          // Get on to the next place where it can be stopped.
          state = execution.resume(1);
        }
        store.collect_garbage();
        ASSERT_TRUE(churn.call(store, {})) << place.name;
      }
      ASSERT_EQ(state, State::returned)
          << place.name << ": " << (state == State::trapped ? execution.error().message : "");
      EXPECT_EQ(execution.results()[0].i64(), 111u) << place.name;
      EXPECT_GT(stops, 3) << place.name;
    }
  }
}

/// Results stay alive as long as the execution that has them, and so do a completion's.
TEST_P(Roots, IncludeResultsAndCompletions) {
  Engine engine(settings());
  Store store(engine);
  Linker linker(engine);
  std::shared_ptr<Completion> completion;
  linker.define(
      "host", "wait", {.params = {}, .results = {wasm::externref}},
      [](void* to, Caller& caller, uint64_t*) {
        *static_cast<std::shared_ptr<Completion>*>(to) = caller.suspend();
        return HostStatus::pending;
      },
      std::shared_ptr<void>(&completion, [](void*) {}));
  struct Counted final : HostObject {
    explicit Counted(int& of) : alive(of) { ++alive; }
    ~Counted() override { --alive; }
    int& alive;
  };
  int alive = 0;
  const Instance instance = must(linker.instantiate(store, testing::load(engine, R"((module
    (import "host" "wait" (func $wait (result externref)))
    (func (export "run") (result i32 externref) (i32.const 1) (call $wait))))")));
  {
    Execution execution = testing::start(store, instance, "run");
    ASSERT_EQ(execution.resume(), State::waiting);
    completion->complete(
        {Value(store.new_extern(std::make_unique<Counted>(alive)), wasm::externref)});
    store.collect_garbage();
    EXPECT_EQ(alive, 1) << "in the completion";
    ASSERT_EQ(execution.resume(), State::returned);
    store.collect_garbage();
    EXPECT_EQ(alive, 1) << "in the results";
    EXPECT_NE(store.host_object(execution.results()[1].ref()), nullptr);
  }
  store.collect_garbage();
  EXPECT_EQ(alive, 0);
}

/// Nulls are constants until they pass a label or `select`; then they need room, like any
/// reference.
TEST_P(Roots, HaveRoomForNulls) {
  Engine engine(settings());
  Store store(engine);
  const Instance instance = must(store.instantiate(testing::load(engine, R"((module
    (func (export "label") (result i32)
      (i32.const 5)
      (block (result externref) (br 0 (ref.null extern)))
      (ref.is_null) (i32.add))
    (func (export "select") (param i32) (result i32)
      (i32.const 5)
      (select (result externref) (ref.null extern) (ref.null extern) (local.get 0))
      (ref.is_null) (i32.add))))"),
                                                   {}));
  EXPECT_EQ(must(instance.func("label").call(store, {}))[0].i32(), 6);
  EXPECT_EQ(must(instance.func("select").call(store, std::array{Value(1)}))[0].i32(), 6);
}

/// What a branch back gives a loop is found, wherever the operands before it were.
TEST_P(Roots, IncludeParametersOfLoops) {
  Engine engine(settings());
  Store store(engine);
  Linker linker(engine);
  struct Counted final : HostObject {
    explicit Counted(int& of) : alive(of) { ++alive; }
    ~Counted() override { --alive; }
    int& alive;
  };
  int alive = 0;
  linker.define(
      "host", "make", {.params = {}, .results = {wasm::externref}},
      [](void* of, Caller& caller, uint64_t* slots) {
        slots[0] =
            caller.store().new_extern(std::make_unique<Counted>(*static_cast<int*>(of))).bits;
        return HostStatus::ok;
      },
      std::shared_ptr<void>(&alive, [](void*) {}));
  linker.define("host", "collect", {.params = {}, .results = {}},
                [](void*, Caller& caller, uint64_t*) {
                  caller.store().collect_garbage();
                  return HostStatus::ok;
                });
  const Instance instance = must(linker.instantiate(store, testing::load(engine, R"((module
    (import "host" "make" (func $make (result externref)))
    (import "host" "collect" (func $collect))
    (global $null externref (ref.null extern))
    (func (export "run") (param $n i32) (result externref) (local $r externref)
      (ref.null extern)
      (loop $l (param externref) (result externref)
        (local.set $r (ref.null extern))
        (call $collect)
        (br_if 1 (i32.eqz (local.get $n)))
        (drop)
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (local.set $r (call $make))
        (drop (global.get $null))
        (local.get $r)
        (br $l)))))")));
  for (int rounds = 1; rounds <= 3; ++rounds) {
    const std::vector<Value> results =
        must(instance.func("run").call(store, std::array{Value(rounds)}));
    EXPECT_EQ(alive, 1) << rounds;
    EXPECT_NE(store.host_object(results[0].ref()), nullptr);
    store.collect_garbage();
    EXPECT_EQ(alive, 0);
  }
}

CAIRN_EACH_MODE(Roots);

}  // namespace
}  // namespace cairn::engine
