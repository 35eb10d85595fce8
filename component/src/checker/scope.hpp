#pragma once
/// What validation knows inside of one component, component type or instance type.

#include <cairn/component/validate.hpp>

#include <map>
#include <unordered_map>
#include <unordered_set>

namespace cairn::component {

enum class ScopeKind : uint8_t { component, component_type, instance_type };
enum class ExternSide : uint8_t { import, export_ };

/// A core type and its place in the pool that all core types of a validation are kept in.
struct CoreTypeEntry {
  CoreType type;
  uint32_t pool_index = 0;  ///< not of module types
};

/// The types that may be used in what is imported (or exported): those with a name outside.
struct VisibleTypes {
  std::unordered_set<uint32_t> values;  ///< ids of value types
  std::map<ResourceRef, bool> resources;
};

/// The names of imports (or exports) so far.
struct ExternNames {
  std::unordered_map<std::string, std::string> taken;  ///< strongly unique form → as written
  std::map<ResourceRef, std::string> resources;        ///< labels of resource types
  std::unordered_set<std::string> resource_labels;
};

struct CheckScope {
  CheckScope(ScopeKind the_kind, CheckScope* the_parent)
      : kind(the_kind), parent(the_parent), checked(std::make_shared<CheckedComponent>()) {}

  ScopeKind kind;
  CheckScope* parent;
  /// The index spaces. Of types, only those that a type scope has are in use.
  std::shared_ptr<CheckedComponent> checked;
  std::vector<CoreTypeEntry> core_types;
  std::vector<bool> value_used;

  std::vector<NamedExtern> imports, exports;
  ExternNames import_names, export_names;
  VisibleTypes imported, exported;
  /// Resource types that are abstract in the imports.
  std::vector<ResourceId> imported_resources;
  /// All others that came to be here: defined, exported as abstract, or made by an instantiation.
  std::vector<ResourceId> own_resources;
  /// The type of all `context.get` and `context.set` here.
  std::optional<wasm::ValType> context_type;

  ExternNames& names(ExternSide side) {
    return side == ExternSide::import ? import_names : export_names;
  }
};

}  // namespace cairn::component
