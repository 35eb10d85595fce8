#pragma once
/// Writes single instructions with their immediates.

#include <cairn/wasm/instruction.hpp>

#include "text/print/print_context.hpp"

namespace cairn::wasm::text {

/// The identifiers inside of the function that is printed.
struct PrintScope {
  PrintedNames locals;
  LabelStack labels;
};

class InstructionWriter {
 public:
  InstructionWriter(PrintContext& context, PrintScope& scope) : context_(context), scope_(scope) {}

  /// The keyword and the immediates. A block's own label comes between the two: `label` is its
  /// text, with a space before it, or empty.
  void write(const Instruction& in, std::string_view label = {});
  void block_type(const BlockType& block);

 private:
  void immediates(const Instruction& in);
  void label(uint32_t index);
  void local(uint32_t index);
  void labels(const Instruction& in);
  void type_use(uint32_t index);
  void catch_clause(const CatchClause& clause);
  void memarg(const Instruction& in);
  void optional_use(Space space, uint32_t index);
  void pair(Space space, uint32_t first, uint32_t second);
  void use(Space space, uint32_t index);

  PrintContext& context_;
  PrintScope& scope_;
};

}  // namespace cairn::wasm::text
