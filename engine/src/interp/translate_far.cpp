// Frames with more slots than the 16-bit fields of operand words can name: functions with very many
// locals or a very deep operand stack. They exist, so they have to work; they need not be quick.
//
// Behind the parameters lies a small area that is always near. An operand in a far slot is copied
// there first, a far result is written there and copied away. No local is pinned. Everything else
// (the slots of calls, catches and stack maps) has 32 bits anyway.

#include "interp/translator.hpp"

namespace cairn::engine {

using wasm::Op;

namespace {
/// Operands that one instruction may need at once, of two slots each; they are handed out in turn.
constexpr uint32_t near_operand_count = 8;
}  // namespace

/// The most slots that an instruction of the body wants side by side: those of a new structure or
/// array.
uint32_t Translator::widest_block() const {
  uint32_t widest = 8;  // bulk instructions on arrays, 128-bit arithmetic
  wasm::InstrDecoder decoder(source_.body, wasm::Features::all());
  wasm::Instruction in;
  while (!decoder.at_end()) {
    CAIRN_ASSERT(decoder.next(in).has_value());
    if (in.op == Op::array_new_fixed) widest = std::max(widest, 2 * in.index2);
    if (in.op != Op::struct_new) continue;
    const size_t fields = type_at(in.index).structure()->fields.size();
    widest = std::max(widest, 2 * static_cast<uint32_t>(fields));
  }
  return widest;
}

uint32_t Translator::reserve_near(uint32_t slot) {
  near_operands_ = slot;
  near_result_ = near_operands_ + 2 * near_operand_count;
  near_block_ = near_result_ + 2;
  const uint32_t end = near_block_ + widest_block();
  CAIRN_ASSERT(end <= field_slots);  // 1,000 parameters and 10,000 operands of two slots fit
  local_at_slot_.resize(end);
  // Where all is to be far, near slots end here.
  if (settings_.far_frames) near_end_ = end;
  return end;
}

uint32_t Translator::operand_slot(uint32_t home) {
  if (is_near(home)) return home;
  near_operand_next_ = (near_operand_next_ + 1) % near_operand_count;
  return near_operands_ + 2 * near_operand_next_;
}

uint16_t Translator::near(uint32_t slot, Kind kind) {
  const uint32_t copy = operand_slot(slot);
  if (copy != slot) far_copy(copy, slot, slots_of(kind));
  return static_cast<uint16_t>(copy);
}

uint16_t Translator::near_block(uint32_t first, uint32_t count) {
  if (is_near(first + count) || count == 0)
    return is_near(first) ? static_cast<uint16_t>(first) : 0;
  emit(control.copy_block);
  emit_halves(near_block_, first);
  emit_halves(count, 0);
  return static_cast<uint16_t>(near_block_);
}

void Translator::far_copy(uint32_t to, uint32_t from, uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) {
    emit(control.copy_far);
    emit_halves(to + i, from + i);
  }
}

void Translator::copy_to_far_slot(const Entry& entry, uint32_t slot) {
  const bool is_local = entry.where == Entry::Where::local;
  if (is_local || entry.where == Entry::Where::temp) {
    const uint32_t from = is_local ? entry.local : entry.home;
    if (from != slot) far_copy(slot, from, slots_of(entry.kind));
    return;
  }
  copy_to_slot(entry, near_result_);
  far_copy(slot, near_result_, 1);
}

}  // namespace cairn::engine
