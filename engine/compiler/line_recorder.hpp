#pragma once
/// Notes, while code is emitted, from which place in the module each instruction comes. That spares
/// debug information in the object and its parsing.

#include <llvm/ADT/DenseMap.h>
#include <llvm/ADT/DenseSet.h>
#include <llvm/CodeGen/AsmPrinterHandler.h>
#include <llvm/IR/DebugInfoMetadata.h>

#include "compiler/pipeline.hpp"

namespace llvm {
class AsmPrinter;
}  // namespace llvm

namespace cairn::engine::compiler {

/// The column of places that access a memory; that of all others is 0.
inline constexpr unsigned access_column = 1;

/// What is recorded; outlives the emission.
class LineRecord {
 public:
  /// Gives each access that may fault a tag of its own, which goes with it into machine code.
  explicit LineRecord(llvm::Module& module);
  struct Row {
    const llvm::MCSymbol* at = nullptr;
    uint32_t frame = ImageFrame::none;
    bool is_bare = false;
  };
  struct Function {
    std::string name;
    const llvm::MCSymbol* symbol = nullptr;
    std::vector<Row> rows;
  };

  uint32_t frame_of(const llvm::DILocation* location);
  /// Where an instruction comes from.
  const llvm::DILocation* place_of(const llvm::MachineInstr& instruction) const;
  std::vector<Function>& functions() { return functions_; }
  /// Moves everything into the object, which has been emitted.
  Result<> resolve(Object& object);

 private:
  std::vector<Function> functions_;
  std::vector<ImageFrame> frames_;
  llvm::DenseMap<const llvm::DILocation*, uint32_t> known_;
  llvm::DenseMap<const llvm::MDNode*, const llvm::DILocation*> accesses_;  ///< by tag
};

/// Sets a label wherever the place changes. The labels' offsets are emitted as a section of the
/// object, since only the assembler knows them in the end.
class LineRecorder final : public llvm::AsmPrinterHandler {
 public:
  LineRecorder(llvm::AsmPrinter& printer, LineRecord& record)
      : printer_(printer), record_(record) {}

  void beginFunction(const llvm::MachineFunction* function) override;
  void beginInstruction(const llvm::MachineInstr* instruction) override;
  void endFunction(const llvm::MachineFunction*) override {}
  void endModule() override;

 private:
  llvm::AsmPrinter& printer_;
  LineRecord& record_;
  const llvm::MachineBasicBlock* block_ = nullptr;
  uint32_t frame_ = ImageFrame::none;  ///< of the last row
  bool row_is_bare_ = false;
  /// Blocks that are entered before the function has its frame; LLVM puts a prologue behind what
  /// can do without one.
  llvm::DenseSet<const llvm::MachineBasicBlock*> bare_;
  const llvm::MachineBasicBlock* bare_block_ = nullptr;
  bool is_bare_ = false;  ///< where the last instruction stands, in that block
};

}  // namespace cairn::engine::compiler
