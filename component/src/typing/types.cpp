#include <fmt/format.h>
#include <cairn/component/types.hpp>

#include <algorithm>

#include "typing/measure.hpp"

namespace cairn::component {

namespace {

uint64_t mix(uint64_t hash, uint64_t value) {
  hash = (hash ^ value) * 0x9e3779b97f4a7c15;
  return hash ^ (hash >> 29);
}

uint64_t mix(uint64_t hash, std::string_view text) {
  return mix(hash, std::hash<std::string_view>{}(text));
}

}  // namespace

Types::Types(wasm::TypeRegistry& core, const Limits& limits) : core_(core), limits_(limits) {
  for (uint32_t kind = 0; kind < prim_kind_count; ++kind) {
    ValTypeInfo info{.kind = static_cast<ValKind>(kind), .shape = ValType::from_id(kind)};
    measure_prim(info);
    values_.push_back(std::move(info));
  }
}

size_t Types::Hash::operator()(const ValTypeInfo* info) const {
  uint64_t hash = mix(static_cast<uint64_t>(info->kind), info->parts.size());
  for (const ValPart& part : info->parts) {
    hash = mix(hash, part.label);
    hash = mix(hash, part.type ? uint64_t{part.type->id()} + 1 : 0);
  }
  hash = mix(hash, info->length ? uint64_t{*info->length} + 1 : 0);
  hash = mix(hash, uint64_t{info->resource.resource.value} << 32 | info->resource.name.value);
  return mix(hash, info->name.value);
}

bool Types::Same::operator()(const ValTypeInfo* a, const ValTypeInfo* b) const {
  return a->kind == b->kind && a->length == b->length && a->resource == b->resource &&
         a->name == b->name && a->parts == b->parts;
}

size_t Types::FuncHash::operator()(const FuncType* type) const {
  uint64_t hash = mix(type->is_async ? 1 : 0, type->params.size());
  for (const FuncParam& param : type->params) {
    hash = mix(hash, param.name);
    hash = mix(hash, param.type.id());
  }
  return mix(hash, type->result ? uint64_t{type->result->id()} + 1 : 0);
}

// ---- Value types -----------------------------------------------------------------------------

Result<ValType> Types::add(ValTypeInfo info) {
  const ValType type = TRY(insert(std::move(info)));
  constexpr uint32_t size_end = 1u << 28;
  if ((*this)[type].layout(PtrSize::bits64).size >= size_end) {
    return fail(ErrorKind::invalid,
                fmt::format("a value of type {} exceeds maximum byte size of 2^28 - 1 bytes",
                            describe(type)));
  }
  return type;
}

Result<ValType> Types::insert(ValTypeInfo info) {
  if (static_cast<uint32_t>(info.kind) < prim_kind_count) return ValType(info.kind);
  const auto found = value_ids_.find(&info);
  if (found != value_ids_.end()) return found->second;
  if (info.kind == ValKind::map) {
    // Its elements are no type of the source: they may be larger than such a type.
    ValTypeInfo entry{.kind = ValKind::tuple};
    entry.parts = info.parts;
    info.element = TRY(insert(std::move(entry)));
  } else if (info.kind == ValKind::list || info.kind == ValKind::option ||
             info.kind == ValKind::stream || info.kind == ValKind::future) {
    info.element = info.parts.empty() ? std::nullopt : info.parts.front().type;
  }
  TRY(measure(info));
  ValTypeInfo plain = info;
  plain.name = {};
  plain.resource.name = {};
  for (ValPart& part : plain.parts) {
    if (part.type) part.type = shape(*part.type);
  }
  if (plain.element) plain.element = shape(*plain.element);
  const auto id = ValType::from_id(static_cast<uint32_t>(values_.size()));
  if (Same{}(&plain, &info)) {
    info.shape = id;
    values_.push_back(std::move(info));
    value_ids_.emplace(&values_.back(), id);
    return id;
  }
  info.shape = TRY(insert(std::move(plain)));
  const auto own_id = ValType::from_id(static_cast<uint32_t>(values_.size()));
  values_.push_back(std::move(info));
  value_ids_.emplace(&values_.back(), own_id);
  return own_id;
}

Result<> Types::measure(ValTypeInfo& info) const {
  const auto join = [&](const ValTypeInfo& part) {
    info.depth = std::max(info.depth, part.depth + 1);
    info.node_count = std::min(info.node_count + part.node_count, limits_.type_size + 1);
    info.contains_borrow |= part.contains_borrow;
    info.contains_resource |= part.contains_resource;
    const bool is_handle = info.kind == ValKind::stream || info.kind == ValKind::future;
    info.contains_pointer |= part.contains_pointer && !is_handle;
  };
  info.depth = 1;
  info.node_count = 1;
  info.contains_borrow = info.kind == ValKind::borrow;
  info.contains_resource = info.kind == ValKind::own || info.kind == ValKind::borrow;
  info.contains_pointer = (info.kind == ValKind::list && !info.length) || info.kind == ValKind::map;
  for (const ValPart& part : info.parts) {
    if (part.type) join((*this)[*part.type]);
  }
  if (info.depth > limits_.type_depth) {
    return fail(ErrorKind::limit, fmt::format("types nest too deeply: {} levels, the limit is {}",
                                              info.depth, limits_.type_depth));
  }
  if (info.node_count > limits_.type_size) {
    return fail(ErrorKind::limit,
                fmt::format("a type is too large: the limit is {} nodes", limits_.type_size));
  }
  measure_layout(*this, info);
  return {};
}

Result<ValType> Types::list_of(ValType element) {
  return add({.kind = ValKind::list, .parts = {{.label = {}, .type = element}}});
}

Result<ValType> Types::option_of(ValType element) {
  return add({.kind = ValKind::option, .parts = {{.label = {}, .type = element}}});
}

Result<ValType> Types::result_of(std::optional<ValType> ok, std::optional<ValType> error) {
  return add({.kind = ValKind::result,
              .parts = {{.label = "ok", .type = ok}, {.label = "error", .type = error}}});
}

Result<ValType> Types::tuple_of(std::span<const ValType> elements) {
  ValTypeInfo info{.kind = ValKind::tuple};
  for (const ValType element : elements) info.parts.push_back({.label = {}, .type = element});
  return add(std::move(info));
}

Result<ValType> Types::own_of(ResourceRef resource) {
  return add({.kind = ValKind::own, .resource = resource});
}

Result<ValType> Types::borrow_of(ResourceRef resource) {
  return add({.kind = ValKind::borrow, .resource = resource});
}

ValType Types::named(ValType type, NameId name) {
  if (type.is_prim()) return type;
  ValTypeInfo info = (*this)[type];
  info.name = name;
  const Result<ValType> added = insert(std::move(info));
  return added ? *added : type;  // what was entered once is within the limits
}

// ---- Other types -----------------------------------------------------------------------------

uint32_t Types::node_count(const AnyType& type) const {
  if (const auto* value = std::get_if<ValType>(&type)) return (*this)[*value].node_count;
  if (const auto* func = std::get_if<FuncTypeId>(&type)) return (*this)[*func].node_count;
  if (const auto* instance = std::get_if<InstanceTypeId>(&type)) {
    return (*this)[*instance].node_count;
  }
  if (const auto* component = std::get_if<ComponentTypeId>(&type)) {
    return (*this)[*component].node_count;
  }
  return 1;
}

uint32_t Types::node_count(const ExternType& type) const {
  if (const auto* value = std::get_if<ValueExtern>(&type)) return node_count(AnyType(value->type));
  if (const auto* named = std::get_if<TypeExtern>(&type)) return node_count(named->type);
  if (const auto* func = std::get_if<FuncTypeId>(&type)) return node_count(AnyType(*func));
  if (const auto* instance = std::get_if<InstanceTypeId>(&type)) {
    return node_count(AnyType(*instance));
  }
  if (const auto* component = std::get_if<ComponentTypeId>(&type)) {
    return node_count(AnyType(*component));
  }
  return 1;
}

uint32_t Types::node_count(std::span<const NamedExtern> externs) const {
  uint64_t count = 0;
  for (const NamedExtern& entry : externs) {
    count = std::min<uint64_t>(count + 1 + node_count(entry.type), limits_.type_size + 1);
  }
  return static_cast<uint32_t>(count);
}

uint32_t Types::depth(const AnyType& type) const {
  if (const auto* instance = std::get_if<InstanceTypeId>(&type)) return (*this)[*instance].depth;
  if (const auto* component = std::get_if<ComponentTypeId>(&type)) {
    return (*this)[*component].depth;
  }
  return 0;
}

uint32_t Types::depth(const ExternType& type) const {
  if (const auto* named = std::get_if<TypeExtern>(&type)) return depth(named->type);
  if (const auto* instance = std::get_if<InstanceTypeId>(&type)) return depth(AnyType(*instance));
  if (const auto* component = std::get_if<ComponentTypeId>(&type)) {
    return depth(AnyType(*component));
  }
  return 0;
}

uint32_t Types::depth(std::span<const NamedExtern> externs) const {
  uint32_t most = 0;
  for (const NamedExtern& entry : externs) most = std::max(most, depth(entry.type));
  return most + 1;
}

FuncTypeId Types::add(FuncType type) {
  uint64_t count = 1;
  for (const FuncParam& param : type.params) count += (*this)[param.type].node_count;
  if (type.result) count += (*this)[*type.result].node_count;
  type.node_count = static_cast<uint32_t>(std::min<uint64_t>(count, limits_.type_size + 1));
  const auto found = func_ids_.find(&type);
  if (found != func_ids_.end()) return found->second;
  const FuncTypeId id{static_cast<uint32_t>(funcs_.size())};
  funcs_.push_back(std::move(type));
  func_ids_.emplace(&funcs_.back(), id);
  return id;
}

InstanceTypeId Types::add(InstanceType type) {
  type.node_count = node_count(type.exports) + 1;
  type.depth = depth(type.exports);
  instances_.push_back(std::move(type));
  return {static_cast<uint32_t>(instances_.size() - 1)};
}

ComponentTypeId Types::add(ComponentType type) {
  type.node_count = node_count(type.imports) + node_count(type.exports) + 1;
  type.depth = std::max(depth(type.imports), depth(type.exports));
  components_.push_back(std::move(type));
  return {static_cast<uint32_t>(components_.size() - 1)};
}

CoreModuleTypeId Types::add(CoreModuleType type) {
  modules_.push_back(std::move(type));
  return {static_cast<uint32_t>(modules_.size() - 1)};
}

void Types::keep(std::shared_ptr<const wasm::TypeRegistry::Handle> handle) {
  kept_.push_back(std::move(handle));
}

ValPart ValTypeInfo::case_of(uint32_t index) const {
  if (kind != ValKind::option) return parts[index];
  return index == 0 ? ValPart{.label = "none"} : ValPart{.label = "some", .type = element};
}

const NamedExtern* find_extern(std::span<const NamedExtern> externs, std::string_view name) {
  const auto found = std::ranges::find(externs, name, &NamedExtern::name);
  return found == externs.end() ? nullptr : &*found;
}

std::string_view sort_word(const ExternType& type) {
  constexpr std::array<std::string_view, 6> words = {"core module", "func",      "value",
                                                     "type",        "component", "instance"};
  static_assert(words.size() == std::variant_size_v<ExternType>);
  return words[type.index()];
}

}  // namespace cairn::component
