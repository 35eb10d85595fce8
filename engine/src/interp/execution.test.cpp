#include <cairn/engine/execution.hpp>

#include "interp/testing.hpp"

namespace cairn::engine {
namespace {

using testing::must;
using State = Execution::State;

class Executions : public testing::EachMode {};

TEST_P(Executions, CheckTheirArguments) {
  Engine engine(settings());
  Store store(engine);
  const Instance instance = testing::instantiate(store, R"((module
    (func (export "f") (param i32 f64 externref) (result f64) (local.get 1))))");
  const Func func = instance.func("f");
  const Value null = testing::null_of(wasm::AbsHeapType::extern_);
  const std::vector<std::vector<Value>> wrong = {
      {}, {Value(1), Value(2.0)}, {Value(1), Value(2.0f), null}, {Value(1), Value(2.0), Value(3)}};
  for (const auto& args : wrong)
    EXPECT_EQ(testing::error_of(Execution::start(store, func, args)).kind, ErrorKind::usage);
  EXPECT_EQ(testing::error_of(Execution::start(store, Func(), {})).kind, ErrorKind::usage);
  EXPECT_EQ(testing::error_of(func.invoke<double>(store, 1, 2.0)).kind, ErrorKind::usage);
  EXPECT_EQ(testing::error_of(func.invoke<float>(store, 1, 2.0, Ref{})).kind, ErrorKind::usage);
  EXPECT_EQ(must(func.invoke<double>(store, 1, 2.0, Ref{})), 2.0);
}

TEST_P(Executions, PassEveryTypeBothWays) {
  Engine engine(settings());
  Store store(engine);
  const Instance instance = testing::instantiate(store, R"((module
    (func (export "i32") (param i32) (result i32) (local.get 0))
    (func (export "i64") (param i64) (result i64) (local.get 0))
    (func (export "f32") (param f32) (result f32) (local.get 0))
    (func (export "f64") (param f64) (result f64) (local.get 0))
    (func (export "v128") (param v128) (result v128) (local.get 0))
    (func (export "extern") (param externref) (result externref) (local.get 0))
    (func (export "all") (param i32 i64 f32 f64 v128 externref)
      (result externref v128 f64 f32 i64 i32)
      (local.get 5) (local.get 4) (local.get 3) (local.get 2) (local.get 1) (local.get 0))))");
  const auto same = [&]<class T>(std::string_view name, T value) {
    EXPECT_EQ(must(instance.func(name).invoke<T>(store, value)), value) << name;
  };
  same("i32", int32_t{-5});
  same("i32", uint32_t{0xfffffff0});
  same("i64", int64_t{-5});
  same("i64", uint64_t{1} << 63);
  same("f32", -0.5f);
  same("f64", 1e300);
  const Ref object = store.new_extern(std::make_unique<HostObject>());
  same("extern", object);
  V128 vector;
  for (int i = 0; i < 16; ++i) reinterpret_cast<uint8_t*>(&vector)[i] = static_cast<uint8_t>(i);
  const V128 back = must(instance.func("v128").invoke<V128>(store, vector));
  EXPECT_EQ((std::bit_cast<std::array<uint8_t, 16>>(back)),
            (std::bit_cast<std::array<uint8_t, 16>>(vector)));
  const Value args[] = {Value(1),   Value(int64_t{2}), Value(3.0f),
                        Value(4.0), Value(vector),     Value(object, wasm::externref)};
  const std::vector<Value> results = must(instance.func("all").call(store, args));
  ASSERT_EQ(results.size(), 6u);
  EXPECT_EQ(results[0].ref(), object);
  EXPECT_EQ(results[2].f64(), 4.0);
  EXPECT_EQ(results[3].f32(), 3.0f);
  EXPECT_EQ(results[4].i64(), 2u);
  EXPECT_EQ(results[5].i32(), 1u);
}

TEST_P(Executions, TakeTurns) {
  Engine engine(settings(true));
  Store store(engine);
  store.set_fuel(100'000'000);
  struct Turn {
    const testing::Program* program;
    Execution execution;
  };
  std::vector<Turn> turns;
  Linker linker(engine);
  testing::define_next(linker);
  for (int copy = 0; copy < 3; ++copy) {
    for (const testing::Program& program : testing::programs()) {
      const Instance instance =
          must(linker.instantiate(store, testing::load(engine, program.text)));
      turns.push_back(
          {&program, testing::start(store, instance, "run", {Value(program.argument)})});
    }
  }
  for (uint64_t round = 0; !turns.empty(); ++round) {
    for (size_t i = 0; i < turns.size(); ++i) {
      const State state = turns[i].execution.resume(10 + 37 * ((round + i) % 5));
      ASSERT_TRUE(state == State::returned || state == State::out_of_fuel);
      if (state != State::returned) continue;
      EXPECT_EQ(static_cast<int64_t>(turns[i].execution.results()[0].i64()),
                turns[i].program->result)
          << turns[i].program->name;
      turns[i] = std::move(turns.back());
      turns.pop_back();
    }
  }
}

