// Wide arithmetic: 128-bit values as pairs of words. Operands side by side from f1 on (mul_wide:
// f1, f2), results in f0 and the slot behind it.

#include "interp/plain.hpp"
#include "numerics/scalar.hpp"

namespace cairn::engine {
namespace {

template <auto function>
struct WideSum {
  CAIRN_BODY void run(Regs& r) {
    const uint64_t* at = operands(r);
    const auto [low, high] = function(at[0], at[1], at[2], at[3]);
    uint64_t* to = r.fp + field(r, 0);
    to[0] = low;
    to[1] = high;
    next(r);
  }
};

template <auto function>
struct WideProduct {
  CAIRN_BODY void run(Regs& r) {
    const auto [low, high] = function(operand(r, 1), operand(r, 2));
    uint64_t* to = r.fp + field(r, 0);
    to[0] = low;
    to[1] = high;
    next(r);
  }
};

}  // namespace

Handler plain_wide_handler(wasm::Op op) {
  using enum wasm::Op;
  switch (op) {
    case i64_add128: return handler_of<WideSum<&numerics::i64_add128>>;
    case i64_sub128: return handler_of<WideSum<&numerics::i64_sub128>>;
    case i64_mul_wide_s: return handler_of<WideProduct<&numerics::i64_mul_wide_s>>;
    case i64_mul_wide_u: return handler_of<WideProduct<&numerics::i64_mul_wide_u>>;
    default: return {};
  }
}

}  // namespace cairn::engine
