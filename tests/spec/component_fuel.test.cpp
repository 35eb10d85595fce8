// Components out of fuel, or interrupted, on every tier: a call that was started goes on where it
// stopped; one that the host waits in ends with an error.

#include <gtest/gtest.h>
#include <cairn/component/linker.hpp>
#include <cairn/component/pending_call.hpp>

#include <thread>

#include "tiers.hpp"

namespace cairn::component {
namespace {

/// `sum(n)` of the outer component adds what `step(i)` of the inner one gives for i below n;
/// `measure` does so with strings, which it has memory allocated for; `wait` is asynchronous, and
/// waits for a call of the inner one; `start` starts such calls, each of which has returned by
/// then: out of fuel a call just takes its time.
constexpr std::string_view text = R"((component
  (component $Inner
    (core module $M (memory (export "mem") 1)
      (func (export "step") (param i32) (result i32) (local i32)
        (local.set 1 (i32.const 10))
        (loop $l (br_if $l (local.tee 1 (i32.sub (local.get 1) (i32.const 1)))))
        (local.get 0))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local i32)
        (local.set 4 (i32.const 50))
        (loop $l (br_if $l (local.tee 4 (i32.sub (local.get 4) (i32.const 1)))))
        (i32.const 64))
      (func (export "length") (param i32 i32) (result i32) (local.get 1)))
    (core instance $m (instantiate $M))
    (func (export "step") (param "n" u32) (result u32) (canon lift (core func $m "step")))
    (func (export "length") (param "s" string) (result u32) (canon lift (core func $m "length")
      (memory (core memory $m "mem")) (realloc (core func $m "realloc"))))
    (func (export "astep") async (param "n" u32) (result u32)
      (canon lift (core func $m "step"))))
  (component $Outer
    (import "step" (func $step (param "n" u32) (result u32)))
    (import "length" (func $length (param "s" string) (result u32)))
    (import "astep" (func $astep async (param "n" u32) (result u32)))
    (core module $Memory (memory (export "mem") 1) (data (i32.const 0) "0123456789"))
    (core instance $memory (instantiate $Memory))
    (core func $step' (canon lower (func $step)))
    (core func $length' (canon lower (func $length) (memory (core memory $memory "mem"))))
    (core func $astep' (canon lower (func $astep)))
    (core func $start' (canon lower (func $astep) async (memory (core memory $memory "mem"))))
    (core module $M
      (import "" "step" (func $step (param i32) (result i32)))
      (import "" "length" (func $length (param i32 i32) (result i32)))
      (import "" "astep" (func $astep (param i32) (result i32)))
      (import "" "start" (func $start (param i32 i32) (result i32)))
      (import "" "mem" (memory 1))
      (func (export "sum") (param i32) (result i32) (local i32)
        (loop $l
          (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
          (local.set 1 (i32.add (local.get 1) (call $step (local.get 0))))
          (br_if $l (local.get 0)))
        (local.get 1))
      (func (export "measure") (param i32) (result i32) (local i32)
        (loop $l
          (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
          (local.set 1 (i32.add (local.get 1) (call $length (i32.const 0) (i32.const 7))))
          (br_if $l (local.get 0)))
        (local.get 1))
      (func (export "wait") (param i32) (result i32) (local i32)
        (loop $l
          (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
          (local.set 1 (i32.add (local.get 1) (call $astep (local.get 0))))
          (br_if $l (local.get 0)))
        (local.get 1))
      (func (export "start") (param i32) (result i32) (local i32)
        (loop $l
          (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
          (if (i32.ne (call $start (local.get 0) (i32.const 64)) (i32.const 2 (; returned ;)))
            (then (unreachable)))
          (local.set 1 (i32.add (local.get 1) (i32.load (i32.const 64))))
          (br_if $l (local.get 0)))
        (local.get 1))
      (func (export "forever") (loop $l (br $l))))
    (core instance $m (instantiate $M (with "" (instance (export "step" (func $step'))
      (export "length" (func $length')) (export "astep" (func $astep'))
      (export "start" (func $start')) (export "mem" (memory $memory "mem"))))))
    (func (export "sum") (param "n" u32) (result u32) (canon lift (core func $m "sum")))
    (func (export "measure") (param "n" u32) (result u32) (canon lift (core func $m "measure")))
    (func (export "wait") async (param "n" u32) (result u32) (canon lift (core func $m "wait")))
    (func (export "start") (param "n" u32) (result u32) (canon lift (core func $m "start")))
    (func (export "forever") (canon lift (core func $m "forever"))))
  (instance $i (instantiate $Inner))
  (instance $o (instantiate $Outer (with "step" (func $i "step"))
    (with "length" (func $i "length")) (with "astep" (func $i "astep"))))
  (func (export "sum") (alias export $o "sum"))
  (func (export "measure") (alias export $o "measure"))
  (func (export "wait") (alias export $o "wait"))
  (func (export "start") (alias export $o "start"))
  (func (export "forever") (alias export $o "forever"))))";

class ComponentFuel : public testing::TestWithParam<Mode> {
 protected:
  void SetUp() override {
    engine::Settings settings;
    if (!tiers_.use(GetParam(), settings)) GTEST_SKIP() << "built without the compiler; skipped";
    settings.fuel = true;
    engine_.emplace(settings);
    make();
  }
  /// A new store and instance.
  void make() {
    store_.emplace(*engine_);
    const auto component = Component::load_text(*engine_, text);
    ASSERT_TRUE(component) << component.error().to_string();
    const auto instance = ComponentLinker(*engine_).instantiate(*store_, *component);
    ASSERT_TRUE(instance) << instance.error().to_string();
    instance_ = *instance;
  }
  static std::vector<Value> args(uint32_t n) { return {Value::number(uint64_t{n})}; }

  /// Runs with so much fuel at a time; how often it was out of it.
  void run_in_slices(std::string_view name, uint32_t n, uint64_t fuel, uint64_t result,
                     int stops_min) {
    SCOPED_TRACE(name);
    store_->core().set_fuel(fuel);
    Result<PendingCall> call = PendingCall::start(*store_, instance_.func(name), args(n));
    ASSERT_TRUE(call) << call.error().to_string();
    int stops = 0;
    Result<std::vector<Value>> done = call->wait(*store_);
    for (; !done && stops < 100'000; ++stops) {
      ASSERT_EQ(done.error().message, "out of fuel");
      ASSERT_EQ(done.error().kind, ErrorKind::limit);
      ASSERT_FALSE(store_->tick().value()) << "there is still no fuel";
      store_->core().set_fuel(fuel);
      done = call->wait(*store_);
    }
    ASSERT_TRUE(done);
    EXPECT_EQ(done->front(), Value::number(result));
    EXPECT_GE(stops, stops_min);
  }

  Tiers tiers_;
  std::optional<engine::Engine> engine_;
  std::optional<Store> store_;
  Instance instance_;
};

TEST_P(ComponentFuel, GoesOnWhereItStopped) {
  for (const uint64_t fuel : {uint64_t{100}, uint64_t{257}}) {
    run_in_slices("sum", 100, fuel, 4950, 5);
    run_in_slices("measure", 100, fuel, 700, 1);
    run_in_slices("wait", 100, fuel, 4950, 5);
    run_in_slices("start", 100, fuel, 4950, 5);
  }
  run_in_slices("sum", 100, 1'000'000, 4950, 0);
}

TEST_P(ComponentFuel, EndsACallThatTheHostWaitsIn) {
  store_->core().set_fuel(500);
  const Result<std::vector<Value>> failed = instance_.func("sum").call(*store_, args(1000));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, ErrorKind::limit);
  EXPECT_EQ(failed.error().message, "out of fuel");
  store_->core().set_fuel(1'000'000);
  EXPECT_FALSE(store_->tick().value());
  // It stopped in the middle: what it was in is as after a trap.
  const auto again = instance_.func("sum").call(*store_, args(1));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().message, "cannot enter component instance");
  make();
  store_->core().set_fuel(1'000'000);
  EXPECT_EQ(instance_.func("sum").call(*store_, args(3)).value().front(),
            Value::number(uint64_t{3}));
}

TEST_P(ComponentFuel, InterruptionStopsIt) {
  store_->core().set_fuel(INT64_MAX);
  std::thread other([&] {
    // So that the call runs by then, most likely. An interruption that comes before holds, too.
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    store_->core().interrupt();
  });
  const Result<std::vector<Value>> failed = instance_.func("forever").call(*store_, {});
  other.join();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "interrupted");
}

TEST_P(ComponentFuel, GoesOnBehindAnInterruption) {
  store_->core().set_fuel(INT64_MAX);
  store_->core().interrupt();
  Result<PendingCall> call = PendingCall::start(*store_, instance_.func("sum"), args(1000));
  ASSERT_TRUE(call) << call.error().to_string();
  const Result<std::vector<Value>> stopped = call->wait(*store_);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().message, "interrupted");
  store_->core().clear_interrupt();
  const Result<std::vector<Value>> done = call->wait(*store_);
  ASSERT_TRUE(done) << done.error().to_string();
  EXPECT_EQ(done->front(), Value::number(uint64_t{499'500}));
}

INSTANTIATE_TEST_SUITE_P(OnEveryTier, ComponentFuel,
                         testing::Values(Mode::tail_calls, Mode::switch_loop, Mode::compiled,
                                         Mode::automatic, Mode::cached, Mode::baseline,
                                         Mode::tiered),
                         [](const auto& info) { return std::string(name_of(info.param)); });

}  // namespace
}  // namespace cairn::component
