// The tests of executions, on compiled code.

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
  };
}

}  // namespace cairn::engine::testing
