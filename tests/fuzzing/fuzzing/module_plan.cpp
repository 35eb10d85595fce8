#include "fuzzing/module_plan.hpp"

#include <cairn/base/result.hpp>

namespace cairn::fuzzing {
using namespace wasm;

namespace {

constexpr uint32_t functions_max = 6, memories_max = 3, tables_max = 4, globals_max = 10;
constexpr uint64_t memory_pages_max = 2, table_size_max = 24;

}  // namespace

ModulePlan::ModulePlan(Choices& choices, const GeneratorOptions& options)
    : choices_(choices), options_(options) {
  declare_types();
  declare_tags();
  declare_functions();
  declare_memories();
  declare_tables();
  declare_globals();
  declare_elements();
  declare_data();
}

void ModulePlan::declare_tags() {
  if (!has(Feature::exceptions)) return;
  for (uint32_t i = 0, count = 1 + choices_.below(3); i < count; ++i) {
    module_.tags.push_back({func_type_index({random_values(3), {}})});
  }
}

void ModulePlan::declare_functions() {
  module_.add_import(
      {host_module, host_function, ExternKind::func, func_type_index({{i32, i64}, {i32}})});
  for (uint32_t i = 0, count = 1 + choices_.below(functions_max); i < count; ++i) {
    // Some functions stay inside and may have any type; some have a type that others are called by.
    const bool exported = i == 0 || choices_.chance(60);
    uint32_t type = 0;
    if (!exported && !functypes_.empty() && choices_.chance(50)) {
      type = choices_.pick(functypes_);
    } else {
      FuncType func;
      func.params = random_values(4, exported);
      func.results = random_values(3, exported);
      type = func_type_index(func);
    }
    module_.functions.push_back(type);
    if (exported) {
      const uint32_t index = module_.function_count() - 1;
      module_.exports.push_back({"f" + std::to_string(index), ExternKind::func, index});
    }
  }
  functions_known_ = true;
}

void ModulePlan::declare_memories() {
  const uint32_t count =
      has(Feature::multi_memory) ? choices_.below(memories_max + 1) : choices_.below(2);
  for (uint32_t i = 0; i < count; ++i) {
    MemoryType type;
    if (has(Feature::memory64) && choices_.chance(25)) type.address = AddrType::i64;
    type.limits.min = choices_.chance(95) ? 1 + choices_.below(memory_pages_max) : 0;
    type.limits.max = type.limits.min + choices_.below(memory_pages_max);
    if (has(Feature::custom_page_sizes) && choices_.chance(15)) {
      type.page_size_log2 = 0;
      type.limits.min = 128 + choices_.below(300);
      type.limits.max = type.limits.min + choices_.below(300);
    }
    if (has(Feature::threads) && choices_.chance(10)) type.shared = true;
    module_.memories.push_back(type);
    module_.exports.push_back({"m" + std::to_string(i), ExternKind::memory, i});
  }
}

void ModulePlan::declare_tables() {
  const uint32_t count = has(Feature::reference_types) ? 1 + choices_.below(tables_max) : 1;
  for (uint32_t i = 0; i < count; ++i) {
    Table table;
    if (i != 0) table.type.element = random_reference();
    // The first table is for call_indirect.
    if (!has_constant(table.type.element)) table.type.element = funcref;
    if (has(Feature::memory64) && choices_.chance(20)) table.type.address = AddrType::i64;
    table.type.limits.min = i == 0 ? 8 : choices_.below(table_size_max);
    table.type.limits.max = table.type.limits.min + choices_.below(8);
    if (has(Feature::function_references) &&
        (!table.type.element.defaultable() || choices_.chance(30))) {
      Bytes code;
      push_constant(table.type.element, code, true);
      table.init = keep(std::move(code));
    }
    module_.tables.push_back(table);
  }
}

void ModulePlan::declare_globals() {
  Bytes zero;
  append_number(zero, i32, 0);
  module_.globals.push_back({{i32, true}, keep(std::move(zero))});
  module_.exports.push_back({steps_global, ExternKind::global, steps_index});
  for (uint32_t i = 0, count = choices_.below(globals_max); i < count; ++i) {
    GlobalType type{random_value(), choices_.chance(80)};
    if (!has_constant(type.type)) type.type = i32;
    Bytes code;
    push_constant(type.type, code, true);
    module_.globals.push_back({type, keep(std::move(code))});
    const bool portable = !type.type.is_ref() && !type.type.is_vec();
    if (portable || (!options_.portable && !type.type.is_ref())) {
      const uint32_t index = module_.global_count() - 1;
      module_.exports.push_back({"g" + std::to_string(index), ExternKind::global, index});
    }
  }
}

void ModulePlan::declare_elements() {
  // Function references are legal everywhere because one segment declares all functions.
  Elem all;
  all.mode = SegmentMode::active;
  Bytes offset;
  first_element_ = choices_.below(3);
  append_number(offset, val_type(module_.tables[0].type.address), first_element_);
  all.offset = keep(std::move(offset));
  all.type = ValType::ref(AbsHeapType::func, has(Feature::function_references) ? false : true);
  for (uint32_t i = 0; i < module_.function_count() && i < 6; ++i) all.functions.push_back(i);
  if (!has(Feature::function_references)) all.type = funcref;
  module_.elems.push_back(all);
  if (!has(Feature::reference_types)) return;
  Elem rest;
  rest.mode = SegmentMode::declarative;
  rest.type = all.type;
  for (uint32_t i = 0; i < module_.function_count(); ++i) rest.functions.push_back(i);
  module_.elems.push_back(rest);
  for (uint32_t i = 0, count = choices_.below(4); i < count; ++i) {
    Elem elem;
    elem.type = random_reference();
    if (!has_constant(elem.type)) elem.type = funcref;
    elem.uses_exprs = true;
    for (uint32_t k = 0, size = choices_.below(6); k < size; ++k) {
      Bytes code;
      push_constant(elem.type, code, true);
      elem.exprs.push_back(keep(std::move(code)));
    }
    module_.elems.push_back(std::move(elem));
  }
}

void ModulePlan::declare_data() {
  for (uint32_t i = 0, count = choices_.below(4); i < count; ++i) {
    Bytes bytes(choices_.below(48));
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(choices_.bits(1));
    Data data;
    if (module_.memory_count() != 0 && choices_.chance(60)) {
      data.mode = SegmentMode::active;
      data.memory = choices_.below(module_.memory_count());
      data.explicit_memory = data.memory != 0;
      Bytes offset;
      append_number(offset, val_type(module_.memories[data.memory].address), choices_.below(90));
      data.offset = keep(std::move(offset));
    } else if (!has(Feature::bulk_memory)) {
      continue;
    }
    kept_.push_back(std::move(bytes));
    data.bytes = kept_.back();
    module_.datas.push_back(data);
  }
  if (has(Feature::bulk_memory)) module_.data_count = static_cast<uint32_t>(module_.datas.size());
}

FuncType ModulePlan::func_type(uint32_t type_index) const {
  const FuncType* type = module_.types[type_index].func();
  CAIRN_ASSERT(type != nullptr);
  return *type;
}

uint32_t ModulePlan::type_index_of_function(uint32_t function) const {
  if (function < module_.imported_functions) {
    return std::get<uint32_t>(module_.imports[function].type);
  }
  return module_.functions[function - module_.imported_functions];
}

FuncType ModulePlan::type_of_function(uint32_t function) const {
  return func_type(type_index_of_function(function));
}

uint32_t ModulePlan::func_type_index(const FuncType& type) {
  // A type in a group of several is another type than the same one on its own.
  for (const RecGroup& group : module_.rec_groups) {
    const SubType& candidate = module_.types[group.first];
    if (group.count == 1 && candidate.is_final && candidate.supertypes.empty() &&
        candidate.func() && *candidate.func() == type) {
      return group.first;
    }
  }
  const auto index = static_cast<uint32_t>(module_.types.size());
  module_.types.push_back({true, {}, type});
  module_.rec_groups.push_back({index, 1, false});
  functypes_.push_back(index);
  return index;
}

Expr ModulePlan::keep(Bytes code) {
  append(code, Op::end);
  kept_.push_back(std::move(code));
  return {kept_.back(), 0};
}

}  // namespace cairn::fuzzing
