// Conversions between numbers.

#include <bit>

#include "baseline/function_compiler.hpp"

namespace cairn::engine::baseline {

using wasm::Op;

void FunctionCompiler::convert(Op op) {
  const auto move_to_xmm = [&](Kind kind) {
    Value a = pop();
    const uint8_t reg = take_xmm();
    if (in_memory(a)) {
      a.kind = kind;
      load_xmm(reg, a);
    } else if (kind == Kind::f32) {
      code_.movd(x86::xmm(reg), read_gpr(a));
    } else {
      code_.movq(x86::xmm(reg), read_gpr(a));
    }
    release(a);
    push_xmm(kind, reg);
  };
  const auto move_to_gpr = [&](Kind kind) {
    Value a = pop();
    const uint8_t reg = take_gpr();
    if (in_memory(a)) {
      a.kind = kind;
      load_gpr(reg, a);
    } else if (kind == Kind::i32) {
      code_.movd(x86::gpd(reg), read_xmm(a));
    } else {
      code_.movq(x86::gpq(reg), read_xmm(a));
    }
    release(a);
    push_gpr(kind, reg);
  };
  switch (op) {
    case Op::i32_reinterpret_f32: return move_to_gpr(Kind::i32);
    case Op::i64_reinterpret_f64: return move_to_gpr(Kind::i64);
    case Op::f32_reinterpret_i32: return move_to_xmm(Kind::f32);
    case Op::f64_reinterpret_i64: return move_to_xmm(Kind::f64);
    case Op::f64_promote_f32:
    case Op::f32_demote_f64: {
      const bool promotes = op == Op::f64_promote_f32;
      Value a = pop();
      const uint8_t reg = own_xmm(a);
      const x86::Xmm to = x86::xmm(reg);
      promotes ? code_.cvtss2sd(to, to) : code_.cvtsd2ss(to, to);
      const Kind kind = promotes ? Kind::f64 : Kind::f32;
      canonicalize(op, kind, reg);
      return push_xmm(kind, reg);
    }
    case Op::i32_wrap_i64:
    case Op::i64_extend_i32_s:
    case Op::i64_extend_i32_u:
    case Op::i32_extend8_s:
    case Op::i32_extend16_s:
    case Op::i64_extend8_s:
    case Op::i64_extend16_s:
    case Op::i64_extend32_s: return extend(op);
    default: break;
  }
  const char operand = wasm::info(op).sig.front();
  operand == 'i' || operand == 'l' ? integer_to_float(op) : float_to_integer(op);
}

void FunctionCompiler::integer_to_float(Op op) {
  const bool is_signed = wasm::info(op).id.ends_with("_s");
  const bool is_single = wasm::info(op).sig.back() == 'f';
  Value a = pop();
  const x86::Gp from = read_gpr(a);
  const uint8_t reg = take_xmm();
  const x86::Xmm to = x86::xmm(reg);
  const auto convert_from = [&](const x86::Gp& number) {
    is_single ? code_.cvtsi2ss(to, number) : code_.cvtsi2sd(to, number);
  };
  // Nothing of what was there before is waited for.
  code_.xorps(to, to);
  if (is_signed || !is_wide(a.kind)) {
    convert_from(is_signed ? from : from.r64());  // an unsigned one fits into 64 bits
  } else {
    // Half of it, with what is lost kept in the lowest bit for rounding; then twice that.
    const asmjit::Label is_large = code_.newLabel(), done = code_.newLabel();
    const uint8_t half = take_gpr();
    code_.test(from, from);
    code_.js(is_large);
    convert_from(from);
    code_.jmp(done);
    code_.bind(is_large);
    code_.mov(x86::gpq(half), from);
    code_.mov(scratch, from);
    code_.shr(x86::gpq(half), 1);
    code_.and_(scratch.r32(), 1);
    code_.or_(x86::gpq(half), scratch);
    convert_from(x86::gpq(half));
    is_single ? code_.addss(to, to) : code_.addsd(to, to);
    code_.bind(done);
    free_gprs_ |= 1u << half;
  }
  release(a);
  push_xmm(is_single ? Kind::f32 : Kind::f64, reg);
}

/// The hardware answers what does not fit with the lowest number. What looks like that is looked at
/// behind the function.
void FunctionCompiler::float_to_integer(Op op) {
  const wasm::OpInfo& row = wasm::info(op);
  const bool is_single = row.sig.front() == 'f', is_signed = row.id.ends_with("_s");
  const Kind kind = row.sig.back() == 'i' ? Kind::i32 : Kind::i64;
  Value a = pop();
  const x86::Xmm from = read_xmm(a);
  const uint8_t reg = take_gpr();
  // An unsigned one of 32 bits is found among the signed ones of 64.
  const bool converts_wide = is_wide(kind) || !is_signed;
  const x86::Gp number = gpr(reg, converts_wide ? Kind::i64 : Kind::i32);
  is_single ? code_.cvttss2si(number, from) : code_.cvttsd2si(number, from);
  Cold& slow = cold(&FunctionCompiler::emit_float_to_integer);
  slow.op = op;
  slow.regs[0] = reg;
  slow.regs[1] = static_cast<uint8_t>(from.id());
  if (is_signed) {
    code_.cmp(number, 1);
    code_.jo(slow.at);
  } else if (kind == Kind::i64) {
    code_.test(number, number);
    code_.js(slow.at);
  } else {
    code_.mov(scratch.r32(), number.r32());
    code_.cmp(scratch, number);
    code_.jne(slow.at);
  }
  code_.bind(slow.back);
  release(a);
  push_gpr(kind, reg);
}

void FunctionCompiler::load_float(const x86::Xmm& to, Kind kind, double value) {
  const Value constant{.where = Value::Where::constant,
                       .kind = kind,
                       .bits = kind == Kind::f32
                                   ? std::bit_cast<uint32_t>(static_cast<float>(value))
                                   : std::bit_cast<uint64_t>(value)};
  load_xmm(static_cast<uint8_t>(to.id()), constant);
}

void FunctionCompiler::emit_float_to_integer(const Cold& cold) {
  const wasm::OpInfo& row = wasm::info(cold.op);
  const bool is_single = row.sig.front() == 'f', is_signed = row.id.ends_with("_s");
  const bool saturates = cold.op >= Op::i32_trunc_sat_f32_s;
  const Kind kind = row.sig.back() == 'i' ? Kind::i32 : Kind::i64;
  const Kind source = is_single ? Kind::f32 : Kind::f64;
  const x86::Gp result = gpr(cold.regs[0], kind);
  const x86::Xmm from = x86::xmm(cold.regs[1]);
  const auto compare = [&](const x86::Xmm& x, const x86::Xmm& y) {
    is_single ? code_.ucomiss(x, y) : code_.ucomisd(x, y);
  };
  const auto raise = [&](Trap trap) {
    image_.set_place(index_, cold.place);
    code_.call(image_.raise(trap));
  };
  code_.bind(cold.at);
  // No number.
  const asmjit::Label ordered = code_.newLabel();
  compare(from, from);
  code_.jnp(ordered);
  if (saturates) {
    code_.xor_(result.r32(), result.r32());
    code_.jmp(cold.back);
  } else {
    raise(Trap::invalid_conversion_to_integer);
  }
  code_.bind(ordered);
  code_.xorps(float_scratch, float_scratch);
  const asmjit::Label positive = code_.newLabel();
  compare(from, float_scratch);
  code_.ja(positive);
  // Below the lowest number, or that number itself.
  if (saturates) {
    if (!is_signed) code_.xor_(result.r32(), result.r32());
    code_.jmp(cold.back);
  } else if (!is_signed) {
    raise(Trap::integer_overflow);
  } else {
    const double lowest = kind == Kind::i32 ? -0x1p31 : -0x1p63;
    const bool has_fractions = kind == Kind::i32 && !is_single;
    load_float(float_scratch, source, has_fractions ? lowest - 1 : lowest);
    compare(from, float_scratch);
    has_fractions ? code_.ja(cold.back) : code_.jae(cold.back);
    raise(Trap::integer_overflow);
  }
  code_.bind(positive);
  if (kind == Kind::i64 && !is_signed) {
    // From 2^63 on: the rest fits if it is below 2^63.
    const asmjit::Label above = code_.newLabel();
    load_float(float_scratch, source, -0x1p63);
    is_single ? code_.addss(float_scratch, from) : code_.addsd(float_scratch, from);
    is_single ? code_.cvttss2si(result, float_scratch) : code_.cvttsd2si(result, float_scratch);
    code_.test(result, result);
    code_.js(above);
    code_.btc(result, 63);
    code_.jmp(cold.back);
    code_.bind(above);
  }
  if (!saturates) return raise(Trap::integer_overflow);
  const uint64_t highest = kind == Kind::i32 ? (is_signed ? INT32_MAX : UINT32_MAX)
                                             : (is_signed ? INT64_MAX : UINT64_MAX);
  load_constant(result, highest);
  code_.jmp(cold.back);
}

}  // namespace cairn::engine::baseline