TEST_P(Executions, AreDroppedAtAnyPoint) {
  Engine engine(settings(true));
  Linker linker(engine);
  linker.func("host", "next", [](Caller& caller, int64_t) -> int64_t {
    // Another execution of the store, stopped and dropped in the middle of this one.
    Execution inner =
        must(Execution::start(caller.store(), caller.instance().func("run"), std::array{Value(0)}));
    inner.resume(3);
    return 1;
  });
  for (const testing::Program& program : testing::programs()) {
    const Module module = testing::load(engine, program.text);
    for (uint64_t fuel = 0; fuel < 400; fuel += 1 + fuel / 8) {
      Store store(engine);
      store.set_fuel(fuel);
      const Instance instance = must(linker.instantiate(store, module));
      {
        const Execution never = testing::start(store, instance, "run", {Value(10)});
      }
      Execution stopped = testing::start(store, instance, "run", {Value(program.argument)});
      stopped.resume();
      Execution moved = std::move(stopped);
      moved = testing::start(store, instance, "run", {Value(1)});
      store.interrupt();
      moved.resume();
      if (fuel % 2 == 0) store.collect_garbage();
    }
  }
}

TEST_P(Executions, LeaveAUsableStoreBehind) {
  Engine engine(settings(true));
  Store store(engine, {.memory_bytes_max = 2 << 16,
                       .table_elements_max = 20,
                       .instances_max = 2,
                       .call_depth_max = 50,
                       .gc_heap_bytes_max = 1 << 18});
  Linker linker(engine);
  linker.func("host", "fail",
              [](Caller&) -> Result<void> { return fail(ErrorKind::io, "no disk"); });
  const Module module = testing::load(engine, R"((module
    (import "host" "fail" (func $fail))
    (type $a (array i64)) (type $l (struct (field (ref null $l)) (field i64)))
    (memory 1) (table 10 funcref) (tag $e)
    (func (export "fine") (result i32) (i32.add (memory.size) (i32.const 41)))
    (func (export "trap") (unreachable))
    (func (export "memory") (drop (i32.load (i32.const 65536))))
    (func $deep (export "deep") (call $deep))
    (func (export "throw") (throw $e))
    (func (export "host") (call $fail))
    (func (export "loop") (loop $l (br $l)))
    (func (export "array") (drop (array.new_default $a (i32.const 1000000))))
    (func (export "list") (local (ref null $l))
      (loop $l (local.set 0 (struct.new $l (local.get 0) (i64.const 1))) (br $l)))
    (func (export "grow memory") (result i32) (memory.grow (i32.const 2)))
    (func (export "grow table") (result i32) (table.grow (ref.null func) (i32.const 11)))))");
  const Instance instance = must(linker.instantiate(store, module));
  const struct {
    const char* name;
    ErrorKind kind;
    const char* message;
  } failures[] = {{"trap", ErrorKind::trap, "unreachable"},
                  {"memory", ErrorKind::trap, "out of bounds memory access"},
                  {"deep", ErrorKind::trap, "call stack exhausted"},
                  {"throw", ErrorKind::exception, "uncaught exception"},
                  {"host", ErrorKind::io, "no disk"},
                  {"loop", ErrorKind::limit, "out of fuel"},
                  {"array", ErrorKind::trap, "allocation size too large"},
                  {"list", ErrorKind::trap, "out of memory"}};
  for (int round = 0; round < 3; ++round) {
    for (const auto& failure : failures) {
      store.set_fuel(5'000'000);
      const auto error = instance.func(failure.name).call(store, {});
      ASSERT_FALSE(error) << failure.name;
      EXPECT_EQ(error.error().kind, failure.kind) << failure.name;
      EXPECT_EQ(error.error().message, failure.message) << failure.name;
      store.set_fuel(1000);
      EXPECT_EQ(must(instance.func("fine").invoke<int32_t>(store)), 42) << failure.name;
      for (const char* grow : {"grow memory", "grow table"})
        EXPECT_EQ(must(instance.func(grow).invoke<int32_t>(store)), -1) << grow;
    }
  }
  const Instance second = must(linker.instantiate(store, module));
  EXPECT_EQ(testing::error_of(linker.instantiate(store, module)).kind, ErrorKind::limit);
  EXPECT_EQ(must(second.func("fine").invoke<int32_t>(store)), 42);
}

TEST_P(Executions, NeedACallStack) {
  Engine engine(settings());
  Store store(engine, {.stack_bytes_max = uint64_t{1} << 60});
  const Instance instance = testing::instantiate(store, "(module (func (export \"f\")))");
  const Error error = testing::error_of(instance.func("f").call(store, {}));
  EXPECT_EQ(error.kind, ErrorKind::limit);
  EXPECT_EQ(error.message, "no memory for a call stack");
}

CAIRN_EACH_MODE(Executions);

}  // namespace
}  // namespace cairn::engine
