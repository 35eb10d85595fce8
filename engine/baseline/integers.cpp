// Integer arithmetic.

#include <bit>

#include "baseline/function_compiler.hpp"

namespace cairn::engine::baseline {

using wasm::Op;
namespace Inst = x86::Inst;

namespace {
bool is_i32(uint64_t bits) { return static_cast<int64_t>(bits) == static_cast<int32_t>(bits); }
}  // namespace

void FunctionCompiler::integer(Op op) {
  const Kind kind = wasm::info(op).sig.front() == 'i' ? Kind::i32 : Kind::i64;
  switch (op) {
    case Op::i32_add:
    case Op::i64_add: return arithmetic(Inst::kIdAdd, true, kind);
    case Op::i32_sub:
    case Op::i64_sub: return arithmetic(Inst::kIdSub, false, kind);
    case Op::i32_and:
    case Op::i64_and: return arithmetic(Inst::kIdAnd, true, kind);
    case Op::i32_or:
    case Op::i64_or: return arithmetic(Inst::kIdOr, true, kind);
    case Op::i32_xor:
    case Op::i64_xor: return arithmetic(Inst::kIdXor, true, kind);
    case Op::i32_mul:
    case Op::i64_mul: return multiply(kind);
    case Op::i32_shl:
    case Op::i64_shl:
    case Op::i32_shr_s:
    case Op::i64_shr_s:
    case Op::i32_shr_u:
    case Op::i64_shr_u:
    case Op::i32_rotl:
    case Op::i64_rotl:
    case Op::i32_rotr:
    case Op::i64_rotr: return shift(op, kind);
    case Op::i32_div_s:
    case Op::i64_div_s:
    case Op::i32_div_u:
    case Op::i64_div_u:
    case Op::i32_rem_s:
    case Op::i64_rem_s:
    case Op::i32_rem_u:
    case Op::i64_rem_u: return divide(op, kind);
    default: return count_bits(op, kind);
  }
}

/// Two operands, the result in the place of the first.
void FunctionCompiler::arithmetic(asmjit::InstId id, bool commutative, Kind kind) {
  Value b = pop(), a = pop();
  if (commutative && a.is_constant()) std::swap(a, b);
  if (b.is_constant() && is_wide(kind) && !is_i32(b.bits)) own_gpr(b);
  if (const int32_t local = next_set(false); local >= 0) {
    const auto target = static_cast<uint32_t>(local);
    if (commutative && b.is_local(target) && !a.is_local(target)) std::swap(a, b);
    if (!b.is_local(target) || a.is_local(target)) {
      preserve_local(target);
      const uint8_t reg = plan_.locals[target].pin;
      const x86::Gp to = gpr(reg, kind);
      load_gpr(reg, a);
      if (b.is_constant())
        code_.emit(id, to, asmjit::Imm(static_cast<int32_t>(b.bits)));
      else if (in_memory(b))
        code_.emit(id, to, memory_of(b));
      else
        code_.emit(id, to, gpr(register_of(b), kind));
      release(a);
      release(b);
      return get_local(target);
    }
  }
  if (commutative && a.where != Value::Where::gpr && b.where == Value::Where::gpr) std::swap(a, b);
  // A sum of what is not to be changed needs no copy.
  if (id == Inst::kIdAdd && a.where != Value::Where::gpr && holds_gpr(a) &&
      (b.is_constant() || holds_gpr(b))) {
    const x86::Gp base = x86::gpq(register_of(a));
    release(b);
    const uint8_t reg = take_gpr();
    b.is_constant() ? code_.lea(gpr(reg, kind), x86::ptr(base, static_cast<int32_t>(b.bits)))
                    : code_.lea(gpr(reg, kind), x86::ptr(base, x86::gpq(register_of(b))));
    return push_gpr(kind, reg);
  }
  const uint8_t reg = own_gpr(a);
  const x86::Gp to = gpr(reg, kind);
  if (b.is_constant())
    code_.emit(id, to, asmjit::Imm(static_cast<int32_t>(b.bits)));
  else if (in_memory(b))
    code_.emit(id, to, memory_of(b));
  else
    code_.emit(id, to, gpr(register_of(b), kind));
  release(b);
  push_gpr(kind, reg);
}

void FunctionCompiler::multiply(Kind kind) {
  Value b = pop(), a = pop();
  if (a.is_constant()) std::swap(a, b);
  if (b.is_constant() && !a.is_constant() && std::has_single_bit(b.bits)) {
    const uint8_t reg = own_gpr(a);
    if (b.bits > 1) code_.shl(gpr(reg, kind), static_cast<uint32_t>(std::countr_zero(b.bits)));
    return push_gpr(kind, reg);
  }
  if (b.is_constant() && (!is_wide(kind) || is_i32(b.bits))) {
    const x86::Gp from = read_gpr(a);
    release(a);
    const uint8_t reg = take_gpr();
    code_.imul(gpr(reg, kind), from, static_cast<int32_t>(b.bits));
    return push_gpr(kind, reg);
  }
  if (a.where != Value::Where::gpr && b.where == Value::Where::gpr) std::swap(a, b);
  const uint8_t reg = own_gpr(a);
  if (b.is_constant()) own_gpr(b);
  if (in_memory(b))
    code_.imul(gpr(reg, kind), memory_of(b));
  else
    code_.imul(gpr(reg, kind), gpr(register_of(b), kind));
  release(b);
  push_gpr(kind, reg);
}

void FunctionCompiler::shift(Op op, Kind kind) {
  struct Row {
    asmjit::InstId plain, by_register;
  };
  const Row row = [&]() -> Row {
    switch (op) {
      case Op::i32_shl:
      case Op::i64_shl: return {Inst::kIdShl, Inst::kIdShlx};
      case Op::i32_shr_s:
      case Op::i64_shr_s: return {Inst::kIdSar, Inst::kIdSarx};
      case Op::i32_shr_u:
      case Op::i64_shr_u: return {Inst::kIdShr, Inst::kIdShrx};
      case Op::i32_rotl:
      case Op::i64_rotl: return {Inst::kIdRol, 0};
      default: return {Inst::kIdRor, 0};
    }
  }();
  Value count = pop(), a = pop();
  if (count.is_constant()) {
    const uint32_t mask = is_wide(kind) ? 63 : 31;
    const auto steps = static_cast<uint32_t>(count.bits) & mask;
    if (const int32_t local = next_set(false); local >= 0) {
      const auto target = static_cast<uint32_t>(local);
      preserve_local(target);
      const uint8_t reg = plan_.locals[target].pin;
      load_gpr(reg, a);
      if (steps != 0) code_.emit(row.plain, gpr(reg, kind), asmjit::Imm(steps));
      release(a);
      return get_local(target);
    }
    const uint8_t reg = own_gpr(a);
    if (steps != 0) code_.emit(row.plain, gpr(reg, kind), asmjit::Imm(steps));
    return push_gpr(kind, reg);
  }
  if (has_bmi2_ && row.by_register != 0) {
    const x86::Gp number = read_gpr(count);
    const x86::Gp from = read_gpr(a);
    release(count);
    release(a);
    const uint8_t reg = take_gpr();
    code_.emit(row.by_register, gpr(reg, kind), from, number);
    return push_gpr(kind, reg);
  }
  if (count.where != Value::Where::gpr || count.reg != x86::Gp::kIdCx) {
    if (a.where == Value::Where::gpr && a.reg == x86::Gp::kIdCx) {
      const uint8_t other = take_gpr();
      load_gpr(other, a);
      release(a);
      a.reg = other;
    }
    take_this_gpr(x86::Gp::kIdCx);
    load_gpr(x86::Gp::kIdCx, count);
    release(count);
    count.where = Value::Where::gpr;
    count.reg = x86::Gp::kIdCx;
  }
  const uint8_t reg = own_gpr(a);
  code_.emit(row.plain, gpr(reg, kind), x86::cl);
  release(count);
  push_gpr(kind, reg);
}

/// Unsigned division by a power of two.
bool FunctionCompiler::divide_by_constant(Op op, Kind kind) {
  const Value& divisor = stack_.back();
  const bool is_quotient = op == Op::i32_div_u || op == Op::i64_div_u;
  if (!is_quotient && op != Op::i32_rem_u && op != Op::i64_rem_u) return false;
  if (!divisor.is_constant() || !std::has_single_bit(divisor.bits)) return false;
  const uint64_t bits = divisor.bits;
  if (!is_quotient && !is_i32(bits - 1)) return false;
  pop();
  Value a = pop();
  const uint8_t reg = own_gpr(a);
  if (is_quotient)
    code_.shr(gpr(reg, kind), static_cast<uint32_t>(std::countr_zero(bits)));
  else
    code_.and_(gpr(reg, kind), static_cast<int32_t>(bits - 1));
  push_gpr(kind, reg);
  return true;
}

void FunctionCompiler::divide(Op op, Kind kind) {
  if (divide_by_constant(op, kind)) return;
  Value b = pop(), a = pop();
  const bool is_signed =
      op == Op::i32_div_s || op == Op::i64_div_s || op == Op::i32_rem_s || op == Op::i64_rem_s;
  const bool is_quotient =
      op == Op::i32_div_s || op == Op::i64_div_s || op == Op::i32_div_u || op == Op::i64_div_u;
  const bool is_safe =
      b.is_constant() && b.bits != 0 && b.bits != (is_wide(kind) ? UINT64_MAX : UINT32_MAX);
  load_gpr(static_cast<uint8_t>(scratch.id()), b);
  release(b);
  const x86::Gp divisor = gpr(scratch.id(), kind);
  if (a.where != Value::Where::gpr || a.reg != x86::Gp::kIdAx) {
    take_this_gpr(x86::Gp::kIdAx);
    load_gpr(x86::Gp::kIdAx, a);
    release(a);
  }
  take_this_gpr(x86::Gp::kIdDx);
  const x86::Gp low = gpr(x86::Gp::kIdAx, kind), high = gpr(x86::Gp::kIdDx, kind);
  const asmjit::Label done = code_.newLabel();
  if (!is_safe) {
    code_.test(divisor, divisor);
    trap_if(x86::CondCode::kZ, Trap::integer_divide_by_zero);
  }
  if (is_signed && !is_safe) {
    const asmjit::Label on = code_.newLabel();
    code_.cmp(divisor, -1);
    code_.jne(on);
    if (is_quotient) {
      // Only the lowest number overflows when it is negated.
      code_.neg(low);
      trap_if(x86::CondCode::kO, Trap::integer_overflow);
    } else {
      code_.xor_(x86::edx, x86::edx);
    }
    code_.jmp(done);
    code_.bind(on);
  }
  if (is_signed) {
    is_wide(kind) ? code_.cqo() : code_.cdq();
    code_.idiv(high, low, divisor);
  } else {
    code_.xor_(x86::edx, x86::edx);
    code_.div(high, low, divisor);
  }
  code_.bind(done);
  free_gprs_ |= 1u << (is_quotient ? x86::Gp::kIdDx : x86::Gp::kIdAx);
  push_gpr(kind, is_quotient ? x86::Gp::kIdAx : x86::Gp::kIdDx);
}

void FunctionCompiler::count_bits(Op op, Kind kind) {
  Value a = pop();
  const x86::Gp from = read_gpr(a);
  const auto width = static_cast<int32_t>(8 * bytes_of(kind));
  const uint8_t reg = take_gpr();
  const x86::Gp to = gpr(reg, kind);
  switch (op) {
    case Op::i32_popcnt:
    case Op::i64_popcnt: code_.popcnt(to, from); break;
    case Op::i32_clz:
    case Op::i64_clz:
      if (image_.has("lzcnt")) {
        code_.lzcnt(to, from);
        break;
      }
      // The place of the highest bit; of none, one that gives the width.
      code_.mov(scratch.r32(), 2 * width - 1);
      code_.bsr(to, from);
      code_.cmovz(to, gpr(scratch.id(), kind));
      code_.xor_(to, width - 1);
      break;
    default:
      if (image_.has("bmi")) {
        code_.tzcnt(to, from);
        break;
      }
      code_.mov(scratch.r32(), width);
      code_.bsf(to, from);
      code_.cmovz(to, gpr(scratch.id(), kind));
      break;
  }
  release(a);
  push_gpr(kind, reg);
}

void FunctionCompiler::extend(Op op) {
  Value a = pop();
  const x86::Gp from = read_gpr(a);
  const bool is_set = next_set(false) >= 0;
  if (!is_set) release(a);
  const Result result = result_gpr();
  if (is_set) release(a);
  const auto id = from.id();
  switch (op) {
    case Op::i32_extend8_s: code_.movsx(x86::gpd(result.reg), x86::gpb_lo(id)); break;
    case Op::i32_extend16_s: code_.movsx(x86::gpd(result.reg), x86::gpw(id)); break;
    case Op::i64_extend8_s: code_.movsx(x86::gpq(result.reg), x86::gpb_lo(id)); break;
    case Op::i64_extend16_s: code_.movsx(x86::gpq(result.reg), x86::gpw(id)); break;
    case Op::i64_extend32_s:
    case Op::i64_extend_i32_s: code_.movsxd(x86::gpq(result.reg), x86::gpd(id)); break;
    default:
      code_.mov(x86::gpd(result.reg), x86::gpd(id));
      break;  // wraps, or clears the upper half
  }
  push_result(wasm::info(op).sig.back() == 'i' ? Kind::i32 : Kind::i64, result);
}

}  // namespace cairn::engine::baseline
