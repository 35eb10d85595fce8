// Expressions that make references, and numbers that come from them.

#include <cairn/base/result.hpp>

#include "fuzzing/function_builder.hpp"

namespace cairn::fuzzing {
using namespace wasm;

namespace {

Op get_of(const FieldType& field, bool is_signed, Op plain, Op with_sign, Op without) {
  if (!field.storage.is_packed()) return plain;
  return is_signed ? with_sign : without;
}

}  // namespace

void FunctionBuilder::reference(ValType type) {
  const HeapType heap = type.heap();
  switch (choices_.below(8)) {
    case 0:
      if (field_of(type)) return;
      break;
    case 1:
      if (element_of(type)) return;
      break;
    case 2:
      if (plan_.has(Feature::gc)) return cast_to(type);
      break;
    case 3:
      if (!type.nullable() && plan_.has(Feature::function_references)) {
        expr(type.as_nullable(true));
        return emit(Op::ref_as_non_null);
      }
      break;
    case 4:
      for (uint32_t i = 0; i < module_.table_count(); ++i) {
        if (plan_.matches(module_.tables[i].type.element, type)) {
          table_index(i);
          return emit(Op::table_get, i);
        }
      }
      break;
    default: break;
  }
  if (!make_object(heap)) leaf(type);
}

/// A new object of a heap type; false, and nothing emitted, when there is no way to make one.
bool FunctionBuilder::make_object(HeapType heap) {
  if (heap.is_index()) {
    if (module_.types[heap.index()].func()) return false;
    make_concrete(heap.index());
    return true;
  }
  const bool gc = plan_.has(Feature::gc);
  std::vector<uint32_t> types;
  switch (heap.abstract()) {
    case AbsHeapType::any:
      if (choices_.chance(20)) {
        expr(ValType::ref(AbsHeapType::extern_, false));
        emit(Op::any_convert_extern);
        return true;
      }
      [[fallthrough]];
    case AbsHeapType::eq:
      types = plan_.structs();
      types.insert(types.end(), plan_.arrays().begin(), plan_.arrays().end());
      if (!types.empty() && choices_.chance(70)) break;
      [[fallthrough]];
    case AbsHeapType::i31:
      expr(i32);
      emit(Op::ref_i31);
      return true;
    case AbsHeapType::struct_: types = plan_.structs(); break;
    case AbsHeapType::array: types = plan_.arrays(); break;
    case AbsHeapType::extern_:
      if (!gc) return false;
      expr(ValType::ref(AbsHeapType::any, false));
      emit(Op::extern_convert_any);
      return true;
    default: return false;
  }
  if (types.empty()) return false;
  make_concrete(choices_.pick(types));
  return true;
}

void FunctionBuilder::make_concrete(uint32_t type_index) {
  const SubType type = module_.types[type_index];
  if (type.array()) return array_of(type_index);
  bool defaultable = true;
  for (const FieldType& field : type.structure()->fields) {
    defaultable &= field.storage.defaultable();
  }
  if (defaultable && choices_.chance(30)) return emit(Op::struct_new_default, type_index);
  for (const FieldType& field : type.structure()->fields) expr(field.storage.unpacked());
  emit(Op::struct_new, type_index);
}

void FunctionBuilder::array_of(uint32_t type_index) {
  const FieldType element = module_.types[type_index].array()->element;
  const ValType type = element.storage.unpacked();
  switch (choices_.below(5)) {
    case 0: {
      const uint32_t count = choices_.below(5);
      for (uint32_t i = 0; i < count; ++i) expr(type);
      return emit(Op::array_new_fixed, type_index, count);
    }
    case 1:
      if (!type.is_ref() && !module_.datas.empty()) {
        small(i32, 7);
        small(i32, 7);
        return emit(Op::array_new_data, type_index,
                    choices_.below(static_cast<uint32_t>(module_.datas.size())));
      }
      break;
    case 2:
      for (uint32_t i = 0; i < module_.elems.size() && type.is_ref(); ++i) {
        if (!plan_.matches(module_.elems[i].type, type)) continue;
        small(i32, 3);
        small(i32, 3);
        return emit(Op::array_new_elem, type_index, i);
      }
      break;
    case 3:
      if (!element.storage.defaultable()) break;
      expr(i32);
      clamp(i32, 31);
      return emit(Op::array_new_default, type_index);
    default: break;
  }
  expr(type);
  expr(i32);
  clamp(i32, 31);
  emit(Op::array_new, type_index);
}

void FunctionBuilder::cast_to(ValType type) {
  const bool checked = choices_.chance(30);  // which traps where it does not fit
  const HeapType from = checked ? HeapType(plan_.top_of(type.heap())) : type.heap();
  if (from == AbsHeapType::exn) return leaf(type);
  expr(ValType::ref(from, true));
  Instruction in;
  in.op = type.nullable() ? Op::ref_cast_null : Op::ref_cast;
  in.heap = type.heap();
  emit(in);
}

void FunctionBuilder::object(uint32_t type_index) {
  expr(ValType::ref(HeapType::index(type_index), choices_.chance(30)));
}

/// A field that has the type; false when there is none.
bool FunctionBuilder::field_of(ValType type) {
  std::vector<std::pair<uint32_t, uint32_t>> fitting;
  for (const uint32_t index : plan_.structs()) {
    const std::vector<FieldType>& fields = module_.types[index].structure()->fields;
    for (uint32_t i = 0; i < fields.size(); ++i) {
      if (plan_.matches(fields[i].storage.unpacked(), type)) fitting.emplace_back(index, i);
    }
  }
  if (fitting.empty()) return false;
  const auto [index, field] = choices_.pick(fitting);
  object(index);
  const FieldType field_type = module_.types[index].structure()->fields[field];
  emit(get_of(field_type, choices_.chance(50), Op::struct_get, Op::struct_get_s, Op::struct_get_u),
       index, field);
  return true;
}

bool FunctionBuilder::element_of(ValType type) {
  std::vector<uint32_t> fitting;
  for (const uint32_t index : plan_.arrays()) {
    if (plan_.matches(module_.types[index].array()->element.storage.unpacked(), type)) {
      fitting.push_back(index);
    }
  }
  if (fitting.empty()) return false;
  const uint32_t index = choices_.pick(fitting);
  object(index);
  small(i32, 3);
  const FieldType element = module_.types[index].array()->element;
  emit(get_of(element, choices_.chance(50), Op::array_get, Op::array_get_s, Op::array_get_u),
       index);
  return true;
}

/// An i32 from references.
void FunctionBuilder::number_from_reference() {
  const bool gc = plan_.has(Feature::gc);
  switch (choices_.below(gc ? 8 : 2)) {
    case 0: {
      const uint32_t table = choices_.below(module_.table_count());
      emit(Op::table_size, table);
      if (module_.tables[table].type.address == AddrType::i64) emit(Op::i32_wrap_i64);
      return;
    }
    case 1: expr(plan_.random_reference().as_nullable(true)); return emit(Op::ref_is_null);
    case 2: {
      const ValType eqref = ValType::ref(AbsHeapType::eq, true);
      expr(eqref);
      expr(eqref);
      return emit(Op::ref_eq);
    }
    case 3:
    case 4: {
      const ValType wanted = plan_.random_reference();
      const AbsHeapType top = plan_.top_of(wanted.heap());
      if (top == AbsHeapType::exn) return leaf(i32);
      expr(ValType::ref(top, true));
      Instruction in;
      in.op = choices_.chance(50) ? Op::ref_test : Op::ref_test_null;
      in.heap = wanted.heap();
      return emit(in);
    }
    case 5:
      expr(ValType::ref(AbsHeapType::i31, choices_.chance(30)));
      return emit(choices_.chance(50) ? Op::i31_get_s : Op::i31_get_u);
    case 6:
      if (plan_.arrays().empty()) return leaf(i32);
      expr(ValType::ref(AbsHeapType::array, choices_.chance(30)));
      return emit(Op::array_len);
    default:
      if (!field_of(i32)) leaf(i32);
  }
}

/// br_on_null, br_on_non_null, br_on_cast or br_on_cast_fail; false when no label fits.
bool FunctionBuilder::branch_on_reference(ValType type) {
  const uint32_t depth = random_label();
  if (label(depth).loop) return false;
  Types types = label(depth).types;
  Instruction in;
  in.index = depth;
  if (types.empty() || !types.back().is_ref() || choices_.chance(30)) {
    const ValType operand = plan_.random_reference();
    exprs(types);
    expr(operand.as_nullable(true));
    in.op = Op::br_on_null;
    emit(in);
    types.push_back(operand.as_nullable(false));
    reduce(types, type);
    return true;
  }
  const ValType carried = types.back();
  const AbsHeapType top = plan_.top_of(carried.heap());
  types.pop_back();
  exprs(types);
  if (top == AbsHeapType::exn || choices_.chance(30)) {
    expr(carried.as_nullable(true));
    in.op = Op::br_on_non_null;
    emit(in);
  } else if (choices_.chance(50)) {
    in.op = Op::br_on_cast;
    in.cast_from = ValType::ref(top, true);
    in.cast_to = carried;
    expr(in.cast_from);
    emit(in);
    types.push_back(in.cast_from.as_nullable(!carried.nullable()));
  } else {
    in.op = Op::br_on_cast_fail;
    in.cast_from = carried;
    in.cast_to = carried;
    for (uint32_t i = 0; i < 6; ++i) {
      const ValType narrower = plan_.random_reference();
      if (plan_.matches(narrower, carried)) in.cast_to = narrower;
    }
    expr(in.cast_from);
    emit(in);
    types.push_back(in.cast_to);
  }
  if (types.empty()) {
    leaf(type);
  } else {
    reduce(types, type);
  }
  return true;
}

}  // namespace cairn::fuzzing
