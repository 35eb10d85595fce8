// Functions and tables: what calls go through, and the instructions on tables.

#include "compiler/semantics/semantics.hpp"
#include "interp/code.hpp"

namespace cairn::engine {

// ---- Calls ----

/// The function that a table entry refers to.
CAIRN_SEMANTIC FuncInst* s_look_up(InstanceData* instance, const uint64_t* elements, uint64_t size,
                                   uint64_t index) {
  if (index >= size) [[unlikely]]
    raise(instance, Trap::undefined_element);
  return reinterpret_cast<FuncInst*>(elements[in_bounds(index, size)]);
}

/// Where it is entered by a call that expects the type. What is cached has been checked.
CAIRN_SEMANTIC const void* s_entry(InstanceData* instance, FuncInst* func, uint64_t index,
                                   wasm::TypeId type_id, const void* foreign) {
  const CallCache& cache = *instance->call_cache;
  const uint64_t slot = index % CallCache::size;
  const void* const entry = cache.entry[slot];
  if (cache.func[slot] == reinterpret_cast<uint64_t>(func) && cache.type[slot] == type_id)
      [[likely]]
    return entry;
  if (func == nullptr) [[unlikely]]
    raise(instance, Trap::uninitialized_element);
  if (func->type_id != type_id &&
      calls_of(instance).func_type_matches(instance, func->type_id, type_id) == 0) [[unlikely]]
    raise(instance, Trap::indirect_call_type_mismatch);
  return calls_of(instance).cache_call(instance, func, slot, type_id, foreign);
}

CAIRN_SEMANTIC uint64_t s_ref_func(InstanceData* instance, uint32_t func) {
  return calls_of(instance).func_ref(instance, func);
}

// ---- Tables ----

CAIRN_SEMANTIC uint64_t s_table_get(InstanceData* instance, const uint64_t* elements, uint64_t size,
                                    uint64_t index) {
  if (index >= size) [[unlikely]]
    raise(instance, Trap::out_of_bounds_table_access);
  return elements[in_bounds(index, size)];
}
CAIRN_SEMANTIC void s_table_set(InstanceData* instance, uint64_t* elements, uint64_t size,
                                uint64_t index, uint64_t ref) {
  if (index >= size) [[unlikely]]
    raise(instance, Trap::out_of_bounds_table_access);
  elements[in_bounds(index, size)] = ref;
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
