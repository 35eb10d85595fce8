#pragma once
/// Functions as the command line names them.

#include <cairn/base/result.hpp>
#include <cairn/wasm/module.hpp>
#include <cairn/wasm/names.hpp>

#include <string>
#include <vector>

namespace cairn::cli {

/// The defined indices, ascending, of the functions that are called so: by index, name, or a name
/// that they are exported as. All, when none is named. A name without a function that has code is
/// an error, `not_found`.
Result<std::vector<uint32_t>> choose_functions(const wasm::Module& module,
                                               const wasm::ModuleNames& names,
                                               const std::vector<std::string>& wanted);

}  // namespace cairn::cli
