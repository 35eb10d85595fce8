#pragma once
/// Constant expressions (spec: Validation > Constant Expressions), evaluated in an instance whose
/// globals so far are made.

#include <cairn/wasm/module.hpp>

#include "runtime/runtime.hpp"

namespace cairn::engine {

/// The common constant expressions are one instruction; these are recognised without a decoder.
struct SimpleConst {
  enum class Kind : uint8_t { none, value, func, global } kind = Kind::none;
  uint64_t value = 0;  ///< a number's bits, 0 for a null reference, or the index
};
/// Kind `none`: the expression is of another form.
SimpleConst simple_const(const wasm::Expr& expr);

/// Evaluates into `out` (two slots for a v128, else one). Fails only when the collected heap is
/// full.
Trap evaluate(InstanceData& instance, const wasm::Expr& expr, uint64_t* out);

}  // namespace cairn::engine
