#include <fmt/format.h>
#include <gtest/gtest.h>
#include <cairn/component/text.hpp>
#include <cairn/component/validate.hpp>

namespace cairn::component {
namespace {

class ValidateTest : public testing::Test {
 protected:
  Result<std::shared_ptr<const CheckedComponent>> check(std::string_view text,
                                                        const ValidateOptions& options = {}) {
    const auto component = std::make_shared<const syntax::Component>(TRY(parse_text(text)));
    return validate(component, types, options);
  }
  std::string error(std::string_view text, const ValidateOptions& options = {}) {
    const auto checked = check(text, options);
    return checked ? "" : checked.error().message;
  }

  wasm::TypeRegistry core;
  Types types{core};
};

TEST_F(ValidateTest, GivesTheTypesOfAllIndexSpaces) {
  const auto checked = check(R"wat((component
    (import "log" (func $log (param "msg" string)))
    (core module $libc
      (memory (export "mem") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable))
    (core instance $libc (instantiate $libc))
    (alias core export $libc "mem" (core memory $mem))
    (core func $log' (canon lower (func $log) (memory $mem)))
    (type $r (resource (rep i32)))
    (component (type u8))
  ))wat");
  ASSERT_TRUE(checked) << checked.error().to_string();
  const CheckedComponent& found = **checked;
  EXPECT_EQ(found.funcs.size(), 1u);
  EXPECT_EQ(types[found.funcs[0]].params[0].name, "msg");
  ASSERT_EQ(found.core_funcs.size(), 1u);
  EXPECT_EQ(*core.get(found.core_funcs[0]).type.func(),
            (wasm::FuncType{.params = {wasm::i32, wasm::i32}, .results = {}}));
  EXPECT_EQ(found.core_memories[0].limits.min, 1u);
  EXPECT_EQ(found.core_modules.size(), 1u);
  EXPECT_EQ(types[found.core_modules[0]].exports.size(), 2u);
  ASSERT_EQ(found.resources.size(), 1u);
  EXPECT_EQ(std::get<ResourceRef>(found.types[1]).resource, found.resources[0].id);
  EXPECT_EQ(found.nested.size(), 1u);
  EXPECT_EQ(types[found.type].imports[0].name, "log");
}

TEST_F(ValidateTest, ComponentTypesSayWhichResourcesAreTheirs) {
  const auto checked = check(R"wat((component
    (component
      (import "in" (type $in (sub resource)))
      (type $own (resource (rep i32)))
      (type (resource (rep i32)))
      (export "out" (type $own))
      (export "through" (type $in)))))wat");
  ASSERT_TRUE(checked) << checked.error().to_string();
  const ComponentType& type = types[(*checked)->components[0]];
  EXPECT_EQ(type.imported_resources.size(), 1u);
  EXPECT_EQ(type.exported_resources.size(), 1u);
}

TEST_F(ValidateTest, ValuesAreUsedExactlyOnce) {
  EXPECT_EQ(error(R"wat((component (import "v" (value $v u8)) (export "w" (value $v))))wat"), "");
  EXPECT_NE(error(R"wat((component (import "v" (value $v u8))))wat").find("was not used"),
            std::string::npos);
  EXPECT_NE(
      error(R"wat((component (value $v u8 1) (export "a" (value $v)) (export "b" (value $v))))wat")
          .find("cannot be used more than once"),
      std::string::npos);
  EXPECT_EQ(error(R"wat((component
      (import "f" (func $f (param "x" u8) (result string)))
      (value $v u8 1)
      (start $f (value $v) (result (value $s)))
      (export "s" (value $s))))wat"),
            "");
  EXPECT_NE(error(R"wat((component
      (import "f" (func $f (param "x" string)))
      (value $v u8 1)
      (start $f (value $v))))wat")
                .find("expected primitive `string` found primitive `u8`"),
            std::string::npos);
}

TEST_F(ValidateTest, ConstantsMatchTheirTypes) {
  const auto value = [&](std::string_view type, std::string_view bytes) {
    return error(fmt::format(
        R"wat((component (value $v {} (binary "{}")) (export "v" (value $v))))wat", type, bytes));
  };
  EXPECT_EQ(value("bool", "\\01"), "");
  EXPECT_NE(value("bool", "\\02"), "");
  EXPECT_EQ(value("u16", "\\ff\\ff\\03"), "");
  EXPECT_NE(value("u16", "\\80\\80\\04"), "");
  EXPECT_EQ(value("s16", "\\80\\80~"), "");
  EXPECT_NE(value("s16", "\\80\\80\\02"), "");
  EXPECT_EQ(value("f32", "\\00\\00\\c0\\7f"), "");
  EXPECT_NE(value("f32", "\\01\\00\\c0\\7f"), "");
  EXPECT_EQ(value("char", "\\c3\\a9"), "");
  EXPECT_NE(value("char", "\\ed\\a0\\80"), "");
  EXPECT_EQ(value("string", "\\02hi"), "");
  EXPECT_NE(value("string", "\\03hi"), "");
  EXPECT_EQ(value("(list (option u8))", "\\02\\00\\01\\05"), "");
  EXPECT_NE(value("(list (option u8))", "\\02\\00\\02\\05"), "");
  EXPECT_NE(value("(tuple u8 u8)", "\\01\\02\\03"), "");
  EXPECT_NE(value("(stream u8)", "\\00"), "");
}

