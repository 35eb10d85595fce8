#pragma once
/// Structural matching of composite types, which a declared supertype is checked with.

#include <cairn/wasm/type_registry.hpp>

namespace cairn::wasm {

/// Whether canonical type `a` may be declared a subtype of `b` (spec: Matching > Composite Types).
bool composite_matches(const TypeRegistry& registry, const CompositeType& a,
                       const CompositeType& b);

}  // namespace cairn::wasm
