#pragma once
/// The semantics as LLVM bitcode, embedded when Cairn is built.

#include <llvm/ADT/StringRef.h>

namespace cairn::engine::compiler {

llvm::StringRef semantics_bitcode();

}  // namespace cairn::engine::compiler
