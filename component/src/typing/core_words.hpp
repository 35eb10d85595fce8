#pragma once
/// Core types in messages.

#include <cairn/component/types.hpp>

namespace cairn::component {

/// "(func (param i32) (result i64))".
std::string describe_core_func(const wasm::TypeRegistry& core, wasm::TypeId id);

}  // namespace cairn::component
