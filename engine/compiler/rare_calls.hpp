#pragma once
/// Calls that compiled code makes nearly never: to stop, and to be told that the stack is used up.
///
/// LLVM leaves loops with a call in them as they are, however rare it is. So until everything is
/// optimised such a call is a mark, an intrinsic with the arguments, which hides nothing but what
/// memory holds: that may be read and changed there, as by the call.

#include <llvm/IR/PassManager.h>

#include <optional>

#include "compiler/values.hpp"

namespace cairn::engine::compiler {

/// Marks a call of a function of `RuntimeCalls` that is `CAIRN_RARELY_CALLED`, by its offset there.
llvm::CallInst* mark_rare_call(Builder& ir, uint64_t offset, llvm::ArrayRef<llvm::Value*> args);

struct RareCall {
  llvm::CallInst* mark = nullptr;
  uint64_t offset = 0;  ///< of the function in `RuntimeCalls`
  llvm::Value* argument(unsigned index) const { return mark->getArgOperand(2 + index); }
};
/// Is the instruction such a mark?
std::optional<RareCall> rare_call(llvm::Instruction& instruction);

/// Makes calls of all marks; nothing is optimised after that.
void make_rare_calls(llvm::Module& module);

/// A flag of LLVM modules whose code looks for interruptions.
inline constexpr const char* interruption_flag = "cairn interruption";
/// An attribute of functions that look for interruptions when they are entered.
inline constexpr const char* looks_at_entry = "cairn-looks";

/// A function that has been inlined uses its caller's frame, for which the caller has looked. Where
/// interruptions are looked for, that concerns calls in loops only, since loops look themselves.
class DropInlinedStackChecks : public llvm::PassInfoMixin<DropInlinedStackChecks> {
 public:
  llvm::PreservedAnalyses run(llvm::Function& function, llvm::FunctionAnalysisManager& analyses);
};

/// A loop that calls in each round a function which looks for interruptions need not do so itself.
class DropRepeatedLooks : public llvm::PassInfoMixin<DropRepeatedLooks> {
 public:
  llvm::PreservedAnalyses run(llvm::Function& function, llvm::FunctionAnalysisManager& analyses);
};

}  // namespace cairn::engine::compiler
