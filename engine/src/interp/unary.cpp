// One-operand instructions: counting bits, rounding, conversions.

#include "interp/functor.hpp"

namespace cairn::engine {

const UnaryFamily* unary_family(wasm::Op op) {
  switch (op) {
#define CAIRN_UNARY(id, Operand, Result) \
  case wasm::Op::id: return family_of<make_unary<fn_##id>>();
#define CAIRN_BINARY(id, Operand, Result)
#include "interp/rows.hpp"
    default: return nullptr;
  }
}

const BinaryFamily* binary_family(wasm::Op op) {
  if (const auto* family = binary_family_i32(op)) return family;
  if (const auto* family = binary_family_i64(op)) return family;
  if (const auto* family = binary_family_f32(op)) return family;
  return binary_family_f64(op);
}

}  // namespace cairn::engine
