// Calls by a host that must not wait.

#include <gtest/gtest.h>
#include <cairn/component/linker.hpp>
#include <cairn/component/pending_call.hpp>

namespace cairn::component {
namespace {

/// `echo` gives back its bytes; `spin` goes round n times; `wait` asks the host, which answers
/// later; `trap` does.
constexpr std::string_view text = R"((component
  (import "later" (func $later (result u32)))
  (core func $later' (canon lower (func $later)))
  (core module $M
    (import "" "later" (func $later (result i32)))
    (memory (export "mem") 4)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
    (func (export "echo") (param i32 i32) (result i32)
      (i32.store (i32.const 16) (local.get 0))
      (i32.store (i32.const 20) (local.get 1))
      (i32.const 16))
    (func (export "spin") (param i32) (result i32) (local i32)
      (loop $l
        (local.set 1 (i32.add (local.get 1) (i32.const 3)))
        (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      (local.get 1))
    (func (export "wait") (result i32) (i32.add (call $later) (call $later)))
    (func (export "trap") unreachable))
  (core instance $m (instantiate $M
    (with "" (instance (export "later" (func $later'))))))
  (alias core export $m "mem" (core memory $mem))
  (alias core export $m "realloc" (core func $realloc))
  (func (export "echo") (param "s" (list u8)) (result (list u8))
    (canon lift (core func $m "echo") (memory $mem) (realloc $realloc)))
  (func (export "spin") (param "n" u32) (result u32) (canon lift (core func $m "spin")))
  (func (export "wait") (result u32) (canon lift (core func $m "wait")))
  (func (export "trap") (canon lift (core func $m "trap")))))";

class TryCall : public testing::Test {
 protected:
  TryCall() {
    const Result<Component> component = Component::load_text(engine_, text);
    EXPECT_TRUE(component) << component.error().to_string();
    ComponentLinker linker(engine_);
    linker.root().func("later", [this](HostCall& call) {
      Later<uint32_t> later(call);
      answers_.push_back(later.done());
      return later;
    });
    const Result<Instance> instance = linker.instantiate(store_, *component);
    EXPECT_TRUE(instance) << instance.error().to_string();
    instance_ = instance.value_or(Instance());
    store_.core().set_fuel(1'000'000);
  }

  engine::Engine engine_{{.fuel = true}};
  Store store_{engine_};
  Instance instance_;
  std::vector<Completer<uint32_t>> answers_;
};

TEST_F(TryCall, WhatReturnsAtOnceHasAResult) {
  const Bytes bytes = {1, 2, 3};
  const Value arg = Value::raw_view(bytes);
  Value result;
  const auto call = PendingCall::try_call(store_, instance_.func("echo"), {&arg, 1}, result);
  ASSERT_TRUE(call) << call.error().to_string();
  EXPECT_FALSE(call->has_value());
  EXPECT_EQ(result, Value::raw(bytes));
}

TEST_F(TryCall, OutOfFuelItIsPausedAndGoesOn) {
  store_.core().set_fuel(100);
  const Value arg = Value::number(uint64_t{1000});
  Value result;
  auto call = PendingCall::try_call(store_, instance_.func("spin"), {&arg, 1}, result);
  ASSERT_TRUE(call && call->has_value());
  uint32_t slices = 0;
  for (;; ++slices) {
    store_.core().set_fuel(100);
    const auto state = (*call)->advance(store_);
    ASSERT_TRUE(state) << state.error().to_string();
    if (*state == PendingCall::State::done) break;
    ASSERT_EQ(*state, PendingCall::State::paused);
  }
  EXPECT_GE(slices, 10u);
  EXPECT_EQ((*call)->take_result(), Value::number(uint64_t{3000}));
  // And the next call is one like any other.
  store_.core().set_fuel(1'000'000);
  const auto next = PendingCall::try_call(store_, instance_.func("spin"), {&arg, 1}, result);
  ASSERT_TRUE(next && !next->has_value());
  EXPECT_EQ(result, Value::number(uint64_t{3000}));
}

TEST_F(TryCall, WaitsForTheHostWithoutHoldingIt) {
  Value result;
  auto call = PendingCall::try_call(store_, instance_.func("wait"), {}, result);
  ASSERT_TRUE(call && call->has_value());
  for (uint32_t answer : {20, 22}) {
    ASSERT_EQ(*(*call)->advance(store_), PendingCall::State::waiting);
    answers_.back()(answer);
  }
  ASSERT_EQ(*(*call)->advance(store_), PendingCall::State::done);
  EXPECT_EQ((*call)->take_result(), Value::number(uint64_t{42}));
}

TEST_F(TryCall, AFailureOfTheHostLaterIsOneOfTheCall) {
  Value result;
  auto call = PendingCall::try_call(store_, instance_.func("wait"), {}, result);
  ASSERT_TRUE(call && call->has_value());
  answers_.back().fail({.kind = ErrorKind::limit, .message = "no more"});
  const auto state = (*call)->advance(store_);
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().kind, ErrorKind::limit);
}

TEST_F(TryCall, TrapsAndWrongCallsAreErrors) {
  Value result;
  const auto none = PendingCall::try_call(store_, Func(), {}, result);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, ErrorKind::usage);
  const auto few = PendingCall::try_call(store_, instance_.func("spin"), {}, result);
  ASSERT_FALSE(few);
  const auto trapped = PendingCall::try_call(store_, instance_.func("trap"), {}, result);
  ASSERT_FALSE(trapped);
  EXPECT_EQ(trapped.error().kind, ErrorKind::trap);
}

}  // namespace
}  // namespace cairn::component
