#pragma once
/// How values lie in memory and in core values (CanonicalABI.md, "Alignment", "Element Size",
/// "Flattening").

#include <cairn/component/types.hpp>

namespace cairn::component {

void measure_prim(ValTypeInfo& info);
/// Sets the discriminant and the layouts; the types of its parts are measured already.
void measure_layout(const Types& types, ValTypeInfo& info);

}  // namespace cairn::component
