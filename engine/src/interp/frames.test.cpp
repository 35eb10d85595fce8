#include <pthread.h>

#include "interp/testing.hpp"

namespace cairn::engine {
namespace {

using testing::must;
using State = Execution::State;

class Frames : public testing::EachMode {
 protected:
  Engine engine_{settings()};
};

/// Counts in a global how deep it gets.
constexpr std::string_view recursive = R"((module $deep
  (global $depth (export "depth") (mut i32) (i32.const 0))
  (func $down (export "down")
    (global.set $depth (i32.add (global.get $depth) (i32.const 1)))
    (call $down))
  (func (export "count") (param i32) (result i32)
    (if (i32.eqz (local.get 0)) (then (return (i32.const 0))))
    (i32.add (i32.const 1) (call 1 (i32.sub (local.get 0) (i32.const 1)))))
  (func $big (export "big")
    (local v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128)
    (global.set $depth (i32.add (global.get $depth) (i32.const 1)))
    (call $big))
  (func (export "fine") (result i32) (i32.const 7))))";

TEST_P(Frames, DepthIsExact) {
  if (GetParam().compiles) GTEST_SKIP() << "what compiled code uses is not counted in frames";
  for (const uint32_t depth : {1u, 2u, 10u, 20'000u}) {
    Store store(engine_, {.call_depth_max = depth});
    const Instance instance = testing::instantiate(store, recursive);
    for (int round = 0; round < 2; ++round) {
      EXPECT_TRUE(instance.global("depth").set(Value(0)));
      const auto error = instance.func("down").call(store, {});
      ASSERT_FALSE(error);
      EXPECT_EQ(error.error().kind, ErrorKind::trap);
      EXPECT_EQ(error.error().message, "call stack exhausted");
      EXPECT_EQ(instance.global("depth").get().i32(), depth);
      EXPECT_EQ(store.last_trap().backtrace.size(), std::min(depth, 64u));
      EXPECT_EQ(must(instance.func("fine").invoke<int32_t>(store)), 7);
    }
    EXPECT_EQ(must(instance.func("count").invoke<int32_t>(store, depth - 1)),
              static_cast<int32_t>(depth - 1));
    EXPECT_FALSE(instance.func("count").invoke<int32_t>(store, depth));
  }
}

TEST_P(Frames, StackBytesAreALimitToo) {
  const auto deepest = [&](uint64_t bytes) {
    Store store(engine_, {.call_depth_max = 1'000'000, .stack_bytes_max = bytes});
    const Instance instance = testing::instantiate(store, recursive);
    const auto error = instance.func("big").call(store, {});
    EXPECT_FALSE(error);
    EXPECT_EQ(error.error().message, "call stack exhausted");
    EXPECT_EQ(must(instance.func("fine").invoke<int32_t>(store)), 7);
    return instance.global("depth").get().i32();
  };
  EXPECT_GE(deepest(4 << 20), 3 * deepest(1 << 20));
  if (GetParam().compiles) return;
  // Each frame has 16 vectors, and what treating it as a far one adds.
  EXPECT_LE(deepest(1 << 20), (1u << 20) / 256);
  EXPECT_GE(deepest(1 << 20), (1u << 20) / (GetParam().far ? 600 : 320));
  EXPECT_EQ(deepest(256), 0u);
}

TEST_P(Frames, GuestsNeedNoNativeStack) {
  Store store(engine_, {.call_depth_max = 1'000'000, .stack_bytes_max = 256 << 20});
  const Instance instance = testing::instantiate(store, recursive);
  ASSERT_TRUE(instance.func("count").invoke<int32_t>(store, 1)) << "translated";
  struct Job {
    Store& store;
    const Instance& instance;
    bool ok = false;
  } job{store, instance};
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  // Sanitizers need room of their own.
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  constexpr size_t stack_size = 512 << 10;
#else
  constexpr size_t stack_size = 64 << 10;
#endif
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, stack_size), 0);
  pthread_t thread;
  ASSERT_EQ(pthread_create(
                &thread, &attributes,
                [](void* argument) -> void* {
                  Job& of = *static_cast<Job*>(argument);
                  const auto result = of.instance.func("count").invoke<int32_t>(of.store, 500'000);
                  of.ok = result && *result == 500'000;
                  return nullptr;
                },
                &job),
            0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
  EXPECT_TRUE(job.ok);
}

// ---- Backtraces --------------------------------------------------------------------------------

TEST_P(Frames, NothingRunsBehindACallThatThrew) {
  // No function of this module looks for exceptions on its own account.
  const Module module = testing::load(engine_, R"((module
    (import "host" "throw" (func $host))
    (table 1 1 funcref) (elem (i32.const 0) $a)
    (global $went_on (export "went_on") (mut i32) (i32.const 0))
    (func $a (call $host) (global.set $went_on (i32.const 1)))
    (func $b (call $a) (global.set $went_on (i32.const 2)))
    (func (export "direct") (call $b) (global.set $went_on (i32.const 3)))
    (func (export "indirect")
      (call_indirect (i32.const 0)) (global.set $went_on (i32.const 4)))))");
  Store store(engine_);
  Linker linker(engine_);
  const Tag tag = store.new_tag({});
  linker.func("host", "throw",
              [&](Caller& caller) -> HostStatus { return caller.throw_exception(tag, {}); });
  const Instance instance = must(linker.instantiate(store, module));
  for (const char* name : {"direct", "indirect", "direct", "indirect"}) {
    const auto error = instance.func(name).invoke<>(store);
    ASSERT_FALSE(error);
    EXPECT_EQ(error.error().kind, ErrorKind::exception);
    EXPECT_EQ(instance.global("went_on").get().i32(), 0);
  }
}

