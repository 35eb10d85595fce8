#include "compiler/rare_calls.hpp"

#include <llvm/Analysis/LoopInfo.h>
#include <llvm/IR/DebugInfoMetadata.h>
#include <llvm/IR/Dominators.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/IR/Module.h>

#include <cstddef>

#include "native/abi.hpp"

namespace cairn::engine::compiler {

// The intrinsic's operands: the offset as its number, a size that is not used, the arguments.
constexpr unsigned own_operands = 2;

llvm::CallInst* mark_rare_call(Builder& ir, uint64_t offset, llvm::ArrayRef<llvm::Value*> args) {
  std::vector<llvm::Value*> operands = {ir.getInt64(offset), ir.getInt32(0)};
  operands.insert(operands.end(), args.begin(), args.end());
  return ir.CreateIntrinsic(llvm::Intrinsic::experimental_stackmap, {}, operands);
}

std::optional<RareCall> rare_call(llvm::Instruction& instruction) {
  auto* const mark = llvm::dyn_cast<llvm::IntrinsicInst>(&instruction);
  if (mark == nullptr || mark->getIntrinsicID() != llvm::Intrinsic::experimental_stackmap)
    return std::nullopt;
  return RareCall{mark, llvm::cast<llvm::ConstantInt>(mark->getArgOperand(0))->getZExtValue()};
}

void make_rare_calls(llvm::Module& module) {
  std::vector<RareCall> calls;
  for (llvm::Function& function : module)
    for (llvm::Instruction& instruction : llvm::instructions(function))
      if (const auto call = rare_call(instruction)) calls.push_back(*call);
  for (const RareCall& call : calls) {
    Builder ir(call.mark);
    std::vector<llvm::Value*> args(call.mark->arg_begin() + own_operands, call.mark->arg_end());
    call_runtime_rarely(ir, args[0], call.offset, ir.getVoidTy(), args)
        ->addFnAttr(llvm::Attribute::NoMerge);
    call.mark->eraseFromParent();
  }
}

namespace {
/// Leaves a check out that leads to a rare call: the branch, and the volatile load it is about.
/// What cannot be reached any more goes away with the next pass.
bool drop(llvm::BasicBlock& check) {
  llvm::BasicBlock* const before = check.getSinglePredecessor();
  auto* const branch =
      before != nullptr ? llvm::dyn_cast<llvm::BranchInst>(before->getTerminator()) : nullptr;
  if (branch == nullptr || !branch->isConditional()) return false;
  auto* const comparison = llvm::dyn_cast<llvm::ICmpInst>(branch->getCondition());
  branch->setCondition(
      llvm::ConstantInt::getBool(check.getContext(), branch->getSuccessor(0) != &check));
  if (comparison == nullptr || !comparison->use_empty()) return true;
  const std::vector<llvm::Value*> operands(comparison->op_begin(), comparison->op_end());
  comparison->eraseFromParent();
  for (llvm::Value* const operand : operands)
    if (auto* const load = llvm::dyn_cast<llvm::LoadInst>(operand); load && load->use_empty())
      load->eraseFromParent();
  return true;
}
}  // namespace

llvm::PreservedAnalyses DropInlinedStackChecks::run(llvm::Function& function,
                                                    llvm::FunctionAnalysisManager& analyses) {
  // Its tail calls may have become loops that have no other check.
  if (function.getCallingConv() == llvm::CallingConv::Tail) return llvm::PreservedAnalyses::all();
  std::vector<llvm::BasicBlock*> checks;
  for (llvm::Instruction& instruction : llvm::instructions(function)) {
    const auto call = rare_call(instruction);
    if (!call || call->offset != offsetof(RuntimeCalls, check_stack)) continue;
    const llvm::DebugLoc& place = call->mark->getDebugLoc();
    if (place && place->getInlinedAt() != nullptr) checks.push_back(call->mark->getParent());
  }
  if (checks.empty()) return llvm::PreservedAnalyses::all();
  if (function.getParent()->getModuleFlag(interruption_flag) != nullptr) {
    const auto& loops = analyses.getResult<llvm::LoopAnalysis>(function);
    std::erase_if(checks,
                  [&](llvm::BasicBlock* check) { return loops.getLoopFor(check) == nullptr; });
  }
  size_t dropped = 0;
  for (llvm::BasicBlock* const check : checks) dropped += drop(*check);
  return dropped != 0 ? llvm::PreservedAnalyses::none() : llvm::PreservedAnalyses::all();
}

llvm::PreservedAnalyses DropRepeatedLooks::run(llvm::Function& function,
                                               llvm::FunctionAnalysisManager& analyses) {
  std::vector<llvm::BasicBlock*> looks;
  std::vector<llvm::CallInst*> calls;
  for (llvm::Instruction& instruction : llvm::instructions(function)) {
    const auto rare = rare_call(instruction);
    if (rare && rare->offset == offsetof(RuntimeCalls, interrupt))
      looks.push_back(instruction.getParent());
    auto* const call = llvm::dyn_cast<llvm::CallInst>(&instruction);
    if (call != nullptr && call->getCalledFunction() != nullptr &&
        call->getCalledFunction()->hasFnAttribute(looks_at_entry))
      calls.push_back(call);
  }
  if (looks.empty() || calls.empty()) return llvm::PreservedAnalyses::all();
  const auto& loops = analyses.getResult<llvm::LoopAnalysis>(function);
  const auto& dominators = analyses.getResult<llvm::DominatorTreeAnalysis>(function);
  size_t dropped = 0;
  for (llvm::BasicBlock* const look : looks) {
    const llvm::Loop* const loop = loops.getLoopFor(look);
    const llvm::BasicBlock* const latch = loop != nullptr ? loop->getLoopLatch() : nullptr;
    if (latch != nullptr && llvm::any_of(calls, [&](const llvm::CallInst* call) {
          return loop->contains(call) && dominators.dominates(call->getParent(), latch);
        }))
      dropped += drop(*look);
  }
  return dropped != 0 ? llvm::PreservedAnalyses::none() : llvm::PreservedAnalyses::all();
}

}  // namespace cairn::engine::compiler
