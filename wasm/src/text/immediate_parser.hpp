#pragma once
/// The immediates of instructions in the text format, by their shape in the instruction table.

#include <cairn/wasm/instruction.hpp>

#include "text/context.hpp"
#include "text/type_parser.hpp"

namespace cairn::wasm::text {

/// The identifiers that are known inside of a function.
struct FunctionScope {
  IdTable locals;
  LabelStack labels;
};

class ImmediateParser {
 public:
  ImmediateParser(Context& context, TypeParser& types, FunctionScope& scope)
      : context_(context), in_(context.in), types_(types), scope_(scope) {}

  /// Reads the immediates of `out.op` into `out`; `select` and the casts may become their other
  /// row. Block types and catch clauses are read by those who know about labels.
  Result<> read(Instruction& out);
  Result<uint32_t> label();
  Result<> catch_clauses(std::vector<CatchClause>& clauses);

 private:
  Result<uint32_t> local();
  Result<uint32_t> field(uint32_t type_index);
  Result<> labels(Instruction& out);
  Result<> call_indirect(Instruction& out);
  Result<> select(Instruction& out);
  Result<> cast(Instruction& out);
  Result<> two_types(Instruction& out);
  Result<uint32_t> optional_index(Space space);
  Result<> two_indices(Space first, Space second, Instruction& out);
  /// None or both.
  Result<> optional_pair(Space space, Instruction& out);
  /// The second alone, or both.
  Result<> segment_and_target(Space segment, Space target, Instruction& out);
  Result<> memarg(Imm imm, MemArg& mem);
  Result<> lane_memarg(Instruction& out);
  Result<> shuffle(Instruction& out);

  Context& context_;
  TokenReader& in_;
  TypeParser& types_;
  FunctionScope& scope_;
};

}  // namespace cairn::wasm::text
