#pragma once
/// The semantics of every v128 instruction, shared by all tiers: one pure function each, named by
/// the instruction's id in `cairn/wasm/instructions.def`.
///
/// Operands come in the order in which they are pushed; a lane immediate follows them. Scalar lanes
/// are `uint32_t`, `uint64_t`, `float` and `double`, tests give 0 or 1. Loads take and stores give
/// the bits in memory as one number.

#include "simd_bits.hpp"
#include "simd_conversion.hpp"
#include "simd_float.hpp"
#include "simd_integer.hpp"
#include "simd_lanes.hpp"
#include "simd_relaxed.hpp"
#include "simd_widen.hpp"
