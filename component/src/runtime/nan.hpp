#pragma once
/// Canonical NaNs, on bit patterns (CanonicalABI.md, `canonicalize_nan32`).

#include <cstdint>

namespace cairn::component::rt {

constexpr uint32_t canonical_nan32(uint32_t bits) {
  return (bits & 0x7fffffff) > 0x7f800000 ? 0x7fc00000 : bits;
}
constexpr uint64_t canonical_nan64(uint64_t bits) {
  return (bits & 0x7fffffffffffffff) > 0x7ff0000000000000 ? 0x7ff8000000000000 : bits;
}

}  // namespace cairn::component::rt
