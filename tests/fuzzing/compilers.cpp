#include "compilers.hpp"

#ifdef CAIRN_FUZZING_COMPILER

#include <cairn/base/log.hpp>

#include <algorithm>
#include <string_view>

#include "baseline/generator.hpp"
#include "compiler/llvm_generator.hpp"

namespace cairn::fuzzing {
using namespace engine;

namespace {

/// x86-64-v2, which Cairn itself is compiled for.
CpuFeatures oldest_cpu() {
  constexpr std::string_view names[] = {"sse3",   "ssse3",  "cx16", "sse4.1",
                                        "sse4.2", "popcnt", "sahf"};
  CpuFeatures features;
  for (size_t i = 0; i < cpu_feature_names().size(); ++i) {
    if (std::ranges::find(names, cpu_feature_names()[i]) != std::end(names))
      features.bits |= uint64_t{1} << i;
  }
  return features;
}

}  // namespace

std::vector<std::shared_ptr<CodeGenerator>> make_compilers() {
  // What is left out shows in the log, and would make a comparison one of the interpreter only.
  static StderrLog log(LogLevel::warning);
  return {std::make_shared<compiler::LlvmGenerator>(host_cpu(), 1, log),
          std::make_shared<compiler::LlvmGenerator>(oldest_cpu(), 1, log)};
}

std::vector<std::shared_ptr<CodeGenerator>> make_baseline_compilers() {
  return {std::make_shared<baseline::Generator>(host_cpu()),
          std::make_shared<baseline::Generator>(oldest_cpu())};
}

}  // namespace cairn::fuzzing

#else

namespace cairn::fuzzing {

std::vector<std::shared_ptr<engine::CodeGenerator>> make_compilers() { return {}; }
std::vector<std::shared_ptr<engine::CodeGenerator>> make_baseline_compilers() { return {}; }

}  // namespace cairn::fuzzing

#endif