CAIRN_EACH_MODE(Frames);

// ---- Calls between instances -------------------------------------------------------------------

/// Two instances of one module, each with its own memory and global; each knows the other by table.
class Instances : public testing::EachMode {
 protected:
  static constexpr std::string_view text = R"((module $two
    (type $f (func (param i32) (result i32)))
    (import "m" "t" (table $t 4 funcref))
    (memory (export "memory") 1)
    (global $me (export "me") (mut i32) (i32.const 0))
    (tag $e (param i32))
    (func $check (param i32) (if (i32.ne (local.get 0) (i32.load (i32.const 0))) (then (unreachable))))
    ;; The memory's first word and the global say which instance this is.
    (func (export "name") (param i32)
      (i32.store (i32.const 0) (local.get 0)) (global.set $me (local.get 0)))
    (func (export "ask") (param i32) (result i32)
      (i32.add (i32.load (i32.const 0)) (i32.mul (i32.const 10) (global.get $me))))
    ;; Calls entry 0 of the table and looks at its own memory again.
    (func (export "call") (param i32) (result i32) (local i32)
      (local.set 1 (i32.load (i32.const 0)))
      (call_indirect (type $f) (local.get 0) (i32.const 0))
      (call $check (local.get 1)))
    (func (export "tail") (param i32) (result i32)
      (return_call_indirect (type $f) (local.get 0) (i32.const 0)))
    (func (export "throw") (param i32) (result i32) (throw $e (local.get 0)))
    (func (export "trap") (param i32) (result i32) (unreachable))
    (func (export "catch") (param i32) (result i32) (local i32)
      (local.set 1 (i32.load (i32.const 0)))
      (block $b
        (try_table (catch_all $b) (drop (call_indirect (type $f) (local.get 0) (i32.const 0)))))
      (call $check (local.get 1))
      (call $check (global.get $me))
      (local.get 1))
    ;; Bounces between entries 1 (here) and 2 (there).
    (func (export "bounce") (param i32) (result i32)
      (if (i32.eqz (local.get 0)) (then (return (i32.load (i32.const 0)))))
      (return_call_indirect (type $f) (i32.sub (local.get 0) (i32.const 1))
        (i32.add (i32.const 1) (i32.and (local.get 0) (i32.const 1)))))
    (func (export "deep") (param i32) (result i32)
      (if (i32.eqz (local.get 0)) (then (return (i32.load (i32.const 0)))))
      (call_indirect (type $f) (i32.sub (local.get 0) (i32.const 1))
        (i32.add (i32.const 1) (i32.and (local.get 0) (i32.const 1)))))))";

  Instances() {
    linker_.define("m", "t", table_);
    a_ = must(linker_.instantiate(store_, testing::load(engine_, text)));
    b_ = must(linker_.instantiate(store_, testing::load(engine_, text)));
    EXPECT_TRUE(a_.func("name").invoke<>(store_, 1));
    EXPECT_TRUE(b_.func("name").invoke<>(store_, 2));
  }
  void entry(uint64_t index, Func func) {
    EXPECT_TRUE(table_.set(index, Value(Store::ref_of(func), wasm::funcref)));
  }
  Result<int32_t> call(const Instance& instance, std::string_view name, int32_t argument = 5) {
    return instance.func(name).invoke<int32_t>(store_, argument);
  }

  Engine engine_{settings()};
  Store store_{engine_, {.call_depth_max = 1000}};
  Linker linker_{engine_};
  Table table_ = must(store_.new_table({.element = wasm::funcref, .limits = {.min = 4, .max = {}}},
                                       Value(Ref{}, wasm::funcref)));
  Instance a_, b_;
};

