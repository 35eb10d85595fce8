// Random types and values: through a component and back, and through two components with other
// encodings and address sizes, every value comes back as it was.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <cairn/component/linker.hpp>

#include "runtime/random_values.hpp"

namespace cairn::component {
namespace {

constexpr std::string_view encodings[] = {"utf8", "utf16", "latin1+utf16"};

/// Enough beside the value that parameters and results go through memory, where the guest leaves
/// them as they are.
std::string boxed(const std::string& type) {
  std::string text = "(tuple " + type;
  for (int i = 0; i < 17; ++i) text += " u8";
  return text + ")";
}

/// `inner` gives back what it gets; `outer` calls it, with the text's form and addresses of its
/// own.
std::string component_for(const std::string& type, bool inner_wide, bool outer_wide,
                          std::string_view inner_encoding, std::string_view outer_encoding) {
  const auto memory = [](bool wide) {
    const std::string_view p = wide ? "i64" : "i32";
    return fmt::format(R"(
      (core module $Memory
        (memory (export "mem") {1} 64) (global $top (mut {0}) ({0}.const 1024))
        (func (export "realloc") (param {0} {0} {0} {0}) (result {0}) (local {0})
          (local.set 4 ({0}.and ({0}.add (global.get $top) ({0}.const 15)) ({0}.const -16)))
          (global.set $top ({0}.add (local.get 4) (local.get 3)))
          (memory.copy (local.get 4) (local.get 0)
            (select (local.get 1) (local.get 3) ({0}.lt_u (local.get 1) (local.get 3))))
          (local.get 4)))
      (core instance $memory (instantiate $Memory))
      (alias core export $memory "mem" (core memory $mem))
      (alias core export $memory "realloc" (core func $realloc)))",
                       p, wide ? "i64" : "");
  };
  const std::string inner_options =
      fmt::format("string-encoding={} (memory $mem) (realloc $realloc)", inner_encoding);
  const std::string outer_options =
      fmt::format("string-encoding={} (memory $mem) (realloc $realloc)", outer_encoding);
  const std::string box = boxed(type);
  const std::string_view ip = inner_wide ? "i64" : "i32", op = outer_wide ? "i64" : "i32";
  return fmt::format(R"((component
    (component $Inner {0}
      (core module $M (func (export "f") (param {1}) (result {1}) (local.get 0)))
      (core instance $m (instantiate $M))
      (func (export "f") (param "x" {2}) (result {2}) (canon lift (core func $m "f") {3})))
    (component $Outer
      (import "f" (func $f (param "x" {2}) (result {2}))) {4}
      (core func $f' (canon lower (func $f) {5}))
      (core module $M (import "" "f" (func $f (param {6} {6})))
        (func (export "f") (param {6}) (result {6})
          (call $f (local.get 0) ({6}.const 65536)) ({6}.const 65536)))
      (core instance $m (instantiate $M (with "" (instance (export "f" (func $f'))))))
      (func (export "f") (param "x" {2}) (result {2}) (canon lift (core func $m "f") {5})))
    (instance $inner (instantiate $Inner))
    (instance $outer (instantiate $Outer (with "f" (func $inner "f"))))
    (func (export "one") (alias export $inner "f"))
    (func (export "two") (alias export $outer "f"))))",
                     memory(inner_wide), ip, box, inner_options, memory(outer_wide), outer_options,
                     op);
}

TEST(Roundtrip, RandomValuesThroughOneAndTwoComponents) {
  engine::Engine engine;
  size_t ran = 0;
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    testing::RandomValues random(seed);
    const std::string type = random.type(3);
    const auto pick = [&] { return encodings[random.below(3)]; };
    const std::string text =
        component_for(type, random.below(2) != 0, random.below(2) != 0, pick(), pick());
    SCOPED_TRACE(fmt::format("seed {}: {}", seed, type));
    const Result<Component> component = Component::load_text(engine, text);
    ASSERT_TRUE(component) << component.error().to_string() << "\n" << text;
    Store store(engine);
    const Result<Instance> instance = ComponentLinker(engine).instantiate(store, *component);
    ASSERT_TRUE(instance) << instance.error().to_string();
    for (const std::string_view name : {"one", "two"}) {
      const Func func = instance->func(name);
      for (int i = 0; i < 5; ++i) {
        const Value value = random.value(func.types(), func.type().params[0].type);
        const Result<std::vector<Value>> back = func.call(store, {&value, 1});
        ASSERT_TRUE(back) << back.error().to_string();
        EXPECT_EQ((*back)[0], value) << name;
        ++ran;
      }
    }
  }
  EXPECT_EQ(ran, 1500u);
}

}  // namespace
}  // namespace cairn::component
