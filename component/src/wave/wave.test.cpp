// WAVE: texts that stand for values, texts that do not, and texts of values.

#include <gtest/gtest.h>
#include <cairn/component/component.hpp>
#include <cairn/component/linker.hpp>
#include <cairn/component/wave.hpp>

#include <cmath>

namespace cairn::component {
namespace {

/// Types by name: parameters of a function that a component imports.
class Wave : public testing::Test {
 protected:
  Wave() {
    component_ = Component::load_text(engine_, R"((component
      (type $point (record (field "x" s32) (field "label" (option string))))
      (import "point" (type $p (eq $point)))
      (type $empty (record (field "a" (option u8)) (field "b" (option u8))))
      (import "empty" (type $e (eq $empty)))
      (type $shape (variant (case "dot") (case "circle" f32) (case "none")))
      (import "shape" (type $s (eq $shape)))
      (type $color (enum "red" "dark-green" "ok"))
      (import "color" (type $c (eq $color)))
      (type $mode (flags "read" "write" "exec"))
      (import "mode" (type $m (eq $mode)))
      (import "f" (func (param "bool" bool) (param "u8" u8) (param "s8" s8) (param "s64" s64)
        (param "u64" u64) (param "f32" f32) (param "f64" f64) (param "char" char)
        (param "string" string) (param "point" $p) (param "empty" $e) (param "shape" $s)
        (param "color" $c) (param "mode" $m) (param "list" (list u16))
        (param "tuple" (tuple bool string)) (param "opt" (option u8))
        (param "optopt" (option (option u8))) (param "res" (result u8 (error string)))
        (param "resempty" (result)) (param "map" (map string u8)) (param "pair" (list char 2)))))
      )")
                     .value();
    const auto& imports = component_->type().imports;
    func_ = &types()[std::get<FuncTypeId>(imports.back().type)];
  }
  const Types& types() const { return component_->types(); }
  ValType type(std::string_view name) const {
    for (const FuncParam& param : func_->params)
      if (param.name == name) return param.type;
    ADD_FAILURE() << name;
    return ValKind::bool_;
  }
  std::string again(std::string_view name, std::string_view text) const {
    const Result<Value> value = parse_wave(types(), type(name), text);
    if (!value) return value.error().to_string();
    return print_wave(types(), type(name), *value);
  }
  engine::Engine engine_;
  std::optional<Component> component_;
  const FuncType* func_ = nullptr;
};

TEST_F(Wave, TextsStandForValues) {
  const struct {
    std::string_view type, text, printed;
  } cases[] = {
      {"bool", " true // yes", "true"},
      {"u8", "255", "255"},
      {"s8", "-128", "-128"},
      {"s64", "-9223372036854775808", "-9223372036854775808"},
      {"u64", "18446744073709551615", "18446744073709551615"},
      {"f32", "1.5", "1.5"},
      {"f64", "6.022e+23", "6.022e+23"},
      {"f64", "-0", "-0"},
      {"f64", "nan", "nan"},
      {"f32", "-inf", "-inf"},
      {"char", "'☃'", "'☃'"},
      {"char", R"('\u{0}')", R"('\u{0}')"},
      {"char", R"('"')", R"('\"')"},
      {"string", R"("a\t\"\\\u{e9}'")", R"("a\t\"\\é\'")"},
      {"string", "\"\"\"\n    one\n      two\\r\n    \"\"\"", R"("one\n  two\r")"},
      {"string", "\"\"\"\n\"\"\"", R"("")"},
      {"point", "{x: 1}", "{x: 1}"},
      {"point", R"({ %label: some("p"), x: -2, })", R"({x: -2, label: some("p")})"},
      {"point", R"({x: 1, label: "flat"})", R"({x: 1, label: some("flat")})"},
      {"empty", "{:}", "{:}"},
      {"empty", "{b: none, a: 3}", "{a: some(3)}"},
      {"shape", "dot", "dot"},
      {"shape", "circle( 2 )", "circle(2)"},
      {"shape", "%none", "%none"},
      {"color", "dark-green", "dark-green"},
      {"color", "%ok", "%ok"},
      {"mode", "{}", "{}"},
      {"mode", "{exec, read,}", "{read, exec}"},
      {"list", "[ 1,2 ,3, ]", "[1, 2, 3]"},
      {"list", "[]", "[]"},
      {"tuple", R"((false, "x"))", R"((false, "x"))"},
      {"opt", "none", "none"},
      {"opt", "7", "some(7)"},
      {"optopt", "some(none)", "some(none)"},
      {"optopt", "some(some(1))", "some(some(1))"},
      {"optopt", "some(1)", "some(some(1))"},
      {"res", "ok(1)", "ok(1)"},
      {"res", "1", "ok(1)"},
      {"res", R"(err("e"))", R"(err("e"))"},
      {"resempty", "ok", "ok"},
      {"resempty", "err", "err"},
      {"map", R"({"a": 1, "b": 2,})", R"({"a": 1, "b": 2})"},
      {"map", "{}", "{}"},
      {"map", "{:}", "{}"},
      {"pair", "['a', 'b']", "['a', 'b']"},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(again(each.type, each.text), each.printed);
    EXPECT_EQ(again(each.type, each.printed), each.printed);
  }
}

TEST_F(Wave, WhatStandsForNone) {
  const struct {
    std::string_view type, text, error;
  } cases[] = {
      {"bool", "yes", "1:1: expected `true` or `false`"},
      {"bool", "true true", "1:6: expected the end"},
      {"u8", "256", "1:1: expected a number of type u8"},
      {"u8", "-1", "1:1: expected a number of type u8"},
      {"u8", "01", "1:1: expected a number of type u8"},
      {"u8", "", "1:1: expected a number of type u8, but the text ends"},
      {"s8", "1.0", "1:1: expected a number of type s8"},
      {"f64", "1.", "1:1: expected a number of type f64"},
      {"f64", ".5", "1:1: expected a number of type f64"},
      {"f64", "0x1", "1:1: expected a number of type f64"},
      {"f64", "00", "1:1: expected a number of type f64"},
      {"f32", "1e99", "1:1: expected a number of type f32"},
      {"char", "''", "1:2: this character has to be escaped"},
      {"char", "'ab'", "1:3: expected the apostrophe behind a character"},
      {"char", R"('\x')", "1:3: expected one of \\' \\\" \\\\ \\t \\n \\r \\u{…}"},
      {"char", R"('\u{d800}')", "1:4: expected a code point in hexadecimal digits, as in \\u{e9}"},
      {"char", R"('\u{}')", "1:4: expected a code point in hexadecimal digits, as in \\u{e9}"},
      {"string", "\"a\nb\"", "1:3: this character has to be escaped"},
      {"string", "\"a", "1:3: expected a character in UTF-8, but the text ends"},
      {"string", "\"\xff\"", "1:2: expected a character in UTF-8"},
      {"string", "\"\"\"a\"\"\"", "1:4: expected a line break behind `\"\"\"`"},
      {"string", "\"\"\"\na\"\"\"",
       "2:2: the `\"\"\"` that ends a string stands on a line of its own"},
      {"string", "\"\"\"\na\n  \"\"\"", "2:1: expected as many spaces as at the end"},
      {"string", "\"\"\"\na\n", "3:1: expected `\"\"\"`, but the text ends"},
      {"point", "{:}", "1:4: the field `x` is missing"},
      {"point", "{x: 1, x: 2}", "1:8: the field `x` is given twice"},
      {"point", "{y: 1}", "1:2: there is no field `y`"},
      {"point", "{}", "1:2: expected a field"},
      {"shape", "none", "1:1: `none` is a keyword: a case of that name is `%none`"},
      {"shape", "circle", "1:7: expected `(`, but the text ends"},
      {"shape", "dot(1)", "1:4: expected the end"},
      {"color", "blue", "1:1: there is no case `blue`"},
      {"mode", "{read, read}", "1:8: the flag `read` is given twice"},
      {"list", "[1 2]", "1:4: expected `,`"},
      {"list", "[1,, 2]", "1:4: expected a number of type u16"},
      {"tuple", "(true)", "1:7: expected 2 elements"},
      {"tuple", R"((true, "a", 1))", "1:13: expected `)` behind 2 elements"},
      {"optopt", "1", "1:1: expected `some(…)` or `none`"},
      {"resempty", "1", "1:1: expected `ok` or `err`"},
      {"pair", "['a']", "1:6: expected 2 elements"},
  };
  for (const auto& each : cases) EXPECT_EQ(again(each.type, each.text), each.error);
}

TEST_F(Wave, Calls) {
  const WaveCall call = split_wave_call(" add (1, \"(\") ");
  EXPECT_EQ(call.name, "add");
  EXPECT_EQ(call.args, "(1, \"(\") ");
  FuncType func;
  func.params = {{"a", ValKind::u8}, {"b", ValKind::string}, {"c", type("opt")}};
  const auto args = parse_wave_args(types(), func, call);
  ASSERT_TRUE(args) << args.error().to_string();
  EXPECT_EQ(*args,
            (std::vector{Value::number(uint64_t{1}), Value::string("("), Value::variant(0)}));
  EXPECT_EQ(parse_wave_args(types(), func, split_wave_call("f(1)")).error().to_string(),
            "1:4: the argument `b` is missing: there are 3 parameters");
  EXPECT_EQ(parse_wave_args(types(), func, split_wave_call("f(1, \"\", 2, 3)")).error().to_string(),
            "1:12: expected `)` behind 3 arguments");
  EXPECT_FALSE(parse_wave_args(types(), func, split_wave_call("f")));
  func.params.clear();
  EXPECT_TRUE(parse_wave_args(types(), func, split_wave_call("f")));
  EXPECT_TRUE(parse_wave_args(types(), func, split_wave_call("f()")));
}

}  // namespace
}  // namespace cairn::component
