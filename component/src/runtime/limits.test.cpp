// What guests may use of the host, on both sides of each limit; and the scheduler's choices.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <cairn/component/host_types.hpp>
#include <cairn/component/linker.hpp>

namespace cairn::component {
namespace {

/// `f(n)` makes n handles of a kind, none of which it drops.
std::string hoarder(std::string_view definition, std::string_view type, std::string_view call) {
  return fmt::format(R"((component {}
    (core module $M (import "" "make" (func $make {}))
      (func (export "f") (param i32)
        (loop $l (br_if 1 (i32.eqz (local.get 0)))
          {}
          (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (br $l))))
    (core instance $m (instantiate $M (with "" (instance (export "make" (func $make))))))
    (func (export "f") (param "n" u32) (canon lift (core func $m "f")))))",
                     definition, type, call);
}

class Limits : public testing::Test {
 protected:
  Result<> run(const std::string& text, const RuntimeLimits& limits, uint32_t n) {
    const Component component = TRY(Component::load_text(engine_, text));
    Store store(engine_, {}, limits);
    const Instance instance = TRY(ComponentLinker(engine_).instantiate(store, component));
    return TRY(TypedFunc<void(uint32_t)>::of(instance.func("f")))(store, n);
  }
  engine::Engine engine_;
};

TEST_F(Limits, HandlesOfEveryKind) {
  RuntimeLimits limits;
  limits.handles_max = 10;
  struct Kind {
    std::string text;
    uint32_t most;
  };
  const Kind kinds[] = {
      {hoarder("(type $r (resource (rep i32))) (core func $make (canon resource.new $r))",
               "(param i32) (result i32)", "(drop (call $make (i32.const 1)))"),
       10},
      {hoarder("(core func $make (canon waitable-set.new))", "(result i32)", "(drop (call $make))"),
       10},
      {hoarder("(type $s (stream u8)) (core func $make (canon stream.new $s))", "(result i64)",
               "(drop (call $make))"),
       5},
      {hoarder("(type $s (future)) (core func $make (canon future.new $s))", "(result i64)",
               "(drop (call $make))"),
       5},
  };
  for (const Kind& kind : kinds) {
    const Result<> fits = run(kind.text, limits, kind.most);
    EXPECT_TRUE(fits) << fits.error().to_string();
    const Result<> too_many = run(kind.text, limits, kind.most + 1);
    ASSERT_FALSE(too_many);
    EXPECT_EQ(too_many.error().message, "too many handles in a component instance");
    EXPECT_EQ(too_many.error().kind, ErrorKind::trap);
  }
}

TEST_F(Limits, InstancesOfAStore) {
  RuntimeLimits limits;
  limits.instances_max = 3;
  const Component component = *Component::load_text(
      engine_,
      "(component (component $C) (instance (instantiate $C)) (instance (instantiate $C)))");
  Store store(engine_, {}, limits);
  ComponentLinker linker(engine_);
  EXPECT_TRUE(linker.instantiate(store, component));
  EXPECT_EQ(linker.instantiate(store, component).error().kind, ErrorKind::limit);
}

/// Asynchronous calls that never end: one task each.
constexpr std::string_view waiting = R"((component
  (component $C
    (core module $M
      (func (export "f") (result i32) (i32.const 1))
      (func (export "cb") (param i32 i32 i32) (result i32) (i32.const 1)))
    (core instance $m (instantiate $M))
    (func (export "f") async (canon lift (core func $m "f") async (callback (core func $m "cb")))))
  (instance $c (instantiate $C))
  (core func $f (canon lower (func $c "f") async))
  (core module $M (import "" "f" (func $f (result i32)))
    (func (export "f") (param i32)
      (loop $l (br_if 1 (i32.eqz (local.get 0)))
        (drop (call $f))
        (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (br $l))))
  (core instance $m (instantiate $M (with "" (instance (export "f" (func $f))))))
  (func (export "f") (param "n" u32) (canon lift (core func $m "f")))))";

TEST_F(Limits, TasksAndThreads) {
  RuntimeLimits limits;
  limits.tasks_max = 6;
  EXPECT_TRUE(run(std::string(waiting), limits, 5));
  EXPECT_EQ(run(std::string(waiting), limits, 6).error().message, "too many tasks");
  limits = {};
  limits.threads_max = 4;
  EXPECT_TRUE(run(std::string(waiting), limits, 4));
  EXPECT_EQ(run(std::string(waiting), limits, 5).error().message,
            "too many threads in a component instance");
}

