#pragma once
/// Code in one pass, in this process.

#include "native/generator.hpp"

namespace cairn::engine::baseline {

/// For any thread. Makes code of `CodeLevel::baseline`, whatever is asked for.
class Generator final : public CodeGenerator {
 public:
  /// Code uses no features but `cpu`, even where a request allows more.
  explicit Generator(CpuFeatures cpu) : cpu_(cpu) {}

  Result<Bytes> generate(const ModuleState& module, const CodeRequest& request) override;
  /// None of modules with exceptions or tail calls.
  bool compiles(const ModuleState& module) const override;

 private:
  const CpuFeatures cpu_;
};

}  // namespace cairn::engine::baseline
