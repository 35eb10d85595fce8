#pragma once
/// Walking the frames of an execution that is not running: for backtraces, roots and unwinding.

#include "interp/execution_data.hpp"

namespace cairn::engine {

/// One activation of an interpreted function. `next` goes to its caller. Compiled code is no part
/// of this: a cursor stays within one run of the interpreter.
class FrameCursor {
 public:
  /// From where the interpreter stands.
  explicit FrameCursor(const ExecutionData& ex);
  /// From where it stood when it called compiled code.
  FrameCursor(const ExecutionData& ex, const Regs& regs);

  /// False behind the run's outermost frame.
  bool valid() const { return code_ != nullptr; }
  void next();

  const FuncCode& code() const { return *code_; }
  /// Index of the word at which the activation stands: the start of its current instruction, or the
  /// last word of the call that it waits for.
  uint32_t pc_index() const;
  /// The frame has been entered but its locals are not set up yet.
  bool at_entry() const { return pc_index() == 0; }
  const Regs& regs() const { return regs_; }  ///< pc, fp, inst, frame, pin, fpin of this activation

 private:
  void settle();
  const ExecutionData& ex_;
  Regs regs_;
  const FuncCode* code_ = nullptr;
};

/// Fills in the backtrace of where the execution stands.
void take_backtrace(const ExecutionData& ex, TrapInfo& trap);

}  // namespace cairn::engine
