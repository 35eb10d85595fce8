// Look-ups in index spaces.

#include <fmt/format.h>

#include "checker/checker.hpp"

namespace cairn::component {

using syntax::Sort;

std::unexpected<Error> Checker::out_of_bounds(std::string_view word, uint32_t index,
                                              size_t size) const {
  return wrong(
      fmt::format("unknown {} {}: {} index out of bounds, there are {}", word, index, word, size));
}

Result<AnyType> Checker::type_at(uint32_t index) const {
  return at(scope_->checked->types, index, "type");
}

Result<ResourceRef> Checker::resource_at(uint32_t index) const {
  const AnyType type = TRY(type_at(index));
  const auto* resource = std::get_if<ResourceRef>(&type);
  if (!resource) return wrong(fmt::format("type index {} is not a resource type", index));
  return *resource;
}

Result<FuncTypeId> Checker::func_type_at(uint32_t index) const {
  const AnyType type = TRY(type_at(index));
  const auto* func = std::get_if<FuncTypeId>(&type);
  if (!func) return wrong(fmt::format("type index {} is not a function type", index));
  return *func;
}

Result<CoreModuleTypeId> Checker::core_module_type_at(uint32_t index) const {
  if (index >= scope_->core_types.size()) {
    return out_of_bounds("core type", index, scope_->core_types.size());
  }
  const auto* module = std::get_if<CoreModuleTypeId>(&scope_->core_types[index].type);
  if (!module) return wrong(fmt::format("core type index {} is not a module type", index));
  return *module;
}

Result<ValType> Checker::val_type(syntax::ValType type) const {
  using syntax::PrimType;
  if (!type.is_index()) {
    if (type.prim() == PrimType::error_context) return ValType(ValKind::error_context);
    const auto place = static_cast<uint32_t>(PrimType::bool_) - static_cast<uint32_t>(type.prim());
    return ValType::from_id(place);
  }
  const AnyType found = TRY(type_at(type.index()));
  const auto* value = std::get_if<ValType>(&found);
  if (!value) return wrong(fmt::format("type index {} is not a defined type", type.index()));
  return *value;
}
static_assert(static_cast<uint32_t>(syntax::PrimType::bool_) -
                      static_cast<uint32_t>(syntax::PrimType::string) ==
                  static_cast<uint32_t>(ValKind::string),
              "the codes of primitive types descend in the order of their kinds");

Result<wasm::FuncType> Checker::core_func_at(uint32_t index) const {
  const wasm::TypeId id = TRY(at(scope_->checked->core_funcs, index, "core function"));
  return *types_.core().get(id).type.func();
}

Result<> Checker::use_value(uint32_t index) {
  TRY(at(scope_->checked->values, index, "value"));
  if (scope_->value_used[index]) {
    return wrong(fmt::format("value index {} cannot be used more than once", index));
  }
  scope_->value_used[index] = true;
  return {};
}

/// The type of an item that is exported, or given to an instantiation; a value is used up.
Result<ExternType> Checker::extern_at(syntax::SortIndex item) {
  const CheckedComponent& spaces = *scope_->checked;
  switch (item.sort) {
    case Sort::core_module: return TRY(at(spaces.core_modules, item.index, "module"));
    case Sort::func: return TRY(at(spaces.funcs, item.index, "function"));
    case Sort::type: return TypeExtern{TRY(type_at(item.index))};
    case Sort::component: return TRY(at(spaces.components, item.index, "component"));
    case Sort::instance: return TRY(at(spaces.instances, item.index, "instance"));
    case Sort::value: TRY(use_value(item.index)); return ValueExtern{spaces.values[item.index]};
    default:
      return wrong(
          fmt::format("a {} cannot cross the border of a component", syntax::to_string(item.sort)));
  }
}

Result<CoreExternType> Checker::core_extern_at(syntax::SortIndex item) const {
  const CheckedComponent& spaces = *scope_->checked;
  switch (item.sort) {
    case Sort::core_func:
      return CoreExternType{
          CoreExternType::Func{TRY(at(spaces.core_funcs, item.index, "core function"))}};
    case Sort::core_table: return CoreExternType{TRY(at(spaces.core_tables, item.index, "table"))};
    case Sort::core_memory:
      return CoreExternType{TRY(at(spaces.core_memories, item.index, "memory"))};
    case Sort::core_global:
      return CoreExternType{TRY(at(spaces.core_globals, item.index, "global"))};
    case Sort::core_tag:
      return CoreExternType{wasm::TagType{TRY(at(spaces.core_tags, item.index, "tag"))}};
    default:
      return wrong(fmt::format("a core instance cannot export a {}", syntax::to_string(item.sort)));
  }
}

/// Appends to the index space of the sort.
void Checker::push(const ExternType& type) {
  CheckedComponent& spaces = *scope_->checked;
  if (const auto* module = std::get_if<CoreModuleTypeId>(&type)) {
    spaces.core_modules.push_back(*module);
  } else if (const auto* func = std::get_if<FuncTypeId>(&type)) {
    spaces.funcs.push_back(*func);
  } else if (const auto* value = std::get_if<ValueExtern>(&type)) {
    spaces.values.push_back(value->type);
    scope_->value_used.push_back(false);
  } else if (const auto* named = std::get_if<TypeExtern>(&type)) {
    spaces.types.push_back(named->type);
  } else if (const auto* component = std::get_if<ComponentTypeId>(&type)) {
    spaces.components.push_back(*component);
  } else {
    spaces.instances.push_back(std::get<InstanceTypeId>(type));
  }
}

}  // namespace cairn::component
