#pragma once
/// What index spaces hold while components are linked: where each definition will be in an
/// instance.

#include <cairn/component/component.hpp>

#include <map>

#include "runtime/plan.hpp"

namespace cairn::component::rt {

struct Env;
struct Exports;

/// A core function, table, memory, global or tag: its slot.
struct CoreItem {
  wasm::ExternKind kind = wasm::ExternKind::func;
  uint32_t slot = 0;
};
/// A core instance: one that will exist, or a bag of exports.
struct CoreInstanceItem {
  std::optional<uint32_t> slot;
  const engine::Module* module = nullptr;
  std::map<std::string, CoreItem, std::less<>> exports;  ///< of a real one: those in use
};

struct FuncItem {
  bool is_host = false;
  uint32_t index = 0;  ///< of the lifted functions, or of those of the host
  FuncTypeId type = {};
};
/// A value that an instance will have: its slot among them.
struct ValueItem {
  uint32_t slot = 0;
  ValType type = ValKind::bool_;
};
/// A component or instance type, with where it was written.
struct TypeClosure {
  const syntax::Type* type = nullptr;
  std::shared_ptr<Env> env;
};
struct TypeItem {
  std::variant<ValType, FuncTypeId, ResourceId, TypeClosure> what = ValType(ValKind::bool_);
};
struct ComponentItem {
  std::shared_ptr<const CheckedComponent> checked;
  std::shared_ptr<Env> env;  ///< around it; null: outermost
  const ComponentState* state = nullptr;
};
using ModuleItem = const engine::Module*;
using InstanceItem = std::shared_ptr<const Exports>;
using CoreInstanceRef = std::shared_ptr<CoreInstanceItem>;
/// By name; one that the type of an instance does not mention may be there all the same.
using Item = std::variant<ModuleItem, FuncItem, TypeItem, ComponentItem, InstanceItem, ValueItem>;

struct Exports {
  std::map<std::string, Item, std::less<>> items;
  /// The entry of that name, or of a compatible interface.
  const Item* find(std::string_view name) const;
};

/// The index spaces of a component, or of a component or instance type.
struct Env {
  std::shared_ptr<Env> parent;
  const CheckedComponent* checked = nullptr;  ///< of a component
  const ComponentState* state = nullptr;
  uint32_t instance = 0;  ///< the component instance
  size_t nested = 0;      ///< how many nested components were defined

  std::vector<CoreItem> core_funcs, core_tables, core_memories, core_globals, core_tags;
  uint32_t core_types = 0;
  std::vector<ModuleItem> core_modules;
  std::vector<CoreInstanceRef> core_instances;
  std::vector<FuncItem> funcs;
  std::vector<TypeItem> types;
  std::vector<ComponentItem> components;
  std::vector<InstanceItem> instances;
  std::vector<ValueItem> values;

  std::vector<CoreItem>& core(syntax::Sort sort) {
    switch (sort) {
      case syntax::Sort::core_func: return core_funcs;
      case syntax::Sort::core_table: return core_tables;
      case syntax::Sort::core_memory: return core_memories;
      case syntax::Sort::core_global: return core_globals;
      default: return core_tags;
    }
  }
};

/// Whether an export of the second name serves an import of the first.
bool name_serves(std::string_view wanted, std::string_view given);

}  // namespace cairn::component::rt
