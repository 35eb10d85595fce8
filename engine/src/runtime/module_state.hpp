#pragma once
/// Everything a module needs to run, made once when it is loaded and shared by all its instances.

#include <cairn/wasm/validate.hpp>

#include "interp/code_ranges.hpp"
#include "native/module_code.hpp"
#include "runtime/runtime.hpp"

namespace cairn::engine {

/// Where the parts of an instance lie behind `InstanceData`, in bytes from its start.
struct InstanceLayout {
  uint32_t globals = 0, memories = 0, tables = 0, tags = 0;  ///< pointer arrays
  uint32_t own_funcs = 0, own_globals = 0, own_memories = 0, own_tables = 0, own_tags = 0;
  uint32_t elem_refs = 0, dropped_elems = 0, dropped_datas = 0;
  uint32_t table_elements = 0;  ///< first elements of the tables that are small
  uint64_t size = 0;
};

/// A function's name as the name section has it.
struct FunctionName {
  uint32_t func_index = 0;
  std::string_view name;
};

/// What is worked out when somebody first asks. Thread-safe.
struct ModuleNames {
  std::once_flag once;
  std::string_view module_name;
  std::vector<FunctionName> functions;  ///< by index
};

/// What its code does anywhere that all of it has to know of when it is compiled.
struct ControlTraits {
  bool exceptions = false;  ///< throws, catches, or leaves its caller to look
  bool tail_calls = false;
};

struct ModuleState : std::enable_shared_from_this<ModuleState> {
  std::shared_ptr<EngineState> engine;
  wasm::Module ast;
  std::shared_ptr<const wasm::TypeRegistry::Handle> types;
  std::vector<RuntimeType> runtime_types;      ///< by type index
  std::vector<uint32_t> func_type_index;       ///< by function index, imports first: the type index
  std::vector<wasm::GlobalType> global_types;  ///< by index, imports first; canonical
  std::vector<wasm::TableType> table_types;
  std::vector<wasm::MemoryType> memory_types;
  std::vector<uint32_t> tag_type_index;
  /// By defined function; translated on the first call (interp/code.hpp).
  std::unique_ptr<FuncCode[], void (*)(FuncCode*)> codes{nullptr, nullptr};

  mutable CodeRanges code_ranges;
  mutable ModuleCode native;

  // The rest is the runtime's own.
  InstanceLayout layout;
  /// By defined function: its place in `InstanceData::own_funcs`, or `no_slot` for a function that
  /// nothing can take a reference to.
  std::vector<uint32_t> escape_slot;
  uint32_t escape_count = 0;
  static constexpr uint32_t no_slot = UINT32_MAX;
  /// Names what the memories of a fresh instance hold, when that is the same in all instances:
  /// every active data segment lies at a constant place within a memory that the module defines.
  /// The first defined memory has this number, the next ones follow. Else `unknown_image`; without
  /// such segments `zero_image` for all.
  uint64_t image = unknown_image;
  uint64_t image_of(uint32_t own_memory) const {
    return image >= first_image ? image + own_memory : image;
  }
  /// The memory that a host function sees as its caller's; `no_slot` when there is none.
  uint32_t caller_memory = no_slot;
  /// Indices of exports in the order of their names; for modules with many exports only.
  std::vector<uint32_t> exports_by_name;
  mutable ModuleNames names;
  wasm::BodyUse body_use;  ///< of its bodies
  ControlTraits control_traits;
  /// `CodeGenerator::recognize`'s name for it.
  std::string kept_as;
  mutable std::once_flag debug_lines_once;
  mutable wasm::DebugLines debug_lines;
};

/// Makes the state of a validated module.
Result<std::shared_ptr<ModuleState>> make_module_state(std::shared_ptr<EngineState> engine,
                                                       wasm::Module ast, wasm::ValidModule valid);

/// Validates a module and makes its state; it has no machine code yet.
Result<std::shared_ptr<const ModuleState>> prepare(const std::shared_ptr<EngineState>& engine,
                                                   wasm::Module module);

/// The first tables of a module, up to this many elements together, start inside their instance's
/// block.
inline constexpr uint64_t inline_table_max = 1024;
/// The elements of those tables.
uint64_t inline_table_elements(const ModuleState& module);

/// The export of that name, or null.
const wasm::Export* find_export(const ModuleState& module, std::string_view name);

/// The names of the module, from its name section; parsed on the first call. A malformed name
/// section gives the names up to the error.
const ModuleNames& names_of(const ModuleState& module);
/// The lines of its sources, where it has them; read on the first call.
const wasm::DebugLines& debug_lines_of(const ModuleState& module);
/// The function's name, or empty.
std::string_view function_name(const ModuleState& module, uint32_t func_index);

/// The types of a module in canonical form.
wasm::GlobalType canonical(const wasm::TypeRegistry::Handle& types, wasm::GlobalType type);
wasm::TableType canonical(const wasm::TypeRegistry::Handle& types, wasm::TableType type);

/// Fills `module.runtime_types` from `module.types`.
void make_runtime_types(ModuleState& module);

}  // namespace cairn::engine