/// `f(n)` calls a function of the host n times that does not return.
constexpr std::string_view asking = R"((component
  (import "late" (func $late async))
  (core func $late' (canon lower (func $late) async))
  (core module $M (import "" "late" (func $late (result i32)))
    (func (export "f") (param i32)
      (loop $l (br_if 1 (i32.eqz (local.get 0)))
        (drop (call $late))
        (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (br $l))))
  (core instance $m (instantiate $M (with "" (instance (export "late" (func $late'))))))
  (func (export "f") (param "n" u32) (canon lift (core func $m "f")))))";

TEST_F(Limits, CallsThatWaitForTheHost) {
  const Component component = *Component::load_text(engine_, asking);
  RuntimeLimits limits;
  limits.host_calls_max = 3;
  for (const uint32_t n : {3u, 4u}) {
    std::vector<Completer<void>> pending;
    ComponentLinker linker(engine_);
    linker.root().func("late", [&](HostCall& call) {
      Later<void> later(call);
      pending.push_back(later.done());
      return later;
    });
    Store store(engine_, {}, limits);
    const Instance instance = *linker.instantiate(store, component);
    const auto f = *TypedFunc<void(uint32_t)>::of(instance.func("f"));
    const auto called = f(store, n);
    EXPECT_EQ(called.has_value(), n == 3);
    if (!called) EXPECT_EQ(called.error().message, "too many calls that wait for the host");
  }
}

/// Gives a string of 1000 bytes n times, as a list of which all elements are the same string.
constexpr std::string_view repeater = R"((component
  (import "take" (func $take (param "all" (list string))))
  (core module $Memory (memory (export "mem") 2))
  (core instance $memory (instantiate $Memory))
  (alias core export $memory "mem" (core memory $mem))
  (core func $take' (canon lower (func $take) (memory $mem)))
  (core module $M (import "" "mem" (memory 2)) (import "" "take" (func $take (param i32 i32)))
    (func $list (param i32)
      (loop $l (br_if 1 (i32.eqz (local.get 0)))
        (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
        (i32.store offset=1024 (i32.mul (local.get 0) (i32.const 8)) (i32.const 0))
        (i32.store offset=1028 (i32.mul (local.get 0) (i32.const 8)) (i32.const 1000))
        (br $l)))
    (func (export "give") (param i32)
      (call $list (local.get 0)) (call $take (i32.const 1024) (local.get 0)))
    (func (export "get") (param i32) (result i32)
      (call $list (local.get 0))
      (i32.store (i32.const 1000) (i32.const 1024)) (i32.store (i32.const 1004) (local.get 0))
      (i32.const 1000)))
  (core instance $m (instantiate $M (with "" (instance (export "mem" (memory $mem))
    (export "take" (func $take'))))))
  (func (export "give") (param "n" u32) (canon lift (core func $m "give")))
  (func (export "get") (param "n" u32) (result (list string))
    (canon lift (core func $m "get") (memory $mem)))))";

TEST_F(Limits, BytesOfValuesForTheHost) {
  const Component component = *Component::load_text(engine_, repeater);
  RuntimeLimits limits;
  limits.host_value_bytes_max = 10 * (1000 + sizeof(Value));
  size_t taken = 0;
  ComponentLinker linker(engine_);
  linker.root().func("take",
                     [&](HostCall&, const std::vector<std::string>& all) { taken = all.size(); });
  for (const uint32_t n : {10u, 11u}) {
    Store store(engine_, {}, limits);
    const Instance instance = *linker.instantiate(store, component);
    const auto give = *TypedFunc<void(uint32_t)>::of(instance.func("give"));
    EXPECT_EQ(give(store, n).has_value(), n == 10);
    EXPECT_EQ(taken, 10u);
    Store other(engine_, {}, limits);
    const Instance second = *linker.instantiate(other, component);
    const auto get = *TypedFunc<std::vector<std::string>(uint32_t)>::of(second.func("get"));
    const auto got = get(other, n);
    EXPECT_EQ(got.has_value(), n == 10);
    if (got) EXPECT_EQ(got->size(), 10u);
    if (!got) EXPECT_EQ(got.error().message, "too many bytes in values for the host");
  }
}

/// `f(n)` makes n error contexts, of 7 bytes each, and gives the length of the last one's message.
constexpr std::string_view complainer = R"((component
  (core module $Memory (memory (export "mem") 1) (data (i32.const 0) "caf\u{e9}!!"))
  (core instance $memory (instantiate $Memory))
  (alias core export $memory "mem" (core memory $mem))
  (core module $Realloc
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64)))
  (core instance $realloc (instantiate $Realloc))
  (alias core export $realloc "realloc" (core func $realloc'))
  (core func $new (canon error-context.new (memory $mem)))
  (core func $message (canon error-context.debug-message (memory $mem) (realloc $realloc')))
  (core func $drop (canon error-context.drop))
  (core module $M (import "" "mem" (memory 1))
    (import "" "new" (func $new (param i32 i32) (result i32)))
    (import "" "message" (func $message (param i32 i32)))
    (import "" "drop" (func $drop (param i32)))
    (global $last (mut i32) (i32.const 0))
    (func (export "f") (param i32) (result i32)
      (loop $l
        (global.set $last (call $new (i32.const 0) (i32.const 7)))
        (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (br_if $l (local.get 0)))
      (call $message (global.get $last) (i32.const 32))
      (i32.load (i32.const 36)))
    (func (export "drop") (call $drop (global.get $last))))
  (core instance $m (instantiate $M (with "" (instance (export "mem" (memory $mem))
    (export "new" (func $new)) (export "message" (func $message)) (export "drop" (func $drop))))))
  (func (export "f") (param "n" u32) (result u32) (canon lift (core func $m "f")))
  (func (export "drop") (canon lift (core func $m "drop")))))";

TEST_F(Limits, BytesOfErrorContexts) {
  const Result<Component> component = Component::load_text(engine_, complainer);
  ASSERT_TRUE(component) << component.error().to_string();
  RuntimeLimits limits;
  limits.error_context_bytes_max = 18;
  Store store(engine_, {}, limits);
  const Instance instance = *ComponentLinker(engine_).instantiate(store, *component);
  const auto f = *TypedFunc<uint32_t(uint32_t)>::of(instance.func("f"));
  const auto drop = *TypedFunc<void()>::of(instance.func("drop"));
  EXPECT_EQ(f(store, 2).value(), 7u);
  // Of the next four bytes that are left the last would be half of a character.
  EXPECT_EQ(f(store, 1).value(), 3u);
  EXPECT_EQ(f(store, 1).value(), 1u);
  EXPECT_EQ(f(store, 1).value(), 0u);
  ASSERT_TRUE(drop(store));
  EXPECT_EQ(f(store, 1).value(), 0u) << "that had none";
}

TEST_F(Limits, BytesOfErrorContextsInUtf16) {
  std::string text(complainer);
  const auto replace = [&text](std::string_view from, std::string_view to) {
    text.replace(text.find(from), from.size(), to);
  };
  replace("error-context.new (memory $mem)",
          "error-context.new (memory $mem) string-encoding=utf16");
  // "café", a character of four bytes in UTF-8, '!': 7 units, 10 bytes.
  replace(R"(caf\u{e9}!!)", R"(c\00a\00f\00\e9\00\3d\d8\00\de!\00)");
  const Result<Component> component = Component::load_text(engine_, text);
  ASSERT_TRUE(component) << component.error().to_string();
  for (const auto& [most, got] : {std::pair(20u, 10u), {10u, 10u}, {9u, 9u}, {8u, 5u}, {4u, 3u}}) {
    RuntimeLimits limits;
    limits.error_context_bytes_max = most;
    Store store(engine_, {}, limits);
    const Instance instance = *ComponentLinker(engine_).instantiate(store, *component);
    const auto f = *TypedFunc<uint32_t(uint32_t)>::of(instance.func("f"));
    EXPECT_EQ(f(store, 1).value(), got) << most;
  }
}

TEST_F(Limits, EndlessRecursionOverComponentsEndsInATrap) {
  // A component cannot call itself, so the host does: a function of the host that calls back in.
  const Component component = *Component::load_text(engine_, R"((component
    (import "again" (func $again (param "n" u32) (result u32)))
    (core func $again' (canon lower (func $again)))
    (core module $M (import "" "again" (func $again (param i32) (result i32)))
      (func (export "f") (param i32) (result i32) (call $again (local.get 0))))
    (core instance $m (instantiate $M (with "" (instance (export "again" (func $again'))))))
    (func (export "f") (param "n" u32) (result u32) (canon lift (core func $m "f")))))");
  Store store(engine_);
  ComponentLinker linker(engine_);
  Instance instance;
  linker.root().func("again", [&](HostCall&, uint32_t n) -> Result<uint32_t> {
    const auto f = TRY(TypedFunc<uint32_t(uint32_t)>::of(instance.func("f")));
    return f(store, n + 1);
  });
  instance = *linker.instantiate(store, component);
  const auto f = *TypedFunc<uint32_t(uint32_t)>::of(instance.func("f"));
  EXPECT_EQ(f(store, 0).error().message, "cannot enter component instance");
}

}  // namespace
}  // namespace cairn::component
