#pragma once
/// Core types in messages, and look-ups in lists of core exports.

#include <cairn/component/types.hpp>

#include <algorithm>

namespace cairn::component {

/// "(func (param i32) (result i64))".
std::string describe_core_func(const wasm::TypeRegistry& core, wasm::TypeId id);

inline const CoreNamedExtern* find_core_extern(std::span<const CoreNamedExtern> externs,
                                               std::string_view name) {
  const auto found = std::ranges::find(externs, name, &CoreNamedExtern::name);
  return found == externs.end() ? nullptr : &*found;
}

}  // namespace cairn::component
