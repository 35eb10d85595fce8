// Over every module of the official suite that is not malformed: decode ∘ encode and parse ∘ print
// are identities (`equal` says what counts), in all forms of printing. And every script parses,
// with each text that must be malformed refused by the text parser.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <cairn/wasm/binary.hpp>
#include <cairn/wasm/text.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace cairn::wasm {
namespace {

const std::filesystem::path suite = std::filesystem::path(CAIRN_TESTSUITES) / "wasm-core";

std::vector<std::filesystem::path> scripts() {
  std::vector<std::filesystem::path> found;
  for (const char* folder : {"", "custom", "legacy", "proposals/threads",
                             "proposals/custom-page-sizes", "proposals/wide-arithmetic"}) {
    if (!std::filesystem::exists(suite / folder)) continue;
    for (const auto& entry : std::filesystem::directory_iterator(suite / folder)) {
      if (entry.path().extension() == ".wast") found.push_back(entry.path());
    }
  }
  std::ranges::sort(found);
  return found;
}

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The proposal of threads is a text of its time: limits were 32-bit numbers by grammar.
Features features_of(const std::filesystem::path& path) {
  const bool threads = path.parent_path().filename() == "threads";
  return Features().with(Feature::legacy_exceptions).with(Feature::memory64, !threads);
}

std::string_view text_of(const ScriptModule& module) {
  return module.form == ScriptModule::Form::quote ? std::string_view(module.quoted) : module.source;
}

Result<Module> load(const ScriptModule& module, Features features) {
  if (module.form == ScriptModule::Form::binary) return decode(module.bytes, features);
  return parse_text(text_of(module), features);
}

void expect_roundtrip(const Module& module, Features features) {
  const Result<Module> decoded = decode(encode(module), features);
  ASSERT_TRUE(decoded) << decoded.error().to_string();
  EXPECT_TRUE(equal(*decoded, module)) << "decode(encode(module)) differs";
  const PrintOptions forms[] = {{}, {.fold = true}, {.names = false}};
  for (const PrintOptions& options : forms) {
    const Result<std::string> text = print_text(module, options);
    ASSERT_TRUE(text) << text.error().to_string();
    const Result<Module> parsed = parse_text(*text, features);
    ASSERT_TRUE(parsed) << render_error(parsed.error(), *text, "printed");
    EXPECT_TRUE(equal(*parsed, module)) << "parse(print(module)) differs:\n" << *text;
  }
}

void expect_as_stated(const Command& command, Features features, int& roundtrips) {
  using Kind = Command::Kind;
  const ScriptModule& form = *command.module;
  if (form.is_instance) return;
  const Result<Module> module = load(form, features);
  switch (command.kind) {
    case Kind::assert_malformed:
      // The bodies in a binary are decoded by the validator, so only texts must fail here.
      if (form.form == ScriptModule::Form::binary) return;
      [[fallthrough]];
    case Kind::assert_malformed_custom:
      ASSERT_FALSE(module) << "is not refused: " << command.text;
      EXPECT_EQ(module.error().kind, ErrorKind::malformed) << module.error().to_string();
      EXPECT_TRUE(form.form == ScriptModule::Form::binary || module.error().at);
      return;
    case Kind::assert_invalid_custom:
      ASSERT_FALSE(module) << "is not refused: " << command.text;
      EXPECT_EQ(module.error().kind, ErrorKind::invalid) << module.error().to_string();
      return;
    default: break;
  }
  ASSERT_TRUE(module) << render_error(module.error(), text_of(form), "module");
  expect_roundtrip(*module, features);
  ++roundtrips;
}

TEST(Roundtrip, EveryModuleOfTheSuite) {
  const auto files = scripts();
  if (files.empty()) GTEST_SKIP() << "the official suite is not at " << suite;
  int roundtrips = 0;
  for (const auto& path : files) {
    const std::string source = read(path);
    const Features features = features_of(path);
    const Result<Script> script = parse_script(source, features);
    ASSERT_TRUE(script) << render_error(script.error(), source, path.string());
    for (const Command& command : script->commands) {
      if (!command.module) continue;
      SCOPED_TRACE(fmt::format("{}:{}", path.string(), command.at.line));
      expect_as_stated(command, features, roundtrips);
    }
  }
  EXPECT_GE(files.size(), 274u);
  EXPECT_GE(roundtrips, 5000);
}

}  // namespace
}  // namespace cairn::wasm
