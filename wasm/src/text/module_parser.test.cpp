#include <fmt/format.h>
#include <gtest/gtest.h>
#include <cairn/wasm/binary.hpp>
#include <cairn/wasm/instruction.hpp>
#include <cairn/wasm/names.hpp>
#include <cairn/wasm/text.hpp>

namespace cairn::wasm {
namespace {

Module parsed(std::string_view text, Features features = {}) {
  Result<Module> module = parse_text(text, features);
  if (!module) ADD_FAILURE() << render_error(module.error(), text, "text");
  return module ? *std::move(module) : Module{};
}

std::string error_of(std::string_view text, Features features = {}) {
  const Result<Module> module = parse_text(text, features);
  return module ? "no error" : module.error().to_string();
}

std::string hex(ByteSpan bytes) {
  std::string out;
  for (const uint8_t byte : bytes) out += fmt::format("{:02x} ", byte);
  if (!out.empty()) out.pop_back();
  return out;
}
std::string body_of(std::string_view function) {
  const Module module = parsed(function);
  return module.code.empty() ? "" : hex(module.code.back().body.code);
}

TEST(TextParser, FlatAndFoldedAreTheSame) {
  EXPECT_EQ(body_of("(func (i32.add (i32.const 1) (i32.const 2)) drop)"),
            body_of("(func i32.const 1 i32.const 2 i32.add drop)"));
  EXPECT_EQ(body_of("(func (if $l (i32.const 1) (then (br $l)) (else (nop))))"),
            body_of("(func i32.const 1 if $l br $l else $l nop end $l)"));
  EXPECT_EQ(body_of("(func (block (loop (br 1))))"), body_of("(func block loop br 1 end end)"));
  EXPECT_EQ(body_of("(func)"), "0b");
}

TEST(TextParser, LabelsAreResolvedInnermostFirst) {
  EXPECT_EQ(body_of("(func block $a block $a br $a end br $a block $b br $a br $b end end)"),
            body_of("(func block block br 0 end br 0 block br 1 br 0 end end)"));
  EXPECT_EQ(error_of("(func block $a end br $a)"), "1:23: unknown label $a");
  EXPECT_EQ(error_of("(func block $a end $b)"), "1:20: mismatching label $b");
}

TEST(TextParser, ReadsOptionalIndicesOfMemories) {
  EXPECT_EQ(body_of("(func v128.load8_lane 3)"), body_of("(func v128.load8_lane 0 3)"));
  EXPECT_EQ(body_of("(func v128.load8_lane 1 offset=2 3)"), "fd 54 40 01 02 03 0b");
  EXPECT_EQ(body_of("(func i32.load 2 offset=3 align=1)"), "28 40 02 03 0b");
  EXPECT_EQ(error_of("(func i32.load align=3)"), "1:16: alignment must be a power of two");
}

TEST(TextParser, ImplicitTypesComeLastAndAreShared) {
  const Module module = parsed(
      "(func (param i32)) (func (param i32) (block (param i64) (drop)))"
      "(type (func)) (type $t (func (param i64)))");
  ASSERT_EQ(module.types.size(), 3u);
  EXPECT_EQ(module.functions, (std::vector<uint32_t>{2, 2}));
  EXPECT_EQ(module.types[2].func()->params, std::vector<ValType>{i32});
  EXPECT_EQ(module.rec_groups.size(), 3u);
}

TEST(TextParser, ATypeInAGroupIsNoImplicitType) {
  const Module module = parsed("(rec (type (func)) (type (func))) (type (sub (func))) (func)");
  EXPECT_EQ(module.types.size(), 4u);
  EXPECT_EQ(module.functions[0], 3u);
}

TEST(TextParser, KnowsWhatIsUsedBeforeItIsDefined) {
  const Module module = parsed(
      "(export \"f\" (func $f)) (start $f) (elem $e (table $t) (offset i32.const 0) func $f)"
      "(func $f (call $f) (elem.drop $e) (drop (global.get $g))) (table $t 1 funcref)"
      "(global $g (ref null $s) (ref.null $s)) (type $s (struct (field $x i32)))");
  EXPECT_EQ(module.exports[0].index, 0u);
  EXPECT_EQ(module.globals[0].type.type, ValType::ref(HeapType::index(0), true));
}

TEST(TextParser, InlineSegmentsTakeIndices) {
  const Module module = parsed(
      "(memory (data \"abc\")) (data $d \"x\") (table funcref (elem $f $f)) (elem $e func)"
      "(func $f (data.drop $d) (elem.drop $e))");
  EXPECT_EQ(hex(module.code[0].body.code), "fc 09 01 fc 0d 01 0b");
  EXPECT_EQ(module.memories[0].limits, (Limits{1, 1}));
  EXPECT_EQ(module.tables[0].type.limits, (Limits{2, 2}));
  EXPECT_EQ(module.data_count, 2u);
  EXPECT_EQ(as_text(module.datas[0].bytes), "abc");
}

TEST(TextParser, IdentifiersAreComparedByWhatTheyMean) {
  parsed("(func $a\\b) (func $\"x y\") (start $\"x\\20y\")");
  EXPECT_EQ(error_of("(func $a) (func $\"\\61\")"), "1:17: duplicate func $\"\\61\"");
}

TEST(TextParser, RefusesWhatIsDefinedTwiceOrNever) {
  EXPECT_EQ(error_of("(func (param $x i32) (local $x i32))"), "1:29: duplicate local $x");
  EXPECT_EQ(error_of("(func (param $x i32) (param $x i32))"), "1:29: duplicate local $x");
  EXPECT_EQ(error_of("(type (struct (field $x i32) (field $x i32)))"), "1:37: duplicate field $x");
  EXPECT_EQ(error_of("(memory $m 1) (memory $m 1)"), "1:23: duplicate memory $m");
  EXPECT_EQ(error_of("(func call $f)"), "1:12: unknown func $f");
  EXPECT_EQ(error_of("(func local.get $x)"), "1:17: unknown local $x");
  EXPECT_EQ(error_of("(start $f)"), "1:8: unknown func $f");
}

TEST(TextParser, RefusesMisplacedFields) {
  EXPECT_EQ(error_of("(func) (import \"a\" \"b\" (func))"), "1:16: import after function");
  EXPECT_EQ(error_of("(memory 1) (func (import \"a\" \"b\"))"), "1:18: import after memory");
  EXPECT_EQ(error_of("(start 0) (start 0)"), "1:18: multiple start sections");
  EXPECT_EQ(error_of("(module) (module)"), "1:10: unexpected token '(', expected the end");
  EXPECT_EQ(error_of("(module (func)"), "1:15: unexpected end, expected ')'");
  EXPECT_EQ(error_of("(fnc)"), "1:2: unknown operator 'fnc', expected a module field");
  EXPECT_EQ(error_of("(func (type 0) (param i32)) (type (func))"),
            "1:7: inline function type does not match the explicit type");
}

TEST(TextParser, RefusesBrokenNesting) {
  EXPECT_EQ(error_of("(func block)"), "1:12: unexpected token ')', expected 'end'");
  EXPECT_EQ(error_of("(func end)"),
            "1:7: unexpected token 'end': it ends no block that is open here");
  EXPECT_EQ(error_of("(func else)"), "1:7: unexpected token 'else': there is no if before it");
  EXPECT_EQ(error_of("(func (if))"), "1:10: unexpected token ')', expected '(then'");
  EXPECT_EQ(error_of("(func (nop nop))"),
            "1:12: unexpected token 'nop', expected a folded instruction");
  EXPECT_EQ(error_of("(func (if (then) (else) (else)))"),
            "1:26: unexpected token 'else', expected ')'");
}

TEST(TextParser, FeaturesAreSwitches) {
  const Features legacy = Features().with(Feature::legacy_exceptions);
  const char* text = "(tag $t) (func (try (do (throw $t)) (catch $t (rethrow 0)) (catch_all)))";
  parsed(text, legacy);
  const Result<Module> refused = parse_text(text);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::unsupported);
  EXPECT_EQ(error_of("(memory 0x1_0000_0000)", Features().with(Feature::memory64, false)),
            "1:9: i32 constant out of range: '0x1_0000_0000'");
}

TEST(TextParser, IdentifiersBecomeNames) {
  const Module module = parsed(
      "(module $m (@name \"M\") (type $t (struct (field $x i32)))"
      "(func $f (param $p i32) (local $l i32) block $b end) (global $g i32 (i32.const 0)))");
  const ModuleNames names = names_of(module);
  EXPECT_EQ(names.module, "M");
  EXPECT_EQ(names.functions, (NameMap{{0, "f"}}));
  EXPECT_EQ(names.locals, (IndirectNameMap{{0, {{0, "p"}, {1, "l"}}}}));
  EXPECT_EQ(names.labels, (IndirectNameMap{{0, {{0, "b"}}}}));
  EXPECT_EQ(names.fields, (IndirectNameMap{{0, {{0, "x"}}}}));
  EXPECT_EQ(names.globals, (NameMap{{0, "g"}}));
  EXPECT_EQ(decode_names(encode_names(names)), names);
  EXPECT_TRUE(parsed("(func)").customs.empty());
}

TEST(TextParser, PlacesCustomSections) {
  const Module module = parsed(
      "(@custom \"1\" (before func) \"a\" \"b\") (@custom \"2\" (after type)) (func $f)"
      "(@custom \"4\") (@custom \"0\" (before first)) (@custom \"3\" (after data))");
  std::string order;
  for (const CustomSection& section : module.customs) order += section.name;
  EXPECT_EQ(order, "0213name4");
  EXPECT_EQ(as_text(module.customs[2].payload), "ab");
}

TEST(TextParser, DeepNestingNeedsNoStack) {
  constexpr int depth = 200'000;
  std::string flat = "(func ", folded = "(func ";
  for (int i = 0; i < depth; ++i) flat += "block ", folded += "(block ";
  for (int i = 0; i < depth; ++i) flat += "end ", folded += ")";
  const Module a = parsed(flat + ")"), b = parsed(folded + ")");
  ASSERT_TRUE(equal(a, b));
  for (const bool fold : {false, true}) {
    const Result<std::string> printed = print_text(a, {.fold = fold});
    ASSERT_TRUE(printed);
    EXPECT_TRUE(equal(parsed(*printed), a));
  }
}

TEST(TextParser, LimitsAreEnforced) {
  ImplementationLimits limits;
  limits.locals = 3;
  EXPECT_TRUE(parse_text("(func (param i32) (local i32 i32))", {}, nullptr, limits));
  const auto refused = parse_text("(func (param i32) (local i32 i32 i32))", {}, nullptr, limits);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::limit);
}

