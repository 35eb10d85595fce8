#include <gtest/gtest.h>
#include <cairn/component/names.hpp>
#include <cairn/component/text.hpp>
#include <cairn/component/validate.hpp>

namespace cairn::component {
namespace {

std::string printed(std::string_view source) {
  const Result<syntax::Component> component = parse_text(source);
  if (!component) return component.error().to_string();
  const Result<std::string> text = print_text(*component);
  return text ? *text : text.error().to_string();
}

std::string error_of(std::string_view source) {
  const Result<syntax::Component> component = parse_text(source);
  return component ? "" : component.error().to_string();
}

TEST(Text, WhatIsWrittenInPlaceBecomesADefinition) {
  EXPECT_EQ(printed(R"wat((component
  (import "f" (func $f (param "x" (list (option u8))) (result string)))
  (export "g" (func $f)))
)wat"),
            R"wat((component
  (type (option u8))
  (type (list 0))
  (type (func (param "x" 1) (result string)))
  (import "f" (func $f (type 2)))
  (export "g" (func $f)))
)wat");
}

TEST(Text, AliasesInPlaceAndOfOuterScopes) {
  EXPECT_EQ(printed(R"wat((component
  (type $t u8)
  (import "i" (instance $i (export "j" (instance (export "f" (func))))))
  (export "f" (func $i "j" "f"))
  (component $c
    (import "x" (type (eq $t)))
    (export "y" (type $t))))
)wat"),
            R"wat((component
  (type $t u8)
  (type (instance
    (type (instance
      (type (func))
      (export "f" (func (type 0)))))
    (export "j" (instance (type 0)))))
  (import "i" (instance $i (type 1)))
  (alias export $i "j" (instance))
  (alias export 1 "f" (func))
  (export "f" (func 0))
  (component $c
    (alias outer 1 0 (type))
    (import "x" (type (eq 0)))
    (export "y" (type 0))))
)wat");
}

TEST(Text, CanonicalDefinitionsBothWaysAround) {
  constexpr std::string_view start = R"wat((component
  (core module $m
    (type (;0;) (func))
    (func (;0;) (type 0)
    )
    (export "f" (func 0))
  )
  (core instance $i (instantiate $m))
)wat";
  const auto with = [&](std::string_view rest) {
    const std::string text = printed(std::string(start) + std::string(rest) + ")");
    return text.starts_with(start) ? text.substr(start.size()) : text;
  };
  constexpr std::string_view expected = R"wat(  (type (func))
  (alias core export $i "f" (core func))
  (func $f (type 0) (canon lift (core func 0)))
  (core func $g (canon lower (func $f))))
)wat";
  EXPECT_EQ(with(R"wat(
    (func $f (canon lift (core func $i "f")))
    (core func $g (canon lower (func $f))))wat"),
            expected);
  EXPECT_EQ(with(R"wat(
    (type $t (func))
    (canon lift (core func $i "f") (func $f (type $t)))
    (canon lower (func $f) (core func $g)))wat"),
            R"wat(  (type $t (func))
  (alias core export $i "f" (core func))
  (func $f (type $t) (canon lift (core func 0)))
  (core func $g (canon lower (func $f))))
)wat");
}

TEST(Text, NamesBecomeANameSectionAndComeBack) {
  const Result<syntax::Component> component =
      parse_text(R"wat((component $outer (type $"a b" u8) (component $inner (type $x "y"))))wat");
  ASSERT_FALSE(component);  // "y" is no type
  const Result<syntax::Component> good =
      parse_text(R"wat((component $outer (type $"a b" u8) (component $inner (type $x u8))))wat");
  ASSERT_TRUE(good) << good.error().to_string();
  const ComponentNames names = names_of(*good);
  EXPECT_EQ(names.component, "outer");
  EXPECT_EQ(names.of(syntax::Sort::type), (wasm::NameMap{{0, "a b"}}));
  EXPECT_EQ(printed(*print_text(*good)), R"wat((component $outer
  (type $"a b" u8)
  (component $inner
    (type $x u8)))
)wat");
}

