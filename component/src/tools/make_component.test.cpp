#include <gtest/gtest.h>
#include <cairn/component/binary.hpp>
#include <cairn/component/linker.hpp>
#include <cairn/component/text.hpp>
#include <cairn/component/tools.hpp>
#include <cairn/wasm/binary.hpp>
#include <cairn/wasm/text.hpp>

#include "wit/test_support.hpp"

namespace cairn::component::tools {
namespace {

/// The module with the world that the text has, or that is named.
Bytes embedded(const std::string& wit, const std::string& module, const std::string& world = "") {
  const wit::Loaded loaded = wit::resolved(wit);
  const Result<wit::WorldId> id = wit::select_world(loaded.resolve, loaded.root, world);
  EXPECT_TRUE(id);
  const Result<wasm::Module> core = wasm::parse_text(module);
  EXPECT_TRUE(core) << core.error().to_string();
  if (!core) return {};
  return *embed_world(wasm::encode(*core), loaded.resolve, *id);
}

std::string error_of(const std::string& wit, const std::string& module) {
  const Result<syntax::Component> made = make_component(embedded(wit, module));
  return made ? "" : made.error().to_string();
}

/// What the component says of itself, in WIT.
std::string world_of(const syntax::Component& component) {
  const Result<wit::Decoded> decoded = wit::decode_component(component);
  EXPECT_TRUE(decoded) << decoded.error().to_string();
  return decoded ? wit::print(decoded->resolve, decoded->root, {.dependencies = true}) : "";
}

const std::string shop = R"(package my:app@0.1.0;

interface types {
  record point {
    x: u32,
    y: u32,
  }

  resource counter {
    constructor(start: u32);
    unused: func();
  }

  unused: func();
}

interface shop {
  use types.{point, counter};

  record item {
    name: string,
    at: point,
  }

  resource basket {
    constructor(name: string);
    add: func(i: item) -> result<u32, string>;
    watch: func(c: borrow<counter>);
  }

  items: func(b: borrow<basket>, p: point) -> list<item>;
}

interface desk {
  use shop.{basket};

