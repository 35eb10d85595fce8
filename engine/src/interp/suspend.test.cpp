#include <thread>

#include "interp/testing.hpp"

namespace cairn::engine {
namespace {

using testing::must;
using State = Execution::State;

/// "host" "wait": i64 → i64, suspended every time; the test completes it.
class Suspend : public testing::EachMode {
 protected:
  Suspend() {
    linker_.define(
        "host", "wait", {.params = {wasm::i64}, .results = {wasm::i64}},
        [](void* self, Caller& caller, uint64_t* slots) {
          auto& test = *static_cast<Suspend*>(self);
          test.argument_ = slots[0];
          test.completion_ = caller.suspend();
          return HostStatus::pending;
        },
        std::shared_ptr<void>(this, [](void*) {}));
    instance_ = must(linker_.instantiate(store_, testing::load(engine_, R"((module
      (import "host" "wait" (func $wait (param i64) (result i64)))
      (type $f (func (param i64) (result i64)))
      (table funcref (elem $wait))
      (export "wait" (func $wait))
      (func (export "call") (type $f) (i64.mul (i64.const 3) (call $wait (local.get 0))))
      (func (export "indirect") (type $f)
        (i64.mul (i64.const 3) (call_indirect (type $f) (local.get 0) (i32.const 0))))
      (func (export "ref") (type $f)
        (i64.mul (i64.const 3) (call_ref $f (local.get 0) (ref.func $wait))))
      (func $tail (type $f) (return_call $wait (local.get 0)))
      (func (export "tail") (type $f) (i64.mul (i64.const 3) (call $tail (local.get 0))))
      (func $tail_indirect (type $f)
        (return_call_indirect (type $f) (local.get 0) (i32.const 0)))
      (func (export "tail indirect") (type $f)
        (i64.mul (i64.const 3) (call $tail_indirect (local.get 0))))
      (func (export "tail of all") (type $f) (return_call $wait (local.get 0)))
      (func (export "caught") (type $f)
        (block $b (try_table (catch_all $b) (return (call $wait (local.get 0)))))
        (i64.const -1))
      (func (export "loop") (type $f)
        (loop $l (br_if $l (i64.lt_s (local.tee 0 (call $wait (local.get 0))) (i64.const 10))))
        (local.get 0))))")));
  }

  Settings with_budget() { return settings(); }
  Engine engine_{settings()};
  Store store_{engine_};
  Linker linker_{engine_};
  Instance instance_;
  uint64_t argument_ = 0;
  std::shared_ptr<Completion> completion_;
};

constexpr std::string_view ways[] = {"call", "indirect", "ref", "tail", "tail indirect"};

TEST_P(Suspend, CompletedBetweenTwoResumes) {
  for (const std::string_view way : ways) {
    Execution execution = testing::start(store_, instance_, way, {Value(int64_t{5})});
    ASSERT_EQ(execution.resume(), State::waiting) << way;
    EXPECT_EQ(argument_, 5u);
    EXPECT_EQ(execution.resume(), State::waiting) << "nothing happened yet";
    completion_->complete({Value(int64_t{7})});
    completion_->complete({Value(int64_t{8})});  // the first one counts
    execution.wait();
    ASSERT_EQ(execution.resume(), State::returned) << way;
    EXPECT_EQ(execution.results()[0].i64(), 21u) << way;
  }
}

TEST_P(Suspend, HostFunctionsThatAreTheWholeExecution) {
  for (const std::string_view way : {"wait", "tail of all"}) {
    Execution execution = testing::start(store_, instance_, way, {Value(int64_t{5})});
    ASSERT_EQ(execution.resume(), State::waiting);
    completion_->complete({Value(int64_t{7})});
    ASSERT_EQ(execution.resume(), State::returned);
    EXPECT_EQ(execution.results()[0].i64(), 7u);
  }
}

TEST_P(Suspend, CompletedFromAnotherThread) {
  Execution execution = testing::start(store_, instance_, "loop", {Value(int64_t{0})});
  State state;
  while ((state = execution.resume()) == State::waiting) {
    std::thread([completion = completion_, value = argument_] {
      completion->complete({Value(value + 1)});
    }).join();
  }
  ASSERT_EQ(state, State::returned);
  EXPECT_EQ(execution.results()[0].i64(), 10u);

  // `wait` blocks until then; `call` does it all.
  Execution other = testing::start(store_, instance_, "call", {Value(int64_t{0})});
  ASSERT_EQ(other.resume(), State::waiting);
  std::thread late([completion = completion_] { completion->complete({Value(int64_t{1})}); });
  other.wait();
  EXPECT_EQ(other.resume(), State::returned);
  late.join();
}

TEST_P(Suspend, CompletedBeforeTheHostFunctionReturns) {
  linker_.func("host", "eager", [](Caller& caller) -> HostStatus {
    caller.suspend()->complete({});
    return HostStatus::pending;
  });
  const Instance instance = must(linker_.instantiate(store_, testing::load(engine_, R"((module
    (import "host" "eager" (func $eager))
    (func (export "run") (call $eager) (call $eager))))")));
  EXPECT_TRUE(instance.func("run").call(store_, {}));
}

TEST_P(Suspend, EndsInATrapOrAnError) {
  for (const std::string_view way : ways) {
    Execution trapped = testing::start(store_, instance_, way, {Value(int64_t{5})});
    ASSERT_EQ(trapped.resume(), State::waiting);
    completion_->trap(Trap::integer_overflow);
    ASSERT_EQ(trapped.resume(), State::trapped);
    EXPECT_EQ(trapped.error().kind, ErrorKind::trap);
    EXPECT_EQ(trapped.error().message, "integer overflow");
    ASSERT_FALSE(trapped.trap_info().backtrace.empty()) << way;

    Execution failed = testing::start(store_, instance_, way, {Value(int64_t{5})});
    ASSERT_EQ(failed.resume(), State::waiting);
    completion_->fail({.kind = ErrorKind::io, .message = "the disk is gone"});
    ASSERT_EQ(failed.resume(), State::trapped);
    EXPECT_EQ(failed.error().kind, ErrorKind::io);
    EXPECT_EQ(failed.error().message, "the disk is gone");
    EXPECT_EQ(failed.trap_info().trap, Trap::none);
    EXPECT_EQ(failed.resume(), State::trapped);
  }
}

/// A completion of the wrong type is the host's mistake, and the execution's end.
TEST_P(Suspend, ChecksWhatItIsCompletedWith) {
  const std::vector<Value> wrong[] = {{}, {Value(1)}, {Value(int64_t{1}), Value(int64_t{2})}};
  for (const std::vector<Value>& results : wrong) {
    Execution execution = testing::start(store_, instance_, "call", {Value(int64_t{5})});
    ASSERT_EQ(execution.resume(), State::waiting);
    completion_->complete(results);
    ASSERT_EQ(execution.resume(), State::trapped);
    EXPECT_EQ(execution.error().kind, ErrorKind::usage);
  }
}

TEST_P(Suspend, ManyAtOnceInAnyOrder) {
  std::vector<Execution> executions;
  std::vector<std::shared_ptr<Completion>> completions;
  for (int64_t i = 0; i < 20; ++i) {
    executions.push_back(testing::start(store_, instance_, "call", {Value(i)}));
    ASSERT_EQ(executions.back().resume(), State::waiting);
    completions.push_back(completion_);
  }
  for (size_t i = 20; i-- > 0;) completions[i]->complete({Value(int64_t(i) * 100)});
  for (size_t i = 0; i < 20; ++i) {
    ASSERT_EQ(executions[i * 7 % 20].resume(), State::returned);
    EXPECT_EQ(executions[i * 7 % 20].results()[0].i64(), i * 7 % 20 * 300);
  }
}

TEST_P(Suspend, DroppedWhileItWaits) {
  {
    Execution execution = testing::start(store_, instance_, "tail", {Value(int64_t{5})});
    ASSERT_EQ(execution.resume(), State::waiting);
  }
  completion_->complete({Value(int64_t{1})});
  completion_->trap(Trap::unreachable);
  EXPECT_EQ(must(Execution::start(store_, instance_.func("call"), std::array{Value(int64_t{1})}))
                .resume(),
            State::waiting);
}

TEST_P(Suspend, InsideATryIsNotCaught) {
  Execution execution = testing::start(store_, instance_, "caught", {Value(int64_t{5})});
  ASSERT_EQ(execution.resume(), State::waiting);
  completion_->trap(Trap::unreachable);
  EXPECT_EQ(execution.resume(), State::trapped);
}

CAIRN_EACH_MODE(Suspend);

// ---- Host functions that end at once -----------------------------------------------------------

class HostCalls : public testing::EachMode {
 protected:
  Engine engine_{settings()};
  Store store_{engine_};
  Linker linker_{engine_};
};

TEST_P(HostCalls, CallBackIntoTheirStore) {
  Instance instance;
  uint32_t depth = 0, deepest = 0;
  linker_.func("host", "again", [&](Caller& caller, int32_t n) -> Result<int32_t> {
    deepest = std::max(deepest, ++depth);
    const auto result = instance.func("down").invoke<int32_t>(caller.store(), n);
    --depth;
    return result;
  });
  instance = must(linker_.instantiate(store_, testing::load(engine_, R"((module
    (import "host" "again" (func $again (param i32) (result i32)))
    (func (export "down") (param i32) (result i32)
      (if (result i32) (i32.eqz (local.get 0))
        (then (i32.const 0))
        (else (i32.add (i32.const 1) (call $again (i32.sub (local.get 0) (i32.const 1)))))))))")));
  EXPECT_EQ(must(instance.func("down").invoke<int32_t>(store_, 100)), 100);
  deepest = 0;
  const auto error = instance.func("down").invoke<int32_t>(store_, 1'000'000);
  ASSERT_FALSE(error);
  EXPECT_EQ(error.error().message, "call stack exhausted");
  EXPECT_GT(deepest, 100u);
  EXPECT_EQ(depth, 0u);
  EXPECT_EQ(must(instance.func("down").invoke<int32_t>(store_, 10)), 10) << "the store goes on";
}

TEST_P(HostCalls, EndTheCallWithATrapOrAnError) {
  linker_.func("host", "trap", [](Caller& caller) { return caller.trap(Trap::unaligned_atomic); });
  linker_.func("host", "fail",
               [](Caller&) -> Result<int32_t> { return fail(ErrorKind::denied, "not granted"); });
  const Instance instance = must(linker_.instantiate(store_, testing::load(engine_, R"((module
    (import "host" "trap" (func $trap)) (import "host" "fail" (func $fail (result i32)))
    (func (export "trap") (call $trap))
    (func $tail (return_call $trap)) (func (export "tail trap") (call $tail))
    (func (export "fail") (result i32) (call $fail))
    (func (export "caught") (result i32)
      (block $b (try_table (catch_all $b) (return (call $fail)))) (i32.const 1))
    (func (export "fine") (result i32) (i32.const 42))))")));
  for (const std::string_view name : {"trap", "tail trap", "fail", "caught"}) {
    const auto error = instance.func(name).call(store_, {});
    ASSERT_FALSE(error) << name;
    if (name.ends_with("trap")) {
      EXPECT_EQ(error.error().message, "unaligned atomic");
      EXPECT_EQ(store_.last_trap().trap, Trap::unaligned_atomic);
    } else {
      EXPECT_EQ(error.error().kind, ErrorKind::denied) << name;
      EXPECT_EQ(error.error().message, "not granted");
    }
    EXPECT_EQ(store_.last_trap().backtrace.size(), 1u) << name;
    EXPECT_EQ(must(instance.func("fine").invoke<int32_t>(store_)), 42);
  }
}

TEST_P(HostCalls, ThrowExceptionsThatGuestsCatch) {
  const Tag tag = store_.new_tag({.params = {wasm::i32, wasm::v128, wasm::f64}, .results = {}});
  linker_.define("host", "tag", tag);
  linker_.func("host", "throw", [&](Caller& caller, int32_t value) -> HostStatus {
    const Value payload[] = {Value(value), Value(V128{}), Value(2.5)};
    return caller.throw_exception(tag, payload);
  });
  const Instance instance = must(linker_.instantiate(store_, testing::load(engine_, R"((module
    (import "host" "tag" (tag $tag (param i32 v128 f64)))
    (import "host" "throw" (func $throw (param i32)))
    (export "direct" (func $throw))
    (func (export "not caught") (param i32) (call $throw (local.get 0)))
    (func $tail (param i32) (return_call $throw (local.get 0)))
    (func (export "caught") (param i32) (result f64)
      (block $b (result i32 v128 f64)
        (try_table (catch $tag $b) (call $tail (local.get 0)))
        (unreachable))
      (local.set 0 (i32.const 0))
      (return) (unreachable))
    (func (export "value") (param i32) (result i32) (local f64 v128)
      (block $b (result i32 v128 f64)
        (try_table (catch $tag $b) (call $throw (local.get 0)))
        (unreachable))
      (local.set 1) (local.set 2))))")));
  EXPECT_EQ(must(instance.func("caught").invoke<double>(store_, 1)), 2.5);
  EXPECT_EQ(must(instance.func("value").invoke<int32_t>(store_, 77)), 77);
  for (const std::string_view name : {"direct", "not caught"}) {
    const auto error = instance.func(name).invoke<>(store_, 5);
    ASSERT_FALSE(error);
    EXPECT_EQ(error.error().kind, ErrorKind::exception);
    EXPECT_EQ(store_.last_exception_tag().inst(), tag.inst());
    ASSERT_EQ(store_.last_exception().size(), 3u);
    EXPECT_EQ(store_.last_exception()[0].i32(), 5u);
    EXPECT_EQ(store_.last_exception()[2].f64(), 2.5);
  }
}

TEST_P(HostCalls, AreHeldToWhatTheySay) {
  const Tag tag = store_.new_tag({.params = {wasm::i32}, .results = {}});
  Execution* running = nullptr;
  const HostStatus statuses[] = {HostStatus::trap, HostStatus::error, HostStatus::exception,
                                 HostStatus::pending};
  linker_.func("host", "claim", [&](Caller&, int32_t i) { return statuses[i]; });
  linker_.func("host", "throw",
               [&](Caller& caller) -> HostStatus { return caller.throw_exception(tag, {}); });
  linker_.func("host", "resume",
               [&](Caller&) { EXPECT_EQ(running->resume(), State::ready) << "it runs already"; });
  const Instance instance = must(linker_.instantiate(store_, testing::load(engine_, R"((module
    (import "host" "claim" (func $claim (param i32))) (import "host" "throw" (func $throw))
    (import "host" "resume" (func $resume))
    (func (export "claim") (param i32) (call $claim (local.get 0)))
    (func (export "throw") (call $throw))
    (func (export "resume") (result i32) (call $resume) (call $resume) (i32.const 8))))")));
  for (int32_t i = 0; i < 4; ++i)
    EXPECT_EQ(testing::error_of(instance.func("claim").invoke<>(store_, i)).kind, ErrorKind::usage);
  EXPECT_EQ(testing::error_of(instance.func("throw").invoke<>(store_)).kind, ErrorKind::usage);
  Execution execution = testing::start(store_, instance, "resume");
  running = &execution;
  ASSERT_EQ(execution.resume(), State::returned);
  EXPECT_EQ(execution.results()[0].i32(), 8u);
}

/// A payload that nothing else holds survives the making of its exception.
TEST_P(HostCalls, ThrowFreshObjects) {
  Settings stress = settings();
  stress.gc_stress = true;
  Engine engine(stress);
  Store store(engine);
  Linker linker(engine);
  const Tag tag = store.new_tag({.params = {wasm::externref}, .results = {}});
  linker.define("host", "tag", tag);
  linker.func("host", "throw", [&](Caller& caller) -> HostStatus {
    const Value payload[] = {
        Value(caller.store().new_extern(std::make_unique<HostObject>()), wasm::externref)};
    return caller.throw_exception(tag, payload);
  });
  const Instance instance = must(linker.instantiate(store, testing::load(engine, R"((module
    (import "host" "tag" (tag $tag (param externref))) (import "host" "throw" (func $throw))
    (func (export "run") (result externref)
      (block $b (result externref)
        (try_table (catch $tag $b) (call $throw)) (unreachable)))))")));
  EXPECT_NE(store.host_object(must(instance.func("run").invoke<Ref>(store))), nullptr);
}

TEST_P(HostCalls, PassEveryType) {
  linker_.func("host", "mix",
               [](Caller&, int32_t a, uint64_t b, float c, double d, V128 e, Ref f) -> double {
                 return a + static_cast<double>(b) + static_cast<double>(c) + d +
                        static_cast<double>(e.as<U32x4>()[2]) + (f.is_null() ? 0.5 : 0);
               });
  linker_.func("host", "half", [](Caller&, float a) -> float { return a / 2; });
  const Instance instance = must(linker_.instantiate(store_, testing::load(engine_, R"((module
    (import "host" "mix" (func $mix (param i32 i64 f32 f64 v128 externref) (result f64)))
    (import "host" "half" (func $half (param f32) (result f32)))
    (func (export "run") (result f64)
      (f64.add (f64.const 1000)
        (call $mix (i32.const -1) (i64.const 20) (f32.const 0.25) (f64.const 100)
          (v128.const i32x4 0 0 7 0) (ref.null extern))))
    (func (export "half") (param f32) (result f32)
      (f32.add (f32.const 1) (call $half (local.get 0))))))")));
  EXPECT_EQ(must(instance.func("run").invoke<double>(store_)), 1126.75);
  EXPECT_EQ(must(instance.func("half").invoke<float>(store_, 5.0f)), 3.5f);
}

CAIRN_EACH_MODE(HostCalls);

}  // namespace
}  // namespace cairn::engine
