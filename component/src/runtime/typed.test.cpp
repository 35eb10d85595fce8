// The host's side: typed calls, typed host functions, resources, waiting.

#include <gtest/gtest.h>
#include <cairn/component/linker.hpp>
#include <cairn/component/pending_call.hpp>

#include <array>
#include <thread>

namespace cairn::component {
namespace {

struct Point {
  int32_t x = 0;
  double y = 0;
  bool operator==(const Point&) const = default;
};

}  // namespace

template <>
struct Described<Point> {
  static constexpr auto fields = std::tuple{Field{"x", &Point::x}, Field{"y", &Point::y}};
};

namespace {

/// A component that hands everything on to the host, and what it gives back.
constexpr std::string_view forwarder = R"((component
  (import "a:b/host@1.2.0" (instance $host
    (export "twice" (func (param "n" u32) (result u32)))
    (export "greet" (func (param "name" string) (result string)))
    (export "sum" (func (param "of" (list s16)) (result s64)))
    (export "late" (func async (param "n" u32) (result u32)))))
  (core module $Memory
    (memory (export "mem") 2) (global $top (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local i32)
      (local.set 4 (i32.and (i32.add (global.get $top) (i32.const 15)) (i32.const -16)))
      (global.set $top (i32.add (local.get 4) (local.get 3)))
      (if (i32.gt_u (global.get $top) (i32.const 65536)) (then (global.set $top (i32.const 1024))))
      (local.get 4)))
  (core instance $memory (instantiate $Memory))
  (alias core export $memory "mem" (core memory $mem))
  (alias core export $memory "realloc" (core func $realloc))
  (core func $twice (canon lower (func $host "twice")))
  (core func $greet (canon lower (func $host "greet") (memory $mem) (realloc $realloc)))
  (core func $sum (canon lower (func $host "sum") (memory $mem)))
  (core func $late (canon lower (func $host "late")))
  (core module $M
    (import "" "mem" (memory 1))
    (import "" "twice" (func $twice (param i32) (result i32)))
    (import "" "greet" (func $greet (param i32 i32 i32)))
    (import "" "sum" (func $sum (param i32 i32) (result i64)))
    (import "" "late" (func $late (param i32) (result i32)))
    (func (export "twice") (param i32) (result i32) (call $twice (local.get 0)))
    (func (export "greet") (param i32 i32) (result i32)
      (call $greet (local.get 0) (local.get 1) (i32.const 16)) (i32.const 16))
    (func (export "sum") (param i32 i32) (result i64) (call $sum (local.get 0) (local.get 1)))
    (func (export "late") (param i32) (result i32)
      (i32.add (call $late (local.get 0)) (i32.const 1)))
    (func (export "point") (param i32 f64) (result i32)
      (i32.store (i32.const 32) (i32.add (local.get 0) (i32.const 1)))
      (f64.store (i32.const 40) (local.get 1)) (i32.const 32))
    (func (export "trap") unreachable))
  (core instance $m (instantiate $M (with "" (instance
    (export "mem" (memory $mem)) (export "twice" (func $twice)) (export "greet" (func $greet))
    (export "sum" (func $sum)) (export "late" (func $late))))))
  (func (export "twice") (param "n" u32) (result u32) (canon lift (core func $m "twice")))
  (func (export "greet") (param "name" string) (result string)
    (canon lift (core func $m "greet") (memory $mem) (realloc $realloc)))
  (func (export "sum") (param "of" (list s16)) (result s64)
    (canon lift (core func $m "sum") (memory $mem) (realloc $realloc)))
  (func (export "late") async (param "n" u32) (result u32) (canon lift (core func $m "late")))
  (type $point' (record (field "x" s32) (field "y" f64)))
  (export $point "point" (type $point'))
  (func (export "move") (param "p" $point) (result $point)
    (canon lift (core func $m "point") (memory $mem)))
  (func (export "trap") (canon lift (core func $m "trap")))))";

class TypedCalls : public testing::Test {
 protected:
  TypedCalls() {
    linker_.interface("a:b/host@1.3.0")
        .func("twice", [](HostCall&, uint32_t n) { return n * 2; })
        .func("greet",
              [](HostCall&, const std::string& name) -> Result<std::string> {
                if (name == "nobody") return fail(ErrorKind::denied, "nobody is there");
                return "Hello, " + name + "!";
              })
        .func("sum",
              [](HostCall&, const std::vector<int16_t>& of) {
                int64_t sum = 0;
                for (const int16_t n : of) sum += n;
                return sum;
              })
        .func("late", HostFunction([this](HostCall& call) -> Result<std::optional<Value>> {
                const uint64_t n = call.args()[0].number();
                late_ = std::thread([completion = call.suspend(), n] {
                  completion->complete(std::optional(Value::number(n * 10)));
                });
                return std::nullopt;
              }));
    const Result<Component> component = Component::load_text(engine_, forwarder);
    EXPECT_TRUE(component) << component.error().to_string();
    if (!component) return;
    const Result<Instance> instance = linker_.instantiate(store_, *component);
    EXPECT_TRUE(instance) << instance.error().to_string();
    if (instance) instance_ = *instance;
  }
  ~TypedCalls() override {
    if (late_.joinable()) late_.join();
  }

  template <class Signature>
  TypedFunc<Signature> get(std::string_view name) {
    return *TypedFunc<Signature>::of(instance_.func(name));
  }

  std::thread late_;
  engine::Engine engine_;
  ComponentLinker linker_{engine_};
  Store store_{engine_};
  Instance instance_;
};

TEST_F(TypedCalls, PassNumbersStringsListsAndRecords) {
  EXPECT_EQ(get<uint32_t(uint32_t)>("twice")(store_, 21).value(), 42u);
  EXPECT_EQ(get<std::string(std::string_view)>("greet")(store_, "wörld").value(), "Hello, wörld!");
  const std::vector<int16_t> numbers = {1, -2, 300};
  EXPECT_EQ(get<int64_t(std::vector<int16_t>)>("sum")(store_, numbers).value(), 299);
  EXPECT_EQ((get<int64_t(std::span<const int16_t>)>("sum")(store_, numbers).value()), 299);
  EXPECT_EQ(get<Point(Point)>("move")(store_, {4, 2.5}).value(), (Point{5, 2.5}));
}

TEST_F(TypedCalls, CheckTypes) {
  using Wrong = TypedFunc<int32_t(uint32_t)>;
  EXPECT_EQ(Wrong::of(instance_.func("twice")).error().kind, ErrorKind::usage);
  EXPECT_EQ(Wrong::of(instance_.func("missing")).error().kind, ErrorKind::usage);
  linker_.interface("a:b/host@1.3.0").func("twice", [](HostCall&, uint64_t n) { return n; });
  const Component component = *Component::load_text(engine_, forwarder);
  EXPECT_EQ(linker_.prepare(component).error().kind, ErrorKind::unlinkable);
  EXPECT_EQ(ComponentLinker(engine_).prepare(component).error().kind, ErrorKind::unlinkable);
}

TEST_F(TypedCalls, CheckDeclaredTypesOfDynamicFunctions) {
  const Component component = *Component::load_text(engine_, forwarder);
  const HostFunction nothing = [](HostCall&) { return std::nullopt; };
  HostInterface& host = linker_.interface("a:b/host@1.3.0");
  host.func<uint32_t(uint32_t)>("twice", nothing);
  EXPECT_TRUE(linker_.prepare(component));
  host.func<int64_t(std::vector<uint16_t>)>("sum", nothing);
  const auto refused = linker_.prepare(component);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::unlinkable);
  EXPECT_EQ(refused.error().message,
            "the host's function `sum` is not of the import's type func(of: list<s16>) -> s64");
}

TEST_F(TypedCalls, CheckWhatDynamicFunctionsGive) {
  linker_.interface("a:b/host@1.3.0").func("twice", HostFunction([](HostCall&) {
                                             return std::optional(Value::string("two"));
                                           }));
  const auto instance = linker_.instantiate(store_, *Component::load_text(engine_, forwarder));
  ASSERT_TRUE(instance);
  const auto twice = TypedFunc<uint32_t(uint32_t)>::of(instance->func("twice")).value();
  const auto failed = twice(store_, 1);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, ErrorKind::usage);
}

TEST_F(TypedCalls, EndWithTheErrorsOfHostFunctions) {
  const auto greet = get<std::string(std::string)>("greet");
  const Result<std::string> refused = greet(store_, "nobody");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::denied);
  EXPECT_EQ(greet(store_, "x").error().message, "cannot enter component instance");
}

