// Control instructions (spec: Validation > Instructions > Control Instructions).

#include <fmt/format.h>

#include <algorithm>

#include "validate/body_validator.hpp"

namespace cairn::wasm {

bool BodyValidator::block() {
  Frame type;
  return block_type(type) && pop_vals(type.params) && push_ctrl(in_.op, type.params, type);
}

bool BodyValidator::if_() { return pop_val(i32) && block(); }

bool BodyValidator::else_() {
  if (frames_.back().op != Op::if_) {
    return fail_as(ErrorKind::malformed, "END opcode expected: found else without an if");
  }
  Frame frame;
  return pop_ctrl(frame) && push_ctrl(Op::else_, frame.params, frame);
}

bool BodyValidator::end() {
  Frame frame;
  if (!pop_ctrl(frame)) return false;
  // An `if` without `else` has an empty one, which returns its parameters.
  if (frame.op == Op::if_ && !(push_ctrl(Op::else_, frame.params, frame) && pop_ctrl(frame))) {
    return false;
  }
  if (frames_.empty()) return true;  // the end of the body: its results leave
  push_vals(frame.results());
  return room_on_stack();
}

bool BodyValidator::br() {
  const Frame* target = nullptr;
  if (!label(in_.index, target) || !pop_vals(target->label_types())) return false;
  unreachable();
  return true;
}

bool BodyValidator::br_if() {
  const Frame* target = nullptr;
  return pop_val(i32) && label(in_.index, target) && cast_vals(target->label_types());
}

bool BodyValidator::br_table() {
  const uint32_t limit = context_.limits.br_table_targets;
  if (in_.labels.size() - 1 > limit) {
    return fail_as(ErrorKind::limit, fmt::format("too many br_table targets: {}, the limit is {}",
                                                 in_.labels.size() - 1, limit));
  }
  const Frame* fallback = nullptr;
  if (!pop_val(i32) || !label(in_.labels.back(), fallback)) return false;
  const size_t arity = fallback->label_types().size();
  Types last;
  for (uint32_t index : in_.labels) {
    const Frame* target = nullptr;
    if (!label(index, target)) return false;
    const Types types = target->label_types();
    if (types.size() != arity) {
      return fail(fmt::format("type mismatch: expected label {} to take {} operands, found {}",
                              index, arity, types.size()));
    }
    // Neighbours are often one and the same label, or labels of one type.
    if (types.data() == last.data()) continue;
    if (!has_vals(types)) return false;
    last = types;
  }
  unreachable();
  return true;
}

bool BodyValidator::return_() {
  if (!pop_vals(return_types_)) return false;
  unreachable();
  return true;
}

bool BodyValidator::call(const FuncType& type) {
  if (!pop_vals(type.params)) return false;
  push_vals(type.results);
  return room_on_stack();
}

bool BodyValidator::return_call(const FuncType& type) {
  context_.use.tail_calls = true;
  const bool results_match =
      type.results.size() == return_types_.size() &&
      std::ranges::equal(type.results, return_types_, [&](ValType found, ValType expected) {
        return context_.registry.matches(found, expected);
      });
  if (!results_match) {
    return fail("type mismatch: expected the callee's results to match those of the caller");
  }
  if (!pop_vals(type.params)) return false;
  unreachable();
  return true;
}

bool BodyValidator::call_indirect(bool is_return) {
  const TableType* called_table = nullptr;
  const FuncType* type = nullptr;
  if (!table(in_.index2, called_table) || !func_type(in_.index, type)) return false;
  return matches(called_table->element, funcref) && pop_val(val_type(called_table->address)) &&
         (is_return ? return_call(*type) : call(*type));
}

bool BodyValidator::call_ref(bool is_return) {
  const FuncType* type = nullptr;
  if (!func_type(in_.index, type) || !pop_val(ref_to_type(in_.index, true))) return false;
  return is_return ? return_call(*type) : call(*type);
}

bool BodyValidator::br_on_null() {
  const Frame* target = nullptr;
  ValType ref;
  if (!label(in_.index, target) || !pop_ref(ref) || !cast_vals(target->label_types())) {
    return false;
  }
  push_val(ref.as_nullable(false));
  return true;
}

bool BodyValidator::br_on_non_null() {
  const Frame* target = nullptr;
  ValType ref;
  if (!label(in_.index, target) || !pop_ref(ref)) return false;
  const Types types = target->label_types();
  if (types.empty()) return fail("type mismatch: expected the label to take a reference");
  return matches(ref.as_nullable(false), types.back()) && cast_vals(types.first(types.size() - 1));
}

bool BodyValidator::br_on_cast(bool on_fail) {
  const Frame* target = nullptr;
  ValType from, to;
  if (!label(in_.index, target) || !canonical(in_.cast_from, from) || !canonical(in_.cast_to, to)) {
    return false;
  }
  // What is left of `from` when the value is no `to`: not null if `to` takes nulls.
  const ValType rest = to.nullable() ? from.as_nullable(false) : from;
  const ValType taken = on_fail ? rest : to;
  const ValType kept = on_fail ? to : rest;
  const Types types = target->label_types();
  if (types.empty()) return fail("type mismatch: expected the label to take a reference");
  const Types others = types.first(types.size() - 1);
  if (!matches(to, from) || !matches(taken, types.back()) || !pop_val(from) || !cast_vals(others)) {
    return false;
  }
  push_val(kept);
  return true;
}

}  // namespace cairn::wasm
