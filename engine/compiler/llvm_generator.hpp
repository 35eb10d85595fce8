#pragma once
/// Code through LLVM, in this process.

#include <cairn/base/log.hpp>
#include <span>
#include <string>

#include "compiler/pipeline.hpp"

namespace cairn::engine::compiler {

/// For any thread. LLVM ends the process when it meets what it cannot handle, so the engine uses
/// this through `cairn-compiler`; tests and tools use it directly.
class LlvmGenerator final : public CodeGenerator {
 public:
  /// Code uses no features but `cpu`, even where a request allows more. A request is divided among
  /// up to `threads` threads. What is left out is named in `log`.
  LlvmGenerator(CpuFeatures cpu, unsigned threads, Log& log);

  Result<Bytes> generate(const ModuleState& module, const CodeRequest& request) override;

  Result<std::string> print(const ModuleState& module, const CodeRequest& request,
                            const std::vector<uint32_t>& shown, CodeText form) override;

  /// A function that LLVM does not accept as it was built, and why.
  struct Refusal {
    std::string function, reason;
  };

 private:
  /// What one thread makes of its part of a request.
  struct Outcome {
    std::vector<Refusal> refusals;
    Result<Object> object;  ///< when nothing was refused
  };
  std::vector<Outcome> compile(const ModuleState& module, const CodeRequest& request);
  Result<> leave_out(CodeRequest& request, const Refusal& refusal);

  CodeRequest cleaned(const ModuleState& module, CodeRequest request) const;

  const CpuFeatures cpu_;
  const unsigned threads_;
  Log& log_;
};

}  // namespace cairn::engine::compiler
