// The tests of executions, on compiled code.

#include <cairn/base/files.hpp>
#include <cairn/engine/compiler.hpp>

#include "compiler/llvm_generator.hpp"
#include "interp/testing.hpp"

namespace cairn::engine::testing {
namespace {

NoLog no_log;

std::shared_ptr<CodeGenerator> make_llvm() {
  return std::make_shared<compiler::LlvmGenerator>(host_cpu(), 1, no_log);
}

/// Leaves out every second function, so that calls go between the tiers.
class HalfGenerator final : public CodeGenerator {
 public:
  explicit HalfGenerator(std::shared_ptr<CodeGenerator> generator)
      : generator_(std::move(generator)) {}
  Result<Bytes> generate(const ModuleState& module, const CodeRequest& request) override {
    CodeRequest half = request;
    std::erase_if(half.functions, [](uint32_t function) { return function % 2 != 0; });
    return generator_->generate(module, half);
  }

 private:
  const std::shared_ptr<CodeGenerator> generator_;
};

std::shared_ptr<CodeGenerator> make_half() { return std::make_shared<HalfGenerator>(make_llvm()); }
std::shared_ptr<CodeGenerator> make_half_baseline() {
  return std::make_shared<HalfGenerator>(make_baseline_generator());
}

/// All code comes from entries of a cache, from where it was brought by somebody else.
class CachedGenerator final : public CodeGenerator {
 public:
  Recognized recognize(const EngineState& engine, const wasm::Module& module) override {
    return reader_->recognize(engine, module);
  }
  Result<Bytes> generate(const ModuleState& module, const CodeRequest& request) override {
    TRY(writer_->generate(module, request));
    return reader_->generate(module, request);
  }

 private:
  class Nobody final : public CodeGenerator {
   public:
    Result<Bytes> generate(const ModuleState&, const CodeRequest&) override {
      ADD_FAILURE() << "the code is not in the cache";
      return fail(ErrorKind::unsupported, "nobody compiles");
    }
  };

  SimulatedFiles files_;
  static constexpr uint64_t bytes_max = uint64_t{1} << 30;
  const std::shared_ptr<CodeGenerator> writer_ =
      make_caching_generator(files_, "cache", bytes_max, make_llvm());
  const std::shared_ptr<CodeGenerator> reader_ =
      make_caching_generator(files_, "cache", bytes_max, std::make_shared<Nobody>());
};

std::shared_ptr<CodeGenerator> make_cached() { return std::make_shared<CachedGenerator>(); }

/// What is called or goes round is compiled at once: by the baseline compiler, then by LLVM.
void tier_at_once(Settings& settings) {
  settings.tier = Tier::automatic;
  settings.hot_entries = settings.hot_rounds = settings.hot_compiled = 1;
  settings.tiering_waits = true;
  settings.baseline_generator = make_baseline_generator();
}

}  // namespace

std::vector<Mode> modes() {
  return {
      {"CompiledGuarded", Dispatch::tail_call, true, false, &make_llvm, true},
      {"CompiledChecked", Dispatch::tail_call, false, false, &make_llvm, true},
      {"HalfCompiledTailCalls", Dispatch::tail_call, true, false, &make_half, true},
      {"HalfCompiledSwitchLoop", Dispatch::switch_loop, true, false, &make_half, true},
      {"BaselineGuarded", Dispatch::tail_call, true, false, &make_baseline_generator, true},
      {"BaselineChecked", Dispatch::tail_call, false, false, &make_baseline_generator, true},
      {"HalfBaseline", Dispatch::tail_call, true, false, &make_half_baseline, true},
      {"Automatic", Dispatch::tail_call, true, false, &make_llvm, true, &tier_at_once},
      {"Cached", Dispatch::tail_call, true, false, &make_cached, true},
  };
}

}  // namespace cairn::engine::testing
