// Stack maps: where the references lie while an execution can stop or collect.
//
// A function may have a million operands and as many calls. So a map is a chain that shares its end
// with the maps of its surroundings, and is made in constant time: what lies deep in the stack does
// not change any more, and its chain is known.

#include "interp/translator.hpp"

namespace cairn::engine {

namespace {
/// The topmost entries may be locals that nothing has read yet. Those below are settled.
constexpr uint32_t unsettled_max = 16;
}  // namespace

void Translator::settle_deep_entries() {
  for (; settled_ + unsettled_max < stack_.size(); ++settled_) {
    Entry& entry = stack_[settled_];
    if (entry.kind == Kind::ref && entry.where == Entry::Where::local && !dead_) materialize(entry);
  }
}

Translator::Chain Translator::add_ref(uint32_t slot, Chain next) {
  body_->ref_slots.push_back({.slot = slot, .next = next.first});
  return {.first = static_cast<uint32_t>(body_->ref_slots.size() - 1), .count = next.count + 1};
}

Translator::Chain Translator::refs_below(uint32_t height) {
  uint32_t i = std::min(static_cast<uint32_t>(chains_.size()), height);
  bool known = i == chains_.size();
  Chain refs = i == 0 ? Chain() : chains_[i - 1];
  for (; i < height; ++i) {
    const Entry& entry = stack_[i];
    // A constant is null, wherever it is.
    if (entry.kind == Kind::ref && entry.where == Entry::Where::temp)
      refs = add_ref(entry.home, refs);
    known = known && !(entry.kind == Kind::ref && entry.where == Entry::Where::local);
    if (known) chains_.push_back(refs);
  }
  return refs;
}

/// The last map of an instruction holds: what an earlier one names besides was dropped since, which
/// takes no instruction, and on another way to the same place was never there.
void Translator::add_map(uint32_t pc, Chain refs) {
  std::vector<StackMap>& maps = body_->stack_maps;
  if (!maps.empty() && maps.back().pc == pc) maps.pop_back();
  if (refs.count != 0) maps.push_back({.pc = pc, .first = refs.first, .count = refs.count});
}

void Translator::add_stack_map(uint32_t pc) {
  if (ref_temps_ == 0 && hidden_ref_ == none) return add_map(pc, {});
  Chain refs = refs_below(static_cast<uint32_t>(stack_.size()));
  if (hidden_ref_ != none) refs = add_ref(hidden_ref_, refs);
  add_map(pc, refs);
}

void Translator::add_branch_map(uint32_t pc, const Control& target,
                                const std::vector<Kind>& values) {
  if (ref_temps_ == 0) return add_map(pc, {});
  Chain refs = refs_below(target.height);
  uint32_t slot = target.base;
  for (const Kind kind : values) {
    if (kind == Kind::ref) refs = add_ref(slot, refs);
    slot += slots_of(kind);
  }
  add_map(pc, refs);
}

}  // namespace cairn::engine
