// Threads that are held, because one without `async` waits for the host: for fuel, or for what the
// host does. Nobody who has called them goes on, and everybody does in the end.

#include <gtest/gtest.h>
#include <cairn/component/linker.hpp>
#include <cairn/component/pending_call.hpp>

#include "runtime/state.hpp"

namespace cairn::component {
namespace {

class Held : public testing::Test {
 protected:
  Held() : engine_({.fuel = true}), store_(engine_), linker_(engine_) {}

  Result<Instance> instantiate(std::string_view text) {
    store_.core().set_fuel(100'000);
    return linker_.instantiate(store_, TRY(Component::load_text(engine_, text)));
  }
  /// Runs a function with so much fuel at a time; its result.
  Result<Value> run_in_slices(const Func& func, uint64_t fuel, std::vector<Value> args = {}) {
    store_.core().set_fuel(fuel);
    PendingCall call = TRY(PendingCall::start(store_, func, std::move(args)));
    Result<std::vector<Value>> done = call.wait(store_);
    for (int i = 0; i < 10'000 && !done && done.error().message == "out of fuel"; ++i) {
      store_.core().set_fuel(fuel);
      done = call.wait(store_);
    }
    return TRY(std::move(done)).front();
  }

  engine::Engine engine_;
  Store store_;
  ComponentLinker linker_;
};

/// `f` calls `g` of another instance, which goes `n` rounds, calls the host and goes `n` rounds.
constexpr std::string_view calls_host = R"((component
  (import "host" (func $host))
  (component $G
    (import "host" (func $host))
    (core func $host' (canon lower (func $host)))
    (core module $M (import "" "host" (func $host))
      (func $spin (param i32)
        (loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
      (func (export "g") (param i32) (result i32)
        (call $spin (local.get 0)) (call $host) (call $spin (local.get 0)) (i32.const 7)))
    (core instance $m (instantiate $M (with "" (instance (export "host" (func $host'))))))
    (func (export "g") (param "n" u32) (result u32) (canon lift (core func $m "g"))))
  (instance $g (instantiate $G (with "host" (func $host))))
  (core func $g' (canon lower (func $g "g")))
  (core module $M (import "" "g" (func $g (param i32) (result i32)))
    (func (export "f") (param i32) (result i32)
      (i32.add (call $g (local.get 0)) (i32.const 1))))
  (core instance $m (instantiate $M (with "" (instance (export "g" (func $g'))))))
  (func (export "f") (param "n" u32) (result u32) (canon lift (core func $m "f")))))";

constexpr std::string_view forever = R"((component
  (core module $M (func (export "forever") (loop $l (br $l))))
  (core instance $m (instantiate $M))
  (func (export "forever") (canon lift (core func $m "forever")))))";

TEST_F(Held, StayWhenACallWithinAHostFunctionEnds) {
  int failed = 0;
  Instance other;
  linker_.root().func("host", HostFunction([&](HostCall&) -> Result<std::optional<Value>> {
                        const auto ended = other.func("forever").call(store_, {});
                        if (!ended && ended.error().message == "out of fuel") ++failed;
                        return std::nullopt;
                      }));
  for (const uint32_t rounds : {1u, 100u}) {  // what is held when the host is called: nobody, `f`
    other = instantiate(forever).value();
    const Instance instance = instantiate(calls_host).value();
    const auto result = run_in_slices(instance.func("f"), 200, {Value::number(uint64_t{rounds})});
    ASSERT_TRUE(result) << result.error().to_string();
    EXPECT_EQ(*result, Value::number(uint64_t{8}));
  }
  EXPECT_EQ(failed, 2);
}

TEST_F(Held, DoNotStopThoseThatWaitForThreadsOfAnInstance) {
  const auto instance = instantiate(R"((component
    (component $C
      (core func $yield (canon thread.yield))
      (core module $M (import "" "yield" (func $yield (result i32)))
        (func $spin (local i32) (local.set 0 (i32.const 30))
          (loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
        (func (export "c") (result i32)
          (call $spin) (drop (call $yield)) (call $spin) (drop (call $yield)) (i32.const 3)))
      (core instance $m (instantiate $M (with "" (instance (export "yield" (func $yield))))))
      (func (export "c") (result u32) (canon lift (core func $m "c"))))
    (component $A
      (import "c" (func $c (result u32)))
      (core func $c' (canon lower (func $c)))
      (core module $M (import "" "c" (func $c (result i32)))
        (func (export "a") (result i32) (local i32) (local.set 0 (i32.const 100))
          (loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
          (i32.add (call $c) (i32.const 1))))
      (core instance $m (instantiate $M (with "" (instance (export "c" (func $c'))))))
      (func (export "a") (result u32) (canon lift (core func $m "a"))))
    (instance $c (instantiate $C))
    (instance $a (instantiate $A (with "c" (func $c "c"))))
    (core func $a' (canon lower (func $a "a")))
    (core module $M (import "" "a" (func $a (result i32)))
      (func (export "b") (result i32) (i32.add (call $a) (i32.const 1))))
    (core instance $m (instantiate $M (with "" (instance (export "a" (func $a'))))))
    (func (export "b") (result u32) (canon lift (core func $m "b")))))");
  ASSERT_TRUE(instance) << instance.error().to_string();
  for (const uint64_t fuel : {40u, 77u, 150u, 350u, 100'000u}) {
    const auto result = run_in_slices(instance->func("b"), fuel);
    ASSERT_TRUE(result) << fuel << ": " << result.error().to_string();
    EXPECT_EQ(*result, Value::number(uint64_t{5}));
  }
}

/// `t` waits for its turn and lets a thread of another task run, which runs out of fuel.
TEST_F(Held, LetThoseGoOnThatHaveLetThemRun) {
  const auto instance = instantiate(R"((component
    (component $C
      (core func $yield (canon thread.yield))
      (core func $return (canon task.return))
      (core module $M
        (import "" "yield" (func $yield (result i32)))
        (import "" "return" (func $return))
        (func (export "u") (local i32)
          (drop (call $yield))
          (local.set 0 (i32.const 300))
          (loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
          (call $return))
        (func (export "t") (result i32) (drop (call $yield)) (i32.const 3)))
      (core instance $m (instantiate $M (with "" (instance
        (export "yield" (func $yield)) (export "return" (func $return))))))
      (func (export "u") async (canon lift (core func $m "u") async))
      (func (export "t") (result u32) (canon lift (core func $m "t"))))
    (instance $c (instantiate $C))
    (core func $u (canon lower (func $c "u") async))
    (core func $t (canon lower (func $c "t")))
    (core module $M
      (import "" "u" (func $u (result i32)))
      (import "" "t" (func $t (result i32)))
      (func (export "f") (result i32)
        (if (i32.ne (i32.and (call $u) (i32.const 15)) (i32.const 1 (; started ;)))
          (then unreachable))
        (i32.add (call $t) (i32.const 1))))
    (core instance $m (instantiate $M (with "" (instance
      (export "u" (func $u)) (export "t" (func $t))))))
    (func (export "f") (result u32) (canon lift (core func $m "f")))))");
  ASSERT_TRUE(instance) << instance.error().to_string();
  for (const uint64_t fuel : {40u, 77u, 150u, 350u, 100'000u}) {
    const auto result = run_in_slices(instance->func("f"), fuel);
    ASSERT_TRUE(result) << fuel << ": " << result.error().to_string();
    EXPECT_EQ(*result, Value::number(uint64_t{4}));
  }
}

TEST_F(Held, AreWhoDropsAResourceUntilItsDestructorHasReturned) {
  const auto instance = instantiate(R"((component
    (core module $D (global $n (mut i32) (i32.const 0))
      (func (export "dtor") (param i32) (local.set 0 (i32.const 100))
        (loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (global.set $n (i32.const 1)))
      (func (export "count") (result i32) (global.get $n)))
    (core instance $d (instantiate $D))
    (type $r (resource (rep i32) (dtor (core func $d "dtor"))))
    (core func $new (canon resource.new $r))
    (core func $drop (canon resource.drop $r))
    (core module $M
      (import "" "new" (func $new (param i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (import "" "count" (func $count (result i32)))
      (func (export "f") (result i32) (call $drop (call $new (i32.const 5))) (call $count)))
    (core instance $m (instantiate $M (with "" (instance (export "new" (func $new))
      (export "drop" (func $drop)) (export "count" (func $d "count"))))))
    (func (export "f") (result u32) (canon lift (core func $m "f")))))");
  ASSERT_TRUE(instance) << instance.error().to_string();
  const auto result = run_in_slices(instance->func("f"), 50);
  ASSERT_TRUE(result) << result.error().to_string();
  EXPECT_EQ(*result, Value::number(uint64_t{1}));
}

TEST_F(Held, AreNotTheCalleesOfStartFunctions) {
  constexpr std::string_view starts = R"((component
    (component $C
      (core module $M (func (export "forever") (loop $l (br $l))))
      (core instance $m (instantiate $M))
      (func (export "forever") TYPE (canon lift (core func $m "forever"))))
    (instance $c (instantiate $C))
    (core func $forever (canon lower (func $c "forever") ASYNC))
    (core module $M (import "" "forever" (func $forever RESULT))
      (func $start (call $forever) DROP) (start $start))
    (core instance $m (instantiate $M (with "" (instance
      (export "forever" (func $forever))))))))";
  for (const bool is_async : {false, true}) {
    std::string text(starts);
    const auto set = [&](std::string_view name, std::string_view to) {
      text.replace(text.find(name), name.size(), is_async ? to : "");
    };
    set("TYPE", "async");
    set("ASYNC", "async");
    set("RESULT", "(result i32)");
    set("DROP", "(drop)");
    const auto instance = instantiate(text);
    ASSERT_FALSE(instance);
    EXPECT_EQ(instance.error().message, "out of fuel");
    EXPECT_EQ(instance.error().kind, ErrorKind::limit);
    EXPECT_TRUE(store_.state().held.empty());
  }
}

TEST_F(Held, AreNotEndedByStartFunctions) {
  const auto other = instantiate(forever).value();
  store_.core().set_fuel(100);
  auto held = PendingCall::start(store_, other.func("forever"), {});
  ASSERT_TRUE(held);
  EXPECT_EQ(store_.state().held.size(), 1u);
  const auto instance = instantiate(R"((component
    (component $C
      (core module $M (func (export "f")))
      (core instance $m (instantiate $M))
      (func (export "f") async (canon lift (core func $m "f"))))
    (instance $c (instantiate $C))
    (core func $f (canon lower (func $c "f") async))
    (core module $M (import "" "f" (func $f (result i32)))
      (func $start (drop (call $f))) (start $start))
    (core instance $m (instantiate $M (with "" (instance (export "f" (func $f))))))))");
  EXPECT_TRUE(instance) << instance.error().to_string();
  EXPECT_EQ(store_.state().held.size(), 1u);
}

TEST_F(Held, IsNoCallOfTheHostThatNobodyWaitsFor) {
  std::shared_ptr<HostCompletion> later;
  linker_.root().func("host", HostFunction([&](HostCall& call) -> Result<std::optional<Value>> {
                        later = call.suspend();
                        return std::nullopt;
                      }));
  const auto instance = instantiate(R"((component
    (import "host" (func $host))
    (core func $host' (canon lower (func $host)))
    (core module $M (import "" "host" (func $host)) (start $host))
    (core instance (instantiate $M (with "" (instance (export "host" (func $host'))))))))");
  ASSERT_FALSE(instance);
  EXPECT_EQ(instance.error().kind, ErrorKind::trap);
  EXPECT_EQ(store_.state().host_calls_pending, 0u);
  later->complete(std::nullopt);
  EXPECT_FALSE(store_.tick().value());
  EXPECT_EQ(store_.state().host_calls_pending, 0u);
}

TEST_F(Held, ACallThatHasFailedDoesNotBeginLater) {
  const auto instance = instantiate(R"((component
    (core func $inc (canon backpressure.inc))
    (core func $dec (canon backpressure.dec))
    (core module $M (func (export "f") (param i32)))
    (core instance $m (instantiate $M))
    (func (export "close") (canon lift (core func $inc)))
    (func (export "open") (canon lift (core func $dec)))
    (func (export "f") async (param "n" u32) (canon lift (core func $m "f")))))");
  ASSERT_TRUE(instance) << instance.error().to_string();
  ASSERT_TRUE(instance->func("close").call(store_, {}));
  const Value n = Value::number(uint64_t{1});
  EXPECT_FALSE(instance->func("f").call(store_, std::vector{n}));
  ASSERT_TRUE(instance->func("open").call(store_, {}));
  const Result<bool> ticked = store_.tick();
  ASSERT_TRUE(ticked) << ticked.error().to_string();
  EXPECT_FALSE(*ticked);
  EXPECT_TRUE(instance->func("f").call(store_, std::vector{n}));
}

TEST_F(Held, FuelOnCreditHasAnEnd) {
  const auto instance = instantiate(R"((component
    (component $C
      (core module $M (memory (export "mem") 10)
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local i32)
          (local.set 4 (i32.const 1000))
          (loop $l (br_if $l (local.tee 4 (i32.sub (local.get 4) (i32.const 1)))))
          (i32.const 0))
        (func (export "c") (param i32 i32) (result i32) (local.get 1)))
      (core instance $m (instantiate $M))
      (func (export "c") (param "s" (list string)) (result u32)
        (canon lift (core func $m "c") (memory (core memory $m "mem"))
          (realloc (core func $m "realloc")))))
    (instance $c (instantiate $C))
    (core module $Memory (memory (export "mem") 10))
    (core instance $memory (instantiate $Memory))
    (core func $c' (canon lower (func $c "c") (memory (core memory $memory "mem"))))
    (core module $M (import "" "c" (func $c (param i32 i32) (result i32)))
      (func (export "f") (param i32) (result i32) (call $c (i32.const 0) (local.get 0))))
    (core instance $m (instantiate $M (with "" (instance (export "c" (func $c'))))))
    (func (export "f") (param "n" u32) (result u32) (canon lift (core func $m "f")))))");
  ASSERT_TRUE(instance) << instance.error().to_string();
  const auto few = run_in_slices(instance->func("f"), 500, {Value::number(uint64_t{100})});
  ASSERT_TRUE(few) << few.error().to_string();
  EXPECT_EQ(*few, Value::number(uint64_t{100}));
  store_.core().set_fuel(500);
  const auto many =
      PendingCall::start(store_, instance->func("f"), {Value::number(uint64_t{50'000})});
  ASSERT_FALSE(many);
  EXPECT_EQ(many.error().message, "out of fuel");
}

}  // namespace
}  // namespace cairn::component
