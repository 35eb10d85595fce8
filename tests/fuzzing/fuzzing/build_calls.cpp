// Calls: direct, through tables, through references, and in tail position.

#include <cairn/base/result.hpp>

#include "fuzzing/function_builder.hpp"

namespace cairn::fuzzing {
using namespace wasm;

/// An expression that is a call, of a function that gives what is wanted where there is one.
void FunctionBuilder::call(ValType type) {
  std::vector<uint32_t> giving;
  for (uint32_t i = 0; i < module_.function_count(); ++i) {
    for (const ValType result : plan_.type_of_function(i).results) {
      if (plan_.matches(result, type)) {
        giving.push_back(i);
        break;
      }
    }
  }
  if (giving.empty()) return sequence(type);
  const uint32_t function = choices_.pick(giving);
  const Types results = plan_.type_of_function(function).results;
  call_function(function, false);
  reduce(results, type);
}

void FunctionBuilder::call_statement() {
  const uint32_t function = choices_.below(module_.function_count());
  call_function(function, false);
  drop_all(plan_.type_of_function(function).results);
}

void FunctionBuilder::call_function(uint32_t function, bool tail) {
  exprs(plan_.type_of_function(function).params);
  if (choices_.chance(40)) return call_by_reference(function, tail);
  emit(tail ? Op::return_call : Op::call, function);
}

/// call_indirect or call_ref, of the function or of another one.
void FunctionBuilder::call_by_reference(uint32_t function, bool tail) {
  const uint32_t type_index = plan_.type_index_of_function(function);
  if (plan_.has(Feature::function_references) && choices_.chance(40)) {
    if (choices_.chance(60))
      emit(Op::ref_func, function);
    else
      expr(ValType::ref(HeapType::index(type_index), choices_.chance(50)));
    return emit(tail ? Op::return_call_ref : Op::call_ref, type_index);
  }
  uint32_t table = 0;
  if (choices_.chance(15)) table = choices_.below(module_.table_count());
  if (plan_.top_of(module_.tables[table].type.element.heap()) != AbsHeapType::func) table = 0;
  if (table == 0 && choices_.chance(75))
    constant(val_type(module_.tables[0].type.address), plan_.first_element() + function);
  else
    table_index(table);
  emit(tail ? Op::return_call_indirect : Op::call_indirect, type_index, table);
}

/// An index that is mostly in a table's bounds.
void FunctionBuilder::table_index(uint32_t table) {
  const TableType& type = module_.tables[table].type;
  const uint64_t size = type.limits.min;
  if (choices_.chance(50)) return constant(val_type(type.address), choices_.below(8));
  small(val_type(type.address), size > 16 ? 15 : size > 8 ? 7 : 3);
}

/// Ends in dead code.
void FunctionBuilder::tail_call() {
  std::vector<uint32_t> giving;
  for (uint32_t i = 0; i < module_.function_count(); ++i) {
    if (plan_.type_of_function(i).results == type_.results) giving.push_back(i);
  }
  if (giving.empty()) {
    exprs(type_.results);
    return emit(Op::return_);
  }
  const uint32_t function = choices_.pick(giving);
  call_function(function, true);
}

}  // namespace cairn::fuzzing
