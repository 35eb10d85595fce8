// Aliases (Explainer.md, "Alias Definitions").

#include <fmt/format.h>

#include "checker/checker.hpp"
#include "checker/free_resources.hpp"

namespace cairn::component {

using syntax::Sort;

namespace {

/// Of what an instance exports: "func", "module".
std::string_view word_of(Sort sort) {
  const std::string_view word = syntax::to_string(sort);
  return is_core(sort) ? word.substr(5) : word;
}

Sort sort_of(const ExternType& type) {
  constexpr std::array<Sort, 6> sorts = {Sort::core_module, Sort::func,      Sort::value,
                                         Sort::type,        Sort::component, Sort::instance};
  return sorts[type.index()];
}

}  // namespace

Result<> Checker::check(const syntax::Alias& alias) {
  const bool in_type = scope_->kind != ScopeKind::component;
  const bool outer = std::holds_alternative<syntax::Alias::Outer>(alias.target);
  const bool allowed =
      alias.sort == Sort::type || alias.sort == (outer ? Sort::core_type : Sort::instance);
  if (in_type && !allowed) {
    return wrong("aliases in component and instance types may only refer to types or instances");
  }
  if (const auto* target = std::get_if<syntax::Alias::Export>(&alias.target)) {
    return alias_export(alias.sort, *target);
  }
  if (const auto* target = std::get_if<syntax::Alias::CoreExport>(&alias.target)) {
    return alias_core_export(alias.sort, *target);
  }
  return alias_outer(alias.sort, std::get<syntax::Alias::Outer>(alias.target));
}

Result<> Checker::alias_export(Sort sort, const syntax::Alias::Export& target) {
  const InstanceTypeId instance = TRY(at(scope_->checked->instances, target.instance, "instance"));
  const NamedExtern* found = instance_exports_.find(types_[instance].exports, target.name);
  if (!found) {
    return wrong(fmt::format("instance {} has no export named `{}`", target.instance, target.name));
  }
  if (sort_of(found->type) != sort) {
    return wrong(fmt::format("export `{}` of instance {} is not a {}, but a {}", target.name,
                             target.instance, word_of(sort), sort_word(found->type)));
  }
  push(found->type);
  return charge_type(found->type);
}

Result<> Checker::alias_core_export(Sort sort, const syntax::Alias::CoreExport& target) {
  CheckedComponent& spaces = *scope_->checked;
  const auto instance = TRY(at(spaces.core_instances, target.instance, "core instance"));
  const CoreNamedExtern* found = core_instance_exports_.find(*instance, target.name);
  if (!found) {
    return wrong(
        fmt::format("core instance {} has no export named `{}`", target.instance, target.name));
  }
  if (static_cast<uint8_t>(sort) != static_cast<uint8_t>(found->type.kind())) {
    return wrong(fmt::format("export `{}` of core instance {} is not a {}, but a {}", target.name,
                             target.instance, word_of(sort), wasm::to_string(found->type.kind())));
  }
  switch (found->type.kind()) {
    case wasm::ExternKind::func:
      spaces.core_funcs.push_back(std::get<CoreExternType::Func>(found->type.type).id);
      break;
    case wasm::ExternKind::table:
      spaces.core_tables.push_back(std::get<wasm::TableType>(found->type.type));
      break;
    case wasm::ExternKind::memory:
      spaces.core_memories.push_back(std::get<wasm::MemoryType>(found->type.type));
      break;
    case wasm::ExternKind::global:
      spaces.core_globals.push_back(std::get<wasm::GlobalType>(found->type.type));
      break;
    case wasm::ExternKind::tag:
      spaces.core_tags.push_back(std::get<wasm::TagType>(found->type.type).type_index);
      break;
  }
  return {};
}
static_assert(static_cast<uint8_t>(Sort::core_func) ==
              static_cast<uint8_t>(wasm::ExternKind::func));
static_assert(static_cast<uint8_t>(Sort::core_tag) == static_cast<uint8_t>(wasm::ExternKind::tag));

Result<> Checker::alias_outer(Sort sort, const syntax::Alias::Outer& target) {
  const CheckScope* from = scope_;
  bool leaves_component = false;
  for (uint32_t i = 0; i < target.count; ++i) {
    leaves_component |= from->kind == ScopeKind::component;
    from = from->parent;
    if (!from) return wrong(fmt::format("invalid outer alias count of {}", target.count));
  }
  const CheckedComponent& spaces = *from->checked;
  switch (sort) {
    case Sort::core_module:
      scope_->checked->core_modules.push_back(TRY(at(spaces.core_modules, target.index, "module")));
      return {};
    case Sort::component:
      scope_->checked->components.push_back(TRY(at(spaces.components, target.index, "component")));
      return {};
    case Sort::core_type: {
      if (target.index >= from->core_types.size()) {
        return out_of_bounds("core type", target.index, from->core_types.size());
      }
      const CoreTypeEntry entry = from->core_types[target.index];
      scope_->core_types.push_back(entry);
      scope_->checked->core_types.push_back(entry.type);
      return {};
    }
    case Sort::type: {
      const AnyType type = TRY(at(spaces.types, target.index, "type"));
      if (leaves_component && mentions_resources(types_, type)) {
        return wrong(
            "a type that transitively refers to resources cannot be "
            "aliased across a component boundary");
      }
      scope_->checked->types.push_back(type);
      return charge_type(type);
    }
    default:
      return wrong(
          fmt::format("a {} cannot be aliased from an outer component", syntax::to_string(sort)));
  }
}

}  // namespace cairn::component
