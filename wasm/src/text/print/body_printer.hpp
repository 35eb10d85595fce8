#pragma once
/// Prints expressions and function bodies, flat: one instruction a line.

#include <cairn/wasm/branch_hints.hpp>
#include <deque>

#include "text/print/arity.hpp"
#include "text/print/instruction_writer.hpp"
#include "text/print/nesting.hpp"

namespace cairn::wasm::text {

class BodyPrinter {
 public:
  BodyPrinter(PrintContext& context, const BranchHints* hints)
      : context_(context), writer_(context, scope_), hints_(hints), arities_(context.module) {}

  /// A whole `(func …)` field.
  Result<> function(uint32_t defined_index);
  /// A constant expression, its instructions on one line.
  Result<> constant(const Expr& expr);
  /// "(i32.const 0)", or `(word …)` where the expression is not one instruction.
  Result<> folded_constant(const Expr& expr, std::string_view word);

 private:
  friend class FoldedPrinter;

  void local_declarations(const Code& code, uint32_t param_count);
  Result<> flat_body(const Expr& body);
  /// The label that opens with a block: its text after the keyword. Names it for the scope.
  std::string open_label();
  void begin_labels(uint32_t function);
  void indent(uint64_t depth);
  /// The hint at an instruction, or null.
  const uint8_t* hint_at(const Instruction& in) const;
  void hint_line(uint8_t hint, uint64_t depth);

  PrintContext& context_;
  PrintScope scope_;
  InstructionWriter writer_;
  const BranchHints* hints_;
  Arities arities_;
  Instruction instruction_;
  const NameMap* label_names_ = nullptr;
  uint32_t blocks_ = 0;  ///< blocks so far, which are numbered for the name section
  NameMap printed_labels_;
  std::deque<std::string> label_ids_;
};

}  // namespace cairn::wasm::text
