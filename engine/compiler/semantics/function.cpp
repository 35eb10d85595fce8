// Functions and tables: what calls go through, and the instructions on tables.

#include "compiler/semantics/semantics.hpp"
#include "interp/code.hpp"

namespace cairn::engine {

// ---- Calls ----

CAIRN_SEMANTIC NativeTarget* s_code_target(const InstanceData* instance, uint32_t defined_index) {
  return &instance->codes[defined_index].target;
}
CAIRN_SEMANTIC FuncInst* s_import(const InstanceData* instance, uint32_t index) {
  return instance->imported_funcs[index];
}
CAIRN_SEMANTIC NativeTarget* s_func_target(FuncInst* func) { return &func->target; }
CAIRN_SEMANTIC InstanceData* s_func_instance(const FuncInst* func) { return func->instance; }
CAIRN_SEMANTIC const void* s_target_entry(const NativeTarget* target) { return target->entry; }

/// The function that a table entry refers to.
CAIRN_SEMANTIC FuncInst* s_look_up(InstanceData* instance, uint32_t table_index, uint64_t index,
                                   uint32_t type_index) {
  const TableInst& table = *instance->tables[table_index];
  if (index >= table.size) [[unlikely]]
    raise(instance, Trap::undefined_element);
  auto* const func = reinterpret_cast<FuncInst*>(table.elements[index]);
  if (func == nullptr) [[unlikely]]
    raise(instance, Trap::uninitialized_element);
  const wasm::TypeId type_id = instance->type_ids[type_index];
  if (func->type_id != type_id &&
      calls_of(instance).func_type_matches(instance, func->type_id, type_id) == 0) [[unlikely]]
    raise(instance, Trap::indirect_call_type_mismatch);
  return func;
}

/// Of call_ref.
CAIRN_SEMANTIC FuncInst* s_func_of_ref(InstanceData* instance, uint64_t ref) {
  if (ref == 0) [[unlikely]]
    raise(instance, Trap::null_function_reference);
  return reinterpret_cast<FuncInst*>(ref);
}

CAIRN_SEMANTIC uint64_t s_ref_func(InstanceData* instance, uint32_t func) {
  return calls_of(instance).func_ref(instance, func);
}

// ---- Tables ----

CAIRN_SEMANTIC uint64_t s_table_get(InstanceData* instance, uint32_t table_index, uint64_t index) {
  const TableInst& table = *instance->tables[table_index];
  if (index >= table.size) [[unlikely]]
    raise(instance, Trap::out_of_bounds_table_access);
  return table.elements[index];
}
CAIRN_SEMANTIC void s_table_set(InstanceData* instance, uint32_t table_index, uint64_t index,
                                uint64_t ref) {
  const TableInst& table = *instance->tables[table_index];
  if (index >= table.size) [[unlikely]]
    raise(instance, Trap::out_of_bounds_table_access);
  table.elements[index] = ref;
}
CAIRN_SEMANTIC uint64_t s_table_size(const InstanceData* instance, uint32_t table) {
  return instance->tables[table]->size;
}
CAIRN_SEMANTIC uint64_t s_table_grow(InstanceData* instance, uint32_t table, uint64_t delta,
                                     uint64_t ref) {
  return calls_of(instance).table_grow(instance, table, delta, ref);
}
CAIRN_SEMANTIC void s_table_init(InstanceData* instance, uint32_t elem, uint32_t table, uint64_t d,
                                 uint64_t s, uint64_t n) {
  calls_of(instance).table_init(instance, elem, table, d, s, n);
}
CAIRN_SEMANTIC void s_table_copy(InstanceData* instance, uint32_t to, uint32_t from, uint64_t d,
                                 uint64_t s, uint64_t n) {
  calls_of(instance).table_copy(instance, to, from, d, s, n);
}
CAIRN_SEMANTIC void s_table_fill(InstanceData* instance, uint32_t table, uint64_t d, uint64_t ref,
                                 uint64_t n) {
  calls_of(instance).table_fill(instance, table, d, ref, n);
}
CAIRN_SEMANTIC void s_elem_drop(InstanceData* instance, uint32_t elem) {
  calls_of(instance).elem_drop(instance, elem);
}

}  // namespace cairn::engine
