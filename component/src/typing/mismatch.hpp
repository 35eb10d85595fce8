#pragma once
/// Equality of value and function types, with the first difference as an error.

#include <cairn/component/types.hpp>

namespace cairn::component {

/// Errors are `invalid`: "type mismatch in record field `x`: expected primitive `u32` found …".
Result<> same_value(const Types& types, ValType actual, ValType expected);
Result<> same_func(const Types& types, FuncTypeId actual, FuncTypeId expected);

}  // namespace cairn::component
