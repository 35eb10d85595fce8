// Instances, core and other (Explainer.md, "Instance Definitions").

#include <fmt/format.h>

#include "checker/checker.hpp"
#include "typing/substitute.hpp"

namespace cairn::component {

using syntax::Sort;

Result<> Checker::check(const syntax::Instance& instance) {
  if (const auto* made = std::get_if<syntax::Instantiate>(&instance.what)) {
    return instantiate(*made);
  }
  return bag_of_exports(std::get<std::vector<syntax::InlineExport>>(instance.what));
}

/// The arguments take the places of the imports, one after another; what they say about resource
/// types is known to the imports that follow, and to the exports.
Result<> Checker::instantiate(const syntax::Instantiate& made) {
  if (made.target >= scope_->checked->components.size()) {
    return out_of_bounds("component", made.target, scope_->checked->components.size());
  }
  std::unordered_map<std::string_view, ExternType> args;
  for (const syntax::Argument& argument : made.args) {
    const ExternType type = TRY(extern_at(argument.item));
    if (!args.try_emplace(argument.name, type).second) {
      return wrong(fmt::format("instantiation argument `{}` conflicts with previous argument `{}`",
                               argument.name, argument.name));
    }
  }
  const ComponentType& component = types_[scope_->checked->components[made.target]];
  TRY(charge(component.node_count));
  Substitution with;
  const OpenResources open(component.imported_resources);
  for (const NamedExtern& import : component.imports) {
    const auto given = args.find(import.name);
    if (given == args.end()) return wrong(fmt::format("missing import named `{}`", import.name));
    TRY(charge(types_.node_count(import.type)));
    const Result<> fits = check_subtype(types_, given->second, import.type, open, with);
    work_ += std::exchange(with.work, 0);
    if (!fits) {
      return wrong(fits.error().kind, fmt::format("type mismatch for import `{}`: {}", import.name,
                                                  fits.error().message));
    }
  }
  for (const ResourceId own : component.exported_resources) {
    const ResourceId fresh = types_.fresh_resource();
    scope_->own_resources.push_back(fresh);
    with.resources.insert_or_assign(own.value, ResourceRef{fresh});
  }
  InstanceType instance{.exports = Substituter(types_, with)(component.exports)};
  scope_->checked->instances.push_back(types_.add(std::move(instance)));
  return {};
}

Result<> Checker::bag_of_exports(const std::vector<syntax::InlineExport>& exports) {
  InstanceType instance;
  ExternNames names;
  for (const syntax::InlineExport& entry : exports) {
    const ExternType type = TRY(extern_at(entry.item));
    TRY(check_extern_name(entry.name, type, ExternSide::export_, names));
    if (const auto* of = std::get_if<TypeExtern>(&type)) {
      // The label is known; functions mention the type under the name that it had before.
      if (std::holds_alternative<ResourceRef>(of->type)) {
        names.resource_labels.insert(entry.name.name);
      }
    }
    instance.exports.push_back({entry.name.name, type});
  }
  scope_->checked->instances.push_back(types_.add(std::move(instance)));
  return charge_type(AnyType(scope_->checked->instances.back()));
}

// ---- Core instances ----------------------------------------------------------------------------

Result<> Checker::check(const syntax::CoreInstance& instance) {
  if (const auto* made = std::get_if<syntax::Instantiate>(&instance.what)) {
    return instantiate_core(*made);
  }
  return bag_of_core_exports(std::get<std::vector<syntax::CoreInlineExport>>(instance.what));
}

Result<> Checker::instantiate_core(const syntax::Instantiate& made) {
  CheckedComponent& spaces = *scope_->checked;
  if (made.target >= spaces.core_modules.size()) {
    return out_of_bounds("module", made.target, spaces.core_modules.size());
  }
  std::unordered_map<std::string_view, const CoreInstanceType*> args;
  for (const syntax::Argument& argument : made.args) {
    if (argument.item.sort != Sort::core_instance) {
      return wrong("an argument of a module instantiation must be a core instance");
    }
    const auto instance = TRY(at(spaces.core_instances, argument.item.index, "core instance"));
    if (!args.try_emplace(argument.name, instance.get()).second) {
      return wrong(
          fmt::format("duplicate module instantiation argument named `{}`", argument.name));
    }
  }
  const CoreModuleType& module = types_[spaces.core_modules[made.target]];
  for (const CoreImportType& import : module.imports) {
    const auto given = args.find(import.module);
    if (given == args.end()) {
      return wrong(fmt::format("missing module instantiation argument named `{}`", import.module));
    }
    const CoreNamedExtern* found = core_instance_exports_.find(*given->second, import.name);
    if (!found) {
      return wrong(
          fmt::format("module instantiation argument `{}` does not export an item named `{}`",
                      import.module, import.name));
    }
    const Result<> fits = check_core_subtype(types_.core(), found->type, import.type);
    if (!fits) {
      return wrong(
          fmt::format("type mismatch for export `{}` of module instantiation argument `{}`: {}",
                      import.name, import.module, fits.error().message));
    }
  }
  spaces.core_instances.push_back(std::make_shared<const CoreInstanceType>(module.exports));
  return charge(static_cast<uint32_t>(std::min<size_t>(module.exports.size(), limits().type_size)));
}

Result<> Checker::bag_of_core_exports(const std::vector<syntax::CoreInlineExport>& exports) {
  auto instance = std::make_shared<CoreInstanceType>();
  std::unordered_set<std::string_view> names;
  for (const syntax::CoreInlineExport& entry : exports) {
    if (!names.insert(entry.name).second) {
      return wrong(fmt::format("export name `{}` already defined", entry.name));
    }
    instance->push_back({entry.name, TRY(core_extern_at(entry.item))});
  }
  scope_->checked->core_instances.push_back(std::move(instance));
  return {};
}

}  // namespace cairn::component
