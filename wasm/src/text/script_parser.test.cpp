#include <gtest/gtest.h>
#include <cairn/wasm/text.hpp>

namespace cairn::wasm {
namespace {

using Kind = Command::Kind;
using ValueKind = ScriptValue::Kind;

Script parsed(const std::string& text) {
  Result<Script> script = parse_script(text);
  if (!script) ADD_FAILURE() << render_error(script.error(), text, "script");
  return script ? *std::move(script) : Script{};
}

TEST(ScriptParser, ModulesAreOnlyDelimited) {
  const Script script = parsed(
      "(module $a (func broken \"\\x\" ))\n(module binary \"\\00a\" \"sm\") (module quote \"(f\" "
      "\"g)\")"
      "(module definition $d (func)) (module instance $i $d) (module instance $d)");
  ASSERT_EQ(script.commands.size(), 6u);
  const auto& modules = script.commands;
  EXPECT_EQ(modules[0].module->source, "(module $a (func broken \"\\x\" ))");
  EXPECT_EQ(modules[0].module->name, "a");
  EXPECT_EQ(modules[1].module->bytes, (Bytes{0, 'a', 's', 'm'}));
  EXPECT_EQ(modules[1].at, (SourceLocation{2, 1}));
  EXPECT_EQ(modules[2].module->quoted, "(fg)");
  EXPECT_TRUE(modules[3].module->is_definition);
  EXPECT_EQ(modules[3].module->source, "(func)");
  EXPECT_EQ(modules[4].module->name, "i");
  EXPECT_EQ(modules[4].module->definition, "d");
  EXPECT_FALSE(modules[5].module->name);
  EXPECT_EQ(modules[5].module->definition, "d");
}

TEST(ScriptParser, ReadsActionsAndValues) {
  const Script script = parsed(
      "(assert_return (invoke $m \"f\" (i32.const -1) (ref.extern 3) (ref.null func))"
      "  (f32.const nan:canonical) (v128.const f64x2 nan:arithmetic 1) (ref.func) (ref.null)"
      "  (either (i64.const 1) (i64.const 2)))"
      "(get \"g\") (register \"r\" $m) (assert_trap (module) \"no\") (assert_exception (invoke "
      "\"\"))");
  ASSERT_EQ(script.commands.size(), 5u);
  const Command& first = script.commands[0];
  EXPECT_EQ(first.kind, Kind::assert_return);
  EXPECT_EQ(first.action->module, "m");
  EXPECT_EQ(first.action->args[0].value, 0xffffffffu);
  EXPECT_EQ(first.action->args[1].kind, ValueKind::ref_extern);
  EXPECT_EQ(first.action->args[1].value, 3u);
  EXPECT_EQ(first.action->args[2].heap, AbsHeapType::func);
  EXPECT_EQ(first.expected[0].kind, ValueKind::nan_canonical);
  EXPECT_EQ(first.expected[0].bits, 32);
  EXPECT_EQ(first.expected[1].lanes, 2);
  EXPECT_EQ(first.expected[1].lane_values[0].kind, ValueKind::nan_arithmetic);
  EXPECT_EQ(first.expected[1].lane_values[1].value, 0x3ff0000000000000u);
  EXPECT_FALSE(first.expected[2].has_value);
  EXPECT_FALSE(first.expected[3].heap);
  EXPECT_EQ(first.expected[4].options.size(), 2u);
  EXPECT_EQ(script.commands[1].action->kind, Action::Kind::get);
  EXPECT_EQ(script.commands[2].name, "m");
  EXPECT_TRUE(script.commands[3].module);
  EXPECT_EQ(script.commands[4].kind, Kind::assert_exception);
}

TEST(ScriptParser, ReadsThreads) {
  const Script script =
      parsed("(thread $T (shared (module $M)) (register \"m\" $M) (invoke \"f\")) (wait $T)");
  ASSERT_EQ(script.commands.size(), 2u);
  EXPECT_EQ(script.commands[0].shared_module, "M");
  EXPECT_EQ(script.commands[0].body.size(), 2u);
  EXPECT_EQ(script.commands[1].name, "T");
}

TEST(ScriptParser, AScriptMayBeTheFieldsOfAModule) {
  const Script script = parsed("(func) (memory 0)");
  ASSERT_EQ(script.commands.size(), 1u);
  EXPECT_EQ(script.commands[0].module->source, "(func) (memory 0)");
  EXPECT_TRUE(parsed(" ;; nothing").commands.empty());
}

TEST(ScriptParser, ErrorsHaveTheirPlace) {
  const auto error = [](std::string text) {
    const Result<Script> script = parse_script(std::move(text));
    return script ? std::string("no error") : script.error().to_string();
  };
  EXPECT_EQ(error("(invoke \"f\")\n(assert_retrun)"),
            "2:2: unexpected token 'assert_retrun', expected a command such as '(module' or "
            "'(assert_return'");
  EXPECT_EQ(error("(module"), "1:1: unclosed '(module'");
  EXPECT_EQ(error("(invoke \"f\" (either))"), "no error");
  EXPECT_EQ(error("(invoke \"f\" (i32.const 0x1_0000_0000))"),
            "1:24: i32 constant out of range: '0x1_0000_0000'");
}

}  // namespace
}  // namespace cairn::wasm
