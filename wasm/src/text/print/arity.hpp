#pragma once
/// How many operands an instruction takes and gives: what folding goes by. Wrong modules get some
/// answer too; a folded text means the same whatever the answer is.

#include <cairn/wasm/instruction.hpp>

#include <vector>

namespace cairn::wasm::text {

struct Arity {
  uint32_t operands = 0, results = 0;
};

/// `labels`: the arity of the branches to each open label, outermost (the function) first.
Arity arity_of(const Instruction& in, const Module& module, const std::vector<uint32_t>& labels);

/// Parameters and results of a block type.
Arity arity_of(const BlockType& block, const Module& module);

}  // namespace cairn::wasm::text
