#include <gtest/gtest.h>
#include <cairn/component/wast.hpp>

namespace cairn::component {
namespace {

using Kind = ScriptCommand::Kind;

TEST(Script, ReadsDirectives) {
  const auto script = parse_script(R"wat(
    (component $a (type u8))
    (component definition $D (import "x" (func)))
    (component instance $i $D)
    (component binary "\00asm" "\0d\00\01\00")
    (assert_malformed (component quote "(type)") "unexpected")
    (assert_invalid (component (type (own 0))) "out of bounds")
    (assert_return (invoke $i "f" (u32.const 1) (str.const "x")) (f64.const nan:canonical))
    (assert_trap (component (import "x" (func))) "unknown import")
    (assert_trap (invoke "g") "unreachable"))wat");
  ASSERT_TRUE(script) << script.error().to_string();
  const auto& commands = script->commands;
  ASSERT_EQ(commands.size(), 9u);
  EXPECT_EQ(commands[0].component->name, "a");
  EXPECT_TRUE(read_component(*commands[0].component));
  EXPECT_TRUE(commands[1].component->is_definition);
  EXPECT_TRUE(read_component(*commands[1].component));
  EXPECT_EQ(commands[2].component->definition, "D");
  EXPECT_EQ(commands[3].component->bytes.size(), 8u);
  EXPECT_EQ(commands[4].kind, Kind::assert_malformed);
  EXPECT_FALSE(read_component(*commands[4].component));
  EXPECT_EQ(commands[6].invoke->instance, "i");
  EXPECT_EQ(commands[6].invoke->args.size(), 2u);
  EXPECT_EQ(commands[6].expected[0].nan, ScriptValue::Nan::canonical);
  EXPECT_TRUE(commands[7].component);
  EXPECT_EQ(commands[8].invoke->name, "g");
}

TEST(Script, ReadsValues) {
  const auto script = parse_script(R"wat((invoke "f"
    (bool.const true) (s8.const -1) (u64.const 0xffffffffffffffff) (f32.const 1.5) (char.const "é")
    (list.const (u8.const 1) (u8.const 2))
    (record.const (field "a" u8.const 1) (field "b" (str.const "x")))
    (tuple.const) (variant.const "v" (u8.const 3)) (variant.const "w") (enum.const "e")
    (option.none) (option.some (u8.const 4)) (result.ok) (result.err (str.const "bad"))
    (flags.const "f" "g")))wat");
  ASSERT_TRUE(script) << script.error().to_string();
  const auto& args = script->commands[0].invoke->args;
  ASSERT_EQ(args.size(), 16u);
  EXPECT_EQ(args[0].bits, 1u);
  EXPECT_EQ(args[1].bits, 0xFFu);
  EXPECT_EQ(args[3].bits, 0x3FC00000u);
  EXPECT_EQ(args[4].bits, 0xE9u);
  EXPECT_EQ(args[5].parts.size(), 2u);
  EXPECT_EQ(args[6].parts[1].label, "b");
  EXPECT_EQ(args[6].parts[1].value.text, "x");
  EXPECT_EQ(args[8].text, "v");
  EXPECT_EQ(args[8].parts.size(), 1u);
  EXPECT_TRUE(args[11].parts.empty());
  EXPECT_EQ(args[14].text, "error");
  EXPECT_EQ(args[15].parts.size(), 2u);
}

TEST(Script, ErrorsOfAComponentCountInTheScript) {
  const auto script = parse_script("\n  (assert_invalid (component\n    (bad)) \"\")");
  ASSERT_TRUE(script);
  const auto component = read_component(*script->commands[0].component);
  ASSERT_FALSE(component);
  EXPECT_EQ(component.error().at, (SourceLocation{3, 6}));
}

}  // namespace
}  // namespace cairn::component
