#include <gtest/gtest.h>
#include <cairn/component/binary.hpp>
#include <cairn/component/linker.hpp>
#include <cairn/component/text.hpp>
#include <cairn/component/tools.hpp>

#include "wit/test_support.hpp"

namespace cairn::component::tools {
namespace {

std::shared_ptr<const syntax::Component> parsed(std::string_view text) {
  Result<syntax::Component> component = parse_text(text);
  EXPECT_TRUE(component) << component.error().to_string();
  return component ? std::make_shared<const syntax::Component>(*std::move(component)) : nullptr;
}

/// Exports `get`, of "a:b/store@VERSION", which gives a number.
std::string store(std::string_view version, int number) {
  return fmt::format(R"((component
  (core module $m (func (export "get") (result i32) i32.const {}))
  (core instance $i (instantiate $m))
  (func $get (result u32) (canon lift (core func $i "get")))
  (instance $store (export "get" (func $get)))
  (export "a:b/store@{}" (instance $store))))",
                     number, version);
}

/// Gives one more than the store that it imports.
constexpr std::string_view one_more = R"((component
  (import "a:b/store@1.0.0" (instance $s (export "get" (func (result u32)))))
  (alias export $s "get" (func $g))
  (core func $low (canon lower (func $g)))
  (core module $m (import "" "g" (func $g (result i32)))
    (func (export "get") (result i32) (i32.add (call $g) (i32.const 1))))
  (core instance $i (instantiate $m (with "" (instance (export "g" (func $low))))))
  (func $get (result u32) (canon lift (core func $i "get")))
  (instance $store (export "get" (func $get)))
  (export "a:b/store@1.0.0" (instance $store))))";

uint64_t get_of(const syntax::Component& component) {
  engine::Engine engine;
  const Result<Component> loaded = Component::load(engine, encode(component));
  EXPECT_TRUE(loaded) << loaded.error().to_string();
  Store store(engine);
  const Result<Instance> instance = ComponentLinker(engine).instantiate(store, *loaded);
  EXPECT_TRUE(instance) << instance.error().to_string();
  const auto result = instance->instance("a:b/store@1.0.0").func("get").call(store, {});
  EXPECT_TRUE(result) << result.error().to_string();
  return result ? (*result)[0].number() : 0;
}

TEST(Compose, GivesImportsWhatOthersExport) {
  const std::vector<Part> parts = {{"store", parsed(store("1.2.0", 5))}, {"app", parsed(one_more)}};
  const Result<syntax::Component> whole = compose(parts);
  ASSERT_TRUE(whole) << whole.error().to_string();
  EXPECT_EQ(get_of(*whole), 6u);
}

TEST(Compose, PutsPartsBetweenOthers) {
  const std::vector<Part> parts = {{"store", parsed(store("1.0.0", 5))},
                                   {"between", parsed(one_more)},
                                   {"app", parsed(one_more)}};
  const Result<syntax::Component> whole = compose(parts);
  ASSERT_TRUE(whole) << whole.error().to_string();
  EXPECT_EQ(get_of(*whole), 7u);
}

TEST(Compose, FollowsWishes) {
  std::vector<Part> parts = {{"five", parsed(store("1.0.0", 5))},
                             {"nine", parsed(store("1.0.0", 9))},
                             {"app", parsed(one_more), {{"a:b/store@1.0.0", "five"}}}};
  Result<syntax::Component> whole = compose(parts);
  ASSERT_TRUE(whole) << whole.error().to_string();
  EXPECT_EQ(get_of(*whole), 6u);
  parts[2].with[0].part = "ten";
  whole = compose(parts);
  ASSERT_FALSE(whole);
  EXPECT_EQ(whole.error().message,
            "`app` is to import `a:b/store@1.0.0` from `ten`, which does not export it, does not "
            "stand before it, or need not");
}

TEST(Compose, ImportsWhatIsLeftOnceForAll) {
  constexpr std::string_view user = R"((component
    (import "a:b/types" (instance $t (export "r" (type (sub resource)))
      (export "{}" (func))))
    (import "a:b/store@1.0.0" (instance (export "get" (func (result u32)))))))";
  const std::vector<Part> parts = {{"store", parsed(store("1.0.0", 5))},
                                   {"one", parsed(fmt::format(user, "f"))},
                                   {"two", parsed(fmt::format(user, "g"))}};
  const Result<syntax::Component> whole = compose(parts);
  ASSERT_TRUE(whole) << whole.error().to_string();
  const Result<wit::Decoded> decoded = wit::decode_component(*whole);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(wit::print(decoded->resolve, decoded->root, {.dependencies = true}),
            "package root:component;\n\nworld root {\n  import a:b/types;\n}\n\npackage a:b {\n  "
            "interface types {\n    resource r;\n\n    f: func();\n    g: func();\n  }\n}\n");
}

TEST(Compose, RefusesWhatDoesNotFit) {
  constexpr std::string_view other = R"((component
    (import "a:b/store@1.0.0" (instance (export "put" (func))))))";
  const std::vector<Part> parts = {{"store", parsed(store("1.0.0", 5))}, {"app", parsed(other)}};
  EXPECT_FALSE(compose(parts));
  EXPECT_FALSE(compose({}));
}

TEST(Targets, ComparesWithAWorld) {
  const auto fits = [](const std::string& wit) {
    const wit::Loaded loaded = wit::resolved(wit);
    const auto world = wit::select_world(loaded.resolve, loaded.root, "w");
    const Result<> result = check_target(*parsed(one_more), loaded.resolve, *world);
    return result ? "" : result.error().message;
  };
  const std::string package = "package a:b@1.3.0;\ninterface store { get: func() -> u32; }\n";
  EXPECT_EQ(fits(package + "world w { import store; export store; }"), "");
  EXPECT_EQ(fits(package + "world w { import store; }"), "");
  EXPECT_EQ(fits(package + "world w { export store; }"),
            "the component does not fit the world `a:b/w@1.3.0`: missing expected import "
            "`a:b/store@1`");
  EXPECT_NE(fits(package + "world w { import store; export other: func(); }"), "");
  EXPECT_NE(fits("package a:b@2.0.0;\ninterface store { get: func() -> u32; }\nworld w { import "
                 "store; }"),
            "");
}

TEST(Sections, AreListedWithThoseInside) {
  const std::vector<ComponentSection> sections = list_sections(encode(*parsed(one_more)));
  ASSERT_GT(sections.size(), 5u);
  EXPECT_EQ(sections[0].kind, "type");
  const auto module = std::ranges::find(sections, "core module", &ComponentSection::kind);
  ASSERT_NE(module, sections.end());
  EXPECT_EQ(module->inside.back().kind, "custom `name`");
  EXPECT_EQ(module->inside[0].count, 1u);
  EXPECT_TRUE(list_sections({}).empty());
}

TEST(Producers, AreReadOrNothingIs) {
  const Bytes good = {1, 1, 'a', 1, 1, 'b', 1, 'c'};
  const std::vector<Producer> found = read_producers(good);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].field + found[0].name + found[0].version, "abc");
  for (size_t size = 0; size < good.size(); ++size) {
    EXPECT_TRUE(read_producers(ByteSpan(good).first(size)).empty());
  }
}

}  // namespace
}  // namespace cairn::component::tools
