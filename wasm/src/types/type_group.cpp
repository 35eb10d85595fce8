#include "types/type_group.hpp"

#include <algorithm>

namespace cairn::wasm {

namespace {

void visit_index(ValType type, const std::function<void(uint32_t)>& visit) {
  if (type.is_ref() && type.heap().is_index()) visit(type.heap().index());
}

template <class Visit>
void for_each_val_type(const CompositeType& composite, const Visit& visit) {
  if (const auto* func = std::get_if<FuncType>(&composite)) {
    for (ValType type : func->params) visit(type);
    for (ValType type : func->results) visit(type);
  } else if (const auto* structure = std::get_if<StructType>(&composite)) {
    for (const FieldType& field : structure->fields) visit(field.storage);
  } else {
    visit(std::get<ArrayType>(composite).element.storage);
  }
}

}  // namespace

void for_each_index(const SubType& type, const std::function<void(uint32_t)>& visit) {
  for (uint32_t super : type.supertypes) visit(super);
  for_each_val_type(type.composite, [&](ValType value) { visit_index(value, visit); });
}

ValType with_index(ValType type, const IndexMap& map) {
  if (!type.is_ref() || !type.heap().is_index()) return type;
  return ValType::ref(HeapType::index(map(type.heap().index())), type.nullable());
}

SubType with_indices(const SubType& type, const IndexMap& map) {
  SubType out = type;
  for (uint32_t& super : out.supertypes) super = map(super);
  if (auto* func = std::get_if<FuncType>(&out.composite)) {
    for (ValType& value : func->params) value = with_index(value, map);
    for (ValType& value : func->results) value = with_index(value, map);
  } else if (auto* structure = std::get_if<StructType>(&out.composite)) {
    for (FieldType& field : structure->fields) field.storage = with_index(field.storage, map);
  } else {
    FieldType& element = std::get<ArrayType>(out.composite).element;
    element.storage = with_index(element.storage, map);
  }
  return out;
}

void append_key(std::vector<uint32_t>& key, const SubType& type, const IndexMap& map) {
  key.push_back(static_cast<uint32_t>(type.composite.index()) | (type.is_final ? 4u : 0u) |
                static_cast<uint32_t>(type.supertypes.size() << 3));
  for (uint32_t super : type.supertypes) key.push_back(map(super));
  const auto append = [&](ValType value) { key.push_back(with_index(value, map).bits()); };
  if (const FuncType* func = type.func()) {
    key.push_back(static_cast<uint32_t>(func->params.size()));
    key.push_back(static_cast<uint32_t>(func->results.size()));
    for_each_val_type(type.composite, append);
  } else if (const StructType* structure = type.structure()) {
    key.push_back(static_cast<uint32_t>(structure->fields.size()));
    for (const FieldType& field : structure->fields) {
      key.push_back(field.is_mutable ? 1 : 0);
      append(field.storage);
    }
  } else {
    const FieldType& element = type.array()->element;
    key.push_back(element.is_mutable ? 1 : 0);
    append(element.storage);
  }
}

size_t KeyHash::operator()(std::span<const uint32_t> key) const {
  uint64_t hash = 0x9E3779B97F4A7C15u ^ key.size();
  for (uint32_t word : key) {
    hash = (hash ^ word) * 0xFF51AFD7ED558CCDu;
    hash ^= hash >> 32;
  }
  return static_cast<size_t>(hash);
}

bool KeyEqual::operator()(std::span<const uint32_t> a, std::span<const uint32_t> b) const {
  return std::ranges::equal(a, b);
}

}  // namespace cairn::wasm
