// Vector instructions that touch no memory. The few whose form matters to LLVM are built here, all
// others are calls of the semantics.

#include <cstring>

#include "compiler/function_builder.hpp"

namespace cairn::engine::compiler {

using wasm::Imm;
using wasm::Op;

namespace {

/// The shape that an instruction's name begins with, as an LLVM type: "i32x4_add".
llvm::FixedVectorType* shape_of(Builder& ir, std::string_view id) {
  if (id.starts_with("i8x16")) return llvm::FixedVectorType::get(ir.getInt8Ty(), 16);
  if (id.starts_with("i16x8")) return llvm::FixedVectorType::get(ir.getInt16Ty(), 8);
  if (id.starts_with("i32x4")) return llvm::FixedVectorType::get(ir.getInt32Ty(), 4);
  if (id.starts_with("i64x2")) return llvm::FixedVectorType::get(ir.getInt64Ty(), 2);
  if (id.starts_with("f32x4")) return llvm::FixedVectorType::get(ir.getFloatTy(), 4);
  if (id.starts_with("f64x2")) return llvm::FixedVectorType::get(ir.getDoubleTy(), 2);
  return nullptr;
}

}  // namespace

void FunctionBuilder::vector(const wasm::Instruction& in) {
  const wasm::OpInfo& row = wasm::info(in.op);
  switch (in.op) {
    case Op::v128_const: return push(Kind::v128, bytes_constant(in.bytes));
    case Op::i8x16_shuffle: {
      llvm::Value* const b = operand();
      llvm::Value* const a = operand();
      const llvm::SmallVector<int, 16> lanes(std::begin(in.bytes), std::end(in.bytes));
      return push(Kind::v128, ir_.CreateShuffleVector(a, b, lanes));
    }
    default: break;
  }
  if (lanes(in)) return;
  std::vector<llvm::Value*> args(row.sig.find('_'));
  for (size_t i = args.size(); i-- > 0;) args[i] = operand();
  if (args.size() == 2 && row.id.starts_with('f')) {
    llvm::FixedVectorType* const shape = shape_of(ir_, row.id);
    const auto as_shape = [&](llvm::Value* value) { return ir_.CreateBitCast(value, shape); };
    if (args[1]->getType()->isVectorTy()) {
      if (llvm::Value* const result = float_operation(in.op, as_shape(args[0]), as_shape(args[1])))
        return push_number(in.op, as_bytes(result));
    }
  }
  push_number(in.op, semantic(row.id, args));
}

/// Splats, and lanes that are read or replaced. False: none of these.
bool FunctionBuilder::lanes(const wasm::Instruction& in) {
  const wasm::OpInfo& row = wasm::info(in.op);
  llvm::FixedVectorType* const shape = shape_of(ir_, row.id);
  const bool splats = row.id.ends_with("_splat");
  if (shape == nullptr || (!splats && (row.imm < Imm::lane2 || row.imm > Imm::lane16)))
    return false;
  llvm::Type* const lane = shape->getElementType();
  // A lane of fewer bits than an operand has.
  const auto narrow = [&](llvm::Value* value) {
    return value->getType() == lane ? value : ir_.CreateTrunc(value, lane);
  };
  if (splats) {
    push(Kind::v128, as_bytes(ir_.CreateVectorSplat(shape->getNumElements(), narrow(operand()))));
  } else if (row.sig.front() == 'v' && row.sig[1] == '_') {
    llvm::Value* value =
        ir_.CreateExtractElement(ir_.CreateBitCast(operand(), shape), uint64_t{in.lane});
    if (lane->isIntegerTy() && lane->getIntegerBitWidth() < 32)
      value = ir_.CreateIntCast(value, ir_.getInt32Ty(), row.id.ends_with("_s"));
    push_number(in.op, value);
  } else {
    llvm::Value* const value = narrow(operand());
    llvm::Value* const vector = ir_.CreateBitCast(operand(), shape);
    push(Kind::v128, as_bytes(ir_.CreateInsertElement(vector, value, uint64_t{in.lane})));
  }
  return true;
}

llvm::Value* FunctionBuilder::as_bytes(llvm::Value* vector) {
  return ir_.CreateBitCast(vector, type_of(ir_.getContext(), Kind::v128));
}

llvm::Value* FunctionBuilder::bytes_constant(const uint8_t (&bytes)[16]) {
  return llvm::ConstantDataVector::get(ir_.getContext(), llvm::ArrayRef<uint8_t>(bytes));
}

}  // namespace cairn::engine::compiler
