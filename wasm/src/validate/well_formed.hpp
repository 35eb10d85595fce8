#pragma once
/// The grammar of bodies, without their types.

#include <cairn/base/result.hpp>
#include <cairn/wasm/features.hpp>
#include <cairn/wasm/module.hpp>

namespace cairn::wasm {

/// Whether every body follows the grammar: it decodes, its blocks nest and it ends where it should.
/// Validation notices that by itself, but stops at its first error; a module that is both invalid
/// and malformed further on is malformed. The error is `malformed`.
Result<> check_well_formed(const Module& module, Features features);

}  // namespace cairn::wasm
