// Numeric instructions on i32, i64, f32 and f64: s_<id>(instance, operands…).

#include "numerics/scalar.hpp"
#include "compiler/semantics/semantics.hpp"

namespace cairn::engine {
namespace {

/// `function(out, operands…)` gives a trap, `Trap::none` for those that never do.
template <class Result, class Function, class... Operands>
[[gnu::always_inline]] inline Result apply(InstanceData* instance, Function function,
                                           Operands... operands) {
  Result out{};
  if (const Trap trap = function(out, operands...); trap != Trap::none) [[unlikely]]
    raise(instance, trap);
  return out;
}

}  // namespace

#define CAIRN_APPLY(id)                                           \
  [](auto& out, auto... operands) {                               \
    if constexpr (requires { numerics::id(operands..., out); }) { \
      return numerics::id(operands..., out);                      \
    } else {                                                      \
      out = numerics::id(operands...);                            \
      return Trap::none;                                          \
    }                                                             \
  }

#define CAIRN_UNARY(id, Operand, Result)                            \
  CAIRN_SEMANTIC Result s_##id(InstanceData* instance, Operand a) { \
    return apply<Result>(instance, CAIRN_APPLY(id), a);             \
  }
#define CAIRN_BINARY(id, Operand, Result)                                      \
  CAIRN_SEMANTIC Result s_##id(InstanceData* instance, Operand a, Operand b) { \
    return apply<Result>(instance, CAIRN_APPLY(id), a, b);                     \
  }
#include "interp/rows.hpp"

}  // namespace cairn::engine
