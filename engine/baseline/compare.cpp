// Comparisons, and what looks at them.

#include "baseline/function_compiler.hpp"

namespace cairn::engine::baseline {

using wasm::Op;
using x86::CondCode;

namespace {

CondCode integer_code(Op op) {
  switch (op) {
    case Op::i32_eqz:
    case Op::i64_eqz:
    case Op::i32_eq:
    case Op::i64_eq: return CondCode::kE;
    case Op::i32_lt_s:
    case Op::i64_lt_s: return CondCode::kL;
    case Op::i32_lt_u:
    case Op::i64_lt_u: return CondCode::kB;
    case Op::i32_gt_s:
    case Op::i64_gt_s: return CondCode::kG;
    case Op::i32_gt_u:
    case Op::i64_gt_u: return CondCode::kA;
    case Op::i32_le_s:
    case Op::i64_le_s: return CondCode::kLE;
    case Op::i32_le_u:
    case Op::i64_le_u: return CondCode::kBE;
    case Op::i32_ge_s:
    case Op::i64_ge_s: return CondCode::kGE;
    case Op::i32_ge_u:
    case Op::i64_ge_u: return CondCode::kAE;
    default: return CondCode::kNE;
  }
}

bool is_float_comparison(Op op) { return op >= Op::f32_eq && op <= Op::f64_ge; }

/// Is it one of `i32.eqz` and the like: a number against 0?
bool against_zero(Op op) { return op == Op::i32_eqz || op == Op::i64_eqz || op == Op::nop; }

}  // namespace

bool FunctionCompiler::next_uses_condition() const {
  const ByteSpan body = source_->body.code;
  const size_t at = decoder_->consumed();
  if (at >= body.size()) return false;
  const uint8_t next = body[at];
  return next == 0x0D || next == 0x04 || next == 0x1B || next == 0x1C || next == 0x45;
}

void FunctionCompiler::compare(Op op, bool has_one) {
  Comparison comparison;
  if (comparison_) {  // i32.eqz of a comparison
    comparison = *std::exchange(comparison_, std::nullopt);
    comparison.negated = !comparison.negated;
  } else {
    comparison.op = op;
    if (!has_one) comparison.b = pop();
    comparison.a = pop();
    if (!has_one && comparison.a.is_constant() && !is_float_comparison(op)) own_gpr(comparison.a);
  }
  if (next_uses_condition())
    comparison_ = comparison;
  else
    push_condition(comparison);
}

/// The condition of a branch, an if or a select. `Op::nop`: a number that is not 0.
FunctionCompiler::Comparison FunctionCompiler::pop_condition() {
  if (comparison_) return *std::exchange(comparison_, std::nullopt);
  return {.op = Op::nop, .a = pop(), .b = {}, .negated = false};
}

FunctionCompiler::Condition FunctionCompiler::emit_comparison(Comparison& comparison) {
  Condition condition = is_float_comparison(comparison.op) ? compare_floats(comparison)
                                                           : compare_integers(comparison);
  if (!comparison.negated) return condition;
  condition.code = x86::negateCond(condition.code);
  if (condition.parity != Condition::Parity::plain)
    condition.parity = condition.parity == Condition::Parity::and_ordered
                           ? Condition::Parity::or_unordered
                           : Condition::Parity::and_ordered;
  return condition;
}

FunctionCompiler::Condition FunctionCompiler::compare_integers(Comparison& comparison) {
  auto& [op, a, b, negated] = comparison;
  const CondCode code = integer_code(op);
  if (against_zero(op)) {
    if (in_memory(a)) {
      code_.cmp(memory_of(a), 0);
    } else {
      const x86::Gp number = read_gpr(a);
      code_.test(number, number);
    }
    return {op == Op::nop ? CondCode::kNE : code};
  }
  if (b.is_constant()) {
    const bool fits =
        !is_wide(b.kind) || static_cast<int64_t>(b.bits) == static_cast<int32_t>(b.bits);
    if (!fits) {
      const x86::Gp number = read_gpr(a);
      code_.mov(scratch, b.bits);
      code_.cmp(number, scratch);
    } else if (in_memory(a)) {
      code_.cmp(memory_of(a), static_cast<int32_t>(b.bits));
    } else {
      const x86::Gp number = read_gpr(a);
      if (b.bits == 0 && (code == CondCode::kE || code == CondCode::kNE))
        code_.test(number, number);
      else
        code_.cmp(number, static_cast<int32_t>(b.bits));
    }
    return {code};
  }
  const x86::Gp number = read_gpr(a);
  in_memory(b) ? code_.cmp(number, memory_of(b)) : code_.cmp(number, gpr(register_of(b), b.kind));
  return {code};
}

/// Below and above are what an unordered comparison looks like, too: the operands are exchanged so
/// that "above" says what is asked for.
FunctionCompiler::Condition FunctionCompiler::compare_floats(Comparison& comparison) {
  auto& [op, a, b, negated] = comparison;
  const bool is_single = op <= Op::f32_ge;
  const auto order =
      static_cast<uint32_t>(op) - static_cast<uint32_t>(is_single ? Op::f32_eq : Op::f64_eq);
  enum : uint32_t { eq, ne, lt, gt, le, ge };
  const bool swapped = order == lt || order == le;
  Value& first = swapped ? b : a;
  Value& second = swapped ? a : b;
  const x86::Xmm number = read_xmm(first);
  if (second.is_constant()) own_xmm(second);
  if (in_memory(second))
    is_single ? code_.ucomiss(number, memory_of(second)) : code_.ucomisd(number, memory_of(second));
  else
    is_single ? code_.ucomiss(number, x86::xmm(register_of(second)))
              : code_.ucomisd(number, x86::xmm(register_of(second)));
  switch (order) {
    case eq: return {CondCode::kE, Condition::Parity::and_ordered};
    case ne: return {CondCode::kNE, Condition::Parity::or_unordered};
    case lt:
    case gt: return {CondCode::kA};
    default: return {CondCode::kAE};
  }
}

void FunctionCompiler::jump_if(Condition condition, bool holds, const asmjit::Label& to) {
  using Parity = Condition::Parity;
  CondCode code = condition.code;
  Parity parity = condition.parity;
  if (!holds) {
    code = x86::negateCond(code);
    if (parity != Parity::plain)
      parity = parity == Parity::and_ordered ? Parity::or_unordered : Parity::and_ordered;
  }
  if (parity == Parity::and_ordered) {
    const asmjit::Label over = code_.newLabel();
    code_.jp(over);
    code_.j(code, to);
    code_.bind(over);
    return;
  }
  code_.j(code, to);
  if (parity == Parity::or_unordered) code_.jp(to);
}

/// As a number.
void FunctionCompiler::push_condition(Comparison& comparison) {
  const Condition condition = emit_comparison(comparison);
  release(comparison.a);
  release(comparison.b);
  const Result result = result_gpr();
  const x86::Gp to = x86::gpd(result.reg);
  code_.emit(x86::Inst::setccFromCond(condition.code), to.r8());
  if (condition.parity == Condition::Parity::and_ordered) {
    code_.setnp(scratch.r8());
    code_.and_(to.r8(), scratch.r8());
  } else if (condition.parity == Condition::Parity::or_unordered) {
    code_.setp(scratch.r8());
    code_.or_(to.r8(), scratch.r8());
  }
  code_.movzx(to, to.r8());
  push_result(Kind::i32, result);
}

}  // namespace cairn::engine::baseline
