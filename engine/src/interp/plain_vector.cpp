// Vector instructions that touch no memory.

#include "interp/plain_vector.hpp"
#include "interp/plain_rows.hpp"

namespace cairn::engine {
namespace {

struct CanonicalNanF32x4 {
  CAIRN_BODY void run(Regs& r) {
    set_result(r, numerics::canonicalize_nan_f32x4(operand<V128>(r, 0)));
    next(r);
  }
};
struct CanonicalNanF64x2 {
  CAIRN_BODY void run(Regs& r) {
    set_result(r, numerics::canonicalize_nan_f64x2(operand<V128>(r, 0)));
    next(r);
  }
};

}  // namespace

Handler plain_vector_handler(wasm::Op op) {
  if (op == wasm::Op::v128_const) return handler_of<VectorConst>;
  if (op == wasm::Op::i8x16_shuffle) return handler_of<Shuffle>;
  switch (op) {
#define CAIRN_VECTOR(id) \
  case wasm::Op::id: return handler_of<VectorOp<&numerics::id>>;
#define CAIRN_INSTR(id, prefix, code, text, imm, sig, fuel, feature) \
  CAIRN_SELECT(id, CAIRN_VECTOR_##sig)
#include <cairn/wasm/instructions.def>
#undef CAIRN_VECTOR
    default: return {};
  }
}

Handler vector_nan_handler(wasm::Op op) {
#define CAIRN_HANDLER_canonicalize_nan \
  Handler {}  // scalars have their own
#define CAIRN_HANDLER_canonicalize_nan_f32x4 handler_of<CanonicalNanF32x4>
#define CAIRN_HANDLER_canonicalize_nan_f64x2 handler_of<CanonicalNanF64x2>
  switch (op) {
#define CAIRN_NAN_RESULT(id, canonicalize) \
  case wasm::Op::id: return CAIRN_HANDLER_##canonicalize;
#include "numerics/nan_results.def"
    default: return {};
  }
#undef CAIRN_HANDLER_canonicalize_nan
#undef CAIRN_HANDLER_canonicalize_nan_f32x4
#undef CAIRN_HANDLER_canonicalize_nan_f64x2
}

}  // namespace cairn::engine
