// Components in a world that is simulated as a whole: time, waiting, random numbers.

#include <cairn/wasi/guest.hpp>

#include <gtest/gtest.h>
#include <cairn/base/simulated_event_loop.hpp>
#include <cairn/component/pending_call.hpp>

namespace cairn::wasi {
namespace {

constexpr uint64_t hour_ns = 3'600'000'000'000;

/// `wait-02` and `wait-03` wait for an hour and give the time; `random` gives a number.
constexpr std::string_view text = R"((component
  (import "wasi:io/poll@0.2.0" (instance $poll
    (export "pollable" (type $pollable (sub resource)))
    (export "[method]pollable.block" (func (param "self" (borrow $pollable))))))
  (alias export $poll "pollable" (type $pollable))
  (import "wasi:clocks/monotonic-clock@0.2.4" (instance $clock-02
    (alias outer 1 $pollable (type $t)) (export "pollable" (type $pollable (eq $t)))
    (export "now" (func (result u64)))
    (export "subscribe-duration" (func (param "when" u64) (result (own $pollable))))))
  (import "wasi:clocks/monotonic-clock@0.3.0" (instance $clock-03
    (export "now" (func (result u64)))
    (export "wait-for" (func async (param "how-long" u64)))))
  (import "wasi:random/random@0.2.0" (instance $random
    (export "get-random-u64" (func (result u64)))))
  (core func $block (canon lower (func $poll "[method]pollable.block")))
  (core func $subscribe (canon lower (func $clock-02 "subscribe-duration")))
  (core func $now (canon lower (func $clock-03 "now")))
  (core func $wait-for (canon lower (func $clock-03 "wait-for")))
  (core func $random (canon lower (func $random "get-random-u64")))
  (core module $M
    (import "" "block" (func $block (param i32)))
    (import "" "subscribe" (func $subscribe (param i64) (result i32)))
    (import "" "now" (func $now (result i64)))
    (import "" "wait-for" (func $wait-for (param i64)))
    (import "" "random" (func $random (result i64)))
    (func (export "wait-02") (result i64)
      (call $block (call $subscribe (i64.const 3600000000000)))
      (call $now))
    (func (export "wait-03") (result i64)
      (call $wait-for (i64.const 3600000000000))
      (call $now))
    (func (export "random") (result i64) (call $random)))
  (core instance $m (instantiate $M (with "" (instance (export "block" (func $block))
    (export "subscribe" (func $subscribe)) (export "now" (func $now))
    (export "wait-for" (func $wait-for)) (export "random" (func $random))))))
  (func (export "wait-02") (result u64) (canon lift (core func $m "wait-02")))
  (func (export "wait-03") async (result u64) (canon lift (core func $m "wait-03")))
  (func (export "random") (result u64) (canon lift (core func $m "random")))))";

class SimulatedGuest : public testing::Test {
 protected:
  SimulatedGuest() {
    add_wasi(linker_);
    const auto component = component::Component::load_text(engine_, text);
    EXPECT_TRUE(component) << component.error().to_string();
    if (!component) return;
    const auto pre = linker_.prepare(*component);
    EXPECT_TRUE(pre) << pre.error().to_string();
    if (pre) pre_ = *pre;
  }

  /// A store with a guest of its own.
  struct Run {
    Run(SimulatedGuest& test, uint64_t seed) : random(seed), store(test.engine_) {
      GuestConfig config;
      config.loop = &test.loop_;
      config.random = &random;
      Guest::enter(store, std::make_shared<Guest>(std::move(config)));
      const auto made = test.pre_->instantiate(store);
      EXPECT_TRUE(made) << made.error().to_string();
      if (made) instance = *made;
    }
    uint64_t call(std::string_view name) {
      const auto result = instance.func(name).call(store, {});
      EXPECT_TRUE(result) << result.error().to_string();
      return result ? (*result)[0].number() : 0;
    }
    SeededRandom random;
    component::Store store;
    component::Instance instance;
  };

  SimulatedClock clock_;
  SimulatedEventLoop loop_{clock_};
  engine::Engine engine_;
  component::ComponentLinker linker_{engine_};
  std::optional<component::ComponentPre> pre_;
};

TEST_F(SimulatedGuest, WaitsWithoutTakingTime) {
  Run run(*this, 1);
  EXPECT_EQ(run.call("wait-02"), hour_ns);
  EXPECT_EQ(run.call("wait-03"), 2 * hour_ns);
}

TEST_F(SimulatedGuest, DrawsTheSameNumbersFromTheSameSeed) {
  Run first(*this, 7), same(*this, 7), other(*this, 8);
  const uint64_t number = first.call("random");
  EXPECT_EQ(same.call("random"), number);
  EXPECT_NE(other.call("random"), number);
}

TEST_F(SimulatedGuest, SharesALoopWithOthers) {
  std::vector<std::unique_ptr<Run>> runs;
  std::vector<component::PendingCall> calls;
  std::vector<size_t> woken;
  for (size_t i = 0; i < 4; ++i) {
    Run& run = *runs.emplace_back(std::make_unique<Run>(*this, i));
    run.store.set_wake([&woken, i] { woken.push_back(i); });
    const auto func = run.instance.func(i % 2 == 0 ? "wait-02" : "wait-03");
    auto call = component::PendingCall::start(run.store, func, {});
    ASSERT_TRUE(call) << call.error().to_string();
    EXPECT_FALSE(call->is_done());
    calls.push_back(*std::move(call));
  }
  while (loop_.run_one().value()) {
    for (const size_t i : std::exchange(woken, {}))
      while (runs[i]->store.tick().value()) {
      }
  }
  for (const component::PendingCall& call : calls) EXPECT_TRUE(call.is_done());
  EXPECT_EQ(clock_.monotonic_ns(), hour_ns) << "all waited at the same time";
}

}  // namespace
}  // namespace cairn::wasi
