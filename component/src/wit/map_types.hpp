#pragma once
/// Replaces the types that types and functions are made of.

#include <cairn/component/wit.hpp>

#include <functional>

namespace cairn::component::wit {

using TypeMapping = std::function<Result<TypeId>(TypeId)>;

/// Each type that `kind` is directly made of becomes what `map` says.
Result<> map_types(TypeKind& kind, const TypeMapping& map);
Result<> map_types(Function& function, const TypeMapping& map);

}  // namespace cairn::component::wit
