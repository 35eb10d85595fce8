// The virtual operand stack of the translator.

#include "interp/fusion.hpp"
#include "interp/translator.hpp"

namespace cairn::engine {

void Translator::push(Kind kind, Entry::Where where) {
  if (where == Entry::Where::acc) acc_[is_float_kind(kind)].owner = uint32_t(stack_.size());
  if (kind == Kind::ref) ++ref_temps_;
  stack_.push_back({.where = where, .kind = kind, .home = height_});
  height_ += slots_of(kind);
  max_slots_ = std::max(max_slots_, height_);
}

void Translator::push_imm(Kind kind, uint64_t bits) {
  push(kind, Entry::Where::imm);
  stack_.back().bits = bits;
}

void Translator::push_local(uint32_t local_index) {
  Local& local = locals_[local_index];
  push(local.kind, Entry::Where::local);
  stack_.back().local = local.slot;
  ++local.pending;
}

Entry Translator::pop() {
  const Entry entry = stack_.back();
  stack_.pop_back();
  height_ = entry.home;
  flushed_ = std::min(flushed_, uint32_t(stack_.size()));
  settled_ = std::min(settled_, uint32_t(stack_.size()));
  if (chains_.size() > stack_.size()) chains_.pop_back();
  if (entry.kind == Kind::ref) --ref_temps_;
  if (entry.where == Entry::Where::local) --locals_[local_at_slot_[entry.local]].pending;
  if (entry.where == Entry::Where::acc) acc_[is_float_kind(entry.kind)].owner = none;
  return entry;
}

void Translator::drop_to(uint32_t height) {
  while (stack_.size() > height) pop();
}

namespace {
bool fits(Kind kind, uint64_t bits) {
  switch (kind) {
    case Kind::i64: return static_cast<int64_t>(bits) == static_cast<int32_t>(bits);
    case Kind::i32:
    case Kind::f32:
    case Kind::f64: return true;
    default: return false;
  }
}
}  // namespace

Operand Translator::use(const Entry& entry, bool constants) {
  if (entry.where == Entry::Where::acc) return {.src = Src::acc};
  if (entry.where == Entry::Where::local && entry.local == pinned_[is_float_kind(entry.kind)])
    return {.src = Src::pin};
  if (entry.where == Entry::Where::imm && constants && fits(entry.kind, entry.bits))
    return {.src = Src::imm, .bits = entry.bits};
  return {.src = Src::slot, .slot = use_slot(entry)};
}

uint16_t Translator::use_slot(const Entry& entry) {
  if (entry.where == Entry::Where::local && entry.local != pinned_[is_float_kind(entry.kind)])
    return near(entry.local, entry.kind);
  if (entry.where == Entry::Where::acc) {
    Accumulator& acc = acc_[is_float_kind(entry.kind)];
    if (acc.by_dst != nullptr && is_near(entry.home)) {
      set_handler(acc.producer, acc.by_dst[static_cast<int>(Dst::slot)]);
      words_[acc.producer + 1].fields.f[0] = static_cast<uint16_t>(entry.home);
      acc.by_dst = nullptr;
      last_.at = none;
      return static_cast<uint16_t>(entry.home);
    }
  }
  if (entry.where == Entry::Where::temp) return near(entry.home, entry.kind);
  const uint32_t slot = operand_slot(entry.home);
  copy_to_slot(entry, slot);
  return static_cast<uint16_t>(slot);
}

void Translator::copy_to_slot(const Entry& entry, uint32_t slot) {
  const bool in_slot = entry.where == Entry::Where::local || entry.where == Entry::Where::temp;
  if (!is_near(slot) ||
      (in_slot && !is_near(entry.where == Entry::Where::local ? entry.local : entry.home)))
    return copy_to_far_slot(entry, slot);
  const Domain domain = domain_of(entry.kind);
  const int d = static_cast<int>(domain);
  const int to_slot = static_cast<int>(Dst::slot);
  if (entry.where == Entry::Where::imm) {
    if (entry.kind == Kind::f64 || !fits(entry.kind, entry.bits)) {
      emit(moves.constant[to_slot]);
      emit_fields(slot);
      emit_bits(entry.bits);
    } else {
      emit(moves.copy[d][static_cast<int>(Src::imm)][to_slot]);
      emit_fields_high(slot, 0, static_cast<uint32_t>(entry.bits));
    }
    return;
  }
  if (entry.where == Entry::Where::acc) {
    emit(moves.copy[d][static_cast<int>(Src::acc)][to_slot]);
    emit_fields(slot);
    return;
  }
  const uint32_t from = entry.where == Entry::Where::local ? entry.local : entry.home;
  if (entry.where == Entry::Where::local && from == pinned_[is_float_kind(entry.kind)]) {
    emit(moves.copy[d][static_cast<int>(Src::pin)][to_slot]);
    emit_fields(slot);
    return;
  }
  if (from == slot) return;
  if (entry.kind == Kind::v128) {
    emit(control.copy_v128);
    emit_fields(slot, from);
    return;
  }
  // Two copies of whole words in a row become one instruction, unless the second reads what the
  // first wrote. An i32 is a whole word, its upper half being zero.
  const bool word = entry.kind != Kind::f32 && entry.kind != Kind::f64;
  if (word && last_copy_ != none && last_copy_ + 2 == here() &&
      words_[last_copy_ + 1].fields.f[0] != from) {
    set_handler(last_copy_, control.copy2);
    words_[last_copy_ + 1].fields.f[2] = static_cast<uint16_t>(slot);
    words_[last_copy_ + 1].fields.f[3] = static_cast<uint16_t>(from);
    last_copy_ = none;
    return;
  }
  const uint32_t at = emit(
      moves.copy[word ? static_cast<int>(Domain::word) : d][static_cast<int>(Src::slot)][to_slot]);
  emit_fields(slot, from);
  if (word) last_copy_ = at;
}

void Translator::materialize(Entry& entry) {
  if (entry.where == Entry::Where::temp) return;
  use_slot_at_home(entry);
  if (entry.where == Entry::Where::local) --locals_[local_at_slot_[entry.local]].pending;
  if (entry.where == Entry::Where::acc) acc_[is_float_kind(entry.kind)].owner = none;
  entry.where = Entry::Where::temp;
}

void Translator::use_slot_at_home(const Entry& entry) {
  if (entry.where == Entry::Where::acc && is_near(entry.home))
    use_slot(entry);
  else
    copy_to_slot(entry, entry.home);
}

void Translator::materialize_top(uint32_t count) {
  // An accumulator first: that patches its producer and emits nothing.
  for (uint32_t i = 0; i < count; ++i)
    if (top(i).where == Entry::Where::acc) materialize(top(i));
  for (uint32_t i = count; i-- > 0;) materialize(top(i));
}

void Translator::spill_accumulator(bool floating) {
  if (acc_[floating].owner != none) materialize(stack_[acc_[floating].owner]);
}

void Translator::flush() {
  spill_accumulators();
  for (uint32_t i = flushed_; i < stack_.size(); ++i)
    if (stack_[i].where == Entry::Where::local) materialize(stack_[i]);
  flushed_ = static_cast<uint32_t>(stack_.size());
}

void Translator::preserve_local(uint32_t slot) {
  Local& local = locals_[local_at_slot_[slot]];
  for (size_t i = stack_.size(); local.pending > 0 && i-- > 0;)
    if (stack_[i].where == Entry::Where::local && stack_[i].local == slot) materialize(stack_[i]);
}

void Translator::set_local(uint32_t local_index, bool tee) {
  const uint32_t slot = locals_[local_index].slot;
  const Entry entry = pop();
  const bool floating = is_float_kind(entry.kind);
  const bool to_pin = slot == pinned_[floating] && entry.kind != Kind::v128;
  if (!(entry.where == Entry::Where::local && entry.local == slot)) {
    preserve_local(slot);
    const Accumulator& acc = acc_[floating];
    if (entry.where == Entry::Where::acc && last_.at != none && acc.producer == last_.at &&
        acc.by_dst != nullptr && (to_pin || is_near(slot))) {
      set_handler(last_.at, acc.by_dst[static_cast<int>(to_pin ? Dst::pin : Dst::slot)]);
      if (!to_pin) words_[last_.at + 1].fields.f[0] = static_cast<uint16_t>(slot);
    } else if (entry.where == Entry::Where::temp && !to_pin && last_.at != none && last_.to_slot &&
               words_[last_.at + 1].fields.f[0] == entry.home && is_near(slot)) {
      words_[last_.at + 1].fields.f[0] = static_cast<uint16_t>(slot);
    } else if (to_pin) {
      copy_to_pin(entry);
    } else {
      copy_to_slot(entry, slot);
    }
    last_.at = none;
    acc_[floating].by_dst = nullptr;
  }
  if (tee) push_local(local_index);
}

void Translator::copy_to_pin(const Entry& entry) {
  const int d = static_cast<int>(domain_of(entry.kind)), to_pin = static_cast<int>(Dst::pin);
  const Operand from = use(entry);
  if (from.src == Src::imm && entry.kind == Kind::f64) {
    emit(moves.copy[d][static_cast<int>(Src::imm)][to_pin]);
    emit_fields(0);
    emit_bits(from.bits);
  } else if (from.src == Src::imm) {
    emit(moves.copy[d][static_cast<int>(Src::imm)][to_pin]);
    emit_fields_high(0, 0, static_cast<uint32_t>(from.bits));
  } else {
    emit(moves.copy[d][static_cast<int>(from.src)][to_pin]);
    emit_fields(0, from.slot);
  }
}

// ---- Emission ----------------------------------------------------------------------------------

uint32_t Translator::emit(const Handler& handler) {
  last_.at = none;
  const uint32_t at = here();
  words_.emplace_back();
  starts_.push_back({.at = at, .handler = {}});
  set_handler(at, handler);
  return at;
}

void Translator::set_handler(uint32_t at, const Handler& handler) {
  CAIRN_ASSERT(handler);
  // Nearly always the last instruction: patches reach a few instructions back.
  size_t i = starts_.size();
  while (starts_[--i].at != at) {
  }
  starts_[i].handler = handler;
  if (tail_)
    words_[at].tail = handler.tail;
  else
    words_[at].loop = handler.loop;
}

void Translator::emit_fields(uint32_t f0, uint32_t f1, uint32_t f2, uint32_t f3) {
  CAIRN_ASSERT(near_end_ == none || std::max({f0, f1, f2, f3}) < field_slots);
  words_.push_back({.fields = {{static_cast<uint16_t>(f0), static_cast<uint16_t>(f1),
                                static_cast<uint16_t>(f2), static_cast<uint16_t>(f3)}}});
}
void Translator::emit_fields_high(uint32_t f0, uint32_t f1, uint32_t high) {
  CAIRN_ASSERT(near_end_ == none || std::max(f0, f1) < field_slots);
  emit_bits(uint64_t{high} << 32 | (f1 & 0xFFFF) << 16 | (f0 & 0xFFFF));
}
void Translator::emit_halves(uint32_t low, uint32_t high) { emit_bits(uint64_t{high} << 32 | low); }
void Translator::emit_bits(uint64_t bits) { words_.push_back({.bits = bits}); }

void Translator::produced(uint32_t at, const Handler* by_dst) {
  last_ = {.at = at, .by_dst = by_dst, .to_slot = by_dst == nullptr, .a = {}, .b = {}};
  const Entry& entry = stack_.back();
  if (entry.where != Entry::Where::acc) return;
  acc_[is_float_kind(entry.kind)].producer = at;
  acc_[is_float_kind(entry.kind)].by_dst = by_dst;
}

void Translator::take_back(uint32_t at) {
  words_.resize(at);
  starts_.pop_back();
  last_.at = none;
  last_copy_ = none;
}

void Translator::fuse() {
  const Handler end;
  const auto handler = [&](size_t i) -> const Handler& {
    return i < starts_.size() ? starts_[i].handler : end;
  };
  for (size_t i = 0; i + 1 < starts_.size(); ++i) {
    Handler fused = find_fusion(handler(i), handler(i + 1), handler(i + 2));
    if (!fused) fused = find_fusion(handler(i), handler(i + 1), end);
    if (!fused) continue;
    Word& word = words_[starts_[i].at];
    if (tail_)
      word.tail = fused.tail;
    else
      word.loop = fused.loop;
  }
}

void Translator::begin_label() {
  last_.at = none;
  last_copy_ = none;
}

}  // namespace cairn::engine
