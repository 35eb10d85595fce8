#pragma once
/// Loops that need no checks, since what they will do is known before they begin.
///
/// A loop within which nothing else loops, whose rounds are counted and whose accesses to memory go
/// through it in equal steps, gets a second version. That is taken when all rounds lie within
/// memory, the fuel suffices for all of them, and they are few enough for an interruption to wait.
/// So nothing in it can trap, stop or be seen from outside before it ends: fuel is paid without
/// looking, and accesses are no longer volatile, so that LLVM may reorder and vectorise them.
/// Otherwise the loop runs as it was written.

#include <llvm/IR/PassManager.h>

namespace cairn::engine::compiler {

/// A flag of LLVM modules whose memory 0 has one user at a time.
inline constexpr const char* private_memory_flag = "cairn private memory";
/// A flag of LLVM modules with `Settings::index_masks`.
inline constexpr const char* index_masks_flag = "cairn index masks";

/// Wants loops in simplified and loop-closed form.
class UncheckedLoops : public llvm::PassInfoMixin<UncheckedLoops> {
 public:
  llvm::PreservedAnalyses run(llvm::Function& function, llvm::FunctionAnalysisManager& analyses);
};

}  // namespace cairn::engine::compiler
