// Compiled ahead of time and loaded again; the code is known (sample_testing.hpp).

#include <gtest/gtest.h>
#include <cairn/engine/compiler.hpp>

#include "native/sample_testing.hpp"

namespace cairn::engine {
namespace {

using testing::call_f;
using testing::compiled_result;
using testing::interpreted_result;
using testing::must;
using testing::sample_image;
using testing::SampleGenerator;

class CompiledModule : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!runs_machine_code()) GTEST_SKIP() << "machine code is for x86-64";
  }

  /// A file of the sample, compiled for these settings.
  CompiledFile compiled(Settings settings = {}, Bytes image = sample_image()) {
    settings.code_generator = std::make_shared<SampleGenerator>(std::move(image));
    settings.tier = Tier::automatic;
    Engine engine(settings);
    const Module module = testing::load(engine, testing::sample_source);
    return must(CompiledFile::read(must(compile_module(module))));
  }

  /// What the file's function gives in an engine of its own.
  int32_t run(const CompiledFile& file, Settings settings = {}) {
    settings.log = log_;
    if (settings.code_generator == nullptr) settings.code_generator = make_null_generator();
    Engine engine(settings);
    return call_f(engine, must(load_compiled(engine, file)));
  }

  std::string last_line() const { return log_->lines().empty() ? "" : log_->lines().back(); }

  std::shared_ptr<MemoryLog> log_ = std::make_shared<MemoryLog>();
};

TEST_F(CompiledModule, RunsItsMachineCode) {
  const CompiledFile file = compiled();
  EXPECT_EQ(run(file), compiled_result);
  EXPECT_EQ(run(file, {.tier = Tier::interpret}), interpreted_result);
  EXPECT_EQ(last_line(), "");
}

TEST_F(CompiledModule, IsNotCompiledAgain) {
  const auto generator = std::make_shared<SampleGenerator>();
  const CompiledFile file = compiled();
  EXPECT_EQ(run(file, {.code_generator = generator, .tier = Tier::compile}), compiled_result);
  EXPECT_TRUE(generator->requests.empty());
}

TEST_F(CompiledModule, RunsWithoutItsCodeWhereThatDoesNotFit) {
  struct {
    Settings made_for, run_with;
    std::string reason;
  } const cases[] = {
      {{.fuel = true}, {}, "it was made with fuel"},
      {{}, {.fuel = true}, "it was made without fuel"},
      {{.interruption = false}, {}, "it was made without interruption"},
      {{.deterministic = true}, {}, "it was made with the deterministic profile"},
      {{}, {.deterministic = true}, "it was made without the deterministic profile"},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(run(compiled(each.made_for), each.run_with), interpreted_result) << each.reason;
    EXPECT_EQ(last_line(), "warning: the compiled code is not used: " + each.reason);
  }
  // What does not fit is made anew where somebody can.
  const auto generator = std::make_shared<SampleGenerator>();
  EXPECT_EQ(run(compiled(), {.fuel = true, .code_generator = generator, .tier = Tier::compile}),
            compiled_result);
  EXPECT_EQ(generator->requests.size(), 1u);
}

TEST_F(CompiledModule, CodeThatCanBeInterruptedServesAll) {
  EXPECT_EQ(run(compiled(), {.interruption = false}), compiled_result);
  EXPECT_EQ(last_line(), "");
}

TEST_F(CompiledModule, FeaturesAreTheModulesMatter) {
  EXPECT_EQ(run(compiled(), {.features = wasm::Features::all()}), compiled_result);
}

TEST_F(CompiledModule, OtherMemoriesNeedOtherCode) {
  EXPECT_EQ(run(compiled(), {.memory_provider = make_budget_provider(1 << 20)}),
            interpreted_result);
  EXPECT_EQ(last_line(),
            "warning: the compiled code is not used: it was made with guard pages behind memories");
}

TEST_F(CompiledModule, OtherVersionsAreNotUsed) {
  const CompiledFile file = compiled();
  CodeKey key = file.key();
  ++key.layout;
  EXPECT_EQ(run(must(CompiledFile::read(CompiledFile::write(key, file.module(), file.code())))),
            interpreted_result);
  EXPECT_EQ(last_line(),
            "warning: the compiled code is not used: it was made by another version of Cairn");
}

