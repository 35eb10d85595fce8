#pragma once
/// Validation of components (Binary.md's notes, Explainer.md, CanonicalABI.md's "Canonical
/// Definitions"): from syntax to types.

#include <cairn/base/result.hpp>
#include <cairn/component/binary.hpp>
#include <cairn/component/syntax.hpp>
#include <cairn/component/types.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

namespace cairn::component {

/// A resource type that a component defines.
struct ResourceDefinition {
  ResourceId id;
  wasm::ValType rep = wasm::i32;
  std::optional<uint32_t> dtor;  ///< a core function of the component
};

/// What a core type index stands for.
using CoreType = std::variant<wasm::TypeId, CoreModuleTypeId>;

/// A component and the types of all that its index spaces hold, by index.
struct CheckedComponent {
  std::shared_ptr<const syntax::Component> syntax;
  ComponentTypeId type;

  std::vector<wasm::TypeId> core_funcs;
  std::vector<wasm::TableType> core_tables;
  std::vector<wasm::MemoryType> core_memories;
  std::vector<wasm::GlobalType> core_globals;
  std::vector<wasm::TypeId> core_tags;
  std::vector<CoreType> core_types;
  std::vector<CoreModuleTypeId> core_modules;
  std::vector<std::shared_ptr<const CoreInstanceType>> core_instances;
  std::vector<FuncTypeId> funcs;
  std::vector<ValType> values;
  std::vector<AnyType> types;
  std::vector<ComponentTypeId> components;
  std::vector<InstanceTypeId> instances;

  /// In the order of their definitions: the components inside, the resource types it defines, and
  /// the checked types of its instances' and functions' exports are in the spaces above.
  std::vector<std::shared_ptr<const CheckedComponent>> nested;
  std::vector<ResourceDefinition> resources;
};

struct ValidateOptions {
  ReadOptions read = {};
  /// Checks a core module's bodies. Without it they are validated at once; an engine that loads the
  /// module anyway gives its own. Offsets in its errors count in the module.
  std::function<Result<>(const std::shared_ptr<const wasm::Module>&)> check_module = nullptr;
};

/// Validates a component. Errors are `invalid` (or `limit`; `malformed` where a core module's body
/// cannot be decoded), with the byte offset, or line and column for a component in text form.
Result<std::shared_ptr<const CheckedComponent>> validate(
    const std::shared_ptr<const syntax::Component>& component, Types& types,
    const ValidateOptions& options = {});

/// The type of a core module, as a component sees it.
Result<CoreModuleTypeId> core_module_type(const wasm::Module& module, Types& types);

}  // namespace cairn::component
