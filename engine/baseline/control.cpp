// Blocks, branches, returns, select.

#include <algorithm>

#include "baseline/function_compiler.hpp"
#include "baseline/layout.hpp"

namespace cairn::engine::baseline {

namespace {

constexpr Kind kinds_by_value[] = {Kind::i32,  Kind::i64, Kind::f32, Kind::f64,
                                   Kind::v128, Kind::ref, Kind::func};

}  // namespace

// ---- Labels ------------------------------------------------------------------------------------

void FunctionCompiler::block_types(const wasm::BlockType& type, Label& label) {
  if (type.kind == wasm::BlockType::Kind::value) {
    const Kind kind = kind_of(module_.types->canonical(type.value), module_.engine->types);
    label.results = std::span(&kinds_by_value[static_cast<size_t>(kind)], 1);
  }
  if (type.kind == wasm::BlockType::Kind::index) {
    const Signature& signature = image_.signature(type.index);
    label.params = signature.params;
    label.results = signature.results;
  }
}

void FunctionCompiler::block(const wasm::Instruction& in, Label::Type type) {
  Label label;
  label.type = type;
  block_types(in.block, label);
  label.target = code_.newLabel();
  std::optional<Comparison> condition;
  if (type == Label::Type::if_) condition = pop_condition();
  const auto size = static_cast<uint32_t>(stack_.size());
  label.height = size - static_cast<uint32_t>(label.params.size());
  label.slots = label.params.empty() ? next_slot() : stack_[label.height].place;
  flush(floor(), label.height, false);
  if (type == Label::Type::loop || type == Label::Type::if_) {
    // Parameters have to be where other ways to a loop's head, or to an else, find them.
    flush(label.height, size, true);
    charge(take_fuel());
  }
  if (type == Label::Type::try_table) label.catches = in.catches;
  if (type == Label::Type::legacy_try) label.handler = code_.newLabel();
  if (condition) {
    label.else_target = code_.newLabel();
    label.has_else = true;
    const Condition flags = emit_comparison(*condition);
    release(condition->a);
    release(condition->b);
    jump_if(flags, false, label.else_target);
  }
  labels_.push_back(label);
  if (type == Label::Type::loop) loop_head(in);
}

void FunctionCompiler::loop_head(const wasm::Instruction& in) {
  const auto offset = static_cast<uint32_t>(in.offset - source_->body.offset);
  const auto operands = static_cast<uint32_t>(stack_.size());
  if (std::ranges::find(loops_, offset) != loops_.end())
    emit_loop_entry(offset, labels_.back().target, operands);
  code_.bind(labels_.back().target);
  // A branch back leaves parameters in their slots, but not where the collector looks for them.
  for (size_t i = labels_.back().height; i < stack_.size(); ++i) {
    if (stack_[i].kind == Kind::ref)
      store_ref(plan_.ref_locals + static_cast<uint32_t>(i), stack_[i]);
  }
  if (interruptible_) {
    image_.load_store(scratch);
    code_.cmp(x86::dword_ptr(scratch, at::interrupt), 0);
    Cold& stop = cold(&FunctionCompiler::emit_interrupt);
    code_.jne(stop.at);
    code_.bind(stop.back);
  }
  if (!counts_) return;
  code_.mov(scratch, x86::ptr(instance_register, at::codes));
  code_.sub(
      x86::dword_ptr(scratch, static_cast<int32_t>(index_ * sizeof(FuncCode)) + at::baseline_left),
      1);
  Cold& hot = cold(&FunctionCompiler::emit_hot_loop);
  hot.data = offset;
  hot.count = plan_.local_slots + next_slot();
  for (const Value& value : stack_)
    if (value.is_constant()) hot.values.push_back(value);
  code_.js(hot.at);
  code_.bind(hot.back);
}

/// Brings the topmost values to where the label expects them. The stack stays as it is, and so do
/// all registers but the one of a single value.
void FunctionCompiler::pass_values(const Label& to) {
  const std::span<const Kind> kinds = values_of(to);
  const size_t first = stack_.size() - kinds.size();
  work_ += kinds.size();
  if (kinds.size() == 1 && to.type != Label::Type::loop) {
    is_in_xmm(kinds[0]) ? load_xmm(0, stack_[first]) : load_gpr(x86::Gp::kIdAx, stack_[first]);
    return;
  }
  // Upwards: a source is never below its target.
  uint32_t slot = to.slots;
  for (uint32_t i = 0; i < kinds.size(); slot += slots_of(kinds[i++])) {
    const Value& value = stack_[first + i];
    if (value.where == Value::Where::slot && value.index == slot) continue;
    store_to_slot(value, operand_slot(slot, kinds[i]));
  }
  operand_slots_ = std::max(operand_slots_, slot);
  operands_max_ = std::max(operands_max_, to.height + static_cast<uint32_t>(kinds.size()));
}

/// The same for the function's results.
void FunctionCompiler::pass_results() {
  const std::span<const Kind> kinds = signature_->results;
  work_ += kinds.size();
  if (kinds.empty()) return;
  const size_t first = stack_.size() - kinds.size();
  if (kinds.size() > 1) load_results_place();
  for (uint32_t i = 1; i < kinds.size(); ++i) {
    const Value& value = stack_[first + i];
    const bool is_small = bytes_of(kinds[i]) == 4;
    x86::Mem to = x86::ptr(scratch, static_cast<int32_t>(16 * (i - 1)), 4);
    if (kinds[i] == Kind::v128) {
      if (!holds_xmm(value)) load_xmm(static_cast<uint8_t>(float_scratch.id()), value);
      if (value.is_constant()) load_results_place();  // it came through the scratch register
      store_xmm(code_, Kind::v128, to,
                holds_xmm(value) ? x86::Xmm(x86::xmm(register_of(value))) : float_scratch);
    } else if (value.is_constant()) {
      code_.mov(to, static_cast<int32_t>(value.bits));
      to.addOffset(4);
      if (!is_small) code_.mov(to, static_cast<int32_t>(value.bits >> 32));
    } else if (in_memory(value)) {
      is_small ? code_.movss(float_scratch, memory_of(value))
               : code_.movsd(float_scratch, memory_of(value));
      is_small ? code_.movss(to, float_scratch) : code_.movsd(to, float_scratch);
    } else {
      to.setSize(bytes_of(kinds[i]));
      store_to_slot(value, to);
    }
  }
  is_in_xmm(kinds[0]) ? load_xmm(0, stack_[first]) : load_gpr(x86::Gp::kIdAx, stack_[first]);
}

/// Goes on at a label: its values are where branches have brought them.
void FunctionCompiler::start_at(const Label& label) {
  stack_.resize(label.height);
  settled_ = 0;
  reset_registers();
  const std::span<const Kind> kinds = values_of(label);
  if (kinds.size() == 1) {
    if (is_in_xmm(kinds[0])) {
      free_xmms_ &= ~1u;
      push_xmm(kinds[0], 0);
    } else {
      free_gprs_ &= ~(1u << x86::Gp::kIdAx);
      push_gpr(kinds[0], x86::Gp::kIdAx);
    }
    return;
  }
  for (const Kind kind : kinds) push_slot(kind);
}

/// Ends the part before `else` or `catch`: its results go to the construct's end.
void FunctionCompiler::end_part(Label& construct) {
  if (dead_) return;
  charge(take_fuel());
  pass_values(construct);
  code_.jmp(construct.target);
  construct.targeted = true;
}

void FunctionCompiler::else_branch() {
  Label& construct = labels_.back();
  end_part(construct);
  dead_ = false;
  fuel_ = 0;
  code_.bind(construct.else_target);
  construct.has_else = false;
  construct.type = Label::Type::else_;
  stack_.resize(construct.height);
  settled_ = 0;
  reset_registers();
  for (const Kind kind : construct.params) push_slot(kind);
}

void FunctionCompiler::end() {
  if (labels_.size() == 1) {
    if (!dead_) {
      charge(take_fuel());
      pass_results();  // what follows is the epilogue
    }
    labels_.pop_back();
    return;
  }
  if (!labels_.back().catches.empty()) emit_handlers();
  Label& construct = labels_.back();
  if (construct.has_else || construct.type == Label::Type::legacy_catch) construct.targeted = true;
  if (construct.type == Label::Type::legacy_catch || construct.type == Label::Type::legacy_try)
    leave_legacy_handlers(labels_.size() - 1);
  // Straight on: paid for with what follows. Branches to a loop do not come here.
  if (construct.type == Label::Type::loop || !construct.targeted) {
    labels_.pop_back();
    return;
  }
  if (!dead_) {
    charge(take_fuel());
    pass_values(construct);
  }
  if (construct.has_else) {
    // Without an else the parameters are the results.
    if (!construct.params.empty() && !dead_) code_.jmp(construct.target);
    code_.bind(construct.else_target);
    if (construct.params.size() == 1) {
      const Value value{
          .where = Value::Where::slot, .kind = construct.params[0], .index = construct.slots};
      is_in_xmm(value.kind) ? load_xmm(0, value) : load_gpr(x86::Gp::kIdAx, value);
    }
  }
  const Label ended = construct;
  labels_.pop_back();
  code_.bind(ended.target);
  fuel_ = 0;
  dead_ = false;
  start_at(ended);
}

void FunctionCompiler::mark_dead() {
  dead_ = true;
  dead_depth_ = 0;
  fuel_ = 0;
}

// ---- Branches ----------------------------------------------------------------------------------

void FunctionCompiler::return_values() {
  charge(take_fuel());
  pass_results();
  code_.jmp(epilogue_);
}

void FunctionCompiler::branch(uint32_t depth) {
  Label& to = label(depth);
  if (to.type == Label::Type::function) return return_values();
  charge(take_fuel());
  pass_values(to);
  code_.jmp(to.target);
  to.targeted = true;
}

void FunctionCompiler::branch_if(uint32_t depth) {
  Comparison comparison = pop_condition();
  charge(take_fuel());
  const Condition condition = emit_comparison(comparison);
  release(comparison.a);
  release(comparison.b);
  Label& to = label(depth);
  to.targeted = true;
  if (values_of(to).empty()) return jump_if(condition, true, to.target);
  const asmjit::Label over = code_.newLabel();
  jump_if(condition, false, over);
  // Registers that values pass through may hold others here: those live on only if this is not
  // taken.
  to.type == Label::Type::function ? pass_results() : pass_values(to);
  code_.jmp(to.target);
  code_.bind(over);
}

void FunctionCompiler::branch_table(const wasm::Instruction& in) {
  Value index = pop();
  charge(take_fuel());
  const x86::Gp number = x86::gpd(own_gpr(index));
  const auto last = static_cast<uint32_t>(in.labels.size() - 1);
  // A label without values is gone to at once; others have a piece of code each.
  std::vector<std::pair<uint32_t, asmjit::Label>> pieces;
  const auto target_of = [&](uint32_t depth) {
    Label& to = label(depth);
    to.targeted = true;
    if (values_of(to).empty()) return to.target;
    for (const auto& [known, piece] : pieces)
      if (known == depth) return piece;
    pieces.emplace_back(depth, code_.newLabel());
    return pieces.back().second;
  };
  const asmjit::Label other = target_of(in.labels[last]);
  constexpr uint32_t chain_max = 3;
  if (last <= chain_max) {
    for (uint32_t i = 0; i < last; ++i) {
      code_.cmp(number, i);
      code_.je(target_of(in.labels[i]));
    }
    code_.jmp(other);
  } else {
    Table table;
    const asmjit::Label start = code_.newLabel();
    for (uint32_t i = 0; i < last; ++i) table.targets.push_back(target_of(in.labels[i]));
    code_.cmp(number, last);
    code_.jae(other);
    code_.lea(scratch, x86::ptr(start));
    code_.movsxd(number.r64(), x86::dword_ptr(scratch, number.r64(), 2));
    code_.add(scratch, number.r64());
    code_.jmp(scratch);
    code_.bind(start);
    table.at = image_.offset();
    for (uint32_t i = 0; i < last; ++i) code_.embedUInt32(0);
    tables_.push_back(std::move(table));
  }
  release(index);
  for (const auto& [depth, piece] : pieces) {
    code_.bind(piece);
    const Label& to = label(depth);
    to.type == Label::Type::function ? pass_results() : pass_values(to);
    code_.jmp(to.target);
  }
  mark_dead();
}

void FunctionCompiler::select() {
  Comparison comparison = pop_condition();
  Value b = pop(), a = pop();
  // References are paid for before, as in the interpreter.
  if (a.kind >= Kind::v128) charge(take_fuel());
  if (is_in_xmm(a.kind)) {
    own_xmm(a);
    read_xmm(b);
    const Condition condition = emit_comparison(comparison);
    const asmjit::Label on = code_.newLabel();
    jump_if(condition, true, on);
    load_xmm(a.reg, b);
    code_.bind(on);
    release(b);
    release(comparison.a);
    release(comparison.b);
    return push_xmm(a.kind, a.reg);
  }
  own_gpr(a);
  if (b.is_constant()) own_gpr(b);
  const Condition condition = emit_comparison(comparison);
  const x86::Gp to = gpr(a.reg, a.kind);
  if (condition.parity == Condition::Parity::plain) {
    const asmjit::InstId move = x86::Inst::cmovccFromCond(x86::negateCond(condition.code));
    in_memory(b) ? code_.emit(move, to, memory_of(b))
                 : code_.emit(move, to, gpr(register_of(b), b.kind));
  } else {
    const asmjit::Label on = code_.newLabel();
    jump_if(condition, true, on);
    load_gpr(a.reg, b);
    code_.bind(on);
  }
  release(b);
  release(comparison.a);
  release(comparison.b);
  push_gpr(a.kind, a.reg);
}

// ---- Fuel --------------------------------------------------------------------------------------

void FunctionCompiler::charge(uint32_t cost) {
  if (!metered_ || cost == 0) return;
  image_.load_store(scratch);
  code_.sub(x86::qword_ptr(scratch, at::fuel), cost);
  Cold& empty = cold(&FunctionCompiler::emit_out_of_fuel);
  empty.data = cost;
  code_.js(empty.at);
  code_.bind(empty.back);
}

}  // namespace cairn::engine::baseline
