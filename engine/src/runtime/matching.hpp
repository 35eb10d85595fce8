#pragma once
/// External types: what a module demands and what it is given (spec: Validation > Matching).

#include "runtime/store_data.hpp"

namespace cairn::engine {

/// The type of an import or an export, in canonical form.
ExternType import_type(const ModuleState& module, const wasm::Import& import);
ExternType export_type(const ModuleState& module, const wasm::Export& item);
/// The type of something that exists; memories and tables have their present size as minimum.
ExternType type_of(const wasm::TypeRegistry& types, const Extern& item);

bool matches(const wasm::TypeRegistry& types, const ExternType& actual, const ExternType& required);
/// Whether an item can be given for an import. Says no more than that, but is fast.
bool fits(const ModuleState& module, const wasm::Import& import, const Extern& item);
/// "func (param i32) (result i32)".
std::string describe(const ExternType& type);

std::unexpected<Error> unknown_import(const wasm::Import& import, const ExternType& required);
std::unexpected<Error> incompatible_import(const wasm::Import& import, const ExternType& required,
                                           const ExternType& actual);

}  // namespace cairn::engine