  take: func() -> basket;
}

world app {
  import types;
  import log: func(message: string);
  import unused: func();

  export shop;
  export desk;
  export run: func(s: string) -> string;
}
)";

const std::string shop_module = R"((module
  (import "$root" "log" (func (param i32 i32)))
  (import "my:app/types@0.1.0" "[constructor]counter" (func (param i32) (result i32)))
  (import "my:app/types@0.1.0" "[resource-drop]counter" (func (param i32)))
  (import "[export]my:app/shop@0.1.0" "[resource-new]basket" (func $new (param i32) (result i32)))
  (import "[export]my:app/shop@0.1.0" "[resource-rep]basket" (func (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  (func (export "my:app/shop@0.1.0#[constructor]basket") (param i32 i32) (result i32)
    i32.const 7 call $new)
  (func (export "my:app/shop@0.1.0#[method]basket.add") (param i32 i32 i32 i32 i32) (result i32)
    i32.const 64)
  (func (export "my:app/shop@0.1.0#[method]basket.watch") (param i32 i32))
  (func (export "my:app/shop@0.1.0#[dtor]basket") (param i32))
  (func (export "my:app/shop@0.1.0#items") (param i32 i32 i32) (result i32) i32.const 64)
  (func (export "cabi_post_my:app/shop@0.1.0#items") (param i32))
  (func (export "my:app/desk@0.1.0#take") (result i32) i32.const 7 call $new)
  (func (export "run") (param i32 i32) (result i32) i32.const 64)
  (func (export "_initialize"))))";

TEST(MakeComponent, SaysOfItselfWhatItsWorldSays) {
  const Result<syntax::Component> made = make_component(embedded(shop, shop_module));
  ASSERT_TRUE(made) << made.error().to_string();
  const std::string world = world_of(*made);
  for (const std::string_view part :
       {"import log: func(message: string);", "export run: func(s: string) -> string;",
        "export my:app/shop@0.1.0;", "export my:app/desk@0.1.0;", "use types.{point, counter};",
        "add: func(i: item) -> result<u32, string>;", "use shop.{basket};"}) {
    EXPECT_NE(world.find(part), std::string::npos) << part << "\n" << world;
  }
  EXPECT_EQ(world.find("unused"), std::string::npos) << world;
  const Result<syntax::Component> again = decode(encode(*made));
  ASSERT_TRUE(again);
  EXPECT_TRUE(*again == *made);
}

TEST(MakeComponent, RunsWhatItMade) {
  const std::string wit = R"(package my:app;
interface math { scale: func(by: u32, values: list<u32>) -> list<u32>; }
world app {
  import offset: func(text: string) -> u32;
  export math;
  export hello: func(name: string) -> string;
})";
  const std::string module = R"((module
  (import "$root" "offset" (func $offset (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "hello ")
  (global $free (mut i32) (i32.const 4096))
  (func $realloc (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
    (global.set $free (i32.add (local.get $at) (local.get $size)))
    (local.get $at))
  (func (export "my:app/math#scale") (param $by i32) (param $at i32) (param $count i32) (result i32)
    (local $i i32) (local $p i32)
    (block $done (loop $next
      (br_if $done (i32.eq (local.get $i) (local.get $count)))
      (local.set $p (i32.add (local.get $at) (i32.mul (local.get $i) (i32.const 4))))
      (i32.store (local.get $p) (i32.mul (local.get $by) (i32.load (local.get $p))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next)))
    (i32.store (i32.const 32) (local.get $at))
    (i32.store (i32.const 36) (local.get $count))
    (i32.const 32))
  (func (export "cabi_post_my:app/math#scale") (param i32) (global.set $free (i32.const 4096)))
  (func (export "hello") (param $name i32) (param $size i32) (result i32)
    (memory.copy (i32.const 64) (i32.const 16) (i32.const 6))
    (memory.copy (i32.const 70) (local.get $name) (local.get $size))
    (i32.store (i32.const 32) (i32.const 64))
    (i32.store (i32.const 36) (i32.add (i32.const 6)
      (call $offset (local.get $name) (local.get $size))))
    (i32.const 32))))";
  const Result<syntax::Component> made = make_component(embedded(wit, module));
  ASSERT_TRUE(made) << made.error().to_string();
  engine::Engine engine;
  const Result<Component> component = Component::load(engine, encode(*made));
  ASSERT_TRUE(component) << component.error().to_string();
  ComponentLinker linker(engine);
  linker.root().func("offset", [](HostCall&, const std::string& text) {
    return static_cast<uint32_t>(text.size());
  });
  Store store(engine);
  const Result<Instance> instance = linker.instantiate(store, *component);
  ASSERT_TRUE(instance) << instance.error().to_string();
  const std::vector<Value> name = {Value::string("world")};
  const auto hello = instance->func("hello").call(store, name);
  ASSERT_TRUE(hello) << hello.error().to_string();
  EXPECT_EQ((*hello)[0].string(), "hello world");
  const std::vector<Value> args = {
      Value::number(uint64_t{3}),
      Value::sequence({Value::number(uint64_t{1}), Value::number(uint64_t{2})})};
  const auto scaled = instance->instance("my:app/math").func("scale").call(store, args);
  ASSERT_TRUE(scaled) << scaled.error().to_string();
  EXPECT_EQ((*scaled)[0],
            Value::sequence({Value::number(uint64_t{3}), Value::number(uint64_t{6})}));
}

TEST(MakeComponent, TakesTheNamesOfBuildTargets) {
  const std::string wit = R"(package my:app@1.2.3;
interface a { resource r { constructor(); } f: func(); }
world app { import a; export a; export go: func() -> string; })";
  const std::string module = R"((module
  (import "cm32p2|my:app/a@1" "f" (func))
  (import "cm32p2|my:app/a@1" "r_drop" (func (param i32)))
  (import "cm32p2|_ex_my:app/a@1" "r_new" (func (param i32) (result i32)))
  (memory (export "cm32p2_memory") 1)
  (func (export "cm32p2_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  (func (export "cm32p2|my:app/a@1|f"))
  (func (export "cm32p2|my:app/a@1|[constructor]r") (result i32) i32.const 1)
  (func (export "cm32p2|my:app/a@1|r_dtor") (param i32))
  (func (export "cm32p2||go") (result i32) i32.const 8)
  (func (export "cm32p2||go_post") (param i32))
  (func (export "cm32p2_initialize"))))";
  const Result<syntax::Component> made = make_component(embedded(wit, module));
  ASSERT_TRUE(made) << made.error().to_string();
  EXPECT_NE(world_of(*made).find("export my:app/a@1.2.3;"), std::string::npos);
}

TEST(MakeComponent, LiftsAndLowersAsynchronously) {
  const std::string wit = R"(package my:app;
interface a { f: async func(s: stream<u8>) -> future<string>; }
world app { import a; export a; })";
  const std::string module = R"((module
  (import "my:app/a" "[async-lower]f" (func (param i32 i32) (result i32)))
  (import "my:app/a" "[stream-new-0]f" (func (result i64)))
  (import "my:app/a" "[async-lower][stream-write-0]f" (func (param i32 i32 i32) (result i32)))
  (import "my:app/a" "[future-drop-readable-1]f" (func (param i32)))
  (import "[export]my:app/a" "[async-lower][stream-read-0]f" (func (param i32 i32 i32) (result i32)))
  (import "[export]my:app/a" "[future-new-1]f" (func (result i64)))
  (import "[export]my:app/a" "[task-return]f" (func (param i32)))
  (import "$root" "[waitable-set-new]" (func (result i32)))
  (import "$root" "[waitable-set-wait]" (func (param i32 i32) (result i32)))
  (import "$root" "[subtask-drop]" (func (param i32)))
  (import "$root" "[context-get-0]" (func (result i32)))
  (import "[export]$root" "[task-cancel]" (func))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  (func (export "[async-lift]my:app/a#f") (param i32) (result i32) i32.const 0)
  (func (export "[callback][async-lift]my:app/a#f") (param i32 i32 i32) (result i32) i32.const 0)))";
  const Result<syntax::Component> made = make_component(embedded(wit, module));
  ASSERT_TRUE(made) << made.error().to_string();
  EXPECT_NE(world_of(*made).find("f: async func(s: stream<u8>) -> future<string>"),
            std::string::npos);
}

