#include <fmt/format.h>
#include <gtest/gtest.h>
#include <cairn/base/leb128.hpp>
#include <cairn/wasm/binary.hpp>
#include <cairn/wasm/names.hpp>
#include <cairn/wasm/text.hpp>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "text/print/float_text.hpp"

namespace cairn::wasm {
namespace {

const std::string golden = CAIRN_SOURCE_DIR "/wasm/src/text/golden/";

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// Compares with a golden file; CAIRN_UPDATE_GOLDEN=1 in the environment writes it instead.
void expect_golden(const std::string& name, const Result<std::string>& printed) {
  ASSERT_TRUE(printed);
  if (std::getenv("CAIRN_UPDATE_GOLDEN"))
    std::ofstream(golden + name, std::ios::binary) << *printed;
  EXPECT_EQ(*printed, read(golden + name)) << name;
}

Module parsed(std::string_view text, Features features = {}) {
  Result<Module> module = parse_text(text, features);
  if (!module) ADD_FAILURE() << render_error(module.error(), text, "text");
  return module ? *std::move(module) : Module{};
}

std::string reprinted(std::string_view text, const PrintOptions& options = {}) {
  const Module module = parsed(text);
  const Result<std::string> printed = print_text(module, options);
  if (!printed) return printed.error().to_string();
  EXPECT_TRUE(equal(parsed(*printed), module)) << *printed;
  return *printed;
}

TEST(TextPrinter, PrintsTheGoldenForms) {
  const Module module = parsed(read(golden + "everything.wat"));
  expect_golden("everything.flat.wat", print_text(module));
  expect_golden("everything.folded.wat", print_text(module, {.fold = true}));
  expect_golden("everything.numbers.wat", print_text(module, {.names = false}));
  expect_golden("everything.skeleton.wat", print_text(module, {.skeleton = true}));
}

TEST(TextPrinter, MakesIdentifiersUnique) {
  Module module = parsed("(func $a) (func $b) (func (call 0) (call 1) (call 2))");
  ModuleNames given;
  given.functions = {{0, "x"}, {1, "x"}, {2, ""}};
  const Bytes names = encode_names(given);
  module.customs = {{.name = "name", .payload = names, .after = SectionId::data}};
  const Result<std::string> printed = print_text(module);
  ASSERT_TRUE(printed);
  EXPECT_EQ(*printed, R"((module
  (type (;0;) (func))
  (func $x (;0;) (type 0)
  )
  (func $x#1 (@name "x") (;1;) (type 0)
  )
  (func (@name "") (;2;) (type 0)
    call $x
    call $x#1
    call 2
  )
)
)");
  EXPECT_TRUE(equal(parsed(*printed), module));
}

TEST(TextPrinter, KeepsANameSectionThatItCannotExpress) {
  Module module = parsed("(func)");
  ModuleNames given;
  given.functions = {{0, "f"}, {9, "beyond"}};
  const Bytes names = encode_names(given);
  module.customs = {{.name = "name", .payload = names, .after = SectionId::data}};
  const Result<std::string> printed = print_text(module);
  ASSERT_TRUE(printed);
  EXPECT_TRUE(printed->contains("(func $f (;0;)"));
  EXPECT_TRUE(printed->contains("(@custom \"name\""));
  EXPECT_TRUE(equal(parsed(*printed), module));
}

TEST(TextPrinter, KeepsTheOrderOfSectionsAroundTheNames) {
  const std::string text =
      reprinted("(func $f) (@custom \"debug\" (after code) \"1\") (@custom \"producers\" \"2\")");
  EXPECT_TRUE(text.contains("(@custom \"debug\" (after code) \"1\")"));
  EXPECT_TRUE(text.contains("(@custom \"producers\" \"2\")"));
  EXPECT_FALSE(text.contains("\"name\""));
}

TEST(TextPrinter, ShadowedLabelsArePrintedAsNumbers) {
  const std::string text = reprinted("(func block $l block $l br 1 br 0 end end)");
  EXPECT_TRUE(text.contains("br 1 (;@1;)"));
  EXPECT_TRUE(text.contains("br $l"));
}

TEST(TextPrinter, CatchClausesAreOutsideOfTheirLabel) {
  const std::string text =
      reprinted("(func (block $a (try_table $b (catch_all $a) (catch_all 0) (br $b))))");
  EXPECT_TRUE(text.contains("try_table $b (catch_all $a) (catch_all $a)"));
}

TEST(TextPrinter, FoldsOnlyWhatDirectlyPrecedes) {
  const std::string text =
      reprinted("(func (result i32) i32.const 1 i32.const 2 nop i32.const 3 i32.add i32.sub)",
                {.fold = true});
  EXPECT_TRUE(
      text.contains("    (i32.const 2)\n    (nop)\n    (i32.sub\n      (i32.add (i32.const 3))"))
      << text;
}

/// Two functions with 50,000 locals each, whose text is far longer than the module.
TEST(TextPrinter, HandsOutLongTextsInPieces) {
  Module module = parsed("(module (func (local i64)) (func (local i64)))");
  for (Code& code : module.code) code.locals[0].count = 50'000;
  std::string text;
  size_t longest = 0;
  const Result<> printed = print_text(module, {}, [&](std::string_view piece) {
    longest = std::max(longest, piece.size());
    text += piece;
  });
  ASSERT_TRUE(printed);
  EXPECT_EQ(text, print_text(module).value_or(""));
  EXPECT_GT(text.size(), 400'000u);
  EXPECT_LT(longest, 300'000u);
}

TEST(TextPrinter, RepeatsNoVeryLongNames) {
  const std::string name(1'001, 'x');
  const std::string text = fmt::format(
      "(module (func (@name \"{0}\") call 0 call 0) (func block ${0} br ${0} end))", name);
  const std::string printed = reprinted(text);
  size_t uses = 0;
  for (size_t at = 0; (at = printed.find(name, at)) != std::string::npos; ++at) ++uses;
  EXPECT_EQ(uses, 2u) << printed;
  EXPECT_TRUE(equal(parsed(printed), parsed(text)));
}

TEST(TextPrinter, RefusesABodyWhoseBlocksAreBroken) {
  Module module = parsed("(func)");
  const Bytes body = {0x05, 0x0B};
  module.code[0].body.code = body;
  const Result<std::string> printed = print_text(module);
  ASSERT_FALSE(printed);
  EXPECT_EQ(printed.error().kind, ErrorKind::malformed);
}

TEST(FloatText, KeepsEveryBit) {
  const auto f32 = [](uint32_t bits) {
    std::string out;
    text::append_f32(bits, out);
    return out;
  };
  EXPECT_EQ(f32(0x3dcccccd), "0.1");
  EXPECT_EQ(f32(0x80000000), "-0");
  EXPECT_EQ(f32(1), "1e-45");
  EXPECT_EQ(f32(0xff800000), "-inf");
  EXPECT_EQ(f32(0x7fc00000), "nan");
  EXPECT_EQ(f32(0xffc00001), "-nan:0x400001");
}

}  // namespace
}  // namespace cairn::wasm
