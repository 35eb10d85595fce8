#pragma once
/// Numeric functions as types, so that handlers can be templates over them.

#include "interp/handlers.hpp"
#include "numerics/scalar.hpp"

namespace cairn::engine {

/// Calls a numeric function that may or may not trap; both shapes end up as `apply(…, out) → Trap`.
/// `T` and `R` are the operand and result types.
#define CAIRN_FUNCTOR_BINARY(id, Operand, Result)            \
  struct fn_##id {                                           \
    using T = Operand;                                       \
    using R = Result;                                        \
    template <class U>                                       \
    CAIRN_BODY constexpr Trap apply(U a, U b, R& out) {      \
      if constexpr (requires { numerics::id(a, b, out); }) { \
        return numerics::id(a, b, out);                      \
      } else {                                               \
        out = numerics::id(a, b);                            \
        return Trap::none;                                   \
      }                                                      \
    }                                                        \
  };
#define CAIRN_FUNCTOR_UNARY(id, Operand, Result)          \
  struct fn_##id {                                        \
    using T = Operand;                                    \
    using R = Result;                                     \
    template <class U>                                    \
    CAIRN_BODY constexpr Trap apply(U a, R& out) {        \
      if constexpr (requires { numerics::id(a, out); }) { \
        return numerics::id(a, out);                      \
      } else {                                            \
        out = numerics::id(a);                            \
        return Trap::none;                                \
      }                                                   \
    }                                                     \
  };

#define CAIRN_UNARY(id, Operand, Result) CAIRN_FUNCTOR_UNARY(id, Operand, Result)
#define CAIRN_BINARY(id, Operand, Result) CAIRN_FUNCTOR_BINARY(id, Operand, Result)
#include "interp/rows.hpp"

/// An f64 constant operand takes a word of its own.
template <class T, Src a, Src b = Src::slot>
inline constexpr int operand_words =
    std::is_same_v<T, double> && (a == Src::imm || b == Src::imm) ? 3 : 2;

/// A first operand that is a constant fills the upper half, so the second one's slot is in field 1.
template <class Fn, Src a, Src b, Dst d>
struct Binary {
  CAIRN_BODY void run(Regs& r) {
    using T = typename Fn::T;
    typename Fn::R result{};
    const Trap trap = Fn::apply(read<T, a>(r, 1), read<T, b>(r, a == Src::imm ? 1 : 2), result);
    if (trap != Trap::none) [[unlikely]]
      return raise(r, trap);
    write<typename Fn::R, d>(r, 0, result);
    r.pc += operand_words<typename Fn::T, a, b>;
  }
};

template <class Fn, Src a, Dst d>
struct Unary {
  CAIRN_BODY void run(Regs& r) {
    typename Fn::R result{};
    const Trap trap = Fn::apply(read<typename Fn::T, a>(r, 1), result);
    if (trap != Trap::none) [[unlikely]]
      return raise(r, trap);
    write<typename Fn::R, d>(r, 0, result);
    r.pc += 2;
  }
};

template <class Fn, Src a, Src b>
void fill_binary(BinaryFamily& family) {
  constexpr bool same_accumulator = a == Src::acc && b == Src::acc;
  constexpr bool constants = a == Src::imm && b == Src::imm;
  if constexpr (!same_accumulator && !constants) {
    Handler* row = family.at[static_cast<int>(a)][static_cast<int>(b)];
    row[0] = make_handler<Binary<Fn, a, b, Dst::slot>>();
    row[1] = make_handler<Binary<Fn, a, b, Dst::acc>>();
    row[2] = make_handler<Binary<Fn, a, b, Dst::pin>>();
  }
}
template <class Fn, Src a>
void fill_binary_row(BinaryFamily& family) {
  fill_binary<Fn, a, Src::slot>(family);
  fill_binary<Fn, a, Src::acc>(family);
  fill_binary<Fn, a, Src::pin>(family);
  fill_binary<Fn, a, Src::imm>(family);
}
/// `commutes`: a constant is then only ever the second operand.
template <class Fn, bool commutes>
BinaryFamily make_binary() {
  BinaryFamily family{};
  fill_binary_row<Fn, Src::slot>(family);
  fill_binary_row<Fn, Src::acc>(family);
  fill_binary_row<Fn, Src::pin>(family);
  if constexpr (!commutes) fill_binary_row<Fn, Src::imm>(family);
  return family;
}

template <class Fn, Src a>
void fill_unary(UnaryFamily& family) {
  Handler* row = family.at[static_cast<int>(a)];
  row[0] = make_handler<Unary<Fn, a, Dst::slot>>();
  row[1] = make_handler<Unary<Fn, a, Dst::acc>>();
  row[2] = make_handler<Unary<Fn, a, Dst::pin>>();
}
template <class Fn>
UnaryFamily make_unary() {
  UnaryFamily family{};
  fill_unary<Fn, Src::slot>(family);
  fill_unary<Fn, Src::acc>(family);
  fill_unary<Fn, Src::pin>(family);
  return family;
}

/// Does exchanging the operands give the same result, or another comparison (see `swapped`)?
constexpr bool commutes(wasm::Op op) {
  using enum wasm::Op;
  switch (op) {
    case i32_add:
    case i32_mul:
    case i32_and:
    case i32_or:
    case i32_xor:
    case i64_add:
    case i64_mul:
    case i64_and:
    case i64_or:
    case i64_xor:
    case f32_add:
    case f32_mul:
    case f64_add:
    case f64_mul:
    case f32_min:
    case f32_max:
    case f64_min:
    case f64_max:
    case i32_eq:
    case i32_ne:
    case i32_lt_s:
    case i32_lt_u:
    case i32_gt_s:
    case i32_gt_u:
    case i32_le_s:
    case i32_le_u:
    case i32_ge_s:
    case i32_ge_u:
    case i64_eq:
    case i64_ne:
    case i64_lt_s:
    case i64_lt_u:
    case i64_gt_s:
    case i64_gt_u:
    case i64_le_s:
    case i64_le_u:
    case i64_ge_s:
    case i64_ge_u:
    case f32_eq:
    case f32_ne:
    case f32_lt:
    case f32_gt:
    case f32_le:
    case f32_ge:
    case f64_eq:
    case f64_ne:
    case f64_lt:
    case f64_gt:
    case f64_le:
    case f64_ge: return true;
    default: return false;
  }
}

}  // namespace cairn::engine
