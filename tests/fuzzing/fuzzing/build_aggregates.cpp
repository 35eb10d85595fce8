// Statements that change objects and tables.

#include <cairn/base/result.hpp>

#include "fuzzing/function_builder.hpp"

namespace cairn::fuzzing {
using namespace wasm;

void FunctionBuilder::reference_statement() {
  if (!plan_.has(Feature::reference_types)) return emit(Op::nop);
  if (choices_.chance(40)) return table_statement();
  if (!plan_.arrays().empty() && choices_.chance(50)) {
    return array_statement(choices_.pick(plan_.arrays()));
  }
  if (plan_.structs().empty()) return emit(Op::nop);
  const uint32_t index = choices_.pick(plan_.structs());
  const std::vector<FieldType> fields = module_.types[index].structure()->fields;
  for (uint32_t i = 0; i < fields.size(); ++i) {
    if (!fields[i].is_mutable || choices_.chance(40)) continue;
    object(index);
    expr(fields[i].storage.unpacked());
    return emit(Op::struct_set, index, i);
  }
}

void FunctionBuilder::array_statement(uint32_t index) {
  const FieldType element = module_.types[index].array()->element;
  if (!element.is_mutable) return emit(Op::nop);
  const ValType type = element.storage.unpacked();
  switch (choices_.below(6)) {
    case 0:
      object(index);
      small(i32, 3);
      expr(type);
      small(i32, 3);
      return emit(Op::array_fill, index);
    case 1:
      object(index);
      small(i32, 3);
      object(index);
      small(i32, 3);
      small(i32, 3);
      return emit(Op::array_copy, index, index);
    case 2:
      if (type.is_ref() || module_.datas.empty()) break;
      object(index);
      small(i32, 3);
      small(i32, 3);
      small(i32, 3);
      return emit(Op::array_init_data, index,
                  choices_.below(static_cast<uint32_t>(module_.datas.size())));
    case 3:
      for (uint32_t i = 0; i < module_.elems.size() && type.is_ref(); ++i) {
        if (!plan_.matches(module_.elems[i].type, type)) continue;
        object(index);
        small(i32, 3);
        small(i32, 3);
        small(i32, 3);
        return emit(Op::array_init_elem, index, i);
      }
      break;
    default: break;
  }
  object(index);
  small(i32, 3);
  expr(type);
  emit(Op::array_set, index);
}

void FunctionBuilder::table_statement() {
  const uint32_t table = choices_.below(module_.table_count());
  const TableType type = module_.tables[table].type;
  const ValType index = val_type(type.address);
  switch (choices_.below(7)) {
    case 0:
      table_index(table);
      expr(type.element);
      small(index, 3);
      return emit(Op::table_fill, table);
    case 1: {
      uint32_t from = choices_.below(module_.table_count());
      if (!plan_.matches(module_.tables[from].type.element, type.element)) from = table;
      table_index(table);
      table_index(from);
      const bool wide = index == i64 && module_.tables[from].type.address == AddrType::i64;
      small(wide ? i64 : i32, 3);
      return emit(Op::table_copy, table, from);
    }
    case 2:
      for (uint32_t i = choices_.below(2); i < module_.elems.size(); ++i) {
        if (!plan_.matches(module_.elems[i].type, type.element)) continue;
        table_index(table);
        small(i32, 3);
        small(i32, 3);
        return emit(Op::table_init, i, table);
      }
      break;
    case 3:
      expr(type.element);
      small(index, 3);
      emit(Op::table_grow, table);
      return emit(Op::drop);
    case 4:
      if (choices_.chance(30)) {
        return emit(Op::elem_drop, choices_.below(static_cast<uint32_t>(module_.elems.size())));
      }
      break;
    default: break;
  }
  table_index(table);
  expr(type.element);
  emit(Op::table_set, table);
}

}  // namespace cairn::fuzzing
