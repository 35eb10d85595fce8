// Constants of every type: numbers that are at an edge, and small objects.

#include <bit>
#include <cairn/base/result.hpp>

#include "fuzzing/module_plan.hpp"

namespace cairn::fuzzing {
using namespace wasm;

namespace {

uint64_t integer_bits(Choices& choices, uint32_t width) {
  const uint64_t mask = width == 64 ? ~uint64_t{0} : (uint64_t{1} << width) - 1;
  switch (choices.below(6)) {
    case 0: return choices.below(16);
    case 1: return (uint64_t{0} - 1 - choices.below(4)) & mask;
    case 2: return (uint64_t{1} << choices.below(width)) & mask;
    case 3: return ((uint64_t{1} << choices.below(width)) - 1) & mask;
    case 4: return choices.bits(2);
    default: return choices.bits(width / 8) & mask;
  }
}

constexpr double interesting_floats[] = {0.0,
                                         1.0,
                                         -0.0,
                                         -1.0,
                                         0.5,
                                         -0.5,
                                         1.5,
                                         2.5,
                                         3.4e38,
                                         -3.4e38,
                                         1e-45,
                                         -1e-45,
                                         1.17549435e-38,
                                         2147483647.0,
                                         2147483648.0,
                                         -2147483648.0,
                                         -2147483649.0,
                                         4294967295.0,
                                         4294967296.0,
                                         9223372036854775808.0,
                                         -9223372036854775808.0,
                                         18446744073709551616.0,
                                         1.7976931348623157e308,
                                         4.9e-324,
                                         8388608.5,
                                         4503599627370496.5};

uint64_t float_bits(Choices& choices, bool is_double, bool canonical) {
  const auto both = [&](double value) -> uint64_t {
    return is_double ? std::bit_cast<uint64_t>(value)
                     : std::bit_cast<uint32_t>(static_cast<float>(value));
  };
  const uint64_t nan = is_double ? 0x7FF8000000000000 : 0x7FC00000;
  const uint64_t infinity = is_double ? 0x7FF0000000000000 : 0x7F800000;
  const uint64_t sign = is_double ? uint64_t{1} << 63 : uint64_t{1} << 31;
  switch (choices.below(6)) {
    case 0:
    case 1: {
      constexpr uint32_t count = std::size(interesting_floats);
      // A double beyond the range of float is undefined behaviour to convert.
      const double value = interesting_floats[choices.below(is_double ? count : count - 4)];
      return both(value);
    }
    case 2: return both(choices.below(1000) / 8.0 - 60);
    case 3: return infinity | (choices.chance(50) ? sign : 0);
    case 4: return nan;
    default: {
      const uint64_t bits = choices.bits(is_double ? 8 : 4);
      return canonical && (bits & ~sign) > infinity ? nan : bits;
    }
  }
}

}  // namespace

uint64_t ModulePlan::number_bits(ValType type) {
  if (type == i32) return integer_bits(choices_, 32);
  if (type == f32) return float_bits(choices_, false, options_.portable);
  if (type == f64) return float_bits(choices_, true, options_.portable);
  return integer_bits(choices_, 64);
}

bool ModulePlan::has_constant(ValType type) const {
  if (!type.is_ref() || type.nullable()) return true;
  const HeapType heap = type.heap();
  if (!heap.is_index()) {
    switch (heap.abstract()) {
      case AbsHeapType::any:
      case AbsHeapType::eq:
      case AbsHeapType::i31: return true;
      case AbsHeapType::func: return true;
      case AbsHeapType::extern_: return has(Feature::gc);
      default: return false;
    }
  }
  const SubType& sub = module_.types[heap.index()];
  if (const StructType* type_struct = sub.structure()) {
    for (const FieldType& field : type_struct->fields) {
      if (!field.storage.is_packed() && !has_constant(field.storage)) return false;
    }
    return true;
  }
  if (sub.array()) return true;
  if (!functions_known_) return false;
  for (uint32_t i = 0; i < module_.function_count(); ++i) {
    if (matches(HeapType::index(type_index_of_function(i)), heap)) return true;
  }
  return false;
}

void ModulePlan::push_constant(ValType type, Bytes& out, bool constant_expression) {
  if (!type.is_ref()) {
    const bool integer = type == i32 || type == i64;
    append_number(out, type, number_bits(type));
    if (integer && constant_expression && has(Feature::extended_const) && choices_.chance(20)) {
      append_number(out, type, number_bits(type));
      constexpr Op narrow[] = {Op::i32_add, Op::i32_sub, Op::i32_mul};
      constexpr Op wide[] = {Op::i64_add, Op::i64_sub, Op::i64_mul};
      append(out, (type == i32 ? narrow : wide)[choices_.below(3)]);
    }
    return;
  }
  constexpr uint32_t object_depth_max = 3;
  if (type.nullable() && (object_depth_ >= object_depth_max ||
                          !has_constant(type.as_nullable(false)) || !choices_.chance(60))) {
    append_null(out, type.heap());
    return;
  }
  if (has_constant(type.as_nullable(false))) {
    ++object_depth_;
    push_object(type.heap(), out);
    --object_depth_;
    return;
  }
  CAIRN_ASSERT(!constant_expression);
  append_null(out, type.heap());
  append(out, Op::ref_as_non_null);
}

void ModulePlan::push_object(HeapType heap, Bytes& out) {
  if (heap.is_index()) return push_concrete(heap.index(), out);
  switch (heap.abstract()) {
    case AbsHeapType::func:
      append(out, Op::ref_func, choices_.below(functions_known_ ? module_.function_count() : 1));
      return;
    case AbsHeapType::extern_:
      append_number(out, i32, number_bits(i32));
      append(out, Op::ref_i31);
      append(out, Op::extern_convert_any);
      return;
    case AbsHeapType::any:
    case AbsHeapType::eq:
      if (!structs_.empty() && choices_.chance(50)) {
        const uint32_t index = choices_.pick(structs_);
        if (has_constant(ValType::ref(HeapType::index(index), false))) {
          return push_concrete(index, out);
        }
      }
      [[fallthrough]];
    default: append_number(out, i32, number_bits(i32)); append(out, Op::ref_i31);
  }
}

void ModulePlan::push_concrete(uint32_t type_index, Bytes& out) {
  const SubType type = module_.types[type_index];
  if (const StructType* fields = type.structure()) {
    bool defaultable = true;
    for (const FieldType& field : fields->fields) defaultable &= field.storage.defaultable();
    if (defaultable && !choices_.chance(50)) {
      append(out, Op::struct_new_default, type_index);
      return;
    }
    for (const FieldType& field : fields->fields) {
      push_constant(field.storage.unpacked(), out, true);
    }
    append(out, Op::struct_new, type_index);
  } else if (const ArrayType* array = type.array()) {
    if (array->element.storage.defaultable() && choices_.chance(30)) {
      append_number(out, i32, choices_.below(8));
      append(out, Op::array_new_default, type_index);
      return;
    }
    uint32_t count = choices_.below(4);
    if (!has_constant(array->element.storage.unpacked())) count = 0;
    for (uint32_t i = 0; i < count; ++i) {
      push_constant(array->element.storage.unpacked(), out, true);
    }
    append(out, Op::array_new_fixed, type_index, count);
  } else {
    for (uint32_t i = 0; i < module_.function_count(); ++i) {
      if (matches(HeapType::index(type_index_of_function(i)), HeapType::index(type_index))) {
        append(out, Op::ref_func, i);
        return;
      }
    }
    CAIRN_ASSERT(false);
  }
}

void append(Bytes& out, Op op) {
  Instruction in;
  in.op = op;
  encode(in, out);
}

void append(Bytes& out, Op op, uint32_t index, uint32_t index2) {
  Instruction in;
  in.op = op;
  in.index = index;
  in.index2 = index2;
  encode(in, out);
}

void append_number(Bytes& out, ValType type, uint64_t bits) {
  Instruction in;
  in.value = bits;
  switch (type.kind()) {
    case ValType::Kind::i32:
      in.op = Op::i32_const;
      in.value = static_cast<uint64_t>(static_cast<int64_t>(static_cast<int32_t>(bits)));
      break;
    case ValType::Kind::i64: in.op = Op::i64_const; break;
    case ValType::Kind::f32: in.op = Op::f32_const; break;
    case ValType::Kind::f64: in.op = Op::f64_const; break;
    default:
      CAIRN_ASSERT(type.is_vec());
      in.op = Op::v128_const;
      store_le(in.bytes, bits);
      store_le(in.bytes + 8, bits * 0x9E3779B97F4A7C15);
      break;
  }
  encode(in, out);
}

void append_null(Bytes& out, HeapType heap) {
  Instruction in;
  in.op = Op::ref_null;
  in.heap = heap;
  encode(in, out);
}

}  // namespace cairn::fuzzing
