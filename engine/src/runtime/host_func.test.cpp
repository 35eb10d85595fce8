#include <cairn/engine/execution.hpp>
#include <thread>

#include "runtime/testing.hpp"

namespace cairn::engine {
namespace {

using testing::error_of;
using testing::load;
using testing::must;

class HostFunctions : public ::testing::Test {
 protected:
  Instance instantiate(std::string_view text) {
    return must(linker_.instantiate(store_, load(engine_, text)));
  }

  int alive_ = 0;  ///< outlives the store, which destroys what is counted
  Engine engine_;
  Store store_{engine_};
  Linker linker_{engine_};
};

TEST_F(HostFunctions, TypedArgumentsAndResults) {
  linker_.func("h", "all",
               [](Caller&, int32_t a, uint32_t b, int64_t c, uint64_t d, float e, double f, V128 g,
                  Ref h) -> double {
                 EXPECT_TRUE(h.is_null());
                 const double lanes = static_cast<double>(g.as<I32x4>()[3]);
                 return a + b + static_cast<double>(c) + static_cast<double>(d) + e + f + lanes;
               });
  linker_.func("h", "vector", [](Caller&, V128 v) { return V128(v.as<I32x4>() + 1); });
  linker_.func("h", "negative", [](Caller&) { return -5; });
  linker_.func("h", "half", [](Caller&, float v) { return v / 2; });
  const Instance instance = instantiate(R"((module
    (import "h" "all" (func $all (param i32 i32 i64 i64 f32 f64 v128 externref) (result f64)))
    (import "h" "vector" (func $vector (param v128) (result v128)))
    (import "h" "negative" (func $negative (result i32)))
    (import "h" "half" (func $half (param f32) (result f32)))
    (func (export "all") (result f64)
      (call $all (i32.const -1) (i32.const 2) (i64.const -30) (i64.const 40) (f32.const 0.5)
        (f64.const 0.25) (v128.const i32x4 0 0 0 7) (ref.null extern)))
    (func (export "vector") (result i32)
      (i32x4.extract_lane 2 (call $vector (v128.const i32x4 1 2 3 4))))
    (func (export "extended") (result i64) (i64.extend_i32_s (call $negative)))
    (export "half" (func $half))))");
  EXPECT_EQ(must(instance.func("all").invoke<double>(store_)), 18.75);
  EXPECT_EQ(must(instance.func("vector").invoke<int32_t>(store_)), 4);
  EXPECT_EQ(must(instance.func("extended").invoke<int64_t>(store_)), -5);
  EXPECT_EQ(must(instance.func("half").invoke<float>(store_, 3.0f)), 1.5f);
  EXPECT_EQ(error_of(instance.func("half").invoke<double>(store_, 3.0f)).kind, ErrorKind::usage);
  EXPECT_EQ(error_of(instance.func("half").invoke<float>(store_)).kind, ErrorKind::usage);
  EXPECT_EQ(error_of(Func().invoke<float>(store_)).kind, ErrorKind::usage);
  EXPECT_EQ(error_of(instance.func("half").call(store_, {})).kind, ErrorKind::usage);
}

TEST_F(HostFunctions, ErrorsAndTrapsEndTheCall) {
  linker_.func("h", "fail", [](Caller&, int32_t a) -> Result<int32_t> {
    if (a == 0) return fail(ErrorKind::denied, "not zero");
    return a + 1;
  });
  linker_.func("h", "trap", [](Caller& caller) { return caller.trap(Trap::unreachable); });
  const Instance instance = instantiate(R"((module
    (import "h" "fail" (func $fail (param i32) (result i32))) (import "h" "trap" (func $trap))
    (func (export "fail") (param i32) (result i32) (call $fail (local.get 0)))
    (func (export "trap") (call $trap))))");
  EXPECT_EQ(must(instance.func("fail").invoke<int32_t>(store_, 1)), 2);
  const Error error = error_of(instance.func("fail").invoke<int32_t>(store_, 0));
  EXPECT_EQ(error.kind, ErrorKind::denied);
  EXPECT_EQ(error.message, "not zero");
  EXPECT_EQ(error_of(instance.func("trap").invoke(store_)).kind, ErrorKind::trap);
  EXPECT_EQ(store_.last_trap().trap, Trap::unreachable);
  EXPECT_EQ(must(instance.func("fail").invoke<int32_t>(store_, 5)), 6);
}

