// What guests may use of the host, on both sides of each limit; and the scheduler's choices.

#include <fmt/format.h>
#include <gtest/gtest.h>
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
