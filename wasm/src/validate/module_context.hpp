#pragma once
/// The context of validation (spec: Validation > Conventions > Contexts): the index spaces of one
/// module, all types in canonical form.

#include <cairn/wasm/features.hpp>
#include <cairn/wasm/limits.hpp>
#include <cairn/wasm/module.hpp>
#include <cairn/wasm/type_registry.hpp>
#include <cairn/wasm/validate.hpp>

namespace cairn::wasm {

struct ModuleContext {
  struct Func {
    TypeId type;
    const FuncType* signature;
  };

  const Module& module;
  const TypeRegistry& registry;
  const TypeRegistry::Handle& handle;
  Features features;
  const ImplementationLimits& limits;

  std::vector<const CanonicalType*> types;
  std::vector<Func> funcs;
  std::vector<TableType> tables;
  std::vector<MemoryType> memories;
  std::vector<GlobalType> globals;  ///< those that are visible so far
  std::vector<const FuncType*> tags;
  std::vector<ValType> elems;
  /// Functions that occur outside of bodies, which `ref.func` may therefore name.
  std::vector<bool> declared_funcs;
  BodyUse use;  ///< of the bodies that were validated

  bool knows(HeapType type) const { return !type.is_index() || type.index() < types.size(); }
  bool knows(ValType type) const { return !type.is_ref() || knows(type.heap()); }
  uint32_t data_count() const {
    return module.data_count.value_or(static_cast<uint32_t>(module.datas.size()));
  }
};

}  // namespace cairn::wasm