TEST_F(HostFunctions, ValuesAreChecked) {
  linker_.define("h", "swap", {{wasm::i32, wasm::v128}, {wasm::v128, wasm::i32}},
                 [](Caller&, std::span<const Value> args) -> Result<std::vector<Value>> {
                   return std::vector<Value>{args[1], args[0]};
                 });
  linker_.define("h", "wrong", {{}, {wasm::i32}},
                 [](Caller&, std::span<const Value>) -> Result<std::vector<Value>> {
                   return std::vector<Value>{Value(1.0)};
                 });
  linker_.define("h", "few", {{}, {wasm::i32}},
                 [](Caller&, std::span<const Value>) -> Result<std::vector<Value>> {
                   return std::vector<Value>{};
                 });
  const Instance instance = instantiate(R"((module
    (import "h" "swap" (func $swap (param i32 v128) (result v128 i32)))
    (import "h" "wrong" (func $wrong (result i32))) (import "h" "few" (func $few (result i32)))
    (func (export "swap") (result v128 i32) (call $swap (i32.const 9) (v128.const i64x2 1 2)))
    (func (export "wrong") (result i32) (call $wrong))
    (func (export "few") (result i32) (call $few))))");
  const auto results = must(instance.func("swap").call(store_, {}));
  EXPECT_EQ(results[0].v128(), V128(U64x2{1, 2}));
  EXPECT_EQ(results[1].i32(), 9u);
  EXPECT_EQ(error_of(instance.func("wrong").invoke<int32_t>(store_)).kind, ErrorKind::usage);
  EXPECT_EQ(error_of(instance.func("few").invoke<int32_t>(store_)).kind, ErrorKind::usage);
}

TEST_F(HostFunctions, SeeTheirCaller) {
  int data = 7;
  store_.user_data = &data;
  linker_.func("h", "peek", [](Caller& caller, uint32_t at) -> int32_t {
    EXPECT_EQ(*static_cast<int*>(caller.store().user_data), 7);
    EXPECT_TRUE(caller.instance().func("peek"));
    return caller.memory().bytes()[at];
  });
  linker_.func("h", "again", [](Caller& caller, int32_t n) -> Result<int32_t> {
    return n == 0 ? Result<int32_t>(0)
                  : caller.instance().func("again").invoke<int32_t>(caller.store(), n - 1);
  });
  const Instance instance = instantiate(R"((module
    (import "h" "peek" (func $peek (param i32) (result i32)))
    (import "h" "again" (func $again (param i32) (result i32)))
    (memory 1) (memory (export "memory") 1) (data (memory 1) (i32.const 3) "x")
    (func (export "peek") (result i32) (call $peek (i32.const 3)))
    (func (export "again") (param i32) (result i32)
      (i32.add (i32.const 1) (call $again (local.get 0))))))");
  EXPECT_EQ(must(instance.func("peek").invoke<int32_t>(store_)), 'x');
  EXPECT_EQ(must(instance.func("again").invoke<int32_t>(store_, 50)), 51);
  // Nesting through the host ends in a trap, not in the native stack's overflow.
  EXPECT_EQ(error_of(instance.func("again").invoke<int32_t>(store_, 1'000'000)).message,
            "call stack exhausted");
  EXPECT_EQ(must(instance.func("again").invoke<int32_t>(store_, 1)), 2);
}

