// Structure and array instructions (spec: Validation > Instructions > Aggregate Instructions).

#include <fmt/format.h>

#include <algorithm>

#include "validate/body_validator.hpp"

namespace cairn::wasm {

namespace {

bool is_defaultable(const FieldType& field) { return field.storage.defaultable(); }

}  // namespace

// ---- Structures -------------------------------------------------------------------------------

bool BodyValidator::struct_new(bool is_default) {
  const StructType* type = nullptr;
  if (!struct_type(in_.index, type)) return false;
  if (is_default) {
    if (!std::ranges::all_of(type->fields, is_defaultable)) {
      return fail(fmt::format("field type is not defaultable: in type {}", in_.index));
    }
  } else {
    for (size_t i = type->fields.size(); i-- > 0;) {
      if (!pop_val(type->fields[i].storage.unpacked())) return false;
    }
  }
  push_val(ref_to_type(in_.index, false));
  return true;
}

bool BodyValidator::field(const FieldType*& out) {
  const StructType* type = nullptr;
  if (!struct_type(in_.index, type)) return false;
  if (in_.index2 >= type->fields.size()) return unknown("field", in_.index2);
  out = &type->fields[in_.index2];
  return true;
}

bool BodyValidator::packed_access(const FieldType& accessed, bool is_get) {
  if (accessed.storage.is_packed() != is_get) return true;
  return fail(is_get ? "field is packed: expected a signed or unsigned get"
                     : "field is unpacked: expected a get without sign");
}

bool BodyValidator::struct_get() {
  const FieldType* accessed = nullptr;
  if (!field(accessed) || !packed_access(*accessed, in_.op == Op::struct_get)) return false;
  if (!pop_val(ref_to_type(in_.index, true))) return false;
  push_val(accessed->storage.unpacked());
  return true;
}

bool BodyValidator::struct_set() {
  const FieldType* accessed = nullptr;
  if (!field(accessed)) return false;
  if (!accessed->is_mutable) return fail(fmt::format("immutable field {}", in_.index2));
  return pop_val(accessed->storage.unpacked()) && pop_val(ref_to_type(in_.index, true));
}

// ---- Arrays -----------------------------------------------------------------------------------

bool BodyValidator::mutable_array(uint32_t index, const FieldType*& out) {
  const ArrayType* type = nullptr;
  if (!array_type(index, type)) return false;
  out = &type->element;
  return out->is_mutable || fail(fmt::format("immutable array: type {}", index));
}

bool BodyValidator::number_array(uint32_t index, const FieldType*& out) {
  const ArrayType* type = nullptr;
  if (!array_type(index, type)) return false;
  out = &type->element;
  return !out->storage.is_ref() ||
         fail(fmt::format("array type is not numeric or vector: type {}", index));
}

bool BodyValidator::array_new(bool is_default) {
  const ArrayType* type = nullptr;
  if (!array_type(in_.index, type) || !pop_val(i32)) return false;
  if (is_default) {
    if (!is_defaultable(type->element)) {
      return fail(fmt::format("array type is not defaultable: type {}", in_.index));
    }
  } else if (!pop_val(type->element.storage.unpacked())) {
    return false;
  }
  push_val(ref_to_type(in_.index, false));
  return true;
}

bool BodyValidator::array_new_fixed() {
  const ArrayType* type = nullptr;
  if (!array_type(in_.index, type)) return false;
  const uint32_t limit = context_.limits.array_new_fixed_operands;
  if (in_.index2 > limit) {
    return fail_as(ErrorKind::limit, fmt::format("too many array.new_fixed operands: {}, the limit "
                                                 "is {}",
                                                 in_.index2, limit));
  }
  for (uint32_t i = 0; i < in_.index2; ++i) {
    if (!pop_val(type->element.storage.unpacked())) return false;
  }
  push_val(ref_to_type(in_.index, false));
  return true;
}

bool BodyValidator::array_new_data() {
  const FieldType* element = nullptr;
  if (!number_array(in_.index, element) || !data(in_.index2)) return false;
  if (!pop_val(i32) || !pop_val(i32)) return false;
  push_val(ref_to_type(in_.index, false));
  return true;
}

bool BodyValidator::array_new_elem() {
  const ArrayType* type = nullptr;
  ValType from;
  if (!array_type(in_.index, type) || !elem(in_.index2, from)) return false;
  if (!matches(from, type->element.storage) || !pop_val(i32) || !pop_val(i32)) return false;
  push_val(ref_to_type(in_.index, false));
  return true;
}

bool BodyValidator::array_get() {
  const ArrayType* type = nullptr;
  if (!array_type(in_.index, type) || !packed_access(type->element, in_.op == Op::array_get)) {
    return false;
  }
  if (!pop_val(i32) || !pop_val(ref_to_type(in_.index, true))) return false;
  push_val(type->element.storage.unpacked());
  return true;
}

bool BodyValidator::array_set() {
  const FieldType* element = nullptr;
  return mutable_array(in_.index, element) && pop_val(element->storage.unpacked()) &&
         pop_val(i32) && pop_val(ref_to_type(in_.index, true));
}

bool BodyValidator::array_len() {
  if (!pop_val(ValType::ref(AbsHeapType::array, true))) return false;
  push_val(i32);
  return true;
}

bool BodyValidator::array_fill() {
  const FieldType* element = nullptr;
  return mutable_array(in_.index, element) && pop_val(i32) &&
         pop_val(element->storage.unpacked()) && pop_val(i32) &&
         pop_val(ref_to_type(in_.index, true));
}

bool BodyValidator::array_copy() {
  const FieldType* to = nullptr;
  const ArrayType* from = nullptr;
  if (!mutable_array(in_.index, to) || !array_type(in_.index2, from)) return false;
  if (!context_.registry.matches(from->element.storage, to->storage)) {
    return fail(fmt::format("array types do not match: expected elements of type {}, found {}",
                            describe(to->storage), describe(from->element.storage)));
  }
  return pop_val(i32) && pop_val(i32) && pop_val(ref_to_type(in_.index2, true)) && pop_val(i32) &&
         pop_val(ref_to_type(in_.index, true));
}

bool BodyValidator::array_init_data() {
  const FieldType* element = nullptr;
  return mutable_array(in_.index, element) && number_array(in_.index, element) &&
         data(in_.index2) && pop_val(i32) && pop_val(i32) && pop_val(i32) &&
         pop_val(ref_to_type(in_.index, true));
}

bool BodyValidator::array_init_elem() {
  const FieldType* element = nullptr;
  ValType from;
  return mutable_array(in_.index, element) && elem(in_.index2, from) &&
         matches(from, element->storage) && pop_val(i32) && pop_val(i32) && pop_val(i32) &&
         pop_val(ref_to_type(in_.index, true));
}

}  // namespace cairn::wasm
