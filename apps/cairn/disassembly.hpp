#pragma once
/// Function bodies as listings: offset, bytes, instruction.

#include <cairn/wasm/features.hpp>
#include <cairn/wasm/module.hpp>
#include <cairn/wasm/names.hpp>

#include <string>

namespace cairn::cli {

/// "(i32, i64) -> (f32)"; the end of long lists is left out.
std::string describe(const wasm::FuncType& type);

/// Writes the listing of one defined function (`index` counts from the first that is not imported)
/// to standard output. A body that cannot be decoded is listed up to the error.
void disassemble(const wasm::Module& module, const wasm::ModuleNames& names, uint32_t index,
                 wasm::Features features);

}  // namespace cairn::cli
