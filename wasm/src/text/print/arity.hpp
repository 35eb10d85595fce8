#pragma once
/// How many operands an instruction takes and gives: what folding goes by. Wrong modules get some
/// answer too; a folded text means the same whatever the answer is.

#include <cairn/wasm/instruction.hpp>

#include <vector>

namespace cairn::wasm::text {

struct Arity {
  uint32_t operands = 0, results = 0;
};

/// The arities of a module's instructions.
class Arities {
 public:
  explicit Arities(const Module& module);

  /// `labels`: how many operands a branch to each open label takes, outermost (the function) first.
  Arity of(const Instruction& in, const std::vector<uint32_t>& labels) const;
  /// Parameters and results of a block type.
  Arity of(const BlockType& block) const;

 private:
  Arity of_type(uint32_t index) const;
  Arity of_function(uint32_t index) const;
  Arity of_tag(uint32_t index) const;
  uint32_t field_count(uint32_t type_index) const;

  const Module& module_;
  // The type index of every function and tag, imported ones first.
  std::vector<uint32_t> functions_, tags_;
};

}  // namespace cairn::wasm::text
