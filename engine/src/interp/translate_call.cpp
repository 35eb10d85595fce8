// Calls, tail calls, throws.

#include "interp/translator.hpp"

namespace cairn::engine {

using wasm::Op;

/// Brings the arguments to their home slots, where they are the callee's parameters, and takes them
/// off the stack. Returns the slot of the first.
uint32_t Translator::place_arguments(const wasm::FuncType& type) {
  const uint32_t count = static_cast<uint32_t>(type.params.size());
  materialize_top(count);
  spill_accumulators();   // the callee uses both
  add_stack_map(here());  // without fuel the call stops before it happens
  drop_to(static_cast<uint32_t>(stack_.size()) - count);
  // Results, and what a host function writes, lie in the same place.
  uint32_t results = 0;
  for (const wasm::ValType result : type.results) results += cairn::engine::slots_of(result);
  max_slots_ = std::max(max_slots_, height_ + results);
  return height_;
}

/// A single number comes back in the accumulator, everything else in slots.
void Translator::push_results(const wasm::FuncType& type) {
  if (type.results.size() == 1 && kind(type.results[0]) < Kind::v128) {
    push(kind(type.results[0]), Entry::Where::acc);
    produced(none, nullptr);
    last_.to_slot = false;
    return;
  }
  for (const wasm::ValType result : type.results) push_temp(kind(result));
}

void Translator::call(const wasm::Instruction& in) {
  Operand target;
  Entry entry;
  const wasm::FuncType* type = nullptr;
  if (in.op == Op::call) {
    type = &func_type(in.index);
  } else {
    type = type_at(in.index).func();
    // The callee's index or reference is read by the call itself, while the accumulator still has
    // it.
    entry = pop();
    target = entry.kind == Kind::i32 ? use(entry, false)
                                     : Operand{.src = Src::slot, .slot = use_slot(entry)};
  }
  const uint32_t delta = place_arguments(*type);
  const uint32_t fuel = take_fuel();
  if (in.op == Op::call && in.index < module_.ast.imported_functions) {
    emit(control.call_import[metered_]);
    emit_halves(delta, fuel);
    emit_halves(in.index, 0);
  } else if (in.op == Op::call) {
    emit(control.call[metered_]);
    emit_halves(delta, fuel);
    emit_word({.code = code_of(module_, in.index - module_.ast.imported_functions)});
  } else if (in.op == Op::call_indirect) {
    const bool wide = module_.table_types[in.index2].address == wasm::AddrType::i64;
    emit(wide ? control.call_indirect64[metered_]
              : control.call_indirect[static_cast<int>(target.src)][metered_]);
    emit_fields_high(target.slot, 0, delta);
    emit_halves(in.index2, (*module_.types)[in.index]);
    emit_halves(0, fuel);
  } else {
    emit(control.call_ref[metered_]);
    emit_fields_high(target.slot, 0, delta);
    emit_halves(0, fuel);
  }
  emit_word({.code = &code_});
  add_stack_map(here() - 1);
  push_results(*type);
}

void Translator::return_call(const wasm::Instruction& in) {
  const wasm::FuncType* type = nullptr;
  uint32_t function_slot = 0;
  const bool direct = in.op == Op::return_call && in.index >= module_.ast.imported_functions;
  Entry entry;
  if (in.op == Op::return_call) {
    type = &func_type(in.index);
  } else {
    type = type_at(in.index).func();
    entry = pop();
    function_slot = use_slot(entry);
  }
  // The function reference is kept above the arguments, where moving them down leaves it alone.
  uint32_t count = 0;
  for (const wasm::ValType param : type->params) count += cairn::engine::slots_of(param);
  const uint32_t after = in.op == Op::return_call ? height_ : entry.home;
  max_slots_ = std::max(max_slots_, after + 1);
  materialize_top(static_cast<uint32_t>(type->params.size()));
  const uint32_t first = after - count;
  const uint32_t resolved = near_result(after);
  if (in.op == Op::return_call_indirect) {
    const bool wide = module_.table_types[in.index2].address == wasm::AddrType::i64;
    emit(wide ? control.resolve_indirect64 : control.resolve_indirect);
    emit_fields(resolved, function_slot);
    emit_halves(in.index2, (*module_.types)[in.index]);
    function_slot = resolved;
  } else if (in.op == Op::return_call && !direct) {
    emit(control.resolve_import);
    emit_fields(resolved);
    emit_halves(in.index, 0);
    function_slot = resolved;
  }
  const uint32_t fuel = take_fuel();
  add_stack_map(here());
  if (direct) {
    emit(control.return_call[metered_]);
    emit_halves(first, count);
    emit_word({.code = code_of(module_, in.index - module_.ast.imported_functions)});
    emit_halves(fuel, 0);
  } else {
    emit(control.return_call_ref[metered_]);
    emit_fields_high(function_slot, 0, count);
    emit_halves(first, fuel);
  }
  uint32_t results = 0;
  for (const wasm::ValType result : type->results) results += cairn::engine::slots_of(result);
  max_slots_ = std::max({max_slots_, count, results});
  mark_dead();
}

void Translator::throw_(uint32_t tag) {
  const wasm::FuncType& type = *type_at(module_.tag_type_index[tag]).func();
  const uint32_t count = static_cast<uint32_t>(type.params.size());
  flush_fuel();
  materialize_top(count);
  uint32_t slots = 0;
  for (const wasm::ValType param : type.params) slots += cairn::engine::slots_of(param);
  const uint32_t first = height_ - slots;
  // Payload references stay on the stack here: making the exception may collect.
  const uint32_t at = emit(control.throw_);
  emit_halves(tag, first);
  emit_halves(slots, 0);
  add_stack_map(at);
  mark_dead();
}

void Translator::throw_reference(uint16_t slot) {
  flush_fuel();
  add_stack_map(here());
  emit(control.throw_ref);
  emit_fields(slot);
  mark_dead();
}

}  // namespace cairn::engine
