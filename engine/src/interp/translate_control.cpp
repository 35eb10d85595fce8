// Blocks, branches and labels.

#include <algorithm>

#include "interp/translator.hpp"

namespace cairn::engine {

using wasm::Op;

namespace {

/// The comparison that holds exactly when `op` does not; integers only.
wasm::Op opposite(wasm::Op op) {
  switch (op) {
    case Op::i32_eq: return Op::i32_ne;
    case Op::i32_ne: return Op::i32_eq;
    case Op::i32_lt_s: return Op::i32_ge_s;
    case Op::i32_lt_u: return Op::i32_ge_u;
    case Op::i32_gt_s: return Op::i32_le_s;
    case Op::i32_gt_u: return Op::i32_le_u;
    case Op::i32_le_s: return Op::i32_gt_s;
    case Op::i32_le_u: return Op::i32_gt_u;
    case Op::i32_ge_s: return Op::i32_lt_s;
    case Op::i32_ge_u: return Op::i32_lt_u;
    case Op::i64_eq: return Op::i64_ne;
    case Op::i64_ne: return Op::i64_eq;
    case Op::i64_lt_s: return Op::i64_ge_s;
    case Op::i64_lt_u: return Op::i64_ge_u;
    case Op::i64_gt_s: return Op::i64_le_s;
    case Op::i64_gt_u: return Op::i64_le_u;
    case Op::i64_le_s: return Op::i64_gt_s;
    case Op::i64_le_u: return Op::i64_gt_u;
    case Op::i64_ge_s: return Op::i64_lt_s;
    case Op::i64_ge_u: return Op::i64_lt_u;
    default: return op;
  }
}

/// More values than this are moved as one block, so that a branch's code has a fixed size.
constexpr size_t single_moves_max = 8;

}  // namespace

// ---- Conditions --------------------------------------------------------------------------------

Translator::Condition Translator::pop_condition(bool negate) {
  const Entry entry = pop();
  const bool fuse = last_.at != none && last_.is_comparison && entry.where == Entry::Where::acc &&
                    acc_[0].producer == last_.at;
  if (!fuse)
    return {branch_family(negate ? Op::i32_eq : Op::i32_ne, false),
            use(entry, false),
            {.src = Src::imm, .bits = 0},
            Kind::i32};
  const Last comparison = last_;
  take_back(comparison.at);
  wasm::Op op = comparison.op;
  if (op == Op::i32_eqz || op == Op::i64_eqz) op = op == Op::i32_eqz ? Op::i32_eq : Op::i64_eq;
  if (negate && opposite(op) != op) op = opposite(op), negate = false;
  return {branch_family(op, negate), comparison.a, comparison.b, comparison.kind};
}

uint32_t Translator::emit_branch(const Condition& condition, bool backward, uint32_t fuel) {
  const auto [family, a, b, kind] = condition;
  backward = backward && settings_.interruption;
  const Handler& handler =
      family->at[static_cast<int>(a.src)][static_cast<int>(b.src)][backward][metered_];
  if (backward || metered_) add_stack_map(here());
  const uint32_t at = emit(handler);
  emit_fields_high(a.slot, b.slot, 0);
  const bool double_constant = b.src == Src::imm && kind == Kind::f64;
  if (b.src == Src::imm || metered_)
    emit_halves(b.src == Src::imm ? static_cast<uint32_t>(b.bits) : 0, fuel);
  if (double_constant) emit_bits(b.bits);
  return at;
}

void Translator::patch_distance(uint32_t instruction, uint32_t word, uint32_t target) {
  words_[word].half.high = target - instruction;
}

// ---- Labels ------------------------------------------------------------------------------------

void Translator::block(const wasm::Instruction& in, Control::Type type) {
  Control construct;
  construct.type = type;
  block_types(in.block, construct.params, construct.results);
  Condition condition;
  if (type == Control::Type::if_) condition = pop_condition(true);
  // Parameters of a loop or an if have to be where later jumps to them find them.
  if (type == Control::Type::loop || type == Control::Type::if_)
    materialize_top(static_cast<uint32_t>(construct.params.size()));
  flush();
  const bool counts_rounds = type == Control::Type::loop && is_entry_for_compiled();
  if (counts_rounds) store_constants();
  construct.height = static_cast<uint32_t>(stack_.size() - construct.params.size());
  construct.base = construct.params.empty() ? height_ : stack_[construct.height].home;
  if (type == Control::Type::if_) {
    const uint32_t at = emit_branch(condition, false, take_fuel());
    construct.else_fixup = at + 1;
  }
  if (type == Control::Type::loop) {
    flush_fuel();
    begin_label();
    construct.loop_pc = here();
    add_stack_map(here());
    if (counts_rounds) count_rounds(in);
  }
  if (type == Control::Type::try_table) construct.catches = in.catches;
  if (type == Control::Type::try_table || type == Control::Type::legacy_try) {
    begin_label();
    construct.try_begin = here();
  }
  controls_.push_back(std::move(construct));
}

/// May compiled code take over at a loop that begins here? Not in a far function, whose frame is
/// laid out in another way, nor with so many operands that to store them takes its time.
bool Translator::is_entry_for_compiled() const {
  constexpr size_t operands_max = 100;
  return counts_heat_ && near_end_ == none && stack_.size() <= operands_max;
}

/// It finds all operands in their slots, constants too. They stay constants: where a branch leads
/// around the loop, their slots are not written.
void Translator::store_constants() {
  for (const Entry& entry : stack_)
    if (entry.where == Entry::Where::imm) copy_to_slot(entry, entry.home);
}

void Translator::count_rounds(const wasm::Instruction& loop) {
  const auto offset = static_cast<uint32_t>(loop.offset - source_.body.offset);
  LoopHeat& heat = body_->loops.emplace_back(code_, offset, settings_.hot_rounds);
  if (const void* const entry = module_.native.loop(code_.defined_index, offset)) {
    heat.entry = entry;
    heat.is_wanted = true;
    heat.heat.set(1);
  }
  emit(control.heat_loop);
  emit_word({.pointer = &heat});
}

void Translator::else_branch() {
  Control& construct = controls_.back();
  if (!dead_) {
    move_results(construct.results, construct.base);
    jump_to_end(construct);
  }
  dead_ = false;
  fuel_ = 0;
  drop_to(construct.height);
  begin_label();
  patch_distance(construct.else_fixup - 1, construct.else_fixup, here());
  construct.else_fixup = 0;
  construct.type = Control::Type::else_;
  for (const Kind kind : construct.params) push_temp(kind);
  flushed_ = static_cast<uint32_t>(stack_.size());
}

void Translator::jump_to_end(Control& construct) {
  if (metered_) add_branch_map(here(), construct, construct.results);
  const uint32_t at = emit(control.br[0][metered_]);
  emit_halves(0, 0);
  if (metered_) emit_halves(0, take_fuel());
  construct.fixups.push_back(at + 1);
  construct.targeted = true;
}

void Translator::end() {
  if (controls_.size() == 1) return finish();
  Control& construct = controls_.back();
  if (!construct.catches.empty()) record_catches(construct, here());
  // Without an else the parameters are the results when the if is not taken. A legacy handler has
  // the exception below its results.
  if (construct.else_fixup != 0 || construct.type == Control::Type::legacy_catch)
    construct.targeted = true;
  if (construct.targeted && !dead_) {
    move_results(construct.results, construct.base);
    if (metered_ && fuel_ != 0) {
      add_branch_map(here(), construct, construct.results);
      emit(control.fuel);
      emit_halves(take_fuel(), 0);
    }
  }
  const Control ended = std::move(construct);
  controls_.pop_back();
  if (!ended.targeted) return;  // straight on (or still dead): the entries stay as they are
  begin_label();
  dead_ = false;
  fuel_ = 0;
  if (ended.else_fixup != 0) patch_distance(ended.else_fixup - 1, ended.else_fixup, here());
  for (const uint32_t word : ended.fixups) patch_distance(word - 1, word, here());
  for (const auto [instruction, word] : ended.table_fixups)
    words_[word].half.low = here() - instruction;
  for (const uint32_t index : ended.catch_fixups) body_->catches[index].target = here();
  drop_to(ended.height);
  for (const Kind kind : ended.results) push_temp(kind);
  flushed_ = static_cast<uint32_t>(stack_.size());
  if (!ended.catch_fixups.empty()) add_stack_map(here());
}

void Translator::mark_dead() {
  dead_ = true;
  dead_depth_ = 0;
  last_.at = none;
  fuel_ = 0;
}

// ---- Branches ----------------------------------------------------------------------------------

bool Translator::results_are_temps(const std::vector<Kind>& kinds) const {
  const auto values = std::span(stack_).last(kinds.size());
  return std::ranges::all_of(values,
                             [](const Entry& entry) { return entry.where == Entry::Where::temp; });
}

/// Copies the topmost entries to a label's slots, upwards: a source is never below its target, so
/// no copy overwrites what a later one reads. The entries themselves stay as they are.
void Translator::move_results(const std::vector<Kind>& kinds, uint32_t base) {
  const size_t first = stack_.size() - kinds.size();
  if (kinds.size() > single_moves_max && results_are_temps(kinds)) {
    const uint32_t from = stack_[first].home;
    if (from != base) {
      emit(control.copy_block);
      emit_halves(base, from);
      emit_halves(height_ - from, 0);
    }
    max_slots_ = std::max(max_slots_, base + height_ - from);
    return;
  }
  for (size_t i = 0; i < kinds.size(); ++i) {
    const Entry& entry = stack_[first + i];
    const Accumulator& acc = acc_[is_float_kind(entry.kind)];
    const bool patch = kinds.size() == 1 && entry.where == Entry::Where::acc && last_.at != none &&
                       acc.producer == last_.at && acc.by_dst != nullptr && is_near(base);
    if (patch) {
      set_handler(last_.at, acc.by_dst[static_cast<int>(Dst::slot)]);
      words_[last_.at + 1].fields.f[0] = static_cast<uint16_t>(base);
      last_.at = none;
    } else if (entry.where != Entry::Where::temp || entry.home != base) {
      copy_to_slot(entry, base);
    }
    base += slots_of(kinds[i]);
  }
  max_slots_ = std::max(max_slots_, base);
}

void Translator::branch_to(Control& target, uint32_t instruction, uint32_t word) {
  if (target.type == Control::Type::loop) {
    patch_distance(instruction, word, target.loop_pc);
  } else {
    CAIRN_ASSERT(word == instruction + 1);
    target.fixups.push_back(word);
    target.targeted = true;
  }
}

/// An unconditional branch; values are in place.
void Translator::emit_br(uint32_t depth) {
  Control& target = label(depth);
  const bool loop = target.type == Control::Type::loop;
  const bool backward = loop && settings_.interruption;
  if (backward || metered_) add_branch_map(here(), target, loop ? target.params : target.results);
  const uint32_t at = emit(control.br[backward][metered_]);
  emit_halves(0, 0);
  if (metered_) emit_halves(0, take_fuel());
  branch_to(target, at, at + 1);
}

void Translator::br(uint32_t depth) {
  Control& target = label(depth);
  if (target.type == Control::Type::function) return emit_return(), mark_dead();
  move_results(target.type == Control::Type::loop ? target.params : target.results, target.base);
  emit_br(depth);
  mark_dead();
}

void Translator::br_if(uint32_t depth, bool negate) {
  Control& target = label(depth);
  const bool loop = target.type == Control::Type::loop;
  const std::vector<Kind>& kinds = loop ? target.params : target.results;
  const bool leaves = target.type == Control::Type::function;
  if (!leaves && kinds.empty()) {
    const Condition condition = pop_condition(negate);
    const uint32_t at = emit_branch(condition, loop, take_fuel());
    branch_to(target, at, at + 1);
    return;
  }
  // The taken branch moves values: jump over that when the condition does not hold. What is on the
  // stack must not be changed only on one of both ways, so it is brought to its slots before.
  Condition condition = pop_condition(!negate);
  for (uint32_t i = 0; i < kinds.size(); ++i)
    if (top(i).where == Entry::Where::acc) materialize(top(i));
  if (kinds.size() > single_moves_max) materialize_top(static_cast<uint32_t>(kinds.size()));
  const uint32_t over = emit_branch(condition, false, take_fuel());
  if (leaves) {
    emit_return();
  } else {
    move_results(kinds, target.base);
    emit_br(depth);
  }
  begin_label();
  patch_distance(over, over + 1, here());
}

void Translator::br_table(const wasm::Instruction& in) {
  const Entry entry = pop();
  const Operand index = use(entry, false);
  const Control& first = label(in.labels.back());
  const size_t arity = (first.type == Control::Type::loop ? first.params : first.results).size();
  // Values go to their home slots, the stubs below bring them to each label. The index may sit in
  // the accumulator meanwhile: moves between slots leave it alone.
  for (uint32_t i = 0; i < arity; ++i)
    if (top(i).where == Entry::Where::acc) materialize(top(i));
  materialize_top(static_cast<uint32_t>(arity));
  if (metered_) add_stack_map(here());
  const uint32_t at = emit(control.br_table[static_cast<int>(index.src)][metered_]);
  emit_fields_high(index.slot, 0, static_cast<uint32_t>(in.labels.size() - 1));
  emit_halves(0, take_fuel());
  const uint32_t table = here();
  words_.resize(words_.size() + in.labels.size());
  // A forward label without values is the entry itself. Others have a stub each, which moves
  // values, looks for interruption, or returns.
  std::vector<uint32_t>& stub_of_depth = stub_of_depth_;
  if (stub_of_depth.size() < controls_.size()) stub_of_depth.resize(controls_.size(), none);
  for (size_t i = 0; i < in.labels.size(); ++i) {
    const uint32_t depth = in.labels[i];
    if (arity == 0 && label(depth).type != Control::Type::function &&
        label(depth).type != Control::Type::loop) {
      label(depth).table_fixups.push_back({at, table + static_cast<uint32_t>(i)});
      label(depth).targeted = true;
      continue;
    }
    if (stub_of_depth[depth] == none) {
      begin_label();
      stub_of_depth[depth] = here();
      Control& target = label(depth);
      if (target.type == Control::Type::function) {
        emit_return();
      } else {
        move_results(target.type == Control::Type::loop ? target.params : target.results,
                     target.base);
        emit_br(depth);
      }
    }
    words_[table + i].half.low = stub_of_depth[depth] - at;
  }
  for (const uint32_t depth : in.labels) stub_of_depth[depth] = none;
  mark_dead();
}

void Translator::emit_return() {
  const Control& function = controls_.front();
  const std::vector<Kind>& kinds = function.results;
  uint32_t fuel = take_fuel();
  if (kinds.size() == 1 && kinds[0] < Kind::v128) {
    const Entry entry = top();
    Operand value = {};
    const bool wide = entry.where == Entry::Where::imm && entry.kind == Kind::i64 &&
                      static_cast<int64_t>(entry.bits) != static_cast<int32_t>(entry.bits);
    if (wide || entry.where == Entry::Where::temp) {
      value.slot = use_slot(entry);
    } else {
      value = use(entry);
    }
    emit(moves.return_value[static_cast<int>(domain_of(entry.kind))][static_cast<int>(value.src)]
                           [metered_]);
    if (value.src == Src::imm && entry.kind != Kind::f64)
      emit_fields_high(0, 0, static_cast<uint32_t>(value.bits));
    else
      emit_fields(0, value.slot);
    if (metered_ || (value.src == Src::imm && entry.kind == Kind::f64)) emit_bits(value.bits);
  } else {
    if (!kinds.empty()) {
      // Paid before the results move: they overwrite locals, which have to be what they are while
      // an execution can stop.
      if (metered_ && fuel != 0) {
        add_stack_map(here());
        emit(control.fuel);
        emit_halves(std::exchange(fuel, 0), 0);
      }
      // First to the home slots, then down in one move: results may be parameters in another order.
      uint32_t count = 0, home = top(static_cast<uint32_t>(kinds.size()) - 1).home;
      const uint32_t base = home;
      for (size_t i = kinds.size(); i-- > 0;) {
        const Entry& entry = top(static_cast<uint32_t>(i));
        if (entry.where != Entry::Where::temp) copy_to_slot(entry, entry.home);
        count += slots_of(entry.kind);
      }
      emit(control.copy_block);
      emit_halves(0, base);
      emit_halves(count, 0);
    }
    const bool pays = metered_ && kinds.empty();
    emit(control.return_void[pays]);
    emit_bits(0);
    if (!pays) return;
    emit_bits(0);
  }
  if (metered_) emit_halves(fuel, 0);
}

void Translator::select() {
  // The operands of the branch below are not where a stack map could name them: it must not stop.
  if (top(1).kind >= Kind::v128) flush_fuel();
  const Entry condition = pop(), b = pop(), a = pop();
  if (a.kind >= Kind::v128) {
    // Vectors and references: through a branch, they are rare.
    const uint16_t first = use_slot(a), second = use_slot(b);
    const Operand test = use(condition, false);
    push_temp(a.kind);
    const uint32_t at = emit_branch(
        {branch_family(Op::i32_eq, false), test, {.src = Src::imm, .bits = 0}, Kind::i32}, false,
        take_fuel());
    const uint32_t home = top().home;
    const auto move = [&](uint16_t from) {
      if (!is_near(home)) return far_copy(home, from, slots_of(a.kind));
      emit(a.kind == Kind::v128 ? control.copy_v128 : moves.copy[0][0][0]);
      emit_fields(home, from);
    };
    // The second operand may lie in the result's slot's way: it is read last, when it is chosen.
    move(first);
    const uint32_t skip = emit(control.br[0][0]);
    emit_halves(0, 0);
    patch_distance(at, at + 1, here());
    move(second);
    patch_distance(skip, skip + 1, here());
    begin_label();
    return;
  }
  const bool floating = is_float_kind(a.kind);
  const auto constant_ok = [&](const Entry& entry) {
    return !floating && (entry.where != Entry::Where::imm || (entry.bits < (uint64_t{1} << 31)) ||
                         entry.kind == Kind::i32);
  };
  const Operand first = use(a, constant_ok(a));
  const Operand second = use(b, constant_ok(b));
  const Operand test = use(condition, false);
  const int d = static_cast<int>(domain_of(a.kind));
  const Handler* by_dst = moves.select[d][static_cast<int>(first.src)][static_cast<int>(second.src)]
                                      [static_cast<int>(test.src)];
  spill_accumulator(floating);
  const uint32_t at = emit(by_dst[static_cast<int>(Dst::acc)]);
  emit_fields(0, first.slot, second.slot, test.slot);
  emit_halves(static_cast<uint32_t>(first.bits), static_cast<uint32_t>(second.bits));
  push(a.kind, Entry::Where::acc);
  produced(at, by_dst);
}

}  // namespace cairn::engine
