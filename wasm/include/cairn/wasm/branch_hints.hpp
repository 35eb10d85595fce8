#pragma once
/// The custom section "metadata.code.branch_hint" (branch hinting proposal).

#include <cairn/wasm/module.hpp>

#include <optional>
#include <unordered_map>

namespace cairn::wasm {

/// 1: likely, 0: unlikely; by the offset of the `if` or `br_if` (`Instruction::offset`).
using BranchHints = std::unordered_map<uint64_t, uint8_t>;

/// The hints of a module as annotations of the text format can express them; nothing where the
/// module has no such section, several of them, or one that annotations would not give back as it
/// is.
std::optional<BranchHints> branch_hints(const Module& module);

}  // namespace cairn::wasm
