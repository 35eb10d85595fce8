// Reference instructions, i31 and the conversions between host and internal references.

#include <fmt/format.h>

#include "validate/body_validator.hpp"

namespace cairn::wasm {

bool BodyValidator::ref_null() {
  ValType type;
  if (!canonical(ValType::ref(in_.heap, true), type)) return false;
  push_val(type);
  return true;
}

bool BodyValidator::ref_is_null() {
  ValType ref;
  if (!pop_ref(ref)) return false;
  push_val(i32);
  return true;
}

bool BodyValidator::ref_func() {
  if (in_.index >= context_.funcs.size()) return unknown("function", in_.index);
  if (!context_.declared_funcs[in_.index]) {
    return fail(
        fmt::format("undeclared function reference: function {} occurs in no export, "
                    "global, table or element segment",
                    in_.index));
  }
  push_val(ValType::ref(HeapType::index(context_.funcs[in_.index].type), false));
  return true;
}

bool BodyValidator::ref_as_non_null() {
  ValType ref;
  if (!pop_ref(ref)) return false;
  push_val(ref.as_nullable(false));
  return true;
}

bool BodyValidator::ref_eq() {
  constexpr ValType eqref = ValType::ref(AbsHeapType::eq, true);
  if (!pop_val(eqref) || !pop_val(eqref)) return false;
  push_val(i32);
  return true;
}

bool BodyValidator::ref_test(bool nullable) {
  ValType to;
  if (!canonical(ValType::ref(in_.heap, nullable), to)) return false;
  if (!pop_val(ValType::ref(context_.registry.top(to.heap()), true))) return false;
  push_val(i32);
  return true;
}

bool BodyValidator::ref_cast(bool nullable) {
  ValType to;
  if (!canonical(ValType::ref(in_.heap, nullable), to)) return false;
  if (!pop_val(ValType::ref(context_.registry.top(to.heap()), true))) return false;
  push_val(to);
  return true;
}

bool BodyValidator::ref_i31() {
  if (!pop_val(i32)) return false;
  push_val(ValType::ref(AbsHeapType::i31, false));
  return true;
}

bool BodyValidator::i31_get() {
  if (!pop_val(ValType::ref(AbsHeapType::i31, true))) return false;
  push_val(i32);
  return true;
}

bool BodyValidator::convert(AbsHeapType from, AbsHeapType to) {
  ValType ref;
  if (!pop_ref(ref) || !matches(ref, ValType::ref(from, true))) return false;
  push_val(ValType::ref(to, ref.nullable()));
  return true;
}

}  // namespace cairn::wasm
