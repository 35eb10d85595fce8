/// Tables and the instructions on them that need no handler of their own.

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "runtime/const_expr.hpp"
#include "runtime/imports.hpp"
#include "runtime/segments.hpp"

namespace cairn::engine {
namespace {

bool in_bounds(uint64_t start, uint64_t count, uint64_t size) {
  return count <= size && start <= size - count;
}

uint64_t max_size_of(const TableInst& table) {
  uint64_t max = table.store->engine->settings.limits.table_size;
  if (table.type.limits.max) max = std::min(max, *table.type.limits.max);
  return max;
}

}  // namespace

Result<> open_table(StoreData& store, TableInst& table, const wasm::TableType& type,
                    uint64_t* place, uint64_t init) {
  table.type = type;
  table.store = &store;
  const uint64_t size = type.limits.min;
  const uint64_t left = store.limits.table_elements_max - store.table_elements;
  const uint64_t max = std::min(left, max_size_of(table));
  if (size > max) {
    return fail(ErrorKind::limit,
                fmt::format("a table of {} elements: only {} are left", size, max));
  }
  if (place) {
    std::fill_n(place, size, init);
  } else {
    table.storage.assign(size, init);
    place = table.storage.data();
  }
  table.elements = place;
  table.size = size;
  table.heap_refs = is_heap_ref(store.engine->types, type.element);
  store.table_elements += size;
  return {};
}

uint64_t table_grow(TableInst& table, uint64_t delta, uint64_t ref) {
  const uint64_t size = table.size;
  if (delta == 0) return size;
  StoreData& store = *table.store;
  const uint64_t max = max_size_of(table);
  if (size > max || delta > max - size ||
      delta > store.limits.table_elements_max - store.table_elements) {
    return UINT64_MAX;
  }
  if (table.storage.empty()) table.storage.assign(table.elements, table.elements + size);
  table.storage.resize(size + delta, ref);
  table.elements = table.storage.data();
  table.size = size + delta;
  store.table_elements += delta;
  return size;
}

uint64_t elem_size(const InstanceData& instance, uint32_t index) {
  if (instance.dropped_elems[index]) return 0;
  const wasm::Elem& elem = instance.module->ast.elems[index];
  return elem.uses_exprs ? elem.exprs.size() : elem.functions.size();
}

uint64_t elem_ref(InstanceData& instance, uint32_t index, uint64_t at) {
  if (const uint64_t* refs = instance.elem_refs[index]) return refs[at];
  const wasm::Elem& elem = instance.module->ast.elems[index];
  return reinterpret_cast<uint64_t>(func_ref(instance, elem.functions[at]));
}

void elem_drop(InstanceData& instance, uint32_t index) {
  instance.dropped_elems[index] = true;
  delete[] instance.elem_refs[index];
  instance.elem_refs[index] = nullptr;
}

Trap table_init(InstanceData& instance, uint32_t elem, uint32_t table_index, uint64_t d, uint64_t s,
                uint64_t n) {
  TableInst& table = *instance.tables[table_index];
  if (!in_bounds(s, n, elem_size(instance, elem)) || !in_bounds(d, n, table.size)) {
    return Trap::out_of_bounds_table_access;
  }
  for (uint64_t i = 0; i < n; ++i) table.elements[d + i] = elem_ref(instance, elem, s + i);
  return Trap::none;
}

Trap table_copy(InstanceData& instance, uint32_t dst_index, uint32_t src_index, uint64_t d,
                uint64_t s, uint64_t n) {
  TableInst& dst = *instance.tables[dst_index];
  TableInst& src = *instance.tables[src_index];
  if (!in_bounds(d, n, dst.size) || !in_bounds(s, n, src.size)) {
    return Trap::out_of_bounds_table_access;
  }
  if (n != 0) std::memmove(dst.elements + d, src.elements + s, n * sizeof(uint64_t));
  return Trap::none;
}

Trap table_fill(InstanceData& instance, uint32_t table_index, uint64_t d, uint64_t ref,
                uint64_t n) {
  TableInst& table = *instance.tables[table_index];
  if (!in_bounds(d, n, table.size)) return Trap::out_of_bounds_table_access;
  std::fill_n(table.elements + d, n, ref);
  return Trap::none;
}

}  // namespace cairn::engine
