#pragma once
/// The branch hint section of a module that is printed.

#include <cairn/wasm/module.hpp>

#include <optional>
#include <unordered_map>

namespace cairn::wasm::text {

/// Hints by the offset of their instruction (`Instruction::offset`).
using HintMap = std::unordered_map<uint64_t, uint8_t>;

/// The hints as annotations can express them; nothing where the module has no such section, several
/// of them, or one that annotations would not give back as it is (it is then printed raw).
std::optional<HintMap> printable_hints(const Module& module);

}  // namespace cairn::wasm::text
