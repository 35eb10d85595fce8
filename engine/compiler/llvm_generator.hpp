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
  /// Code may use the features `cpu`; a request is divided among up to `threads` threads. What is
  /// left out is named in `log`, which is used from those threads.
  LlvmGenerator(CpuFeatures cpu, unsigned threads, Log& log);

  Result<Bytes> generate(const ModuleState& module, const CodeRequest& request) override;

  /// The optimised code of a request as text, for people.
  enum class Form : uint8_t { llvm, assembly };
  Result<std::string> print(const ModuleState& module, const CodeRequest& request, Form form);

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

  const CpuFeatures cpu_;
  const unsigned threads_;
  Log& log_;
};

}  // namespace cairn::engine::compiler
