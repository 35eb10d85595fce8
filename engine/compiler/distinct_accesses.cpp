#include "compiler/distinct_accesses.hpp"

#include <llvm/CodeGen/MachineFunction.h>
#include <llvm/CodeGen/MachineFunctionPass.h>
#include <llvm/CodeGen/MachineInstr.h>
#include <llvm/CodeGen/MachineMemOperand.h>
#include <llvm/IR/Module.h>
#include <llvm/Support/CommandLine.h>

#include <cairn/base/result.hpp>

namespace cairn::engine::compiler {

/// Passes have no such setting, command lines do. The modules were optimised by those who made
/// them, so there is little in common that is of use.
void keep_common_accesses() {
  for (const char* const name : {"simplifycfg-hoist-common", "simplifycfg-sink-common"}) {
    llvm::cl::Option* const option = llvm::cl::getRegisteredOptions().lookup(name);
    CAIRN_ASSERT(option != nullptr && !option->addOccurrence(0, name, "false"));
  }
}

void let_go(llvm::LoadInst& load) {
  for (llvm::User* const user : llvm::make_early_inc_range(load.users())) {
    auto* const hold = llvm::dyn_cast<llvm::FreezeInst>(user);
    if (hold == nullptr) continue;
    hold->replaceAllUsesWith(&load);
    hold->eraseFromParent();
  }
}

void let_go_of_loads(llvm::Module& module) {
  for (llvm::Function& function : module)
    for (llvm::BasicBlock& block : function)
      for (llvm::Instruction& instruction : block)
        if (auto* const load = llvm::dyn_cast<llvm::LoadInst>(&instruction)) let_go(*load);
}

namespace {

class MarkAccesses final : public llvm::MachineFunctionPass {
 public:
  static inline char ID = 0;  // NOLINT(readability-identifier-naming): LLVM's name
  MarkAccesses() : MachineFunctionPass(ID) {}

  bool runOnMachineFunction(llvm::MachineFunction& function) override {
    for (llvm::MachineBasicBlock& block : function)
      for (llvm::MachineInstr& instruction : block)
        if (llvm::any_of(instruction.memoperands(), [](const llvm::MachineMemOperand* access) {
              return access->isVolatile();
            }))
          instruction.setFlag(llvm::MachineInstr::NoMerge);
    return true;
  }
};

}  // namespace

llvm::FunctionPass* make_mark_accesses() { return new MarkAccesses; }

}  // namespace cairn::engine::compiler