TEST_F(ValidateTest, ContextSlotsHaveOneType) {
  EXPECT_EQ(error("(component (core func (canon context.get i32 1)) "
                  "(core func (canon context.set i32 0)))"),
            "");
  EXPECT_NE(error("(component (core func (canon context.get i32 2)))"), "");
  EXPECT_NE(error("(component (core func (canon context.get f32 0)))"), "");
  EXPECT_NE(error("(component (core func (canon context.get i32 0)) "
                  "(core func (canon context.set i64 0)))"),
            "");
  ValidateOptions options;
  options.read.features = options.read.features.with(Feature::memory64, false);
  EXPECT_NE(error("(component (core func (canon context.get i64 0)))", options), "");
}

TEST_F(ValidateTest, LiftsFromMemoriesWithWideAddresses) {
  const std::string_view text = R"wat((component
    (core module $m
      (memory (export "mem") i64 1)
      (func (export "realloc") (param i64 i64 i64 i64) (result i64) unreachable)
      (func (export "f") (param i64 i64) (result i64) unreachable))
    (core instance $i (instantiate $m))
    (func (param "s" string) (result string) (canon lift (core func $i "f")
      (memory (core memory $i "mem")) (realloc (core func $i "realloc"))))))wat";
  EXPECT_EQ(error(text), "");
  ValidateOptions options;
  options.read.features = options.read.features.with(Feature::memory64, false);
  EXPECT_NE(error(text, options).find("not a subtype of `(memory 0)`"), std::string::npos);
}

TEST_F(ValidateTest, CoreTypesMayReferToEachOther) {
  EXPECT_EQ(error(R"wat((component
    (core type $s (struct (field i32)))
    (core rec (type $a (struct (field (ref null $b)))) (type $b (array (ref $s))))
    (core type $f (func (param (ref $a)) (result (ref null $s))))
    (core type $m (module
      (import "x" "f" (func (type $f)))
      (export "g" (global (ref null $b)))))
    (import "m" (core module (type $m)))))wat"),
            "");
  EXPECT_NE(error("(component (core type (func (param (ref 7)))))"), "");
  EXPECT_NE(error("(component (core type (module)) (core type (func (param (ref 0)))))"), "");
}

TEST_F(ValidateTest, ModulesCanBeCheckedElsewhere) {
  ValidateOptions options;
  int modules = 0;
  options.check_module = [&](const std::shared_ptr<const wasm::Module>&) -> Result<> {
    ++modules;
    return {};
  };
  const std::string_view text = "(component (core module (func i32.add)))";
  EXPECT_EQ(error(text, options), "");
  EXPECT_EQ(modules, 1);
  EXPECT_NE(error(text), "");
}

TEST_F(ValidateTest, HostileTypesEndInALimit) {
  // Each type has the one before twice: written out, there would be 2^60 of the first.
  std::string doubling = "(component (type $t0 (instance))";
  for (int i = 1; i < 60; ++i) {
    doubling += fmt::format(
        R"wat((type $t{0} (instance (alias outer 1 {1} (type $t)) (export "a" (instance (type $t)))
            (export "b" (instance (type $t))))))wat",
        i, i - 1);
  }
  const auto wide = check(doubling + ")");
  ASSERT_FALSE(wide);
  EXPECT_EQ(wide.error().kind, ErrorKind::limit);

  std::string chain = "(component (type (instance))";
  for (int i = 1; i < 50'000; ++i) {
    chain += fmt::format(
        R"wat((type (instance (alias outer 1 {} (type $t)) (export "a" (instance (type $t))))))wat",
        i - 1);
  }
  const auto deep = check(chain + ")");
  ASSERT_FALSE(deep);
  EXPECT_EQ(deep.error().kind, ErrorKind::limit);
}

TEST_F(ValidateTest, HostileComparisonsEndInALimit) {
  // Two chains of component types that are equal but not the same: each is held against the other
  // both ways, at every level.
  std::string text = "(component (type (component)) (type (component))";
  constexpr int levels = 60;
  for (int i = 2; i < 2 * levels; ++i) {
    text += fmt::format(
        R"wat((type (component (alias outer 1 {} (type $t)) (export "a" (type (eq $t))))))wat",
        i - 2);
  }
  text += fmt::format(R"wat(
      (component $c (alias outer 1 {} (type $t)) (import "x" (type (eq $t))))
      (instance (instantiate $c (with "x" (type {}))))))wat",
                      2 * levels - 2, 2 * levels - 1);
  const auto checked = check(text);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().kind, ErrorKind::limit) << checked.error().to_string();
}

TEST_F(ValidateTest, ManyNamesCostNoMoreThanTheyShould) {
  std::string text = "(component (import \"i\" (instance $i";
  constexpr int count = 20'000;
  for (int i = 0; i < count; ++i) text += fmt::format("(export \"t{}\" (type (sub resource)))", i);
  text += "))";
  for (int i = 0; i < count; ++i) text += fmt::format("(alias export $i \"t{}\" (type))", i);
  EXPECT_EQ(error(text + ")"), "");
}

TEST_F(ValidateTest, ErrorsOfTheBinaryFormSayTheOffset) {
  const auto text = parse_text("(component (type u8) (type (own 0)))");
  const auto binary = decode(encode(*text));
  ASSERT_TRUE(binary);
  const auto checked = validate(std::make_shared<const syntax::Component>(*binary), types);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().offset, 12u);
}

}  // namespace
}  // namespace cairn::component
