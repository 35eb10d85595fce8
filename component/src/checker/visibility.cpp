// External visibility (Explainer.md, "External Visibility of Types"): resource types, records,
// variants, enumerations and flags in what is imported or exported have a name out there.

#include "checker/checker.hpp"

namespace cairn::component {

/// A bag of exports gives no names of its own: when it is exported, the types in it become visible
/// as they are, and with them all of the same shape that have no name either.
///
/// Whether the type may be imported (or exported) here; then the types that it names are visible
/// from now on. Instance types are looked at where they are used.
bool Checker::make_visible(const ExternType& type, ExternSide side) {
  if (scope_->kind == ScopeKind::instance_type) return true;
  const bool is_import = side == ExternSide::import;
  const VisibleTypes& visible = is_import ? scope_->imported : scope_->exported;
  if (const auto* func = std::get_if<FuncTypeId>(&type)) return func_visible(*func, visible);
  if (const auto* value = std::get_if<ValueExtern>(&type)) return is_visible(value->type, visible);
  if (const auto* instance = std::get_if<InstanceTypeId>(&type)) {
    for (const NamedExtern& entry : types_[*instance].exports) {
      if (!make_visible(entry.type, side)) return false;
    }
    return true;
  }
  const auto* of = std::get_if<TypeExtern>(&type);
  if (!of) return true;  // components and core modules mention nothing of what is around them
  if (!parts_visible(of->type, visible)) return false;
  const auto add = [&](VisibleTypes& to) {
    if (const auto* value = std::get_if<ValType>(&of->type)) {
      to.values.insert(value->id());
    } else if (const auto* resource = std::get_if<ResourceRef>(&of->type)) {
      to.resources.emplace(*resource, true);
    }
  };
  if (is_import) add(scope_->imported);
  add(scope_->exported);
  return true;
}

bool Checker::parts_visible(const AnyType& type, const VisibleTypes& visible) const {
  if (const auto* value = std::get_if<ValType>(&type)) return parts_visible(*value, visible);
  if (const auto* func = std::get_if<FuncTypeId>(&type)) return func_visible(*func, visible);
  if (const auto* instance = std::get_if<InstanceTypeId>(&type)) {
    return instance_visible(*instance, visible);
  }
  return true;  // a resource type gets its name here; component types were checked when they were
                // made
}

/// Whether all that a type consists of is visible; the type itself may be about to get a name.
bool Checker::parts_visible(ValType type, const VisibleTypes& visible) const {
  const ValTypeInfo& info = types_[type];
  if (info.kind == ValKind::own || info.kind == ValKind::borrow) {
    return visible.resources.contains(info.resource);
  }
  return std::ranges::all_of(info.parts, [&](const ValPart& part) {
    return !part.type || is_visible(*part.type, visible);
  });
}

bool Checker::is_visible(ValType type, const VisibleTypes& visible) const {
  if (type.is_prim() || visible.values.contains(type.id())) return true;
  switch (types_[type].kind) {
    case ValKind::record:
    case ValKind::variant:
    case ValKind::enum_:
    case ValKind::flags: return false;
    default: return parts_visible(type, visible);
  }
}

bool Checker::func_visible(FuncTypeId type, const VisibleTypes& visible) const {
  const FuncType& func = types_[type];
  return (!func.result || is_visible(*func.result, visible)) &&
         std::ranges::all_of(
             func.params, [&](const FuncParam& param) { return is_visible(param.type, visible); });
}

bool Checker::instance_visible(InstanceTypeId type, const VisibleTypes& visible) const {
  return std::ranges::all_of(types_[type].exports, [&](const NamedExtern& entry) {
    if (const auto* func = std::get_if<FuncTypeId>(&entry.type)) {
      return func_visible(*func, visible);
    }
    if (const auto* value = std::get_if<ValueExtern>(&entry.type)) {
      return is_visible(value->type, visible);
    }
    if (const auto* nested = std::get_if<InstanceTypeId>(&entry.type)) {
      return instance_visible(*nested, visible);
    }
    const auto* of = std::get_if<TypeExtern>(&entry.type);
    return !of || parts_visible(of->type, visible);
  });
}

}  // namespace cairn::component
