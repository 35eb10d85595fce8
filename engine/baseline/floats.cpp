// Floating-point arithmetic.

#include "baseline/function_compiler.hpp"

namespace cairn::engine::baseline {

using wasm::Op;
namespace Inst = x86::Inst;

namespace {

/// The deterministic profile: does the instruction make NaNs?
bool makes_nans(Op op) {
  switch (op) {
#define CAIRN_NAN_RESULT(id, canonicalize) case Op::id:
#include "numerics/nan_results.def"
    return true;
    default: return false;
  }
}

}  // namespace

void FunctionCompiler::floating(Op op) {
  const Kind kind = wasm::info(op).sig.front() == 'f' ? Kind::f32 : Kind::f64;
  // roundsd's immediate: the direction, and no exception for what is not exact.
  enum : uint32_t { nearest = 8, down = 9, up = 10, zero = 11 };
  switch (op) {
    case Op::f32_abs:
    case Op::f64_abs:
    case Op::f32_neg:
    case Op::f64_neg: return sign(op, kind);
    case Op::f32_copysign:
    case Op::f64_copysign: return copy_sign(kind);
    case Op::f32_min:
    case Op::f64_min:
    case Op::f32_max:
    case Op::f64_max: return minimum(op == Op::f32_min || op == Op::f64_min, kind);
    case Op::f32_ceil:
    case Op::f64_ceil: return round(up, kind, op);
    case Op::f32_floor:
    case Op::f64_floor: return round(down, kind, op);
    case Op::f32_trunc:
    case Op::f64_trunc: return round(zero, kind, op);
    case Op::f32_nearest:
    case Op::f64_nearest: return round(nearest, kind, op);
    case Op::f32_sqrt:
    case Op::f64_sqrt: {
      Value a = pop();
      const uint8_t reg = own_xmm(a);
      const x86::Xmm to = x86::xmm(reg);
      kind == Kind::f32 ? code_.sqrtss(to, to) : code_.sqrtsd(to, to);
      canonicalize(op, kind, reg);
      return push_xmm(kind, reg);
    }
    default: return float_arithmetic(op, kind);
  }
}

void FunctionCompiler::float_arithmetic(Op op, Kind kind) {
  const bool is_single = kind == Kind::f32;
  const asmjit::InstId id = [&]() -> asmjit::InstId {
    switch (op) {
      case Op::f32_add:
      case Op::f64_add: return is_single ? Inst::kIdAddss : Inst::kIdAddsd;
      case Op::f32_sub:
      case Op::f64_sub: return is_single ? Inst::kIdSubss : Inst::kIdSubsd;
      case Op::f32_mul:
      case Op::f64_mul: return is_single ? Inst::kIdMulss : Inst::kIdMulsd;
      default: return is_single ? Inst::kIdDivss : Inst::kIdDivsd;
    }
  }();
  Value b = pop(), a = pop();
  if (b.is_constant()) own_xmm(b);
  const auto apply = [&](uint8_t reg) {
    in_memory(b) ? code_.emit(id, x86::xmm(reg), memory_of(b))
                 : code_.emit(id, x86::xmm(reg), x86::xmm(register_of(b)));
    canonicalize(op, kind, reg);
  };
  if (const int32_t local = next_set(true); local >= 0) {
    const auto target = static_cast<uint32_t>(local);
    if (!b.is_local(target) || a.is_local(target)) {
      preserve_local(target);
      const uint8_t reg = plan_.locals[target].pin;
      load_xmm(reg, a);
      apply(reg);
      release(a);
      release(b);
      return get_local(target);
    }
  }
  const uint8_t reg = own_xmm(a);
  apply(reg);
  release(b);
  push_xmm(kind, reg);
}

/// As `numerics::detail::minimum`: the hardware's answers both ways differ for zeroes only.
void FunctionCompiler::minimum(bool is_min, Kind kind) {
  const bool is_single = kind == Kind::f32;
  Value b = pop(), a = pop();
  const uint8_t reg = own_xmm(a), other = own_xmm(b);
  const x86::Xmm x = x86::xmm(reg), y = x86::xmm(other);
  is_single ? code_.ucomiss(x, y) : code_.ucomisd(x, y);
  Cold& unordered = cold(&FunctionCompiler::emit_unordered_minimum);
  unordered.regs[0] = reg;
  unordered.regs[1] = other;
  unordered.count = is_single ? 1 : 0;
  code_.jp(unordered.at);
  code_.movaps(float_scratch, y);
  const asmjit::InstId id = is_min ? (is_single ? Inst::kIdMinss : Inst::kIdMinsd)
                                   : (is_single ? Inst::kIdMaxss : Inst::kIdMaxsd);
  code_.emit(id, float_scratch, x);
  code_.emit(id, x, y);
  is_min ? code_.orps(x, float_scratch) : code_.andps(x, float_scratch);
  code_.bind(unordered.back);
  release(b);
  canonicalize(is_single ? Op::f32_min : Op::f64_min, kind, reg);
  push_xmm(kind, reg);
}
void FunctionCompiler::emit_unordered_minimum(const Cold& cold) {
  const x86::Xmm x = x86::xmm(cold.regs[0]), y = x86::xmm(cold.regs[1]);
  code_.bind(cold.at);
  cold.count != 0 ? code_.addss(x, y) : code_.addsd(x, y);
  code_.jmp(cold.back);
}

void FunctionCompiler::round(uint32_t mode, Kind kind, Op op) {
  Value a = pop();
  const uint8_t reg = own_xmm(a);
  const x86::Xmm to = x86::xmm(reg);
  kind == Kind::f32 ? code_.roundss(to, to, mode) : code_.roundsd(to, to, mode);
  canonicalize(op, kind, reg);
  push_xmm(kind, reg);
}

/// Clears or changes the sign bit.
void FunctionCompiler::sign(Op op, Kind kind) {
  const bool is_single = kind == Kind::f32;
  Value a = pop();
  const uint8_t reg = own_xmm(a);
  const x86::Xmm to = x86::xmm(reg);
  code_.pcmpeqd(float_scratch, float_scratch);
  if (op == Op::f32_abs || op == Op::f64_abs) {
    is_single ? code_.psrld(float_scratch, 1) : code_.psrlq(float_scratch, 1);
    code_.andps(to, float_scratch);
  } else {
    is_single ? code_.pslld(float_scratch, 31) : code_.psllq(float_scratch, 63);
    code_.xorps(to, float_scratch);
  }
  push_xmm(kind, reg);
}

void FunctionCompiler::copy_sign(Kind kind) {
  const bool is_single = kind == Kind::f32;
  Value b = pop(), a = pop();
  const x86::Xmm magnitude = x86::xmm(own_xmm(a)), signs = x86::xmm(own_xmm(b));
  code_.pcmpeqd(float_scratch, float_scratch);
  is_single ? code_.pslld(float_scratch, 31) : code_.psllq(float_scratch, 63);
  code_.andps(signs, float_scratch);
  code_.andnps(float_scratch, magnitude);
  code_.movaps(magnitude, float_scratch);
  code_.orps(magnitude, signs);
  release(b);
  push_xmm(kind, a.reg);
}

/// The deterministic profile has one NaN.
void FunctionCompiler::canonicalize(Op op, Kind kind, uint8_t reg) {
  if (!deterministic_ || !makes_nans(op)) return;
  const x86::Xmm number = x86::xmm(reg);
  kind == Kind::f32 ? code_.ucomiss(number, number) : code_.ucomisd(number, number);
  Cold& nan = cold(&FunctionCompiler::emit_nan);
  nan.regs[0] = reg;
  nan.count = kind == Kind::f32 ? 1 : 0;
  code_.jp(nan.at);
  code_.bind(nan.back);
}
void FunctionCompiler::emit_nan(const Cold& cold) {
  code_.bind(cold.at);
  const bool is_single = cold.count != 0;
  const Value nan{.where = Value::Where::constant,
                  .kind = is_single ? Kind::f32 : Kind::f64,
                  .bits = is_single ? uint64_t{0x7FC00000} : uint64_t{0x7FF8000000000000}};
  load_xmm(cold.regs[0], nan);
  code_.jmp(cold.back);
}

}  // namespace cairn::engine::baseline
