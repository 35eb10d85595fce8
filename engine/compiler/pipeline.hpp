#pragma once
/// From LLVM IR to an ELF object in memory: optimisation and code generation for one processor.

#include <llvm/ADT/SmallVector.h>
#include <llvm/IR/Module.h>
#include <llvm/Target/TargetMachine.h>

#include <cairn/base/result.hpp>
#include <memory>
#include <string>
#include <vector>

#include "native/generator.hpp"
#include "native/image.hpp"

namespace cairn::engine::compiler {

/// What code generation gives for one module.
struct Object {
  llvm::SmallVector<char, 0> elf;
  /// Where code comes from; callers are indices into this list.
  std::vector<ImageFrame> frames;
  struct Lines {
    std::string symbol;          ///< of a function
    std::vector<ImageRow> rows;  ///< offsets from the function's start
  };
  std::vector<Lines> lines;
};

/// Debug information names places (see line_recorder.hpp); its compile unit is of the kind
/// `NoDebug`. For one thread; several may exist. Errors of LLVM that are not for any input (a
/// broken module, an instruction that cannot be selected) end the process.
class Pipeline {
 public:
  Pipeline(CpuFeatures cpu, CodeRequest::Level level);
  ~Pipeline();

  /// Optimises. Functions get the target of this pipeline; whatever they had is replaced.
  void optimise(llvm::Module& module);
  /// Generates code for an optimised module; it cannot be used afterwards.
  Result<Object> emit(llvm::Module& module);
  /// The same as text.
  Result<std::string> assembly(llvm::Module& module);

  const llvm::DataLayout& layout() const { return layout_; }

 private:
  void set_target(llvm::Module& module);
  void optimise_quickly(llvm::Module& module);
  void optimise_fully(llvm::Module& module);

  const CpuFeatures cpu_;
  const CodeRequest::Level level_;
  std::unique_ptr<llvm::TargetMachine> machine_;
  llvm::DataLayout layout_;
};

}  // namespace cairn::engine::compiler
