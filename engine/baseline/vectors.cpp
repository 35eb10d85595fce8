// Vector instructions that touch no memory, by the forms of vector_forms.hpp.

#include "baseline/function_compiler.hpp"
#include "baseline/layout.hpp"

namespace cairn::engine::baseline {

using wasm::Op;
using Shape = VectorForm::Shape;

void FunctionCompiler::vector(const wasm::Instruction& in) {
  if (is_vector_called(in.op, deterministic_)) return call_vector(in);
  const VectorForm& form = vector_form_of(in.op);
  if (form.shape != Shape::special) return vector_form(form);
  const wasm::OpInfo& row = wasm::info(in.op);
  switch (in.op) {
    case Op::v128_const:
      return push_constant(Kind::v128, load_le<uint64_t>(in.bytes),
                           load_le<uint64_t>(in.bytes + 8));
    case Op::i8x16_shuffle: return shuffle(in);
    case Op::i8x16_swizzle: return swizzle();
    case Op::v128_bitselect: return bit_select();
    case Op::v128_store: return vector_store(in);
    default: break;
  }
  if (row.imm == wasm::Imm::none) return splat(in);
  if (row.imm >= wasm::Imm::lane2)
    return row.sig == "v_i" || row.sig == "v_l" || row.sig == "v_f" || row.sig == "v_d"
               ? extract_lane(in)
               : replace_lane(in);
  if (row.imm < wasm::Imm::mem0_lane) return vector_load(in);
  row.sig.back() == '_' ? vector_store(in) : vector_load_lane(in);
}

void FunctionCompiler::vector_form(const VectorForm& form) {
  switch (form.shape) {
    case Shape::binary:
    case Shape::swapped:
    case Shape::ordered: return vector_binary(form);
    case Shape::unary:
    case Shape::negate:
    case Shape::extend_high:
    case Shape::clear_sign:
    case Shape::flip_sign: return vector_unary(form);
    case Shape::multiply:
    case Shape::multiply_high: return vector_multiply(form);
    case Shape::shift: return vector_shift(form);
    case Shape::all_true:
    case Shape::any_true: return vector_test(form);
    case Shape::bitmask:
    case Shape::bitmask_words: return vector_mask(form);
    case Shape::called:
    case Shape::special: CAIRN_ASSERT(false);
  }
}

namespace {
void emit(x86::Assembler& code, asmjit::InstId id, const x86::Xmm& to, const x86::Xmm& from,
          int8_t number = -1) {
  number < 0 ? code.emit(id, to, from) : code.emit(id, to, from, asmjit::Imm(number));
}
}  // namespace

/// Uses the scratch register.
void FunctionCompiler::invert(const x86::Xmm& vector) {
  code_.pcmpeqd(float_scratch, float_scratch);
  code_.pxor(vector, float_scratch);
}

void FunctionCompiler::vector_binary(const VectorForm& form) {
  Value b = pop(), a = pop();
  const bool keeps_a = form.shape == Shape::binary;
  Value& target = keeps_a ? a : b;
  Value& source = keeps_a ? b : a;
  const x86::Xmm from = read_xmm(source);
  const x86::Xmm to = x86::xmm(own_xmm(target));
  emit(code_, form.first, to, from, form.number);
  if (form.shape == Shape::ordered) code_.emit(form.second, to, from);
  if (form.inverts) invert(to);
  release(source);
  push_xmm(Kind::v128, static_cast<uint8_t>(to.id()));
}

void FunctionCompiler::vector_unary(const VectorForm& form) {
  Value a = pop();
  const x86::Xmm from = read_xmm(a);
  const uint8_t reg = take_xmm();
  const x86::Xmm to = x86::xmm(reg);
  switch (form.shape) {
    case Shape::negate:
      code_.pxor(to, to);
      code_.emit(form.first, to, from);
      break;
    case Shape::extend_high:
      code_.pshufd(to, from, 0xEE);
      code_.emit(form.first, to, to);
      break;
    case Shape::clear_sign:
    case Shape::flip_sign:
      code_.pcmpeqd(to, to);
      code_.emit(form.first, to, asmjit::Imm(form.number));
      form.shape == Shape::clear_sign ? code_.andps(to, from) : code_.xorps(to, from);
      break;
    default: emit(code_, form.first, to, from, form.number); break;
  }
  if (form.inverts) invert(to);
  release(a);
  push_xmm(Kind::v128, reg);
}

/// Of lanes that are extended before.
void FunctionCompiler::vector_multiply(const VectorForm& form) {
  Value b = pop(), a = pop();
  const x86::Xmm left = read_xmm(a), right = read_xmm(b);
  const uint8_t reg = take_xmm();
  const x86::Xmm to = x86::xmm(reg);
  if (form.shape == Shape::multiply_high) {
    code_.pshufd(to, left, 0xEE);
    code_.pshufd(float_scratch, right, 0xEE);
    code_.emit(form.first, to, to);
    code_.emit(form.first, float_scratch, float_scratch);
  } else {
    code_.emit(form.first, to, left);
    code_.emit(form.first, float_scratch, right);
  }
  code_.emit(form.second, to, float_scratch);
  release(a);
  release(b);
  push_xmm(Kind::v128, reg);
}

void FunctionCompiler::vector_shift(const VectorForm& form) {
  Value count = pop(), a = pop();
  const uint8_t reg = own_xmm(a);
  const x86::Xmm to = x86::xmm(reg);
  if (count.is_constant()) {
    code_.emit(form.first, to, asmjit::Imm(count.bits & static_cast<uint64_t>(form.number)));
  } else {
    const x86::Gp number = x86::gpd(own_gpr(count));
    code_.and_(number, form.number);
    code_.movd(float_scratch, number);
    code_.emit(form.first, to, float_scratch);
  }
  release(count);
  push_xmm(Kind::v128, reg);
}

void FunctionCompiler::vector_test(const VectorForm& form) {
  Value a = pop();
  const x86::Xmm from = read_xmm(a);
  release(a);
  const uint8_t reg = take_gpr();
  if (form.shape == Shape::any_true) {
    code_.ptest(from, from);
    code_.setnz(x86::gpb_lo(reg));
  } else {
    code_.pxor(float_scratch, float_scratch);
    code_.emit(form.first, float_scratch, from);
    code_.ptest(float_scratch, float_scratch);
    code_.setz(x86::gpb_lo(reg));
  }
  code_.movzx(x86::gpd(reg), x86::gpb_lo(reg));
  push_gpr(Kind::i32, reg);
}

void FunctionCompiler::vector_mask(const VectorForm& form) {
  Value a = pop();
  x86::Xmm from = read_xmm(a);
  const uint8_t reg = take_gpr();
  if (form.shape == Shape::bitmask_words) {
    code_.movaps(float_scratch, from);
    code_.packsswb(float_scratch, float_scratch);
    from = float_scratch;
  }
  code_.emit(form.first, x86::gpd(reg), from);
  if (form.shape == Shape::bitmask_words) code_.movzx(x86::gpd(reg), x86::gpb_lo(reg));
  release(a);
  push_gpr(Kind::i32, reg);
}

/// (a and c) or (b and not c)
void FunctionCompiler::bit_select() {
  Value c = pop(), b = pop(), a = pop();
  const x86::Xmm right = read_xmm(b), left = read_xmm(a);
  const uint8_t reg = own_xmm(c);
  const x86::Xmm to = x86::xmm(reg);
  code_.movaps(float_scratch, to);
  code_.pand(float_scratch, left);
  code_.pandn(to, right);
  code_.por(to, float_scratch);
  release(a);
  release(b);
  push_xmm(Kind::v128, reg);
}

/// Operands lie where arguments of calls on the stack do.
void FunctionCompiler::call_vector(const wasm::Instruction& in) {
  const std::string_view sig = wasm::info(in.op).sig;
  std::array<Value, 3> operands;
  const size_t count = sig.find('_');
  for (size_t i = count; i-- > 0;) operands[i] = pop();
  int32_t place = 0;
  for (size_t i = 0; i < count; ++i) {
    const Value& value = operands[i];
    store_to_slot(value, x86::ptr(x86::rsp, place, bytes_of(value.kind)), 8);
    place += 8 * static_cast<int32_t>(slots_of(value.kind));
  }
  for (const Value& value : std::span(operands).first(count)) release(value);
  spill_for_call();
  save_pins();
  code_.mov(x86::rdi, instance_register);
  code_.mov(x86::esi, static_cast<uint32_t>(in.op));
  code_.mov(x86::rdx, x86::rsp);
  image_.set_place(index_, place_);
  image_.call_runtime(CAIRN_CALL_PLACE(vector));
  restore_pins();
  reset_registers();
  if (sig.back() == 'v') {
    const uint8_t reg = take_xmm();
    code_.movups(x86::xmm(reg), x86::xmmword_ptr(x86::rsp));
    return push_xmm(Kind::v128, reg);
  }
  const uint8_t reg = take_gpr();
  code_.mov(x86::gpd(reg), x86::dword_ptr(x86::rsp));
  push_gpr(Kind::i32, reg);
}

}  // namespace cairn::engine::baseline