TEST_P(Instances, KeepTheirMemoryAndGlobals) {
  entry(0, b_.func("ask"));
  EXPECT_EQ(must(call(a_, "call")), 22);
  EXPECT_EQ(must(call(b_, "call")), 22);
  EXPECT_EQ(must(call(a_, "tail")), 22);
  entry(0, a_.func("call"));  // a calls itself through the table until it is exhausted
  EXPECT_EQ(call(a_, "call").error().message, "call stack exhausted");
  entry(0, b_.func("ask"));
  EXPECT_EQ(must(call(a_, "ask")), 11);
}

TEST_P(Instances, ComeBackAfterExceptions) {
  entry(0, b_.func("throw"));
  EXPECT_EQ(must(call(a_, "catch")), 1);
  EXPECT_EQ(must(call(b_, "catch")), 2);
  EXPECT_EQ(call(a_, "call").error().kind, ErrorKind::exception);
  // Through a tail call that left its instance.
  entry(0, a_.func("tail"));
  EXPECT_FALSE(call(a_, "throw"));
}

TEST_P(Instances, TrapsNameBoth) {
  entry(0, b_.func("trap"));
  EXPECT_EQ(call(a_, "call").error().message, "unreachable");
  ASSERT_EQ(store_.last_trap().backtrace.size(), 2u);
  EXPECT_EQ(store_.last_trap().backtrace[0].func_index, 6u);
  EXPECT_EQ(store_.last_trap().backtrace[1].func_index, 3u);
  EXPECT_EQ(must(call(a_, "ask")), 11);
  EXPECT_EQ(must(call(b_, "ask")), 22);
}

TEST_P(Instances, TailCallsAcrossThemTakeNoFrames) {
  entry(1, a_.func("bounce"));
  entry(2, b_.func("bounce"));
  // An even number ends where an odd argument came from: 1 calls entry 2 with 0.
  EXPECT_EQ(must(call(a_, "bounce", 100'001)), 2);
  EXPECT_EQ(must(call(b_, "bounce", 100'001)), 2);
  entry(0, a_.func("bounce"));
  EXPECT_EQ(must(call(b_, "call", 99'999)), 2);
  EXPECT_EQ(must(call(b_, "catch", 99'999)), 2);
}

/// With every depth limit from 1 on: the limit may strike at the first or the second record that
/// such a call takes.
TEST_P(Instances, ExhaustionAtAnyPoint) {
  const Module module = testing::load(engine_, text);
  for (uint32_t depth = 1; depth < 40; ++depth) {
    Store store(engine_, {.call_depth_max = depth});
    Linker linker(engine_);
    Table table = must(store.new_table({.element = wasm::funcref, .limits = {.min = 4, .max = {}}},
                                       Value(Ref{}, wasm::funcref)));
    linker.define("m", "t", table);
    const Instance a = must(linker.instantiate(store, module));
    const Instance b = must(linker.instantiate(store, module));
    ASSERT_TRUE(a.func("name").invoke<>(store, 1));
    ASSERT_TRUE(b.func("name").invoke<>(store, 2));
    const auto set = [&](uint64_t index, Func func) {
      EXPECT_TRUE(table.set(index, Value(Store::ref_of(func), wasm::funcref)));
    };
    set(1, a.func("deep"));
    set(2, b.func("deep"));
    const auto error = a.func("deep").invoke<int32_t>(store, 1000);
    ASSERT_FALSE(error);
    EXPECT_EQ(error.error().message, "call stack exhausted");
    if (!GetParam().compiles) EXPECT_LE(store.last_trap().backtrace.size(), depth);
    EXPECT_GE(store.last_trap().backtrace.size(), (depth + 1) / 2);
    for (const auto& frame : store.last_trap().backtrace) EXPECT_EQ(frame.func_index, 9u);
    EXPECT_EQ(must(b.func("ask").invoke<int32_t>(store, 0)), 22);
  }
}

CAIRN_EACH_MODE(Instances);

}  // namespace
}  // namespace cairn::engine