TEST(Text, OtherNameSectionsStayAsTheyAre) {
  const std::string_view text = R"wat((component
  (@custom "component-name" "\ff\fe")
  (type u8)
  (@custom "other" "x\22"))
)wat";
  EXPECT_EQ(printed(text), text);
}

TEST(Text, ATextThatEndsEarlyIsMalformed) {
  constexpr std::string_view text =
      R"wat((component (component $c (alias export 0 "x" (func $f))) (core module $m (func))
        (core rec (type $s (struct)) (type $t (array i8))) (core type (module (import "a" "b" (func))))
        (func (export "f") (param "x" u8) (canon lift (core func $i "f") (memory 0)))))wat";
  for (size_t size = 1; size < text.size(); ++size) {
    EXPECT_FALSE(parse_text(text.substr(0, size))) << text.substr(0, size);
  }
}

TEST(Text, NamesInsideOfAComponentWhoseNamesStayBytesStayBytesToo) {
  Result<syntax::Component> component = parse_text(
      R"wat((component (component $a (component $b (type $t u8)) (type $u u8)) (type u8)))wat");
  ASSERT_TRUE(component) << component.error().to_string();
  component->definitions.pop_back();  // the outermost name section, which names $a
  const Result<std::string> text = print_text(*component);
  ASSERT_TRUE(text);
  const Result<syntax::Component> again = parse_text(*text);
  ASSERT_TRUE(again) << *text;
  EXPECT_EQ(*again, *component) << *text;
}

TEST(Text, ErrorsSayWhereInTheWholeText) {
  EXPECT_EQ(error_of("(component\n  (type $t\n    (recrd)))"),
            "3:5: unexpected token '(', expected a type such as '(record'");
  EXPECT_EQ(error_of("(component\n  (core module $m\n    (func\n      (i32.bad))))"),
            "4:8: unknown operator 'i32.bad'");
  EXPECT_EQ(error_of("(component (core module $m (fnc)))"),
            "1:29: unknown operator 'fnc', expected a module field");
  EXPECT_EQ(error_of("(component (import \"x\" (func $x)) (component (export \"x\" (func $x))))"),
            "1:64: outer item `x` is not a module, type, or component");
  EXPECT_EQ(error_of("(component (type $a u8) (type $a u8))").substr(0, 5), "1:36:");
}

TEST(Text, ValidationSaysWhereTheDefinitionBegins) {
  const Result<syntax::Component> component =
      parse_text("(component\n  (type u8)\n  (type (own 0)))");
  ASSERT_TRUE(component);
  wasm::TypeRegistry core;
  Types types(core);
  const auto valid = validate(std::make_shared<const syntax::Component>(*component), types);
  ASSERT_FALSE(valid);
  EXPECT_EQ(valid.error().to_string(), "3:3: type index 0 is not a resource type");
}

TEST(Text, ValuesBecomeTheBytesOfTheirType) {
  const auto bytes = [](std::string_view definition) -> std::string {
    const std::string text = printed("(component (type $abc (flags \"a\" \"b\" \"c\")) " +
                                     std::string(definition) + ")");
    const size_t at = text.find("(binary ");
    return at == std::string::npos ? text : text.substr(at + 8, text.find(')', at) - at - 8);
  };
  EXPECT_EQ(bytes("(value bool true)"), R"wat("\01")wat");
  EXPECT_EQ(bytes("(value s8 -1)"), R"wat("\ff")wat");
  EXPECT_EQ(bytes("(value u16 300)"), R"wat("\ac\02")wat");
  EXPECT_EQ(bytes("(value s16 -300)"), R"wat("\d4}")wat");
  EXPECT_EQ(bytes("(value f32 1.5)"), R"wat("\00\00\c0?")wat");
  EXPECT_EQ(bytes("(value f32 nan)"), R"wat("\00\00\c0\7f")wat");
  EXPECT_EQ(bytes("(value char \"é\")"), R"wat("\c3\a9")wat");
  EXPECT_EQ(bytes("(value string \"hello\")"), R"wat("\05hello")wat");
  EXPECT_EQ(bytes("(value $v $abc (flags \"c\" \"a\"))"), R"wat("\05")wat");
  EXPECT_EQ(bytes("(value (enum \"x\" \"y\") (enum \"y\"))"), R"wat("\01")wat");
  EXPECT_EQ(bytes("(value (list (result (option u8))) (list error (ok (some 1)) (ok none)))"),
            R"wat("\03\01\00\01\01\00\00")wat");
}