TEST_F(HostFunctions, ThrowAndAreCaught) {
  const Tag tag = store_.new_tag({{wasm::i32, wasm::externref}, {}});
  linker_.define("h", "tag", tag);
  linker_.func("h", "throw", [tag](Caller& caller, int32_t value) {
    const Value payload[] = {Value(value), Value(Ref{}, wasm::externref)};
    return caller.throw_exception(tag, payload);
  });
  const Instance instance = instantiate(R"((module
    (import "h" "tag" (tag $tag (param i32 externref)))
    (import "h" "throw" (func $throw (param i32)))
    (func (export "catch") (param i32) (result i32)
      (block $caught (result i32 externref)
        (try_table (catch $tag $caught) (call $throw (local.get 0)))
        (return (i32.const -1)))
      (drop))
    (export "throw" (func $throw))))");
  EXPECT_EQ(must(instance.func("catch").invoke<int32_t>(store_, 5)), 5);
  EXPECT_EQ(error_of(instance.func("throw").invoke(store_, 6)).kind, ErrorKind::exception);
  ASSERT_EQ(store_.last_exception().size(), 2u);
  EXPECT_EQ(store_.last_exception()[0].i32(), 6u);
  EXPECT_EQ(store_.last_exception_tag().inst(), tag.inst());
}

TEST_F(HostFunctions, MaySuspend) {
  std::shared_ptr<Completion> completion;
  linker_.define(
      "h", "slow", {{wasm::i32}, {wasm::i32}},
      [](void* env, Caller& caller, uint64_t*) {
        *static_cast<std::shared_ptr<Completion>*>(env) = caller.suspend();
        return HostStatus::pending;
      },
      std::shared_ptr<void>(&completion, [](void*) {}));
  const Instance instance = instantiate(R"((module
    (import "h" "slow" (func $slow (param i32) (result i32)))
    (func (export "f") (result i32) (i32.add (call $slow (i32.const 1)) (i32.const 100)))))");
  Execution execution = must(Execution::start(store_, instance.func("f"), {}));
  EXPECT_EQ(execution.resume(), Execution::State::waiting);
  EXPECT_EQ(execution.resume(), Execution::State::waiting);
  std::thread other([&] { completion->complete({Value(23)}); });
  execution.wait();
  EXPECT_EQ(execution.resume(), Execution::State::returned);
  EXPECT_EQ(execution.results()[0].i32(), 123u);
  other.join();
  {
    Execution dropped = must(Execution::start(store_, instance.func("f"), {}));
    EXPECT_EQ(dropped.resume(), Execution::State::waiting);
  }
  completion->complete({Value(1)});  // nobody is there any more
}

TEST_F(HostFunctions, StartFunctionsRun) {
  int calls = 0;
  linker_.func("h", "start", [&calls](Caller&) { ++calls; });
  instantiate("(module (import \"h\" \"start\" (func $start)) (start $start))");
  instantiate(
      "(module (import \"h\" \"start\" (func $start)) (func $go (call $start)) (start $go))");
  EXPECT_EQ(calls, 2);
  const Module trapping = load(engine_, "(module (func $go (unreachable)) (start $go))");
  EXPECT_EQ(error_of(linker_.instantiate(store_, trapping)).message, "unreachable");
  EXPECT_EQ(store_.last_trap().trap, Trap::unreachable);
}

TEST_F(HostFunctions, ObjectsOfTheHostAreReleased) {
  struct Object final : HostObject {
    explicit Object(int& count) : alive(count) { ++alive; }
    ~Object() override { --alive; }
    int& alive;
  };
  linker_.func("h", "make", [this](Caller& caller) {
    return caller.store().new_extern(std::make_unique<Object>(alive_));
  });
  const Instance instance = instantiate(R"((module
    (import "h" "make" (func $make (result externref))) (table $kept 1 externref)
    (func (export "f") (local $i i32)
      (table.set $kept (i32.const 0) (call $make))
      (loop $again
        (drop (call $make))
        (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))
          (i32.const 100)))))))");
  must(instance.func("f").invoke(store_));
  store_.collect_garbage();
  EXPECT_EQ(alive_, 1);
}

