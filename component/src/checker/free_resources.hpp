#pragma once
/// Which resource types a type mentions.

#include <cairn/component/types.hpp>

namespace cairn::component {

/// The resource types in these that nothing in them binds, in order of appearance.
std::vector<ResourceId> free_resources(const Types& types, std::span<const NamedExtern> externs);
/// Whether a type mentions a resource type that it does not bind.
bool mentions_resources(const Types& types, const AnyType& type);
/// The resource types that have a name among the exports, or in instances among them.
std::vector<ResourceId> exported_resources(const Types& types,
                                           std::span<const NamedExtern> exports);

}  // namespace cairn::component
