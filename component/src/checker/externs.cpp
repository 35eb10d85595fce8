// Imports and exports (Explainer.md, "Import and Export Definitions").

#include <fmt/format.h>

#include "checker/checker.hpp"

namespace cairn::component {

using syntax::ExternDesc;

Result<Checker::Described> Checker::describe(const ExternDesc& desc) {
  Described described{.type = TypeExtern{ValType(ValKind::bool_)}, .bindable = {}};
  if (const auto* module = std::get_if<ExternDesc::CoreModule>(&desc.what)) {
    described.type = TRY(core_module_type_at(module->type));
  } else if (const auto* func = std::get_if<ExternDesc::Func>(&desc.what)) {
    described.type = TRY(func_type_at(func->type));
  } else if (const auto* component = std::get_if<ExternDesc::Component>(&desc.what)) {
    const AnyType type = TRY(type_at(component->type));
    const auto* id = std::get_if<ComponentTypeId>(&type);
    if (!id) return wrong(fmt::format("type index {} is not a component type", component->type));
    described.type = *id;
  } else if (const auto* instance = std::get_if<ExternDesc::Instance>(&desc.what)) {
    const AnyType type = TRY(type_at(instance->type));
    const auto* id = std::get_if<InstanceTypeId>(&type);
    if (!id) return wrong(fmt::format("type index {} is not an instance type", instance->type));
    described.type = *id;
    described.bindable = types_[*id].bound;
  } else if (const auto* same = std::get_if<ExternDesc::ValueEq>(&desc.what)) {
    described.type = ValueExtern{TRY(at(scope_->checked->values, same->value, "value"))};
  } else if (const auto* value = std::get_if<ExternDesc::Value>(&desc.what)) {
    described.type = ValueExtern{TRY(val_type(value->type))};
  } else if (const auto* type = std::get_if<ExternDesc::TypeEq>(&desc.what)) {
    described.type = TypeExtern{TRY(type_at(type->type))};
  } else {
    const ResourceId open = types_.fresh_resource();
    described.type = TypeExtern{ResourceRef{open}};
    described.bindable = {open};
    described.is_fresh_resource = true;
  }
  if (const auto* value = std::get_if<ValueExtern>(&described.type)) {
    if (types_[value->type].contains_borrow) {
      return wrong("a value that is imported or exported cannot contain a `borrow` type");
    }
  }
  return described;
}

/// A type with a name of its own; everything else as it is.
ExternType Checker::named(const ExternType& type) {
  const auto* of = std::get_if<TypeExtern>(&type);
  if (!of) return type;
  if (const auto* value = std::get_if<ValType>(&of->type)) {
    return TypeExtern{types_.named(*value, types_.fresh_name())};
  }
  if (const auto* resource = std::get_if<ResourceRef>(&of->type)) {
    return TypeExtern{ResourceRef{resource->resource, types_.fresh_name()}};
  }
  return type;
}

ExternType Checker::introduce(const Described& described, std::vector<ResourceId>& resources) {
  if (described.is_fresh_resource) {
    resources.push_back(described.bindable.front());
    return described.type;
  }
  if (const auto* instance = std::get_if<InstanceTypeId>(&described.type)) {
    return open_instance(types_, *instance, resources);
  }
  return named(described.type);
}

/// Checks the name and that the type may be seen outside, and adds it to the imports or exports and
/// to its index space.
Result<> Checker::add_extern(const syntax::ExternName& name, const ExternType& type,
                             ExternSide side) {
  const bool is_import = side == ExternSide::import;
  ExternNames& names = scope_->names(side);
  TRY(check_extern_name(name, type, side, names));
  if (!make_visible(type, side)) {
    return wrong(fmt::format("{} not valid to be used as {}", sort_word(type),
                             is_import ? "import" : "export"));
  }
  if (const auto* of = std::get_if<TypeExtern>(&type)) {
    if (const auto* resource = std::get_if<ResourceRef>(&of->type)) {
      names.resources.try_emplace(*resource, name.name);
      names.resource_labels.insert(name.name);
    }
  }
  push(type);
  if (std::holds_alternative<ValueExtern>(type) && !is_import) scope_->value_used.back() = true;
  (is_import ? scope_->imports : scope_->exports).push_back({name.name, type});
  return {};
}

Result<> Checker::check(const syntax::Import& import) {
  const Described described = TRY(describe(import.desc));
  const ExternType type = introduce(described, scope_->imported_resources);
  TRY(add_extern(import.name, type, ExternSide::import));
  return charge_type(type);
}

Result<> Checker::check(const syntax::Export& item) {
  const ExternType actual = TRY(extern_at(item.item));
  TRY(charge_type(actual));
  if (!item.desc) return add_extern(item.name, named(actual), ExternSide::export_);

  const Described described = TRY(describe(*item.desc));
  Substitution bound;
  const Result<> fits =
      check_subtype(types_, actual, described.type, OpenResources(described.bindable), bound);
  work_ += bound.work;
  if (!fits) {
    return wrong(fits.error().kind,
                 fmt::format("ascribed type of export is not compatible with item's type: {}",
                             fits.error().message));
  }
  const ExternType type = introduce(described, scope_->own_resources);
  return add_extern(item.name, type, ExternSide::export_);
}

}  // namespace cairn::component
