// Parametric, local and global instructions.

#include <fmt/format.h>

#include "validate/body_validator.hpp"

namespace cairn::wasm {

bool BodyValidator::drop() {
  ValType ignored;
  return pop_any(ignored);
}

bool BodyValidator::select() {
  ValType second, first;
  if (!pop_val(i32) || !pop_any(second) || !pop_any(first)) return false;
  const auto is_number = [](ValType type) { return type.is_num() || type.is_bot(); };
  const auto is_vector = [](ValType type) { return type.is_vec() || type.is_bot(); };
  if (!(is_number(first) && is_number(second)) && !(is_vector(first) && is_vector(second))) {
    return fail(fmt::format("type mismatch: expected two numbers or vectors, found {} and {}",
                            describe(first), describe(second)));
  }
  if (first != second && !first.is_bot() && !second.is_bot()) return mismatch(first, second);
  push_val(first.is_bot() ? second : first);
  return true;
}

bool BodyValidator::select_t() {
  if (in_.types.size() != 1) {
    return fail(fmt::format("invalid result arity: expected one type, found {}", in_.types.size()));
  }
  ValType type;
  if (!canonical(in_.types[0], type)) return false;
  if (!pop_val(i32) || !pop_val(type) || !pop_val(type)) return false;
  push_val(type);
  return true;
}

bool BodyValidator::local_get() {
  ValType type;
  if (!local(in_.index, type)) return false;
  if (!locals_.is_set(in_.index, type)) {
    return fail(fmt::format("uninitialized local {}", in_.index));
  }
  push_val(type);
  return room_on_stack();
}

bool BodyValidator::local_set() {
  ValType type;
  if (!local(in_.index, type) || !pop_val(type)) return false;
  locals_.set(in_.index, type);
  return true;
}

bool BodyValidator::local_tee() {
  ValType type;
  if (!local(in_.index, type) || !pop_val(type)) return false;
  locals_.set(in_.index, type);
  push_val(type);
  return true;
}

bool BodyValidator::global_get() {
  if (in_.index >= context_.globals.size()) return unknown("global", in_.index);
  push_val(context_.globals[in_.index].type);
  return room_on_stack();
}

bool BodyValidator::global_set() {
  if (in_.index >= context_.globals.size()) return unknown("global", in_.index);
  const GlobalType& global = context_.globals[in_.index];
  if (!global.is_mutable) {
    return fail(fmt::format("immutable global: global {} cannot be set", in_.index));
  }
  return pop_val(global.type);
}

}  // namespace cairn::wasm
