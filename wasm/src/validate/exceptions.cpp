// Exceptions: those of 3.0, and the instructions of the legacy proposal.

#include <fmt/format.h>

#include "validate/body_validator.hpp"

namespace cairn::wasm {

bool BodyValidator::throw_() {
  context_.use.exceptions = true;
  const FuncType* type = nullptr;
  if (!tag(in_.index, type) || !pop_vals(type->params)) return false;
  unreachable();
  return true;
}

bool BodyValidator::throw_ref() {
  context_.use.exceptions = true;
  if (!pop_val(exnref)) return false;
  unreachable();
  return true;
}

bool BodyValidator::try_table() {
  context_.use.exceptions = true;
  Frame type;
  if (!block_type(type) || !pop_vals(type.params)) return false;
  // The clauses branch out of the block, so its own label is not there yet.
  for (const CatchClause& clause : in_.catches) {
    if (!catch_clause(clause)) return false;
  }
  return push_ctrl(Op::try_table, type.params, type);
}

bool BodyValidator::catch_clause(const CatchClause& clause) {
  using enum CatchClause::Kind;
  Types sent;
  if (clause.kind == catch_ || clause.kind == catch_ref) {
    const FuncType* type = nullptr;
    if (!tag(clause.tag, type)) return false;
    sent = type->params;
  }
  const bool sends_ref = clause.kind == catch_ref || clause.kind == catch_all_ref;
  const Frame* target = nullptr;
  if (!label(clause.label, target)) return false;
  const Types types = target->label_types();
  if (types.size() != sent.size() + (sends_ref ? 1 : 0)) {
    return fail(fmt::format("type mismatch: expected the label to take {} operands, found {}",
                            sent.size() + (sends_ref ? 1 : 0), types.size()));
  }
  for (size_t i = 0; i < sent.size(); ++i) {
    if (!matches(sent[i], types[i])) return false;
  }
  return !sends_ref || matches(ValType::ref(AbsHeapType::exn, false), types.back());
}

bool BodyValidator::legacy_try() {
  context_.use.exceptions = true;
  return block();
}

bool BodyValidator::legacy_catch() {
  const Op open = frames_.back().op;
  if (open != Op::try_ && open != Op::catch_) {
    return fail_as(ErrorKind::malformed,
                   fmt::format("unexpected token: found {} without a try", info(in_.op).text));
  }
  Types caught;
  if (in_.op == Op::catch_) {
    const FuncType* type = nullptr;
    if (!tag(in_.index, type)) return false;
    caught = type->params;
  }
  Frame frame;
  return pop_ctrl(frame) && push_ctrl(in_.op, caught, frame);
}

bool BodyValidator::legacy_delegate() {
  if (frames_.back().op != Op::try_) {
    return fail_as(ErrorKind::malformed, "unexpected token: found delegate without a try");
  }
  Frame frame;
  const Frame* target = nullptr;
  // The label counts from outside of the try.
  if (!pop_ctrl(frame) || !label(in_.index, target)) return false;
  push_vals(frame.results());
  return true;
}

bool BodyValidator::legacy_rethrow() {
  const Frame* target = nullptr;
  if (!label(in_.index, target)) return false;
  if (target->op != Op::catch_ && target->op != Op::catch_all) {
    return fail(fmt::format("invalid rethrow label: expected label {} to be a catch", in_.index));
  }
  unreachable();
  return true;
}

}  // namespace cairn::wasm
