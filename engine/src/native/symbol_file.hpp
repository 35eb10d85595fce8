#pragma once
/// Names of machine code in the form that debuggers read.

#include <cairn/base/bytes.hpp>
#include <cairn/engine/compiler.hpp>

namespace cairn::engine {

/// An ELF object (System V gABI, x86-64) with a symbol for each part of the code. Its section of
/// code lies where the code does and has no bytes of its own.
Bytes write_symbol_file(const InstalledCode& code);

}  // namespace cairn::engine
