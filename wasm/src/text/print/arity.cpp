#include "text/print/arity.hpp"

namespace cairn::wasm::text {

namespace {

Arity arity_of_signature(std::string_view sig) {
  const size_t split = sig.find('_');
  return {static_cast<uint32_t>(split), static_cast<uint32_t>(sig.size() - split - 1)};
}

/// Instructions whose operands do not depend on anything.
Arity fixed_arity(Op op) {
  switch (op) {
    case Op::local_get:
    case Op::global_get:
    case Op::table_size:
    case Op::ref_null:
    case Op::ref_func:
    case Op::struct_new_default: return {0, 1};
    case Op::drop:
    case Op::local_set:
    case Op::global_set:
    case Op::throw_ref:
    case Op::br_on_non_null: return {1, 0};
    case Op::local_tee:
    case Op::table_get:
    case Op::ref_is_null:
    case Op::ref_as_non_null:
    case Op::br_on_null:
    case Op::struct_get:
    case Op::struct_get_s:
    case Op::struct_get_u:
    case Op::array_new_default:
    case Op::array_len:
    case Op::ref_test:
    case Op::ref_test_null:
    case Op::ref_cast:
    case Op::ref_cast_null:
    case Op::br_on_cast:
    case Op::br_on_cast_fail:
    case Op::any_convert_extern:
    case Op::extern_convert_any:
    case Op::ref_i31:
    case Op::i31_get_s:
    case Op::i31_get_u: return {1, 1};
    case Op::table_set:
    case Op::struct_set: return {2, 0};
    case Op::table_grow:
    case Op::ref_eq:
    case Op::array_new:
    case Op::array_new_data:
    case Op::array_new_elem:
    case Op::array_get:
    case Op::array_get_s:
    case Op::array_get_u: return {2, 1};
    case Op::select:
    case Op::select_t: return {3, 1};
    case Op::memory_init:
    case Op::memory_copy:
    case Op::table_init:
    case Op::table_copy:
    case Op::table_fill:
    case Op::array_set: return {3, 0};
    case Op::array_fill:
    case Op::array_init_data:
    case Op::array_init_elem: return {4, 0};
    case Op::array_copy: return {5, 0};
    default: return {};
  }
}

}  // namespace

Arities::Arities(const Module& module) : module_(module) {
  for (const Import& import : module.imports) {
    if (const auto* tag = std::get_if<TagType>(&import.type)) tags_.push_back(tag->type_index);
    if (const auto* type = std::get_if<uint32_t>(&import.type)) functions_.push_back(*type);
  }
  functions_.insert(functions_.end(), module.functions.begin(), module.functions.end());
  for (const TagType& tag : module.tags) tags_.push_back(tag.type_index);
}

Arity Arities::of_type(uint32_t index) const {
  const FuncType* type = index < module_.types.size() ? module_.types[index].func() : nullptr;
  if (!type) return {};
  return {static_cast<uint32_t>(type->params.size()), static_cast<uint32_t>(type->results.size())};
}

Arity Arities::of_function(uint32_t index) const {
  return index < functions_.size() ? of_type(functions_[index]) : Arity{};
}

Arity Arities::of_tag(uint32_t index) const {
  return index < tags_.size() ? of_type(tags_[index]) : Arity{};
}

uint32_t Arities::field_count(uint32_t type_index) const {
  const StructType* type =
      type_index < module_.types.size() ? module_.types[type_index].structure() : nullptr;
  return type ? static_cast<uint32_t>(type->fields.size()) : 0;
}

Arity Arities::of(const BlockType& block) const {
  switch (block.kind) {
    case BlockType::Kind::empty: return {0, 0};
    case BlockType::Kind::value: return {0, 1};
    case BlockType::Kind::index: return of_type(block.index);
  }
  return {};
}

Arity Arities::of(const Instruction& in, const std::vector<uint32_t>& labels) const {
  const OpInfo& row = info(in.op);
  if (row.sig != "special") return arity_of_signature(row.sig);
  const auto label = [&](uint32_t index) {
    return index < labels.size() ? labels[labels.size() - 1 - index] : 0;
  };
  switch (in.op) {
    case Op::br: return {label(in.index), 0};
    case Op::br_if: return {label(in.index) + 1, label(in.index)};
    case Op::br_table: return {in.labels.empty() ? 1 : label(in.labels.back()) + 1, 0};
    case Op::return_: return {labels.empty() ? 0 : labels.front(), 0};
    case Op::call: return of_function(in.index);
    case Op::return_call: return {of_function(in.index).operands, 0};
    case Op::call_ref:
    case Op::call_indirect: return {of_type(in.index).operands + 1, of_type(in.index).results};
    case Op::return_call_ref:
    case Op::return_call_indirect: return {of_type(in.index).operands + 1, 0};
    case Op::throw_: return {of_tag(in.index).operands, 0};
    case Op::struct_new: return {field_count(in.index), 1};
    case Op::array_new_fixed: return {in.index2, 1};
    default: return fixed_arity(in.op);
  }
}

}  // namespace cairn::wasm::text
