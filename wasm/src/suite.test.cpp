// The official core suite as far as loading goes: every module of every script is accepted or
// refused in the phase that the script says, and encoding what was decoded gives it back.

#include <gtest/gtest.h>
#include <cairn/wasm/binary.hpp>
#include <cairn/wasm/text.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "validate/validate_module.hpp"

namespace cairn::wasm {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

Result<Module> load(const ScriptModule& module, Features features) {
  switch (module.form) {
    case ScriptModule::Form::text: return parse_text(module.source, features);
    case ScriptModule::Form::quote: return parse_text(module.quoted, features);
    case ScriptModule::Form::binary: return decode(module.bytes, features);
  }
  return fail(ErrorKind::usage, "unknown form");
}

/// The threads proposal is written against 1.0, where one memory and one table were the limit.
Features features_of(const fs::path& path) {
  const std::string folder = path.parent_path().filename().string();
  if (folder == "legacy") return Features{}.with(Feature::legacy_exceptions);
  if (folder != "threads") return {};
  Features features;
  for (const Feature feature : {Feature::multi_memory, Feature::reference_types, Feature::memory64,
                                Feature::gc, Feature::function_references}) {
    features = features.with(feature, false);
  }
  return features;
}

/// What should become of a module: nothing when it must load.
std::optional<ErrorKind> expected(Command::Kind kind) {
  switch (kind) {
    case Command::Kind::assert_malformed:
    case Command::Kind::assert_malformed_custom: return ErrorKind::malformed;
    case Command::Kind::assert_invalid:
    case Command::Kind::assert_invalid_custom: return ErrorKind::invalid;
    default: return std::nullopt;
  }
}

Result<> load_and_validate(const ScriptModule& script_module, TypeRegistry& registry,
                           Features features) {
  const Module module = TRY(load(script_module, features));
  const auto valid = validate_module(module, registry, features, {}, QuickPath::on);
  const auto general = validate_module(module, registry, features, {}, QuickPath::off);
  EXPECT_EQ(valid ? "" : valid.error().to_string(), general ? "" : general.error().to_string());
  if (!valid) return std::unexpected(valid.error());
  TRY(validate_custom_sections(module, features));
  const Result<Module> again = decode(encode(module), features);
  if (!again) return fail(ErrorKind::usage, "its encoding: " + again.error().to_string());
  if (!equal(module, *again)) return fail(ErrorKind::usage, "decode(encode(m)) differs from m");
  TRY(validate(*again, registry, features));
  return {};
}

void run_script(const fs::path& path, size_t& modules) {
  const Features features = features_of(path);
  const Result<Script> script = parse_script(read(path), features);
  ASSERT_TRUE(script) << path << ": " << script.error().to_string();
  TypeRegistry registry;
  for (const Command& command : script->commands) {
    if (!command.module || command.module->is_instance) continue;
    ++modules;
    const Result<> result = load_and_validate(*command.module, registry, features);
    const std::optional<ErrorKind> wanted = expected(command.kind);
    const std::string where = fmt::format("{}:{}", path.string(), command.at.line);
    if (!wanted) {
      EXPECT_TRUE(result) << where << ": " << result.error().to_string();
    } else if (result) {
      ADD_FAILURE() << where << ": loaded, but should be " << to_string(*wanted);
    } else {
      // The text parser calls an instruction of a feature that is off unsupported.
      const ErrorKind kind = result.error().kind == ErrorKind::unsupported ? ErrorKind::malformed
                                                                           : result.error().kind;
      EXPECT_EQ(kind, *wanted) << where << ": " << result.error().to_string();
    }
  }
}

TEST(CoreSuite, LoadsAndRoundTripsEveryModule) {
  const fs::path suite = fs::path(CAIRN_TESTSUITES) / "wasm-core";
  if (!fs::exists(suite)) GTEST_SKIP() << "no core suite at " << suite;
  size_t modules = 0;
  for (const fs::path folder : {"", "custom", "legacy", "proposals/threads",
                                "proposals/custom-page-sizes", "proposals/wide-arithmetic"}) {
    std::vector<fs::path> scripts;
    for (const fs::directory_entry& entry : fs::directory_iterator(suite / folder)) {
      if (entry.path().extension() == ".wast") scripts.push_back(entry.path());
    }
    std::ranges::sort(scripts);
    for (const fs::path& script : scripts) run_script(script, modules);
  }
  EXPECT_GT(modules, 7000u);
}

}  // namespace
}  // namespace cairn::wasm
