// Table instructions, and the bulk instructions of memories that no signature describes.

#include "validate/body_validator.hpp"

namespace cairn::wasm {

namespace {

/// The type of a length that both sides of a copy must be able to hold.
ValType smaller(ValType a, ValType b) { return a == i32 || b == i32 ? i32 : i64; }

}  // namespace

bool BodyValidator::table_get() {
  const TableType* type = nullptr;
  if (!table(in_.index, type) || !pop_val(val_type(type->address))) return false;
  push_val(type->element);
  return true;
}

bool BodyValidator::table_set() {
  context_.use.table_writes = true;
  const TableType* type = nullptr;
  return table(in_.index, type) && pop_val(type->element) && pop_val(val_type(type->address));
}

bool BodyValidator::table_size() {
  const TableType* type = nullptr;
  if (!table(in_.index, type)) return false;
  push_val(val_type(type->address));
  return true;
}

bool BodyValidator::table_grow() {
  context_.use.table_writes = true;
  const TableType* type = nullptr;
  if (!table(in_.index, type)) return false;
  const ValType address = val_type(type->address);
  if (!pop_val(address) || !pop_val(type->element)) return false;
  push_val(address);
  return true;
}

bool BodyValidator::table_fill() {
  context_.use.table_writes = true;
  const TableType* type = nullptr;
  if (!table(in_.index, type)) return false;
  const ValType address = val_type(type->address);
  return pop_val(address) && pop_val(type->element) && pop_val(address);
}

bool BodyValidator::table_copy() {
  context_.use.table_writes = true;
  const TableType* to = nullptr;
  const TableType* from = nullptr;
  if (!table(in_.index, to) || !table(in_.index2, from)) return false;
  const ValType to_address = val_type(to->address), from_address = val_type(from->address);
  return matches(from->element, to->element) && pop_val(smaller(to_address, from_address)) &&
         pop_val(from_address) && pop_val(to_address);
}

bool BodyValidator::table_init() {
  context_.use.table_writes = true;
  const TableType* to = nullptr;
  ValType from;
  if (!table(in_.index2, to) || !elem(in_.index, from)) return false;
  return matches(from, to->element) && pop_val(i32) && pop_val(i32) &&
         pop_val(val_type(to->address));
}

bool BodyValidator::memory_copy() {
  ValType to, from;
  return memory(in_.index, to) && memory(in_.index2, from) && pop_val(smaller(to, from)) &&
         pop_val(from) && pop_val(to);
}

bool BodyValidator::memory_init() {
  ValType address;
  return memory(in_.index2, address) && data(in_.index) && pop_val(i32) && pop_val(i32) &&
         pop_val(address);
}

}  // namespace cairn::wasm
