#pragma once
/// What the rest of the engine sees of the interpreter.

#include "runtime/store_data.hpp"

namespace cairn::engine {

/// Makes the (untranslated) code objects of a module's functions and puts them into `module.codes`.
void make_codes(ModuleState& module);
/// The code object of a defined function (index without imports).
FuncCode* code_of(const ModuleState& module, uint32_t defined_index);
/// The type of the function, canonical.
const wasm::FuncType& type_of(const FuncCode& code);

}  // namespace cairn::engine
