#include "typing/substitute.hpp"

namespace cairn::component {

ResourceRef Substituter::operator()(ResourceRef resource) {
  if (const auto named = with_.names.find(resource.name.value);
      resource.name.value != 0 && named != with_.names.end()) {
    if (const auto* ref = std::get_if<ResourceRef>(&named->second)) return *ref;
  }
  const auto found = with_.resources.find(resource.resource.value);
  if (found == with_.resources.end()) return resource;
  // An alias of what is replaced stays an alias, now of what takes its place.
  return resource.name.value == 0 ? found->second
                                  : ResourceRef{found->second.resource, resource.name};
}

ValType Substituter::operator()(ValType type) {
  if (is_empty()) return type;
  const ValTypeInfo& info = types_[type];
  if (info.shape == type && !info.contains_resource) return type;
  if (const auto done = values_.find(type.id()); done != values_.end()) return done->second;
  const auto finish = [&](ValType result) {
    values_.emplace(type.id(), result);
    return result;
  };
  if (const auto named = with_.names.find(info.name.value);
      info.name.value != 0 && named != with_.names.end()) {
    if (const auto* value = std::get_if<ValType>(&named->second)) return finish(*value);
  }
  ValTypeInfo copy{.kind = info.kind,
                   .parts = info.parts,
                   .length = info.length,
                   .resource = info.resource,
                   .name = info.name};
  for (ValPart& part : copy.parts) {
    if (part.type) part.type = (*this)(*part.type);
  }
  if (info.kind == ValKind::own || info.kind == ValKind::borrow) {
    copy.resource = (*this)(info.resource);
  }
  const Result<ValType> added = types_.add(std::move(copy));
  return finish(added ? *added : type);  // as large as before: within the limits
}

FuncTypeId Substituter::operator()(FuncTypeId type) {
  if (is_empty()) return type;
  if (const auto done = funcs_.find(type.value); done != funcs_.end()) return done->second;
  FuncType copy = types_[type];
  for (FuncParam& param : copy.params) param.type = (*this)(param.type);
  if (copy.result) copy.result = (*this)(*copy.result);
  const FuncTypeId result = types_.add(std::move(copy));
  funcs_.emplace(type.value, result);
  return result;
}

InstanceTypeId Substituter::operator()(InstanceTypeId type) {
  if (is_empty()) return type;
  if (const auto done = instances_.find(type.value); done != instances_.end()) return done->second;
  InstanceType copy{.exports = (*this)(types_[type].exports), .bound = types_[type].bound};
  const bool changed = copy.exports != types_[type].exports;
  const InstanceTypeId result = changed ? types_.add(std::move(copy)) : type;
  instances_.emplace(type.value, result);
  return result;
}

ComponentTypeId Substituter::operator()(ComponentTypeId type) {
  if (is_empty()) return type;
  if (const auto done = components_.find(type.value); done != components_.end()) {
    return done->second;
  }
  ComponentType copy = types_[type];
  copy.imports = (*this)(copy.imports);
  copy.exports = (*this)(copy.exports);
  const bool changed = copy.imports != types_[type].imports || copy.exports != types_[type].exports;
  const ComponentTypeId result = changed ? types_.add(std::move(copy)) : type;
  components_.emplace(type.value, result);
  return result;
}

AnyType Substituter::operator()(const AnyType& type) {
  return std::visit([this](const auto& of) -> AnyType { return (*this)(of); }, type);
}

ExternType Substituter::operator()(const ExternType& type) {
  if (const auto* value = std::get_if<ValueExtern>(&type)) {
    return ValueExtern{(*this)(value->type)};
  }
  if (const auto* named = std::get_if<TypeExtern>(&type)) return TypeExtern{(*this)(named->type)};
  if (const auto* func = std::get_if<FuncTypeId>(&type)) return (*this)(*func);
  if (const auto* component = std::get_if<ComponentTypeId>(&type)) return (*this)(*component);
  if (const auto* instance = std::get_if<InstanceTypeId>(&type)) return (*this)(*instance);
  return type;
}

std::vector<NamedExtern> Substituter::operator()(const std::vector<NamedExtern>& externs) {
  std::vector<NamedExtern> copy = externs;
  for (NamedExtern& entry : copy) entry.type = (*this)(entry.type);
  return copy;
}

// ---- Public ------------------------------------------------------------------------------------

ValType substitute(Types& types, ValType type, const Substitution& with) {
  return Substituter(types, with)(type);
}

FuncTypeId substitute(Types& types, FuncTypeId type, const Substitution& with) {
  return Substituter(types, with)(type);
}

AnyType substitute(Types& types, const AnyType& type, const Substitution& with) {
  return Substituter(types, with)(type);
}

ExternType substitute(Types& types, const ExternType& type, const Substitution& with) {
  return Substituter(types, with)(type);
}

InstanceTypeId open_instance(Types& types, InstanceTypeId type, std::vector<ResourceId>& fresh) {
  if (types[type].bound.empty()) return type;
  Substitution with;
  for (const ResourceId bound : types[type].bound) {
    fresh.push_back(types.fresh_resource());
    with.resources.emplace(bound.value, ResourceRef{fresh.back()});
  }
  Substituter substituter(types, with);
  return types.add(InstanceType{.exports = substituter(types[type].exports), .bound = {}});
}

}  // namespace cairn::component
