#pragma once
/// Replaces resource types and names in types. Remembers what it has replaced, so that a type that
/// occurs often costs once; so it must not outlive a change of the substitution.

#include <cairn/component/types.hpp>

#include <unordered_map>

namespace cairn::component {

class Substituter {
 public:
  Substituter(Types& types, const Substitution& with) : types_(types), with_(with) {}

  ValType operator()(ValType type);
  FuncTypeId operator()(FuncTypeId type);
  InstanceTypeId operator()(InstanceTypeId type);
  ComponentTypeId operator()(ComponentTypeId type);
  ResourceRef operator()(ResourceRef resource);
  AnyType operator()(const AnyType& type);
  ExternType operator()(const ExternType& type);
  std::vector<NamedExtern> operator()(const std::vector<NamedExtern>& externs);

 private:
  bool is_empty() const { return with_.resources.empty() && with_.names.empty(); }

  Types& types_;
  const Substitution& with_;
  std::unordered_map<uint32_t, ValType> values_;
  std::unordered_map<uint32_t, FuncTypeId> funcs_;
  std::unordered_map<uint32_t, InstanceTypeId> instances_;
  std::unordered_map<uint32_t, ComponentTypeId> components_;
};

}  // namespace cairn::component
