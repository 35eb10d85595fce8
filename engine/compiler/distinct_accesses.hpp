#pragma once
/// Keeps accesses to memories apart that look alike: each has its place in backtraces, and of two
/// that were merged LLVM forgets the places.
///
/// Loads whose values meet behind a branch are held by a `freeze` each while everything is
/// optimised, which instructions that become one may not be in front of. What stands in both ways
/// of a branch stays there, and in machine code accesses are marked as what is not merged.

#include <llvm/IR/Instructions.h>
#include <llvm/Pass.h>

namespace cairn::engine::compiler {

/// For all pipelines of the process; call it once.
void keep_common_accesses();

/// Nothing holds the load any more.
void let_go(llvm::LoadInst& load);
/// The same for all loads; behind everything that could merge them.
void let_go_of_loads(llvm::Module& module);

/// Marks accesses, between instruction selection and what works on machine code.
llvm::FunctionPass* make_mark_accesses();

}  // namespace cairn::engine::compiler
