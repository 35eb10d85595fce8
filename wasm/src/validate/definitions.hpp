#pragma once
/// Validation of a module's definitions other than types and bodies (spec: Validation > Modules).

#include <cairn/base/result.hpp>

#include "validate/body_validator.hpp"
#include "validate/module_context.hpp"

namespace cairn::wasm {

/// Fills the context with what the module imports and declares without expressions: functions,
/// tags, memories, imported tables and globals.
Result<> validate_declarations(ModuleContext& context);

/// Tables, globals and segments, whose expressions `bodies` checks; the context grows with them.
Result<> validate_tables(ModuleContext& context, BodyValidator& bodies);
Result<> validate_globals(ModuleContext& context, BodyValidator& bodies);
Result<> validate_elems(ModuleContext& context, BodyValidator& bodies);
Result<> validate_datas(ModuleContext& context, BodyValidator& bodies);

/// Exported functions may be named by `ref.func`, so this comes before the bodies.
Result<> validate_exports(ModuleContext& context);
Result<> validate_start(const ModuleContext& context);

// The types of definitions (spec: Validation > Types > External Types), made canonical.
Result<TableType> checked_table_type(const ModuleContext& context, TableType type);
Result<> check_memory_type(const MemoryType& type);
Result<GlobalType> checked_global_type(const ModuleContext& context, GlobalType type);
Result<const FuncType*> checked_tag_type(const ModuleContext& context, TagType type);
Result<ModuleContext::Func> checked_func(const ModuleContext& context, uint32_t type_index);

}  // namespace cairn::wasm
