// Two-operand instructions on i32.

#include "interp/functor.hpp"

namespace cairn::engine {

namespace {
template <class Fn, wasm::Op op>
const BinaryFamily* pick() {
  if constexpr (std::is_same_v<typename Fn::T, uint32_t>)
    return family_of<make_binary<Fn, commutes(op)>>();
  else
    return nullptr;
}
}  // namespace

const BinaryFamily* binary_family_i32(wasm::Op op) {
  switch (op) {
#define CAIRN_UNARY(id, Operand, Result)
#define CAIRN_BINARY(id, Operand, Result) \
  case wasm::Op::id: return pick<fn_##id, wasm::Op::id>();
#include "interp/rows.hpp"
    default: return nullptr;
  }
}

}  // namespace cairn::engine
