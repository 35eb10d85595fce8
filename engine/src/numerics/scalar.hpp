#pragma once
/// The semantics of every numeric instruction on i32, i64, f32 and f64, shared by all tiers: one
/// pure function each, named by the instruction's id in `cairn/wasm/instructions.def`.
///
/// Operands and results are `uint32_t`, `uint64_t`, `float` and `double`. An instruction that may
/// trap has the form `Trap f(operands…, result& out)`; `out` is set if it returns `Trap::none`.

#include "conversion.hpp"
#include "float.hpp"
#include "integer.hpp"
#include "nan.hpp"
