// Calls that follow others in the same execution, however those ended.

#include "interp/testing.hpp"

namespace cairn::engine {
namespace {

using testing::must;
using State = Execution::State;

/// "host" "wait" is suspended and never completed; "host" "again" calls `add` of the same instance,
/// "host" "deeper" calls `nest` with one less.
class Reuse : public testing::EachMode {
 protected:
  Reuse() {
    const auto self = std::shared_ptr<void>(this, [](void*) {});
    const wasm::FuncType none;
    linker_.define(
        "host", "wait", none,
        [](void* self, Caller& caller, uint64_t*) {
          static_cast<Reuse*>(self)->completion_ = caller.suspend();
          return HostStatus::pending;
        },
        self);
    linker_.func("host", "again", [this](Caller&, int32_t a) {
      return *instance_.func("add").invoke<int32_t>(store_, a, 1);
    });
    linker_.func("host", "deeper", [this](Caller&, int32_t n) -> Result<int32_t> {
      return TRY(instance_.func("nest").invoke<int32_t>(store_, n - 1)) + 1;
    });
    instance_ = must(linker_.instantiate(store_, testing::load(engine_, R"((module
      (import "host" "wait" (func $wait))
      (import "host" "again" (func $again (param i32) (result i32)))
      (import "host" "deeper" (func $deeper (param i32) (result i32)))
      (tag $t)
      (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
      (func (export "pair") (param v128 i64) (result i64 v128) (local.get 1) (local.get 0))
      (func (export "trap") (unreachable))
      (func (export "throw") (throw $t))
      (func $far (export "far") (param i32) (call $far (local.get 0)))
      (func (export "wait") (call $wait))
      (func (export "forever") (loop $l (br $l)))
      (func (export "twice") (param i32) (result i32)
        (i32.add (call $again (local.get 0)) (call $again (local.get 0))))
      (func (export "nest") (param i32) (result i32)
        (if (result i32) (local.get 0) (then (call $deeper (local.get 0)))
          (else (i32.const 0))))))")));
  }

  void expect_to_work() {
    EXPECT_EQ(*instance_.func("add").invoke<int32_t>(store_, 2, 3), 5);
    uint64_t slots[3] = {7, 8, 9};  // a vector and a number
    ASSERT_TRUE(instance_.func("pair").call_slots(store_, slots));
    EXPECT_EQ(std::vector(slots, slots + 3), (std::vector<uint64_t>{9, 7, 8}));
  }

  Engine engine_{settings()};
  Store store_{engine_};
  Linker linker_{engine_};
  Instance instance_;
  std::shared_ptr<Completion> completion_;
};

TEST_P(Reuse, AfterEveryEnd) {
  const auto message = [&](std::string_view name, auto... args) {
    const Result<> done = instance_.func(name).invoke<void>(store_, args...);
    return done ? std::string() : done.error().message;
  };
  for (int i = 0; i < 70; ++i) {
    expect_to_work();
    EXPECT_EQ(message("trap"), "unreachable");
    EXPECT_EQ(store_.last_trap().backtrace.size(), 1u);
    expect_to_work();
    EXPECT_EQ(message("throw"), "uncaught exception");
    EXPECT_EQ(store_.last_trap().backtrace.size(), 1u);
    expect_to_work();
    if (i % 16 == 0) EXPECT_EQ(message("far", 1), "call stack exhausted");
  }
}

TEST_P(Reuse, OfExecutionsThatWereDroppedInTheMiddle) {
  for (int i = 0; i < 10; ++i) {
    {
      Execution waiting = testing::start(store_, instance_, "wait");
      EXPECT_EQ(waiting.resume(), State::waiting);
      const Execution fresh = testing::start(store_, instance_, "wait");
      expect_to_work();
    }
    completion_->complete({});
    expect_to_work();
    {
      Execution endless = testing::start(store_, instance_, "forever");
      store_.interrupt();
      EXPECT_EQ(endless.resume(), State::interrupted);
      store_.clear_interrupt();
    }
    expect_to_work();
  }
}

TEST_P(Reuse, InsideOfHostFunctions) {
  EXPECT_EQ(*instance_.func("twice").invoke<int32_t>(store_, 4), 10);
  // More at once than a store keeps, twice.
  for (int i = 0; i < 2; ++i) EXPECT_EQ(*instance_.func("nest").invoke<int32_t>(store_, 40), 40);
  const auto too_deep = instance_.func("nest").invoke<int32_t>(store_, 100'000);
  ASSERT_FALSE(too_deep);
  EXPECT_EQ(too_deep.error().message, "call stack exhausted");
  expect_to_work();
}

TEST_P(Reuse, SeesAnInterruptionBetweenCalls) {
  for (int i = 0; i < 3; ++i) {
    expect_to_work();
    store_.interrupt();
    const auto stopped = instance_.func("add").invoke<int32_t>(store_, 1, 1);
    // Code that neither loops nor needs much stack need not look.
    if (!stopped) EXPECT_EQ(stopped.error().message, "interrupted");
    EXPECT_FALSE(instance_.func("forever").invoke<void>(store_));
    store_.clear_interrupt();
  }
}

CAIRN_EACH_MODE(Reuse);

}  // namespace
}  // namespace cairn::engine
