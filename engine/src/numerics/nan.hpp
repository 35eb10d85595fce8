#pragma once
/// NaNs. A result that is a NaN comes from the hardware: quiet, with an operand's payload or the
/// canonical one, of either sign; the specification allows each of these (spec: NaN Propagation).
/// The deterministic profile wants the positive canonical NaN everywhere: an engine that runs it
/// applies `canonicalize_nan` to the result of each instruction listed in `nan_results.def`.

#include <bit>
#include <cstdint>

#include "define.hpp"

namespace cairn::engine::numerics {

inline constexpr uint32_t f32_canonical_nan = 0x7fc00000;
inline constexpr uint64_t f64_canonical_nan = 0x7ff8000000000000;

/// `a`, with every NaN replaced by the positive canonical one.
CAIRN_NUMERIC float canonicalize_nan(float a) {
  return __builtin_isnan(a) ? std::bit_cast<float>(f32_canonical_nan) : a;
}
CAIRN_NUMERIC double canonicalize_nan(double a) {
  return __builtin_isnan(a) ? std::bit_cast<double>(f64_canonical_nan) : a;
}

}  // namespace cairn::engine::numerics
