// Constants, globals and scalar arithmetic. What is more than an LLVM instruction or two is a call
// of the semantics.

#include <llvm/IR/Intrinsics.h>

#include <algorithm>
#include <cstddef>

#include "compiler/function_builder.hpp"

namespace cairn::engine::compiler {

using llvm::Intrinsic::ID;
using wasm::Imm;
using wasm::Op;

namespace {

Kind kind_of_letter(char letter) {
  switch (letter) {
    case 'i': return Kind::i32;
    case 'l': return Kind::i64;
    case 'f': return Kind::f32;
    case 'd': return Kind::f64;
    default: return Kind::v128;
  }
}

/// The deterministic profile: what makes an instruction's NaNs canonical; empty for those that make
/// none.
std::string_view nan_canonicalizer(Op op) {
  switch (op) {
#define CAIRN_NAN_RESULT(id, canonicalize) \
  case Op::id: return #canonicalize;
#include "numerics/nan_results.def"
    default: return {};
  }
}

std::optional<llvm::CmpInst::Predicate> predicate(Op op) {
  using P = llvm::CmpInst::Predicate;
  switch (op) {
    case Op::i32_eq:
    case Op::i64_eq: return P::ICMP_EQ;
    case Op::i32_ne:
    case Op::i64_ne: return P::ICMP_NE;
    case Op::i32_lt_s:
    case Op::i64_lt_s: return P::ICMP_SLT;
    case Op::i32_lt_u:
    case Op::i64_lt_u: return P::ICMP_ULT;
    case Op::i32_gt_s:
    case Op::i64_gt_s: return P::ICMP_SGT;
    case Op::i32_gt_u:
    case Op::i64_gt_u: return P::ICMP_UGT;
    case Op::i32_le_s:
    case Op::i64_le_s: return P::ICMP_SLE;
    case Op::i32_le_u:
    case Op::i64_le_u: return P::ICMP_ULE;
    case Op::i32_ge_s:
    case Op::i64_ge_s: return P::ICMP_SGE;
    case Op::i32_ge_u:
    case Op::i64_ge_u: return P::ICMP_UGE;
    case Op::f32_eq:
    case Op::f64_eq: return P::FCMP_OEQ;
    case Op::f32_ne:
    case Op::f64_ne: return P::FCMP_UNE;
    case Op::f32_lt:
    case Op::f64_lt: return P::FCMP_OLT;
    case Op::f32_gt:
    case Op::f64_gt: return P::FCMP_OGT;
    case Op::f32_le:
    case Op::f64_le: return P::FCMP_OLE;
    case Op::f32_ge:
    case Op::f64_ge: return P::FCMP_OGE;
    default: return std::nullopt;
  }
}

/// Instructions of one operand that an intrinsic function does.
ID unary_intrinsic(Op op) {
  switch (op) {
    case Op::i32_popcnt:
    case Op::i64_popcnt: return llvm::Intrinsic::ctpop;
    case Op::f32_abs:
    case Op::f64_abs: return llvm::Intrinsic::fabs;
    case Op::f32_ceil:
    case Op::f64_ceil: return llvm::Intrinsic::ceil;
    case Op::f32_floor:
    case Op::f64_floor: return llvm::Intrinsic::floor;
    case Op::f32_trunc:
    case Op::f64_trunc: return llvm::Intrinsic::trunc;
    case Op::f32_nearest:
    case Op::f64_nearest: return llvm::Intrinsic::roundeven;
    case Op::f32_sqrt:
    case Op::f64_sqrt: return llvm::Intrinsic::sqrt;
    default: return llvm::Intrinsic::not_intrinsic;
  }
}

/// Is this a constant that an operation with it can be taken to be the identity or a change of the
/// sign? That would pass a signalling NaN through.
bool is_neutral(const llvm::Value* value) {
  const auto neutral = [](const llvm::Constant* lane) {
    const auto* const number = llvm::dyn_cast_or_null<llvm::ConstantFP>(lane);
    return number != nullptr &&
           (number->isZero() || number->isExactlyValue(1) || number->isExactlyValue(-1));
  };
  const auto* const constant = llvm::dyn_cast<llvm::Constant>(value);
  if (constant == nullptr) return false;
  const auto* const vector = llvm::dyn_cast<llvm::FixedVectorType>(constant->getType());
  if (vector == nullptr) return neutral(constant);
  for (unsigned i = 0; i < vector->getNumElements(); ++i)
    if (!neutral(constant->getAggregateElement(i))) return false;
  return true;
}

}  // namespace

void FunctionBuilder::plain(const wasm::Instruction& in) {
  const wasm::OpInfo& row = wasm::info(in.op);
  switch (in.op) {
    case Op::i32_const: return push(Kind::i32, constant32(static_cast<uint32_t>(in.value)));
    case Op::i64_const: return push(Kind::i64, constant64(in.value));
    case Op::f32_const:
      return push(Kind::f32, llvm::ConstantFP::get(
                                 ir_.getFloatTy(),
                                 llvm::APFloat(llvm::APFloat::IEEEsingle(),
                                               llvm::APInt(32, static_cast<uint32_t>(in.value)))));
    case Op::f64_const:
      return push(Kind::f64, llvm::ConstantFP::get(ir_.getDoubleTy(),
                                                   llvm::APFloat(llvm::APFloat::IEEEdouble(),
                                                                 llvm::APInt(64, in.value))));
    case Op::global_get: return get_global(in.index);
    case Op::global_set: return set_global(in.index);
    case Op::i64_add128:
    case Op::i64_sub128:
    case Op::i64_mul_wide_s:
    case Op::i64_mul_wide_u: return wide(in.op);
    default: break;
  }
  if (row.prefix == 0xFE) return atomic(in);
  if ((row.imm >= Imm::mem0 && row.imm <= Imm::mem4) ||
      (row.imm >= Imm::mem0_lane && row.imm <= Imm::mem3_lane))
    return access_memory(in);
  if (row.prefix == 0xFD) return vector(in);
  numeric(in.op);
}

// ---- Globals -----------------------------------------------------------------------------------

/// Where the slots of a global are.
llvm::Value* FunctionBuilder::global_slots(uint32_t index) {
  if (index >= module_.ast.imported_globals) {
    const uint64_t own = index - module_.ast.imported_globals;
    return field(
        ir_, instance_,
        module_.layout.own_globals + own * sizeof(GlobalInst) + offsetof(GlobalInst, slots));
  }
  return field(ir_, invariant_item(offsetof(InstanceData, globals), index),
               offsetof(GlobalInst, slots));
}

void FunctionBuilder::get_global(uint32_t index) {
  const wasm::GlobalType& type = module_.global_types[index];
  const Kind value_kind = kind_of(type.type, module_.engine->types);
  llvm::Value* const value = load_slot(ir_, value_kind, global_slots(index), 0);
  if (!type.is_mutable)
    llvm::cast<llvm::Instruction>(value)->setMetadata(llvm::LLVMContext::MD_invariant_load,
                                                      llvm::MDNode::get(ir_.getContext(), {}));
  push(value_kind, value);
}

void FunctionBuilder::set_global(uint32_t index) {
  const Value value = pop();
  builder_.keep_visible(*store_slot(ir_, value.kind, value.value, global_slots(index), 0));
}

// ---- Arithmetic --------------------------------------------------------------------------------

void FunctionBuilder::numeric(Op op) {
  const wasm::OpInfo& row = wasm::info(op);
  const bool binary = row.sig.find('_') == 2;
  llvm::Value* const b = binary ? operand() : nullptr;
  llvm::Value* const a = operand();
  llvm::Value* result = binary ? binary_operation(op, a, b) : unary_operation(op, a);
  if (result == nullptr)
    result = binary ? semantic(row.id, {instance_, a, b}) : semantic(row.id, {instance_, a});
  push_number(op, result);
}

/// Pushes an instruction's result, in the deterministic profile with canonical NaNs.
void FunctionBuilder::push_number(Op op, llvm::Value* value) {
  const Kind result = kind_of_letter(wasm::info(op).sig.back());
  const std::string_view canonicalizer = deterministic_ ? nan_canonicalizer(op) : "";
  if (!canonicalizer.empty() && result == Kind::v128) {
    value = semantic(canonicalizer, {value});
  } else if (!canonicalizer.empty()) {
    llvm::Constant* const canonical = llvm::ConstantFP::getQNaN(value->getType());
    value = ir_.CreateSelect(ir_.CreateFCmpUNO(value, value), canonical, value);
  }
  push(result, value);
}

llvm::Value* FunctionBuilder::unary_operation(Op op, llvm::Value* a) {
  llvm::Type* const i32 = ir_.getInt32Ty();
  llvm::Type* const i64 = ir_.getInt64Ty();
  const auto extend_from = [&](llvm::Type* narrow) {
    return ir_.CreateSExt(ir_.CreateTrunc(a, narrow), a->getType());
  };
  const auto saturate = [&](ID id, llvm::Type* type) {
    return ir_.CreateIntrinsic(id, {type, a->getType()}, {a});
  };
  if (const ID id = unary_intrinsic(op); id != llvm::Intrinsic::not_intrinsic)
    return ir_.CreateUnaryIntrinsic(id, a);
  switch (op) {
    case Op::i32_eqz:
    case Op::i64_eqz:
      return ir_.CreateZExt(ir_.CreateICmpEQ(a, llvm::ConstantInt::get(a->getType(), 0)), i32);
    case Op::i32_clz:
    case Op::i64_clz: return ir_.CreateBinaryIntrinsic(llvm::Intrinsic::ctlz, a, ir_.getFalse());
    case Op::i32_ctz:
    case Op::i64_ctz: return ir_.CreateBinaryIntrinsic(llvm::Intrinsic::cttz, a, ir_.getFalse());
    case Op::f32_neg:
    case Op::f64_neg: return ir_.CreateFNeg(a);
    case Op::i32_wrap_i64: return ir_.CreateTrunc(a, i32);
    case Op::i64_extend_i32_s: return ir_.CreateSExt(a, i64);
    case Op::i64_extend_i32_u: return ir_.CreateZExt(a, i64);
    case Op::i32_extend8_s:
    case Op::i64_extend8_s: return extend_from(ir_.getInt8Ty());
    case Op::i32_extend16_s:
    case Op::i64_extend16_s: return extend_from(ir_.getInt16Ty());
    case Op::i64_extend32_s: return extend_from(i32);
    case Op::i32_reinterpret_f32: return ir_.CreateBitCast(a, i32);
    case Op::i64_reinterpret_f64: return ir_.CreateBitCast(a, i64);
    case Op::f32_reinterpret_i32: return ir_.CreateBitCast(a, ir_.getFloatTy());
    case Op::f64_reinterpret_i64: return ir_.CreateBitCast(a, ir_.getDoubleTy());
    case Op::f32_convert_i32_s:
    case Op::f32_convert_i64_s: return ir_.CreateSIToFP(a, ir_.getFloatTy());
    case Op::f32_convert_i32_u:
    case Op::f32_convert_i64_u: return ir_.CreateUIToFP(a, ir_.getFloatTy());
    case Op::f64_convert_i32_s:
    case Op::f64_convert_i64_s: return ir_.CreateSIToFP(a, ir_.getDoubleTy());
    case Op::f64_convert_i32_u:
    case Op::f64_convert_i64_u: return ir_.CreateUIToFP(a, ir_.getDoubleTy());
    case Op::i32_trunc_sat_f32_s:
    case Op::i32_trunc_sat_f64_s: return saturate(llvm::Intrinsic::fptosi_sat, i32);
    case Op::i32_trunc_sat_f32_u:
    case Op::i32_trunc_sat_f64_u: return saturate(llvm::Intrinsic::fptoui_sat, i32);
    case Op::i64_trunc_sat_f32_s:
    case Op::i64_trunc_sat_f64_s: return saturate(llvm::Intrinsic::fptosi_sat, i64);
    case Op::i64_trunc_sat_f32_u:
    case Op::i64_trunc_sat_f64_u: return saturate(llvm::Intrinsic::fptoui_sat, i64);
    case Op::f64_promote_f32: return ir_.CreateFPExt(a, ir_.getDoubleTy());
    case Op::f32_demote_f64:
      // What has just been promoted would come back as it was, a signalling NaN too.
      return ir_.CreateFPTrunc(llvm::isa<llvm::FPExtInst>(a) ? opaque(a) : a, ir_.getFloatTy());
    default: return nullptr;
  }
}

llvm::Value* FunctionBuilder::binary_operation(Op op, llvm::Value* a, llvm::Value* b) {
  if (const auto comparison = predicate(op))
    return ir_.CreateZExt(ir_.CreateCmp(*comparison, a, b), ir_.getInt32Ty());
  const auto count = [&] {
    const unsigned bits = a->getType()->getIntegerBitWidth();
    return ir_.CreateAnd(b, llvm::ConstantInt::get(b->getType(), bits - 1));
  };
  switch (op) {
    case Op::i32_add:
    case Op::i64_add: return ir_.CreateAdd(a, b);
    case Op::i32_sub:
    case Op::i64_sub: return ir_.CreateSub(a, b);
    case Op::i32_mul:
    case Op::i64_mul: return ir_.CreateMul(a, b);
    case Op::i32_and:
    case Op::i64_and: return ir_.CreateAnd(a, b);
    case Op::i32_or:
    case Op::i64_or: return ir_.CreateOr(a, b);
    case Op::i32_xor:
    case Op::i64_xor: return ir_.CreateXor(a, b);
    case Op::i32_shl:
    case Op::i64_shl: return ir_.CreateShl(a, count());
    case Op::i32_shr_s:
    case Op::i64_shr_s: return ir_.CreateAShr(a, count());
    case Op::i32_shr_u:
    case Op::i64_shr_u: return ir_.CreateLShr(a, count());
    case Op::i32_rotl:
    case Op::i64_rotl: return ir_.CreateIntrinsic(llvm::Intrinsic::fshl, {a->getType()}, {a, a, b});
    case Op::i32_rotr:
    case Op::i64_rotr: return ir_.CreateIntrinsic(llvm::Intrinsic::fshr, {a->getType()}, {a, a, b});
    case Op::f32_copysign:
    case Op::f64_copysign: return ir_.CreateBinaryIntrinsic(llvm::Intrinsic::copysign, a, b);
    case Op::i32_div_s:
    case Op::i64_div_s:
    case Op::i32_div_u:
    case Op::i64_div_u:
    case Op::i32_rem_s:
    case Op::i64_rem_s:
    case Op::i32_rem_u:
    case Op::i64_rem_u: return divide(op, a, b);
    default: return float_operation(op, a, b);
  }
}

/// Addition, subtraction, multiplication and division of numbers or of lanes; null for others.
llvm::Value* FunctionBuilder::float_operation(Op op, llvm::Value* a, llvm::Value* b) {
  const auto settled = [&](llvm::Value* value) {
    return is_neutral(value) ? opaque(value) : value;
  };
  switch (op) {
    case Op::f32_add:
    case Op::f64_add:
    case Op::f32x4_add:
    case Op::f64x2_add: return ir_.CreateFAdd(settled(a), settled(b));
    case Op::f32_sub:
    case Op::f64_sub:
    case Op::f32x4_sub:
    case Op::f64x2_sub: return ir_.CreateFSub(settled(a), settled(b));
    case Op::f32_mul:
    case Op::f64_mul:
    case Op::f32x4_mul:
    case Op::f64x2_mul: return ir_.CreateFMul(settled(a), settled(b));
    case Op::f32_div:
    case Op::f64_div:
    case Op::f32x4_div:
    case Op::f64x2_div: return ir_.CreateFDiv(a, settled(b));
    default: return nullptr;
  }
}

/// As `hide`, of any type.
llvm::Value* FunctionBuilder::opaque(llvm::Value* value) {
  llvm::Type* const type = value->getType();
  if (type->isVectorTy()) {
    llvm::Type* const i64 = ir_.getInt64Ty();
    auto* const pair = llvm::FixedVectorType::get(i64, 2);
    llvm::Value* const bits = ir_.CreateBitCast(value, pair);
    llvm::Value* result = llvm::PoisonValue::get(pair);
    for (uint64_t i = 0; i < 2; ++i)
      result = ir_.CreateInsertElement(result, opaque(ir_.CreateExtractElement(bits, i)), i);
    return ir_.CreateBitCast(result, type);
  }
  llvm::Type* const word = ir_.getIntNTy(static_cast<unsigned>(type->getPrimitiveSizeInBits()));
  llvm::Value* const bits = ir_.CreateBitCast(value, word);
  return ir_.CreateBitCast(hide(ir_, bits), type);
}

llvm::Value* FunctionBuilder::divide(Op op, llvm::Value* a, llvm::Value* b) {
  llvm::Type* const type = a->getType();
  llvm::Value* const one = llvm::ConstantInt::get(type, 1);
  llvm::Value* const minus_one = llvm::Constant::getAllOnesValue(type);
  raise_if(ir_.CreateICmpEQ(b, llvm::ConstantInt::get(type, 0)), Trap::integer_divide_by_zero);
  switch (op) {
    case Op::i32_div_u:
    case Op::i64_div_u: return ir_.CreateUDiv(a, b);
    case Op::i32_rem_u:
    case Op::i64_rem_u: return ir_.CreateURem(a, b);
    case Op::i32_rem_s:
    case Op::i64_rem_s:
      // The remainder of a division by −1 is 0 like that by 1, which never overflows.
      return ir_.CreateSRem(a, ir_.CreateSelect(ir_.CreateICmpEQ(b, minus_one), one, b));
    default: {
      llvm::Value* const lowest =
          llvm::ConstantInt::get(type, llvm::APInt::getSignedMinValue(type->getIntegerBitWidth()));
      raise_if(ir_.CreateAnd(ir_.CreateICmpEQ(b, minus_one), ir_.CreateICmpEQ(a, lowest)),
               Trap::integer_overflow);
      return ir_.CreateSDiv(a, b);
    }
  }
}

/// 128-bit arithmetic on pairs of words, the low one first.
void FunctionBuilder::wide(Op op) {
  llvm::Type* const i128 = ir_.getInt128Ty();
  const auto pop_pair = [&] {
    llvm::Value* const high = ir_.CreateZExt(operand(), i128);
    llvm::Value* const low = ir_.CreateZExt(operand(), i128);
    return ir_.CreateOr(ir_.CreateShl(high, 64), low);
  };
  llvm::Value* result = nullptr;
  if (op == Op::i64_add128 || op == Op::i64_sub128) {
    llvm::Value* const b = pop_pair();
    llvm::Value* const a = pop_pair();
    result = op == Op::i64_add128 ? ir_.CreateAdd(a, b) : ir_.CreateSub(a, b);
  } else {
    llvm::Value* const b = operand();
    llvm::Value* const a = operand();
    const bool is_signed = op == Op::i64_mul_wide_s;
    result =
        ir_.CreateMul(ir_.CreateIntCast(a, i128, is_signed), ir_.CreateIntCast(b, i128, is_signed));
  }
  push(Kind::i64, ir_.CreateTrunc(result, ir_.getInt64Ty()));
  push(Kind::i64, ir_.CreateTrunc(ir_.CreateLShr(result, 64), ir_.getInt64Ty()));
}

}  // namespace cairn::engine::compiler