TEST_F(CompiledModule, OtherProcessorsAreNotServed) {
  const CpuFeatures missing{.bits = known_cpu_features().bits & ~host_cpu().bits};
  if (missing.bits == 0) GTEST_SKIP() << "this processor has all features";
  EXPECT_EQ(run(compiled({}, sample_image(0, missing))), interpreted_result);
  EXPECT_TRUE(last_line().contains("needs a processor with " + to_string(missing))) << last_line();
}

TEST_F(CompiledModule, CodeOfAnotherModuleIsNotUsed) {
  EXPECT_EQ(run(compiled({}, sample_image(7))), interpreted_result);
  EXPECT_EQ(last_line(),
            "warning: the compiled code is not used: it is of another module: function 7 is not "
            "there");
  EXPECT_EQ(run(compiled({}, {1, 2, 3})), interpreted_result);
}

TEST_F(CompiledModule, ItsModuleIsCheckedLikeAnyOther) {
  const CompiledFile file = compiled();
  Engine engine({.code_generator = make_null_generator()});
  const auto empty = must(CompiledFile::read(CompiledFile::write(file.key(), {}, file.code())));
  EXPECT_EQ(load_compiled(engine, empty).error().kind, ErrorKind::malformed);
}

TEST_F(CompiledModule, ModulesWithoutFunctionsNeedNoCode) {
  const auto generator = std::make_shared<SampleGenerator>();
  Engine engine({.code_generator = generator, .tier = Tier::automatic});
  const Module module = testing::load(engine, "(module (memory (export \"m\") 1))");
  const auto file = must(CompiledFile::read(must(compile_module(module))));
  EXPECT_TRUE(generator->requests.empty());
  EXPECT_TRUE(load_compiled(engine, file));
}

TEST_F(CompiledModule, OptionsReachTheGenerator) {
  const auto generator = std::make_shared<SampleGenerator>();
  Engine engine({.code_generator = generator, .tier = Tier::automatic});
  const Module module = testing::load(engine, testing::sample_source);
  const CodeOptions options = {.level = CodeLevel::quick, .cpu = CodeCpu::x86_64_v3};
  EXPECT_TRUE(compile_module(module, options));
  ASSERT_EQ(generator->requests.size(), 1u);
  EXPECT_EQ(generator->requests[0].level, CodeLevel::quick);
  EXPECT_EQ(generator->requests[0].cpu, features_of(CodeCpu::x86_64_v3));
  EXPECT_EQ(generator->requests[0].functions, std::vector<uint32_t>{0});
  EXPECT_EQ(must(print_code(module, {0}, CodeText::assembly)), "assembly of 1");
}

TEST_F(CompiledModule, LevelsOfProcessorsContainEachOther) {
  const CpuFeatures v2 = features_of(CodeCpu::x86_64_v2), v3 = features_of(CodeCpu::x86_64_v3),
                    v4 = features_of(CodeCpu::x86_64_v4);
  EXPECT_EQ(to_string(v2), "sse3,ssse3,cx16,sse4.1,sse4.2,popcnt,sahf");
  EXPECT_TRUE(v3.contains(v2) && v4.contains(v3));
  EXPECT_FALSE(v2.contains(v3) || v3.contains(v4));
  EXPECT_TRUE(host_cpu().contains(v2)) << "Cairn itself needs that";
}

TEST_F(CompiledModule, WithoutACompilerThereIsNoCode) {
  for (const auto& generator : {std::shared_ptr<CodeGenerator>(), make_null_generator()}) {
    Engine engine({.code_generator = generator});
    const Module module = testing::load(engine, testing::sample_source);
    EXPECT_EQ(call_f(engine, module), interpreted_result);
    EXPECT_EQ(compile_module(module).error().message, "there is no compiler");
    EXPECT_EQ(print_code(module, {}, CodeText::llvm).error().message, "there is no compiler");
  }
}

}  // namespace
}  // namespace cairn::engine
