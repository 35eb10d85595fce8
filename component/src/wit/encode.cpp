#include "wit/encode.hpp"

#include <fmt/format.h>
#include <cairn/component/wit_binary.hpp>

#include "wit/package_docs.hpp"

namespace cairn::component::wit {
namespace {

using syntax::ExternDesc;
using syntax::ExternName;

ExternName extern_name(std::string name, const std::optional<std::string>& external_id) {
  ExternName out{.name = std::move(name)};
  if (external_id) {
    out.attributes.push_back({syntax::Attribute::Kind::external_id, *external_id});
  }
  return out;
}

syntax::PrimType prim_type(Primitive type) {
  static constexpr syntax::PrimType types[] = {
      syntax::PrimType::bool_,  syntax::PrimType::s8,           syntax::PrimType::u8,
      syntax::PrimType::s16,    syntax::PrimType::u16,          syntax::PrimType::s32,
      syntax::PrimType::u32,    syntax::PrimType::s64,          syntax::PrimType::u64,
      syntax::PrimType::f32,    syntax::PrimType::f64,          syntax::PrimType::char_,
      syntax::PrimType::string, syntax::PrimType::error_context};
  return types[static_cast<size_t>(type)];
}

std::string key_of(const syntax::ValType& type) {
  return type.is_index() ? fmt::format("{}", type.index()) : std::string(to_string(type.prim()));
}
std::string key_of(const std::optional<syntax::ValType>& type) {
  return type ? key_of(*type) : "_";
}

/// What a type without a name, or a function type, consists of; empty for all others.
std::string key_of(const syntax::Type& type) {
  if (const auto* list = std::get_if<syntax::List>(&type.what)) {
    return fmt::format("list {} {}", key_of(list->element), list->length.value_or(0));
  }
  if (const auto* tuple = std::get_if<syntax::Tuple>(&type.what)) {
    std::string key = "tuple";
    for (const syntax::ValType& part : tuple->types) key += " " + key_of(part);
    return key;
  }
  if (const auto* option = std::get_if<syntax::Option>(&type.what)) {
    return "option " + key_of(option->type);
  }
  if (const auto* result = std::get_if<syntax::ResultType>(&type.what)) {
    return fmt::format("result {} {}", key_of(result->ok), key_of(result->error));
  }
  if (const auto* map = std::get_if<syntax::Map>(&type.what)) {
    return fmt::format("map {} {}", key_of(map->key), key_of(map->value));
  }
  if (const auto* own = std::get_if<syntax::Own>(&type.what)) {
    return fmt::format("own {}", own->resource);
  }
  if (const auto* borrow = std::get_if<syntax::Borrow>(&type.what)) {
    return fmt::format("borrow {}", borrow->resource);
  }
  if (const auto* stream = std::get_if<syntax::Stream>(&type.what)) {
    return "stream " + key_of(stream->type);
  }
  if (const auto* future = std::get_if<syntax::Future>(&type.what)) {
    return "future " + key_of(future->type);
  }
  if (const auto* func = std::get_if<syntax::FuncType>(&type.what)) {
    std::string key = func->is_async ? "async func" : "func";
    for (const syntax::LabeledType& param : func->params) {
      key += fmt::format(" {}:{}", param.label, key_of(param.type));
    }
    return key + " -> " + key_of(func->result);
  }
  return "";
}

}  // namespace

// ---- Declarators -----------------------------------------------------------------------------

uint32_t ComponentTypeEncoder::define(syntax::Type type) {
  scope_->declarators.push_back({std::move(type)});
  return scope_->types++;
}

uint32_t ComponentTypeEncoder::define_once(syntax::Type type) {
  const std::string key = key_of(type);
  if (key.empty()) return define(std::move(type));
  const auto [found, added] = scope_->in_place.emplace(key, scope_->types);
  if (added) define(std::move(type));
  return found->second;
}

void ComponentTypeEncoder::alias(syntax::Alias alias) {
  scope_->declarators.push_back({std::move(alias)});
  ++scope_->types;
}

void ComponentTypeEncoder::declare(bool is_import, ExternName name, ExternDesc desc) {
  if (desc.sort() == syntax::Sort::type) ++scope_->types;
  if (desc.sort() == syntax::Sort::instance && !inside_instance_) ++instances_;
  if (is_import) {
    scope_->declarators.push_back({syntax::ImportDecl{std::move(name), desc}});
  } else {
    scope_->declarators.push_back({syntax::ExportDecl{std::move(name), desc}});
  }
}

/// Interfaces export their types, worlds import them. The index of the type with its name.
uint32_t ComponentTypeEncoder::name_type(const TypeDef& type, ExternDesc desc) {
  const uint32_t index = scope_->types;
  declare(!inside_instance_, extern_name(type.name, type.meta.external_id), desc);
  return index;
}

// ---- Types -----------------------------------------------------------------------------------

syntax::ValType ComponentTypeEncoder::val_type(const Type& type) {
  if (const auto* primitive = std::get_if<Primitive>(&type)) return prim_type(*primitive);
  return syntax::ValType::index(type_index(std::get<TypeId>(type)));
}

std::optional<syntax::ValType> ComponentTypeEncoder::val_type(const std::optional<Type>& type) {
  return type ? std::optional(val_type(*type)) : std::nullopt;
}

uint32_t ComponentTypeEncoder::type_index(TypeId id) {
  const auto known = scope_->by_id.find(id);
  if (known != scope_->by_id.end()) return known->second;
  const auto* owner = std::get_if<InterfaceId>(&resolve_[id].owner);
  const bool foreign = owner != nullptr && interface_ != *owner;
  const uint32_t index = foreign ? foreign_type(*owner, id) : local_type(id);
  scope_->by_id.emplace(id, index);
  return index;
}

/// Types of other interfaces are aliases of what their instances export.
uint32_t ComponentTypeEncoder::foreign_type(InterfaceId owner, TypeId id) {
  const uint32_t instance = instance_of_.at(owner);
  Scope* const inner = std::exchange(scope_, &outer_);
  const auto [found, added] = aliases_.emplace(std::pair(instance, id), outer_.types);
  if (added) {
    alias({syntax::Sort::type, syntax::Alias::Export{instance, resolve_[id].name}});
  }
  scope_ = inner;
  if (!inside_instance_) return found->second;
  alias({syntax::Sort::type, syntax::Alias::Outer{1, found->second}});
  return scope_->types - 1;
}

uint32_t ComponentTypeEncoder::local_type(TypeId id) {
  const TypeDef& type = resolve_[id];
  if (std::holds_alternative<Resource>(type.kind)) {
    return name_type(type, {ExternDesc::SubResource{}});
  }
  if (type.name.empty()) return define_once({kind(type.kind)});
  uint32_t index = 0;
  const auto* alias = std::get_if<Alias>(&type.kind);
  const auto* target = alias == nullptr ? nullptr : std::get_if<TypeId>(&alias->type);
  if (target != nullptr) {
    index = type_index(*target);
  } else if (alias != nullptr) {
    index = define({prim_type(std::get<Primitive>(alias->type))});
  } else {
    index = define({kind(type.kind)});
  }
  return name_type(type, {ExternDesc::TypeEq{index}});
}

syntax::Type::What ComponentTypeEncoder::kind(const TypeKind& kind) {
  const auto labels_of = [](const std::vector<Label>& list) {
    std::vector<std::string> labels;
    for (const Label& label : list) labels.push_back(label.name);
    return labels;
  };
  if (const auto* record = std::get_if<Record>(&kind)) {
    syntax::Record out;
    for (const Field& field : record->fields) {
      out.fields.push_back({field.name, val_type(field.type)});
    }
    return out;
  }
  if (const auto* variant = std::get_if<Variant>(&kind)) {
    syntax::Variant out;
    for (const Case& each : variant->cases) out.cases.push_back({each.name, val_type(each.type)});
    return out;
  }
  if (const auto* flags = std::get_if<Flags>(&kind)) return syntax::Flags{labels_of(flags->labels)};
  if (const auto* cases = std::get_if<Enum>(&kind)) return syntax::Enum{labels_of(cases->labels)};
  if (const auto* tuple = std::get_if<Tuple>(&kind)) {
    syntax::Tuple out;
    for (const Type& part : tuple->types) out.types.push_back(val_type(part));
    return out;
  }
  if (const auto* option = std::get_if<Option>(&kind)) {
    return syntax::Option{val_type(option->type)};
  }
  if (const auto* result = std::get_if<ResultType>(&kind)) {
    const auto ok = val_type(result->ok);
    return syntax::ResultType{ok, val_type(result->error)};
  }
  if (const auto* list = std::get_if<List>(&kind)) {
    return syntax::List{val_type(list->element), list->length};
  }
  if (const auto* map = std::get_if<Map>(&kind)) {
    const syntax::ValType key = val_type(map->key);
    return syntax::Map{key, val_type(map->value)};
  }
  if (const auto* stream = std::get_if<Stream>(&kind)) {
    return syntax::Stream{val_type(stream->element)};
  }
  if (const auto* future = std::get_if<Future>(&kind)) {
    return syntax::Future{val_type(future->value)};
  }
  if (const auto* borrow = std::get_if<Borrow>(&kind)) {
    return syntax::Borrow{type_index(borrow->resource)};
  }
  return syntax::Own{type_index(std::get<Own>(kind).resource)};
}

uint32_t ComponentTypeEncoder::func_type(const Function& function) {
  syntax::FuncType type{.is_async = function.is_async, .params = {}};
  for (const Param& param : function.params) {
    type.params.push_back({param.name, val_type(param.type)});
  }
  type.result = val_type(function.result);
  return define_once({std::move(type)});
}

// ---- Interfaces and worlds -------------------------------------------------------------------

syntax::InstanceType ComponentTypeEncoder::instance(InterfaceId id, bool with_functions) {
  Scope inner;
  scope_ = &inner;
  inside_instance_ = true;
  interface_ = id;
  for (const TypeId type : resolve_[id].types) type_index(type);
  if (with_functions) {
    for (const Function& function : resolve_[id].functions) {
      if (!keeps(id, function)) continue;
      const uint32_t type = func_type(function);
      declare(false, extern_name(function.name, function.meta.external_id),
              {ExternDesc::Func{type}});
    }
  }
  interface_ = std::nullopt;
  inside_instance_ = false;
  scope_ = &outer_;
  return {std::move(inner.declarators)};
}

/// Imports the interfaces that `id` uses, with their types only, each after what it uses itself.
void ComponentTypeEncoder::need_imports_of(InterfaceId id, std::set<InterfaceId>& done) {
  struct Frame {
    InterfaceId id;
    std::vector<InterfaceId> dependencies;
    size_t next = 0;
  };
  std::vector<Frame> path = {{id, resolve_.dependencies(id)}};
  while (!path.empty()) {
    Frame& frame = path.back();
    if (frame.next < frame.dependencies.size()) {
      const InterfaceId next = frame.dependencies[frame.next++];
      if (!done.contains(next)) path.push_back({next, resolve_.dependencies(next)});
      continue;
    }
    const InterfaceId current = frame.id;
    path.pop_back();
    if (path.empty() || !done.insert(current).second) continue;
    const uint32_t type = define({instance(current, false)});
    instance_of_[current] = instances_;
    declare(true, {resolve_.name_of(current)}, {ExternDesc::Instance{type}});
  }
}

syntax::ComponentType ComponentTypeEncoder::interface(InterfaceId id) {
  std::set<InterfaceId> done;
  need_imports_of(id, done);
  syntax::InstanceType own = instance(id, true);
  const uint32_t type = define({std::move(own)});
  declare(false, {resolve_.name_of(id)}, {ExternDesc::Instance{type}});
  return {std::move(outer_.declarators)};
}

void ComponentTypeEncoder::world_item(const WorldItem& item, bool is_import) {
  if (const auto* type = std::get_if<TypeId>(&item.item)) {
    type_index(*type);
    return;
  }
  if (const auto* function = std::get_if<Function>(&item.item)) {
    const uint32_t type = func_type(*function);
    return declare(is_import, extern_name(function->name, function->meta.external_id),
                   {ExternDesc::Func{type}});
  }
  const auto id = std::get<InterfaceId>(item.item);
  ExternName name{.name = resolve_.name_of(item)};
  if (item.name() != nullptr && !resolve_[id].name.empty()) {
    name.attributes.push_back({syntax::Attribute::Kind::implements, resolve_.name_of(id)});
  }
  if (item.meta.external_id) {
    name.attributes.push_back({syntax::Attribute::Kind::external_id, *item.meta.external_id});
  }
  syntax::InstanceType instance = this->instance(id, true);
  const uint32_t type = define({std::move(instance)});
  if (item.name() == nullptr) instance_of_[id] = instances_;
  declare(is_import, std::move(name), {ExternDesc::Instance{type}});
}

syntax::ComponentType ComponentTypeEncoder::world(WorldId id) {
  for (const WorldItem& item : resolve_[id].imports) world_item(item, true);
  for (const WorldItem& item : resolve_[id].exports) world_item(item, false);
  return {std::move(outer_.declarators)};
}

// ---- Components ------------------------------------------------------------------------------

namespace {

/// A component type around that of a world, which exports it under its full name.
syntax::ComponentType wrapped_world(const Resolve& resolve, WorldId id) {
  syntax::ComponentType wrapper;
  wrapper.declarators.push_back({syntax::Type{ComponentTypeEncoder(resolve).world(id)}});
  wrapper.declarators.push_back(
      {syntax::ExportDecl{{resolve.name_of(id)}, {ExternDesc::Component{0}}}});
  return wrapper;
}

void add_type_export(syntax::Component& to, uint32_t& types, const std::string& name,
                     syntax::ComponentType type) {
  to.definitions.push_back({syntax::Type{std::move(type)}});
  to.definitions.push_back({syntax::Export{{name}, {syntax::Sort::type, types}, std::nullopt}});
  types += 2;  // the type, and the one that the export makes
}

}  // namespace

syntax::Component encode_package(const Resolve& resolve, PackageId package) {
  syntax::Component component;
  uint32_t types = 0;
  for (const InterfaceId id : resolve[package].interfaces) {
    add_type_export(component, types, resolve[id].name,
                    ComponentTypeEncoder(resolve).interface(id));
  }
  for (const WorldId id : resolve[package].worlds) {
    add_type_export(component, types, resolve[id].name, wrapped_world(resolve, id));
  }
  component.definitions.push_back(
      {syntax::Custom{std::string(package_docs_section), encode_package_docs(resolve, package)}});
  return component;
}

syntax::Component encode_world(const Resolve& resolve, WorldId world, StringEncoding strings) {
  syntax::Component component;
  component.definitions.push_back(
      {syntax::Custom{std::string(world_encoding_section),
                      {world_encoding_version, static_cast<uint8_t>(strings)}}});
  uint32_t types = 0;
  add_type_export(component, types, resolve[world].name, wrapped_world(resolve, world));
  return component;
}

}  // namespace cairn::component::wit