TEST(Text, DeepNestingIsRefusedAndNotFatal) {
  const auto nested = [](std::string_view open, size_t depth, std::string_view inside) {
    std::string text = "(component ";
    for (size_t i = 0; i < depth; ++i) text += open;
    text += inside;
    text.append(depth, ')');
    return text + ")";
  };
  const auto kind = [](const std::string& text) -> std::optional<ErrorKind> {
    const auto component = parse_text(text);
    if (component) return std::nullopt;
    return component.error().kind;
  };
  EXPECT_EQ(kind(nested("(component ", 99, "")), std::nullopt);
  EXPECT_EQ(kind(nested("(component ", 100'000, "")), ErrorKind::limit);
  EXPECT_EQ(kind("(component (type " + nested("(list ", 100'000, "u8") + "))"),
            ErrorKind::malformed);  // "(component" is no type
  std::string list = "(component (type ";
  for (int i = 0; i < 100'000; ++i) list += "(list ";
  EXPECT_EQ(kind(list + "u8" + std::string(100'000, ')') + "))"), ErrorKind::limit);
  std::string types = "(component ";
  for (int i = 0; i < 100'000; ++i) types += "(type (instance ";
  EXPECT_EQ(kind(types + std::string(200'000, ')') + ")"), ErrorKind::limit);
}

TEST(Text, FeaturesThatAreOffAreNoWords) {
  struct Case {
    Feature feature;
    std::string_view text;
  };
  const Case cases[] = {
      {Feature::async, "(component (type (stream u8)))"},
      {Feature::async, "(component (core func (canon task.cancel)))"},
      {Feature::map, "(component (type (map string u8)))"},
      {Feature::fixed_length_lists, "(component (type (list u8 3)))"},
      {Feature::values, "(component (value bool true))"},
      {Feature::attributes, "(component (import \"a\" (external-id \"b\") (func)))"},
      {Feature::threading, "(component (core func (canon thread.index)))"},
      {Feature::error_context, "(component (core func (canon error-context.drop)))"},
  };
  for (const Case& row : cases) {
    EXPECT_TRUE(parse_text(row.text)) << row.text;
    ReadOptions options;
    options.features = options.features.with(row.feature, false);
    EXPECT_FALSE(parse_text(row.text, options)) << row.text;
  }
}

TEST(ComponentText, NamesThatAnAnnotationGives) {
  const auto component = parse_text(R"((component
    (type $a (@name "same") u8)
    (type $b (@name "same") (list $a))
    (import "f" (func $f (@name "g h") (param "x" $b)))))");
  ASSERT_TRUE(component) << component.error().to_string();
  const auto again = decode(encode(*component));
  ASSERT_TRUE(again);
  const auto printed = print_text(*again);
  ASSERT_TRUE(printed);
  EXPECT_EQ(encode(*parse_text(*printed)), encode(*component)) << *printed;
  EXPECT_FALSE(parse_text("(component (type $a (@name 1) u8))"));
}

TEST(ComponentText, NamesOfModulesAreTheirOwnAndTheComponents) {
  const auto component = parse_text(R"((component
    (core module $a (@name "a") (@name "own"))
    (core module $b (@name "b") (@name "b"))
    (core module $c)
    (core module (@name "d"))))");
  ASSERT_TRUE(component) << component.error().to_string();
  const auto printed = print_text(*component);
  ASSERT_TRUE(printed);
  EXPECT_EQ(encode(*parse_text(*printed)), encode(*component)) << *printed;
}

}  // namespace
}  // namespace cairn::component
