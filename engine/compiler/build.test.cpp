// Every module of the official suite, in each setting that changes what is built, must become IR
// that LLVM finds well-formed.

#include <gtest/gtest.h>
#include <llvm/IR/Verifier.h>
#include <llvm/Support/raw_ostream.h>

#include <cairn/engine/wast.hpp>
#include <cairn/wasm/text.hpp>
#include <filesystem>
#include <fstream>
#include <numeric>

#include "compiler/module_builder.hpp"
#include "runtime/testing.hpp"

namespace cairn::engine::compiler {
namespace {

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// What the verifier says of the module; empty when it is content.
std::string complaint(const ModuleState& module, bool with_calls) {
  llvm::LLVMContext context;
  CodeRequest request;
  // With every second function missing, calls of both forms are built.
  for (uint32_t i = 0; i < module.ast.code.size(); i += with_calls ? 1 : 2)
    request.functions.push_back(i);
  ModuleBuilder builder(context, module, request);
  builder.build();
  std::string text;
  llvm::raw_string_ostream out(text);
  return llvm::verifyModule(builder.out(), &out) ? text : "";
}

struct Setting {
  const char* name;
  bool metered, guarded;
};

void PrintTo(const Setting& setting, std::ostream* out) { *out << setting.name; }

class EachSetting : public ::testing::TestWithParam<Setting> {};

TEST_P(EachSetting, BuildsEveryModuleOfTheSuite) {
  const std::string suite = CAIRN_TESTSUITES "/wasm-core";
  if (!std::filesystem::is_directory(suite)) GTEST_SKIP() << "no suite at " << suite;
  const auto [name, metered, guarded] = GetParam();
  size_t modules = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(suite)) {
    if (entry.path().extension() != ".wast") continue;
    Settings settings;
    settings.features = features_for_script(entry.path().string(), wasm::Features::all());
    settings.fuel = settings.deterministic = metered;
    if (!guarded) settings.memory_provider = make_budget_provider(uint64_t{64} << 20);
    Result<wasm::Script> script = wasm::parse_script(read(entry.path()), settings.features);
    if (!script) continue;
    Engine engine(settings);
    for (const wasm::Command& command : script->commands) {
      if (command.kind != wasm::Command::Kind::module || command.module->is_instance) continue;
      const wasm::ScriptModule& source = *command.module;
      const Result<Module> module =
          source.form == wasm::ScriptModule::Form::binary ? engine.load(source.bytes)
          : source.form == wasm::ScriptModule::Form::text ? engine.load_text(source.source)
                                                          : engine.load_text(source.quoted);
      if (!module) continue;
      ++modules;
      EXPECT_EQ(complaint(*module->state(), guarded), "") << entry.path();
    }
  }
  EXPECT_GT(modules, 500u);
}

INSTANTIATE_TEST_SUITE_P(Settings, EachSetting,
                         ::testing::Values(Setting{"Plain", false, true},
                                           Setting{"MeteredChecked", true, false}),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace cairn::engine::compiler