TEST(MakeComponent, GivesEachImportANameOfItsOwn) {
  const std::string wit = "package a:b;\nworld w { import f: func(); export g: func(); }";
  const std::string module = R"((module
  (import "$root" "f" (func)) (import "$root" "f" (func)) (import "$root" "f" (func))
  (func (export "g") call 0 call 1 call 2)))";
  EXPECT_EQ(error_of(wit, module), "");
}

TEST(MakeComponent, SaysWhatDoesNotFit) {
  const std::string wit =
      "package a:b;\nworld w { import f: func(a: string); export g: func() -> "
      "string; }";
  EXPECT_EQ(error_of(wit, "(module)"),
            "the module exports no function `g`, which the world `w` needs");
  EXPECT_EQ(error_of(wit, "(module (func (export \"g\")))"),
            "the export `g` is of type () -> (), expected () -> (i32)");
  EXPECT_EQ(error_of(wit, "(module (func (export \"g\") (result i32) i32.const 0))"),
            "the module exports no memory `memory`; lists, strings or large values are passed "
            "through it");
  EXPECT_EQ(error_of(wit, "(module (import \"$root\" \"f\" (func)))"),
            "the import `f` from `$root` is of type () -> (), expected (i32, i32) -> ()");
  EXPECT_EQ(error_of(wit, "(module (import \"$root\" \"x\" (func)))"),
            "the module imports `x` from `$root`, which the world `w` does not have");
  EXPECT_EQ(error_of(wit, "(module (import \"a:b/c\" \"x\" (func)))"),
            "the module imports `x` from `a:b/c`, but the world `w` imports no interface of that "
            "name");
  EXPECT_EQ(error_of(wit, "(module (import \"env\" \"memory\" (memory 1)))"),
            "the module imports a memory `memory` from `env`; components give functions only");
  const std::string takes = "package a:b;\nworld w { export g: func(a: string); }";
  EXPECT_EQ(error_of(takes,
                     "(module (memory (export \"memory\") 1) (func (export \"g\") (param i32 "
                     "i32)))"),
            "the module exports no function `cabi_realloc` of type (i32, i32, i32, i32) -> (i32); "
            "lists, strings or large values are put where it says");
  const Bytes empty = wasm::encode(*wasm::parse_text("(module)"));
  EXPECT_EQ(make_component(empty).error().message,
            "the module holds no world: a section `component-type` was expected, as `cairn "
            "component embed` makes it");
}

}  // namespace
}  // namespace cairn::component::tools
