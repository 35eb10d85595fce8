/// The handles that hosts hold: functions, memories, tables, globals, instances.

#include "runtime/imports.hpp"

namespace cairn::engine {

bool value_fits(const StoreData& store, const Value& value, wasm::ValType type) {
  if (!type.is_ref() || !value.type().is_ref()) return value.type() == type;
  const wasm::TypeRegistry& types = store.engine->types;
  return types.top(value.type().heap()) == types.top(type.heap()) &&
         ref_matches(store, value.ref().bits, type.heap(), type.nullable());
}

// ---- Func --------------------------------------------------------------------------------------

const wasm::FuncType& Func::type() const { return *inst_->type; }

// ---- Memory ------------------------------------------------------------------------------------

std::span<uint8_t> Memory::bytes() const {
  // A shared memory may be in use by other threads, and is never taken for its image anyway.
  if (inst_->store) inst_->touched = true;
  return {inst_->base, inst_->size.load(std::memory_order_acquire)};
}

uint64_t Memory::pages() const {
  return inst_->size.load(std::memory_order_acquire) >> inst_->type.page_size_log2;
}

wasm::MemoryType Memory::type() const {
  wasm::MemoryType type = inst_->type;
  type.limits.min = pages();
  return type;
}

std::optional<uint64_t> Memory::grow(Store&, uint64_t pages) {
  const uint64_t old_pages = memory_grow(*inst_, pages);
  return old_pages == UINT64_MAX ? std::nullopt : std::optional(old_pages);
}

// ---- Table -------------------------------------------------------------------------------------

wasm::TableType Table::type() const {
  wasm::TableType type = inst_->type;
  type.limits.min = inst_->size;
  return type;
}

uint64_t Table::size() const { return inst_->size; }

Result<Value> Table::get(uint64_t index) const {
  if (index >= inst_->size) return fail(ErrorKind::usage, "a table index out of bounds");
  return Value(Ref{inst_->elements[index]}, inst_->type.element);
}

Result<> Table::set(uint64_t index, Value value) {
  if (index >= inst_->size) return fail(ErrorKind::usage, "a table index out of bounds");
  if (!value_fits(*inst_->store, value, inst_->type.element)) {
    return fail(ErrorKind::usage, "the value is not of the table's element type");
  }
  inst_->elements[index] = value.ref().bits;
  return {};
}

std::optional<uint64_t> Table::grow(Store& store, uint64_t by, Value init) {
  if (!value_fits(*store.data(), init, inst_->type.element)) return std::nullopt;
  const uint64_t old_size = table_grow(*inst_, by, init.ref().bits);
  return old_size == UINT64_MAX ? std::nullopt : std::optional(old_size);
}

// ---- Global ------------------------------------------------------------------------------------

wasm::GlobalType Global::type() const { return inst_->type; }

Value Global::get() const { return Value::from_slots(inst_->type.type, inst_->slots); }

Result<> Global::set(Value value) {
  if (!inst_->type.is_mutable) return fail(ErrorKind::usage, "the global is immutable");
  if (!value_fits(*inst_->store, value, inst_->type.type)) {
    return fail(ErrorKind::usage, "the value is not of the global's type");
  }
  value.to_slots(inst_->slots);
  return {};
}

// ---- Instance ----------------------------------------------------------------------------------

std::optional<Extern> Instance::get(std::string_view name) const {
  const wasm::Export* item = find_export(*data_->module, name);
  if (!item) return std::nullopt;
  return get(*item);
}

Extern Instance::get(const wasm::Export& item) const {
  switch (item.kind) {
    case wasm::ExternKind::func: return Extern(Func(func_ref(*data_, item.index)));
    case wasm::ExternKind::table: return Extern(Table(data_->tables[item.index]));
    case wasm::ExternKind::memory: return Extern(Memory(data_->memories[item.index]));
    case wasm::ExternKind::global: return Extern(Global(data_->globals[item.index]));
    case wasm::ExternKind::tag: break;
  }
  return Extern(Tag(data_->tags[item.index]));
}

Func Instance::func(std::string_view name) const {
  const auto item = get(name);
  return item && item->kind == wasm::ExternKind::func ? Func(item->func) : Func();
}

Memory Instance::memory(std::string_view name) const {
  const auto item = get(name);
  return item && item->kind == wasm::ExternKind::memory ? Memory(item->memory) : Memory();
}

Table Instance::table(std::string_view name) const {
  const auto item = get(name);
  return item && item->kind == wasm::ExternKind::table ? Table(item->table) : Table();
}

Global Instance::global(std::string_view name) const {
  const auto item = get(name);
  return item && item->kind == wasm::ExternKind::global ? Global(item->global) : Global();
}

Tag Instance::tag(std::string_view name) const {
  const auto item = get(name);
  return item && item->kind == wasm::ExternKind::tag ? Tag(item->tag) : Tag();
}

Module Instance::module() const { return data_->imports->module; }

}  // namespace cairn::engine