TEST(StoreLimitsInCode, GrowthFailsAndCallsEnd) {
  Engine engine({.fuel = true});
  Store store(engine,
              {.memory_bytes_max = 3 << 16, .table_elements_max = 10, .call_depth_max = 100});
  store.set_fuel(100'000);
  const Instance instance = testing::instantiate(store, R"((module
    (memory 1) (table 1 funcref)
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "grow_table") (param i32) (result i32) (table.grow (ref.null func) (local.get 0)))
    (func $deep (export "deep") (param i32) (result i32)
      (if (result i32) (local.get 0)
        (then (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)))))
        (else (i32.const 0))))
    (func (export "forever") (loop (br 0)))))");
  EXPECT_EQ(must(instance.func("grow").invoke<int32_t>(store, 3)), -1);
  EXPECT_EQ(must(instance.func("grow").invoke<int32_t>(store, 2)), 1);
  EXPECT_EQ(must(instance.func("grow").invoke<int32_t>(store, 1)), -1);
  EXPECT_EQ(must(instance.func("grow_table").invoke<int32_t>(store, 10)), -1);
  EXPECT_EQ(must(instance.func("grow_table").invoke<int32_t>(store, 9)), 1);
  EXPECT_EQ(must(instance.func("deep").invoke<int32_t>(store, 90)), 90);
  EXPECT_EQ(error_of(instance.func("deep").invoke<int32_t>(store, 110)).message,
            "call stack exhausted");
  const Error error = error_of(instance.func("forever").invoke(store));
  EXPECT_EQ(error.kind, ErrorKind::limit);
  EXPECT_EQ(error.message, "out of fuel");
  store.set_fuel(1000);
  EXPECT_EQ(must(instance.func("deep").invoke<int32_t>(store, 3)), 3);
}

TEST(Interruption, EndsLoopsAndWaits) {
  Engine engine;
  Store store(engine);
  const Instance instance = testing::instantiate(store, R"((module
    (memory 1 1 shared)
    (func (export "forever") (loop (br 0)))
    (func (export "wait") (loop
      (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))) (br 0)))))");
  for (const char* name : {"forever", "wait"}) {
    std::thread other([&] {
      // Time for the loop or the wait to begin; the test holds without it, too.
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      store.interrupt();
    });
    const Error error = error_of(instance.func(name).invoke(store));
    EXPECT_EQ(error.kind, ErrorKind::limit);
    EXPECT_EQ(error.message, "interrupted");
    other.join();
    store.clear_interrupt();
  }
}

TEST(Collection, FramesAreRoots) {
  Engine engine({.gc_stress = true});
  Store store(engine);
  const Instance instance = testing::instantiate(store, R"((module
    (type $list (struct (field i32) (field (ref null $list))))
    (func $make (param i32) (result (ref null $list))
      (if (result (ref null $list)) (local.get 0)
        (then (struct.new $list (local.get 0) (call $make (i32.sub (local.get 0) (i32.const 1)))))
        (else (ref.null $list))))
    (func (export "sum") (param i32) (result i32) (local $at (ref null $list)) (local $sum i32)
      (local.set $at (call $make (local.get 0)))
      (block $end
        (loop $again
          (br_if $end (ref.is_null (local.get $at)))
          (drop (struct.new_default $list))
          (local.set $sum (i32.add (local.get $sum) (struct.get $list 0 (local.get $at))))
          (local.set $at (struct.get $list 1 (local.get $at)))
          (br $again)))
      (local.get $sum))))");
  EXPECT_EQ(must(instance.func("sum").invoke<int32_t>(store, 200)), 20'100);
}

}  // namespace
}  // namespace cairn::engine