TEST(TextParser, MapsInstructionsToTheirSource) {
  SourceMap map;
  const std::string_view text = "(module\n  (func\n    nop\n    (drop (i32.const 1))))";
  const Result<Module> module = parse_text(text, {}, &map);
  ASSERT_TRUE(module);
  InstrDecoder decoder(module->code[0].body, {});
  std::vector<SourceLocation> places;
  Instruction instruction;
  while (!decoder.at_end()) {
    ASSERT_TRUE(decoder.next(instruction));
    places.push_back(map.find(instruction.offset).value_or(SourceLocation{}));
  }
  EXPECT_EQ(places, (std::vector<SourceLocation>{{3, 5}, {4, 12}, {4, 6}, {4, 25}}));
}

TEST(RenderError, ShowsTheLineAndACaret) {
  const std::string_view text = "(module\n\t(func cal))\n";
  const Result<Module> module = parse_text(text);
  ASSERT_FALSE(module);
  EXPECT_EQ(render_error(module.error(), text, "a.wat"),
            "a.wat:2:8: error: unknown operator 'cal'\n  \t(func cal))\n  \t      ^\n");
  EXPECT_EQ(render_error({.message = "m", .offset = 16}, "", "a.wasm"),
            "a.wasm: error: m (at offset 0x10)\n");
}

}  // namespace
}  // namespace cairn::wasm
