// The types of a random module: recursive groups with subtypes, and values of all of them.

#include <cairn/base/result.hpp>

#include "fuzzing/module_plan.hpp"

namespace cairn::fuzzing {
using namespace wasm;

namespace {

constexpr uint32_t groups_max = 5, group_size_max = 3, fields_max = 4;

bool is_struct(const SubType& type) { return type.structure() != nullptr; }
bool is_array(const SubType& type) { return type.array() != nullptr; }

}  // namespace

void ModulePlan::declare_types() {
  if (!has(Feature::gc)) return;
  for (uint32_t i = 0, count = choices_.below(groups_max + 1); i < count; ++i) declare_group();
}

void ModulePlan::declare_group() {
  const auto first = static_cast<uint32_t>(module_.types.size());
  const uint32_t count = 1 + choices_.below(group_size_max);
  // Its members may refer to each other, so what sort they are is settled first.
  std::vector<SubType> members;
  for (uint32_t i = 0; i < count; ++i) {
    module_.types.push_back(random_composite(first + i, first + count));
    const SubType& type = module_.types.back();
    (is_struct(type) ? structs_ : is_array(type) ? arrays_ : functypes_).push_back(first + i);
  }
  module_.rec_groups.push_back({first, count, count > 1});
}

SubType ModulePlan::random_composite(uint32_t index, uint32_t group_end) {
  SubType type;
  type.is_final = !choices_.chance(70);
  if (index != 0 && choices_.chance(40)) {
    const uint32_t super = choices_.below(index);
    const SubType& above = module_.types[super];
    // A chain of supertypes has at most 63 members; ours are far shorter.
    if (!above.is_final) {
      type.supertypes = {super};
      type.composite = above.composite;
      if (is_struct(above)) {
        StructType& own = std::get<StructType>(type.composite);
        const StructType more = random_struct(index, group_end);
        own.fields.insert(own.fields.end(), more.fields.begin(), more.fields.end());
      }
      return type;
    }
  }
  switch (choices_.below(4)) {
    case 0:
    case 1: type.composite = random_struct(index, group_end); break;
    case 2: type.composite = ArrayType{random_field(index, group_end)}; break;
    default: {
      FuncType func;
      for (uint32_t i = choices_.below(3); i != 0; --i) {
        func.params.push_back(random_field(index, group_end).storage.unpacked());
      }
      for (uint32_t i = choices_.below(3); i != 0; --i) {
        func.results.push_back(random_field(index, group_end).storage.unpacked());
      }
      type.composite = func;
    }
  }
  return type;
}

StructType ModulePlan::random_struct(uint32_t index, uint32_t group_end) {
  StructType type;
  for (uint32_t i = choices_.below(fields_max + 1); i != 0; --i) {
    type.fields.push_back(random_field(index, group_end));
  }
  return type;
}

FieldType ModulePlan::random_field(uint32_t index, uint32_t group_end) {
  FieldType field;
  field.is_mutable = choices_.chance(75);
  switch (choices_.below(8)) {
    case 0: field.storage = i8_storage; break;
    case 1: field.storage = i16_storage; break;
    case 2: field.storage = ValType::ref(HeapType::index(choices_.below(group_end)), true); break;
    case 3:
      // Never to itself or a later type: a value of it can then always be made.
      field.storage =
          index == 0 ? anyref : ValType::ref(HeapType::index(choices_.below(index)), false);
      break;
    case 4: field.storage = random_reference(); break;
    default: field.storage = random_number(); break;
  }
  return field;
}

ValType ModulePlan::random_number() {
  constexpr ValType types[] = {i32, i64, f32, f64, v128};
  return types[choices_.below(has(Feature::simd) ? 5 : 4)];
}

ValType ModulePlan::random_reference() {
  std::vector<HeapType> heaps{AbsHeapType::func, AbsHeapType::extern_};
  if (has(Feature::gc)) {
    for (const AbsHeapType abstract :
         {AbsHeapType::any, AbsHeapType::eq, AbsHeapType::i31, AbsHeapType::struct_,
          AbsHeapType::array, AbsHeapType::none, AbsHeapType::nofunc, AbsHeapType::noextern}) {
      heaps.emplace_back(abstract);
    }
  }
  if (has(Feature::exceptions)) heaps.emplace_back(AbsHeapType::exn);
  const auto abstract = static_cast<uint32_t>(heaps.size());
  const auto concrete =
      has(Feature::gc)
          ? static_cast<uint32_t>(module_.rec_groups.empty()
                                      ? 0
                                      : structs_.size() + arrays_.size() + functypes_.size())
          : 0;
  const uint32_t choice = choices_.below(abstract + 2 * concrete);
  HeapType heap = AbsHeapType::func;
  if (choice < abstract) {
    heap = heaps[choice];
  } else {
    const uint32_t which = (choice - abstract) % concrete;
    if (which < structs_.size()) {
      heap = HeapType::index(structs_[which]);
    } else if (which < structs_.size() + arrays_.size()) {
      heap = HeapType::index(arrays_[which - structs_.size()]);
    } else {
      heap = HeapType::index(functypes_[which - structs_.size() - arrays_.size()]);
    }
  }
  // Non-null references to uninhabited types would make everything trap.
  const bool inhabited =
      heap.is_index() ||
      (heap != AbsHeapType::none && heap != AbsHeapType::nofunc && heap != AbsHeapType::noextern);
  const bool nullable = !has(Feature::function_references) || !inhabited || !choices_.chance(25);
  return ValType::ref(heap, nullable);
}

ValType ModulePlan::random_value() {
  if (!has(Feature::reference_types) || choices_.below(100) < 65) return random_number();
  return random_reference();
}

ValType ModulePlan::random_portable() {
  if (has(Feature::reference_types) && choices_.chance(8)) {
    return choices_.chance(50) ? funcref : externref;
  }
  constexpr ValType types[] = {i32, i64, f32, f64};
  if (!options_.portable && has(Feature::simd) && choices_.chance(15)) return v128;
  return types[choices_.below(4)];
}

std::vector<ValType> ModulePlan::random_values(uint32_t count_max, bool portable) {
  const uint32_t most = has(Feature::multi_value) ? count_max : 1;
  std::vector<ValType> types;
  for (uint32_t i = choices_.below(most + 1); i != 0; --i) {
    types.push_back(portable ? random_portable() : random_value());
  }
  return types;
}

AbsHeapType ModulePlan::top_of(HeapType heap) const {
  if (heap.is_index()) {
    return module_.types[heap.index()].func() ? AbsHeapType::func : AbsHeapType::any;
  }
  switch (heap.abstract()) {
    case AbsHeapType::func:
    case AbsHeapType::nofunc: return AbsHeapType::func;
    case AbsHeapType::extern_:
    case AbsHeapType::noextern: return AbsHeapType::extern_;
    case AbsHeapType::exn:
    case AbsHeapType::noexn: return AbsHeapType::exn;
    default: return AbsHeapType::any;
  }
}

bool ModulePlan::matches(HeapType sub, HeapType super) const {
  if (sub == super) return true;
  if (super.is_index()) {
    if (sub.is_index()) {
      const std::vector<uint32_t>& supertypes = module_.types[sub.index()].supertypes;
      return !supertypes.empty() && matches(HeapType::index(supertypes[0]), super);
    }
    return top_of(sub) == top_of(super) &&
           (sub.abstract() == AbsHeapType::none || sub.abstract() == AbsHeapType::nofunc);
  }
  const AbsHeapType above = super.abstract();
  if (top_of(sub) != top_of(super)) return false;
  if (above == top_of(super)) return true;
  if (sub.is_index()) {
    const SubType& type = module_.types[sub.index()];
    return (above == AbsHeapType::eq && !type.func()) ||
           (above == AbsHeapType::struct_ && is_struct(type)) ||
           (above == AbsHeapType::array && is_array(type));
  }
  switch (sub.abstract()) {
    case AbsHeapType::none:
    case AbsHeapType::nofunc:
    case AbsHeapType::noextern:
    case AbsHeapType::noexn: return true;
    case AbsHeapType::i31:
    case AbsHeapType::struct_:
    case AbsHeapType::array: return above == AbsHeapType::eq;
    default: return false;
  }
}

bool ModulePlan::matches(ValType sub, ValType super) const {
  if (sub == super) return true;
  if (!sub.is_ref() || !super.is_ref() || (sub.nullable() && !super.nullable())) return false;
  return matches(sub.heap(), super.heap());
}

}  // namespace cairn::fuzzing
