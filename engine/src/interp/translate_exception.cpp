// Who catches what is thrown where: `try_table`, and the legacy `try`.

#include "interp/translator.hpp"

namespace cairn::engine {

using wasm::Op;

void Translator::record_catches(const Control& construct, uint32_t end) {
  const uint32_t depth = static_cast<uint32_t>(controls_.size());
  for (const wasm::CatchClause& clause : construct.catches) {
    // Labels count from outside the try_table, which is still on the control stack here.
    Control& target = label(clause.label + 1);
    using CatchKind = wasm::CatchClause::Kind;
    CatchHandler handler{
        .begin = construct.try_begin,
        .end = end,
        .any_tag = clause.kind >= CatchKind::catch_all,
        .with_ref = clause.kind == CatchKind::catch_ref || clause.kind == CatchKind::catch_all_ref,
        .tag = clause.tag,
        .slot = target.base,
        .depth = depth};
    uint32_t top_slot = target.base;
    for (const Kind kind : target.type == Control::Type::loop ? target.params : target.results)
      top_slot += slots_of(kind);
    max_slots_ = std::max(max_slots_, top_slot);
    if (target.type == Control::Type::loop) {
      handler.target = target.loop_pc;
    } else {
      target.catch_fixups.push_back(static_cast<uint32_t>(body_->catches.size()));
      target.targeted = true;
    }
    body_->catches.push_back(handler);
  }
}

/// `catch` and `catch_all` of the legacy proposal: ends the part before, begins the handler. The
/// exception stays in the slot at the construct's base (an extra entry) for `rethrow`.
void Translator::legacy_catch(const wasm::Instruction& in) {
  Control& construct = controls_.back();
  const uint32_t try_end = construct.type == Control::Type::legacy_try ? here() : construct.try_end;
  if (!dead_) {
    move_results(construct.results, construct.base);
    jump_to_end(construct);
  }
  construct.type = Control::Type::legacy_catch;
  construct.try_end = try_end;
  dead_ = false;
  fuel_ = 0;
  drop_to(construct.height);
  begin_label();
  push_temp(Kind::ref);
  const bool any = in.op == Op::catch_all;
  body_->catches.push_back({.begin = construct.try_begin,
                            .end = try_end,
                            .any_tag = any,
                            .tag = in.index,
                            .target = here(),
                            .slot = height_,
                            .exception_slot = construct.base,
                            .depth = static_cast<uint32_t>(controls_.size())});
  if (!any)
    for (const Kind kind : kinds(type_at(module_.tag_type_index[in.index]).func()->params))
      push_temp(kind);
  flushed_ = static_cast<uint32_t>(stack_.size());
  add_stack_map(here());
}

/// Ends a legacy try whose exceptions go to the handlers around the label.
void Translator::delegate(uint32_t depth) {
  const Control& construct = controls_.back();
  // The label counts from outside the try.
  const uint32_t outer = static_cast<uint32_t>(controls_.size()) - 1 - depth - 1;
  body_->catches.push_back({.begin = construct.try_begin,
                            .end = here(),
                            .depth = static_cast<uint32_t>(controls_.size()),
                            .delegates = true,
                            .delegate_depth = outer + 1});
  end();
}

/// Orders the handlers by where they end, inner ones still before outer ones, and links each to the
/// next that begins no later: whatever contains an instruction behind the first one that may.
void Translator::link_catches() {
  std::vector<CatchHandler>& catches = body_->catches;
  for (size_t i = 0; i < catches.size(); ++i) catches[i].outer = static_cast<uint32_t>(i);
  std::ranges::sort(catches, {}, [](const CatchHandler& handler) {
    return std::pair(handler.end, handler.outer);
  });
  std::vector<uint32_t> around;
  for (auto i = static_cast<uint32_t>(catches.size()); i-- > 0;) {
    while (!around.empty() && catches[around.back()].begin > catches[i].begin) around.pop_back();
    catches[i].outer = around.empty() ? static_cast<uint32_t>(catches.size()) : around.back();
    around.push_back(i);
  }
}

}  // namespace cairn::engine
