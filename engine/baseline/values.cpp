// Operands and registers.

#include <algorithm>
#include <bit>

#include "baseline/function_compiler.hpp"

namespace cairn::engine::baseline {

namespace {

/// Divisions and shifts want the last ones.
constexpr uint8_t gpr_order[] = {x86::Gp::kIdAx, x86::Gp::kIdSi,  x86::Gp::kIdDi, x86::Gp::kIdR8,
                                 x86::Gp::kIdR9, x86::Gp::kIdR10, x86::Gp::kIdCx, x86::Gp::kIdDx};
constexpr uint32_t all_xmms = 0xFF;

}  // namespace

// ---- The stack ---------------------------------------------------------------------------------

void FunctionCompiler::push(const Value& value) {
  // However deep the stack, only so many operands have to be looked through.
  constexpr uint32_t unsettled_max = 64;
  if (const auto depth = static_cast<uint32_t>(stack_.size()); depth - floor() > unsettled_max) {
    const uint32_t settled = depth - unsettled_max / 2;
    flush(floor(), settled, false);
    settled_ = settled;
  }
  const uint32_t place = next_slot();
  stack_.push_back(value);
  stack_.back().place = place;
  const auto size = static_cast<uint32_t>(stack_.size());
  operands_max_ = std::max(operands_max_, size);
  operand_slots_ = std::max(operand_slots_, next_slot());
  if (value.kind == Kind::ref && !value.is_constant() && value.where != Value::Where::local)
    store_ref(plan_.ref_locals + size - 1, value);
}
void FunctionCompiler::push_gpr(Kind kind, uint8_t reg) {
  push({.where = Value::Where::gpr, .kind = kind, .reg = reg});
}
void FunctionCompiler::push_xmm(Kind kind, uint8_t reg) {
  push({.where = Value::Where::xmm, .kind = kind, .reg = reg});
}
void FunctionCompiler::push_constant(Kind kind, uint64_t bits, uint64_t high) {
  push({.where = Value::Where::constant, .kind = kind, .bits = bits, .high = high});
}
/// What is in its own slot.
void FunctionCompiler::push_slot(Kind kind) {
  push({.where = Value::Where::slot, .kind = kind, .index = next_slot()});
}

FunctionCompiler::Value FunctionCompiler::pop() {
  const Value value = stack_.back();
  stack_.pop_back();
  settled_ = std::min(settled_, static_cast<uint32_t>(stack_.size()));
  return value;
}

void FunctionCompiler::release(const Value& value) {
  if (value.where == Value::Where::gpr) free_gprs_ |= 1u << value.reg;
  if (value.where == Value::Where::xmm) free_xmms_ |= 1u << value.reg;
}

// ---- Registers ---------------------------------------------------------------------------------

void FunctionCompiler::reset_registers() {
  free_gprs_ = all_gprs_;
  free_xmms_ = all_xmms;
}

/// What has waited longest for its use gives up its register.
void FunctionCompiler::spill_lowest(Value::Where where) {
  for (uint32_t i = floor(); i < stack_.size(); ++i) {
    if (stack_[i].where != where) continue;
    spill(i);
    return;
  }
  CAIRN_ASSERT(false);  // an instruction's own operands leave some registers
}

void FunctionCompiler::spill(uint32_t operand) {
  Value& value = stack_[operand];
  store_to_slot(value, operand_slot(value.place, value.kind));
  release(value);
  value.where = Value::Where::slot;
  value.index = value.place;
}

uint8_t FunctionCompiler::take_gpr() {
  if (free_gprs_ == 0) spill_lowest(Value::Where::gpr);
  for (const uint8_t reg : gpr_order) {
    if ((free_gprs_ & 1u << reg) == 0) continue;
    free_gprs_ &= ~(1u << reg);
    return reg;
  }
  CAIRN_ASSERT(false);
  return 0;
}

uint8_t FunctionCompiler::take_xmm() {
  if (free_xmms_ == 0) spill_lowest(Value::Where::xmm);
  const auto reg = static_cast<uint8_t>(std::countr_zero(free_xmms_));
  free_xmms_ &= ~(1u << reg);
  return reg;
}

/// An operand that is on the stack moves away; one that has been popped may not be there.
void FunctionCompiler::take_this_gpr(uint8_t reg) {
  if ((free_gprs_ & 1u << reg) == 0) {
    for (uint32_t i = floor(); i < stack_.size(); ++i)
      if (stack_[i].where == Value::Where::gpr && stack_[i].reg == reg) spill(i);
  }
  CAIRN_ASSERT((free_gprs_ & 1u << reg) != 0);
  free_gprs_ &= ~(1u << reg);
}

// ---- Reading operands --------------------------------------------------------------------------

void FunctionCompiler::load_constant(const x86::Gp& to, uint64_t bits) {
  // No other form: flags may be in use.
  if (bits <= UINT32_MAX)
    code_.mov(to.r32(), static_cast<uint32_t>(bits));
  else
    code_.mov(to.r64(), bits);
}

bool FunctionCompiler::holds_gpr(const Value& value) const {
  if (value.where == Value::Where::gpr) return true;
  return value.where == Value::Where::local && !is_in_xmm(value.kind) &&
         plan_.locals[value.index].pin != no_register;
}
bool FunctionCompiler::holds_xmm(const Value& value) const {
  if (value.where == Value::Where::xmm) return true;
  return value.where == Value::Where::local && is_in_xmm(value.kind) &&
         plan_.locals[value.index].pin != no_register;
}
uint8_t FunctionCompiler::register_of(const Value& value) const {
  return value.where == Value::Where::local ? plan_.locals[value.index].pin : value.reg;
}
bool FunctionCompiler::in_memory(const Value& value) const {
  return value.where == Value::Where::slot ||
         (value.where == Value::Where::local && plan_.locals[value.index].pin == no_register);
}
x86::Mem FunctionCompiler::memory_of(const Value& value) const {
  return value.where == Value::Where::slot ? operand_slot(value.index, value.kind)
                                           : local_slot(value.index);
}

void FunctionCompiler::load_gpr(uint8_t reg, const Value& value) {
  if (value.is_constant()) return load_constant(x86::gpq(reg), value.bits);
  const x86::Gp to = gpr(reg, value.kind);
  if (in_memory(value))
    code_.mov(to, memory_of(value));
  else if (register_of(value) != reg)
    code_.mov(to, gpr(register_of(value), value.kind));
}

void FunctionCompiler::load_xmm(uint8_t reg, const Value& value) {
  const x86::Xmm to = x86::xmm(reg);
  const bool is_single = value.kind == Kind::f32;
  if (value.is_constant()) {
    if (value.kind == Kind::v128) return load_vector_constant(to, value.bits, value.high);
    if (value.bits == 0) {
      code_.xorps(to, to);
      return;
    }
    load_constant(scratch, value.bits);
    is_single ? code_.movd(to, scratch.r32()) : code_.movq(to, scratch);
  } else if (in_memory(value)) {
    baseline::load_xmm(code_, value.kind, to, memory_of(value), frame_high);
  } else if (register_of(value) != reg) {
    code_.movaps(to, x86::xmm(register_of(value)));
  }
}

void FunctionCompiler::load_vector_constant(const x86::Xmm& to, uint64_t low, uint64_t high) {
  if ((low | high) == 0) {
    code_.xorps(to, to);
    return;
  }
  if ((low & high) == UINT64_MAX) {
    code_.pcmpeqd(to, to);
    return;
  }
  load_constant(scratch, low);
  code_.movq(to, scratch);
  if (low == high) {
    code_.punpcklqdq(to, to);
  } else if (high != 0) {
    load_constant(scratch, high);
    code_.pinsrq(to, scratch, 1);
  }
}

x86::Gp FunctionCompiler::read_gpr(Value& value) {
  if (!holds_gpr(value)) own_gpr(value);
  return gpr(register_of(value), value.kind);
}
x86::Xmm FunctionCompiler::read_xmm(Value& value) {
  if (!holds_xmm(value)) own_xmm(value);
  return x86::xmm(register_of(value));
}

uint8_t FunctionCompiler::own_gpr(Value& value) {
  if (value.where == Value::Where::gpr) return value.reg;
  const uint8_t reg = take_gpr();
  load_gpr(reg, value);
  value.where = Value::Where::gpr;
  value.reg = reg;
  return reg;
}
uint8_t FunctionCompiler::own_xmm(Value& value) {
  if (value.where == Value::Where::xmm) return value.reg;
  const uint8_t reg = take_xmm();
  load_xmm(reg, value);
  value.where = Value::Where::xmm;
  value.reg = reg;
  return reg;
}

// ---- Slots -------------------------------------------------------------------------------------

/// The upper half of a vector lies `high` bytes further on.
void FunctionCompiler::store_to_slot(const Value& value, const x86::Mem& to, int32_t high) {
  if (value.kind == Kind::v128) return store_vector(value, to, high);
  const bool is_small = bytes_of(value.kind) == 4;
  if (value.is_constant()) {
    if (is_small || static_cast<int64_t>(value.bits) == static_cast<int32_t>(value.bits)) {
      code_.mov(to, static_cast<int32_t>(value.bits));
      return;
    }
    code_.mov(scratch, value.bits);
    code_.mov(to, scratch);
  } else if (in_memory(value)) {
    const x86::Gp through = is_small ? scratch.r32() : scratch;
    code_.mov(through, memory_of(value));
    code_.mov(to, through);
  } else if (holds_xmm(value)) {
    const x86::Xmm from = x86::xmm(register_of(value));
    is_small ? code_.movss(to, from) : code_.movsd(to, from);
  } else {
    code_.mov(to, gpr(register_of(value), value.kind));
  }
}

void FunctionCompiler::store_vector(const Value& value, const x86::Mem& to, int32_t high) {
  uint32_t from = float_scratch.id();
  if (holds_xmm(value))
    from = register_of(value);
  else
    load_xmm(static_cast<uint8_t>(from), value);
  store_xmm(code_, Kind::v128, to, x86::xmm(from), high);
}

/// Brings operands to their slots, constants only if wanted. Keeps flags.
void FunctionCompiler::flush(uint32_t from, uint32_t to, bool constants) {
  for (uint32_t i = from; i < to; ++i) {
    Value& value = stack_[i];
    if (value.where == Value::Where::slot || (value.is_constant() && !constants)) continue;
    if (value.kind == Kind::ref && value.where == Value::Where::local)
      store_ref(plan_.ref_locals + i, value);
    spill(i);
  }
}

/// What calls do not keep. Locals stay unread: they are where they are.
void FunctionCompiler::spill_for_call() {
  for (uint32_t i = floor(); i < stack_.size(); ++i)
    if (stack_[i].where == Value::Where::gpr || stack_[i].where == Value::Where::xmm) spill(i);
}

void FunctionCompiler::store_ref(uint32_t index, const Value& value) {
  CAIRN_ASSERT(plan_.refs);  // else the frame has no place for references
  if (holds_gpr(value)) {
    code_.mov(ref_place(index), x86::gpq(register_of(value)));
    return;
  }
  load_gpr(static_cast<uint8_t>(scratch.id()), value);
  code_.mov(ref_place(index), scratch);
}

// ---- Locals ------------------------------------------------------------------------------------

void FunctionCompiler::get_local(uint32_t local) {
  push({.where = Value::Where::local, .kind = local_kind(local), .index = local});
}

/// Operands that have not read the local yet do so, before it changes.
void FunctionCompiler::preserve_local(uint32_t local) {
  for (uint32_t i = floor(); i < stack_.size(); ++i) {
    if (!stack_[i].is_local(local)) continue;
    if (stack_[i].kind == Kind::ref) store_ref(plan_.ref_locals + i, stack_[i]);
    if (is_in_xmm(stack_[i].kind) ? free_xmms_ != 0 : free_gprs_ != 0)
      is_in_xmm(stack_[i].kind) ? own_xmm(stack_[i]) : own_gpr(stack_[i]);
    else
      spill(i);
  }
}

void FunctionCompiler::set_local(uint32_t local, bool keep) {
  Value value = pop();
  const Local& to = plan_.locals[local];
  if (!value.is_local(local)) {
    preserve_local(local);
    if (to.pin == no_register) {
      // What is read again soon is better in a register.
      if (keep && !value.is_constant() && in_memory(value))
        is_in_xmm(value.kind) ? own_xmm(value) : own_gpr(value);
      store_to_slot(value, local_slot(local));
    } else if (is_in_xmm(to.kind)) {
      load_xmm(to.pin, value);
    } else {
      load_gpr(to.pin, value);
    }
    if (to.kind == Kind::ref) store_ref(to.ref, value);
  }
  if (!keep) return release(value);
  if (to.pin != no_register) {
    release(value);
    return get_local(local);
  }
  push(value);
}

int32_t FunctionCompiler::next_set(bool floating) const {
  const ByteSpan body = source_->body.code;
  size_t at = decoder_->consumed();
  if (at >= body.size() || (body[at] != 0x21 && body[at] != 0x22)) return -1;
  uint32_t local = 0;
  for (uint32_t shift = 0; ++at < body.size() && shift < 32; shift += 7) {
    local |= uint32_t{body[at] & 0x7Fu} << shift;
    if ((body[at] & 0x80) == 0) break;
  }
  const Local& to = plan_.locals[local];
  if (to.pin == no_register || is_in_xmm(to.kind) != floating) return -1;
  return static_cast<int32_t>(local);
}

FunctionCompiler::Result FunctionCompiler::result_gpr() {
  if (const int32_t local = next_set(false); local >= 0) {
    preserve_local(static_cast<uint32_t>(local));
    return {plan_.locals[static_cast<uint32_t>(local)].pin, local};
  }
  return {take_gpr(), -1};
}
FunctionCompiler::Result FunctionCompiler::result_xmm() {
  if (const int32_t local = next_set(true); local >= 0) {
    preserve_local(static_cast<uint32_t>(local));
    return {plan_.locals[static_cast<uint32_t>(local)].pin, local};
  }
  return {take_xmm(), -1};
}

/// The setting that follows finds the local as it is to be.
void FunctionCompiler::push_result(Kind kind, Result result) {
  if (result.local >= 0) return get_local(static_cast<uint32_t>(result.local));
  is_in_xmm(kind) ? push_xmm(kind, result.reg) : push_gpr(kind, result.reg);
}

}  // namespace cairn::engine::baseline