TEST_F(TypedCalls, RefuseArgumentsOfTheWrongShapeBeforeTheCall) {
  const Func twice = instance_.func("twice"), name = instance_.func("greet"),
             late = instance_.func("late"), sum = instance_.func("sum");
  const std::pair<Func, std::vector<Value>> wrong[] = {
      {twice, {Value::string("two")}},
      {twice, {Value::number(uint64_t{1} << 32)}},
      {twice, {}},
      {name, {Value::string("\xff")}},
      {sum, {Value::raw(Bytes(3))}},
      {sum, {Value::sequence({Value::number(uint64_t{70'000})})}},
      {late, {Value::f32(1)}},
  };
  for (const auto& [func, args] : wrong) {
    const auto refused = func.call(store_, args);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::usage);
    EXPECT_EQ(PendingCall::start(store_, func, args).error().kind, ErrorKind::usage);
  }
  EXPECT_EQ(get<std::string(std::string)>("greet")(store_, "\xff").error().message,
            "a value is not a string in UTF-8");
  EXPECT_EQ(twice.call(store_, std::array{Value::number(uint64_t{4})}).value()[0].number(), 8u)
      << "none of it has reached the guest";
}

TEST_F(TypedCalls, WaitForOtherThreadsOfTheHost) {
  EXPECT_EQ(get<uint32_t(uint32_t)>("late")(store_, 4).value(), 41u);
}

TEST_F(TypedCalls, ATrapPoisonsOnlyItsInstance) {
  const Instance other = *linker_.instantiate(store_, *Component::load_text(engine_, forwarder));
  EXPECT_EQ(get<void()>("trap")(store_).error().message, "unreachable");
  EXPECT_EQ(get<uint32_t(uint32_t)>("twice")(store_, 1).error().message,
            "cannot enter component instance");
  EXPECT_EQ((*TypedFunc<uint32_t(uint32_t)>::of(other.func("twice")))(store_, 1).value(), 2u);
}

/// A component with a resource type of its own, which counts how many are alive.
constexpr std::string_view counter = R"((component
  (core module $M (global $alive (mut i32) (i32.const 0))
    (func (export "dtor") (param i32)
      (global.set $alive (i32.sub (global.get $alive) (local.get 0))))
    (func (export "count") (param i32) (result i32)
      (global.set $alive (i32.add (global.get $alive) (local.get 0))) (local.get 0))
    (func (export "alive") (result i32) (global.get $alive)))
  (core instance $m (instantiate $M))
  (type $r' (resource (rep i32) (dtor (core func $m "dtor"))))
  (export $r "r" (type $r'))
  (core func $new (canon resource.new $r'))
  (core module $N (import "" "new" (func $new (param i32) (result i32)))
    (import "" "count" (func $count (param i32) (result i32)))
    (func (export "make") (param i32) (result i32) (call $new (call $count (local.get 0)))))
  (core instance $n (instantiate $N (with "" (instance
    (export "new" (func $new)) (export "count" (func $m "count"))))))
  (func (export "make") (param "n" u32) (result (own $r)) (canon lift (core func $n "make")))
  (func (export "look") (param "r" (borrow $r)) (result u32) (canon lift (core func $m "count")))
  (func (export "alive") (result u32) (canon lift (core func $m "alive")))))";

struct R;

TEST(HostResources, AreDestroyedWhenTheHostLetsGo) {
  engine::Engine engine;
  Store store(engine);
  const Result<Component> component = Component::load_text(engine, counter);
  ASSERT_TRUE(component) << component.error().to_string();
  const Instance instance = *ComponentLinker(engine).instantiate(store, *component);
  const auto make = *TypedFunc<Own<R>(uint32_t)>::of(instance.func("make"));
  const auto look = *TypedFunc<uint32_t(Borrow<R>)>::of(instance.func("look"));
  const auto alive = *TypedFunc<uint32_t()>::of(instance.func("alive"));
  {
    const Own<R> seven = *make(store, 7);
    EXPECT_EQ(look(store, seven).value(), 7u);
    EXPECT_EQ(alive(store).value(), 14u);
  }
  ASSERT_TRUE(store.tick());
  EXPECT_EQ(alive(store).value(), 7u);
}

TEST(HostResources, OfOthersAreRefusedBeforeTheCall) {
  engine::Engine engine;
  Store store(engine);
  const Component component = *Component::load_text(engine, counter);
  const Instance one = *ComponentLinker(engine).instantiate(store, component);
  const Instance two = *ComponentLinker(engine).instantiate(store, component);
  const Value seven = one.func("make").call(store, std::array{Value::number(uint64_t{7})})->front();
  const auto refused = two.func("look").call(store, std::array{seven});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "a resource of another type");
  EXPECT_TRUE(two.func("alive").call(store, {})) << "it was not entered";
  EXPECT_EQ(one.func("look").call(store, std::array{seven})->front().number(), 7u);
}

}  // namespace
}  // namespace cairn::component
