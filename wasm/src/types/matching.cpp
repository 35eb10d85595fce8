// Subtyping on canonical types (spec: Validation > Matching).

#include "types/matching.hpp"

#include <cairn/wasm/type_registry.hpp>

#include <algorithm>

namespace cairn::wasm {

namespace {

bool abstract_matches(AbsHeapType a, AbsHeapType b) {
  using enum AbsHeapType;
  if (a == b || a == bot) return true;
  switch (b) {
    case any: return a == eq || a == i31 || a == struct_ || a == array || a == none;
    case eq: return a == i31 || a == struct_ || a == array || a == none;
    case i31:
    case struct_:
    case array: return a == none;
    case func: return a == nofunc;
    case extern_: return a == noextern;
    case exn: return a == noexn;
    default: return false;
  }
}

AbsHeapType kind_of(const CompositeType& type) {
  if (std::holds_alternative<FuncType>(type)) return AbsHeapType::func;
  if (std::holds_alternative<StructType>(type)) return AbsHeapType::struct_;
  return AbsHeapType::array;
}

AbsHeapType bottom_of(const CompositeType& type) {
  return std::holds_alternative<FuncType>(type) ? AbsHeapType::nofunc : AbsHeapType::none;
}

bool field_matches(const TypeRegistry& registry, const FieldType& a, const FieldType& b) {
  if (a.is_mutable != b.is_mutable) return false;
  if (a.storage == b.storage) return true;
  return !a.is_mutable && registry.matches(a.storage, b.storage);
}

}  // namespace

bool TypeRegistry::is_subtype(TypeId a, TypeId b) const {
  if (a == b) return true;
  const std::vector<TypeId>& chain = get(a).supertypes;
  const size_t depth = get(b).supertypes.size() - 1;
  return depth < chain.size() && chain[depth] == b;
}

bool TypeRegistry::matches(HeapType a, HeapType b) const {
  if (a == b) return true;
  if (!a.is_index() && !b.is_index()) return abstract_matches(a.abstract(), b.abstract());
  if (a.is_index() && b.is_index()) return is_subtype(a.index(), b.index());
  if (a.is_index()) {
    return abstract_matches(kind_of(get(a.index()).type.composite), b.abstract());
  }
  return a.abstract() == AbsHeapType::bot ||
         a.abstract() == bottom_of(get(b.index()).type.composite);
}

bool TypeRegistry::matches(ValType a, ValType b) const {
  if (a == b || a.is_bot()) return true;
  if (!a.is_ref() || !b.is_ref()) return false;
  return (!a.nullable() || b.nullable()) && matches(a.heap(), b.heap());
}

AbsHeapType TypeRegistry::top(HeapType type) const {
  using enum AbsHeapType;
  const AbsHeapType abstract =
      type.is_index() ? kind_of(get(type.index()).type.composite) : type.abstract();
  switch (abstract) {
    case func:
    case nofunc: return func;
    case extern_:
    case noextern: return extern_;
    case exn:
    case noexn: return exn;
    case bot: return bot;
    default: return any;
  }
}

bool composite_matches(const TypeRegistry& registry, const CompositeType& a,
                       const CompositeType& b) {
  if (a.index() != b.index()) return false;
  const auto val_matches = [&](ValType x, ValType y) { return registry.matches(x, y); };
  const auto fields_match = [&](const FieldType& x, const FieldType& y) {
    return field_matches(registry, x, y);
  };
  if (const auto* func = std::get_if<FuncType>(&a)) {
    const auto& other = std::get<FuncType>(b);
    return std::ranges::equal(other.params, func->params, val_matches) &&
           std::ranges::equal(func->results, other.results, val_matches);
  }
  if (const auto* structure = std::get_if<StructType>(&a)) {
    const auto& other = std::get<StructType>(b);
    return structure->fields.size() >= other.fields.size() &&
           std::equal(other.fields.begin(), other.fields.end(), structure->fields.begin(),
                      [&](const FieldType& y, const FieldType& x) { return fields_match(x, y); });
  }
  return fields_match(std::get<ArrayType>(a).element, std::get<ArrayType>(b).element);
}

}  // namespace cairn::wasm
