// Compare and branch in one instruction.

#include "interp/branch.hpp"
#include "numerics/scalar.hpp"

namespace cairn::engine {

namespace {

template <class Fn, bool negated, Src a, Src b, bool backward, bool metered>
struct Branch {
  using T = typename Fn::T;
  static constexpr bool has_double = std::is_same_v<T, double> && b == Src::imm;
  static constexpr int words = has_double ? 4 : b == Src::imm || metered ? 3 : 2;

  CAIRN_BODY T second(const Regs& r) {
    if constexpr (b != Src::imm)
      return read<T, b>(r, 1);
    else if constexpr (has_double)
      return r.pc[3].f64;
    else if constexpr (is_float<T>)
      return std::bit_cast<float>(r.pc[2].half.low);
    else
      return static_cast<T>(static_cast<int64_t>(static_cast<int32_t>(r.pc[2].half.low)));
  }
  CAIRN_BODY void run(Regs& r) {
    if (Fn::test(read<T, a>(r, 0), second(r)) != negated)
      jump<backward, metered>(r, r.pc[1].half.high, r.pc[2].half.high);
    else if (!metered || charge(r, r.pc[2].half.high))
      r.pc += words;
  }
};

template <class Fn, bool negated, Src a, Src b>
constexpr void fill(BranchFamily& family) {
  if constexpr (!(a == Src::acc && b == Src::acc)) {
    auto& cell = family.at[static_cast<int>(a)][static_cast<int>(b)];
    cell[0][0] = handler_of<Branch<Fn, negated, a, b, false, false>>;
    cell[0][1] = handler_of<Branch<Fn, negated, a, b, false, true>>;
    cell[1][0] = handler_of<Branch<Fn, negated, a, b, true, false>>;
    cell[1][1] = handler_of<Branch<Fn, negated, a, b, true, true>>;
  }
}
template <class Fn, bool negated, Src a>
constexpr void fill_row(BranchFamily& family) {
  fill<Fn, negated, a, Src::slot>(family);
  fill<Fn, negated, a, Src::acc>(family);
  fill<Fn, negated, a, Src::pin>(family);
  fill<Fn, negated, a, Src::imm>(family);
}
template <class Fn, bool negated>
constexpr BranchFamily make_branch() {
  BranchFamily family{};
  fill_row<Fn, negated, Src::slot>(family);
  fill_row<Fn, negated, Src::acc>(family);
  fill_row<Fn, negated, Src::pin>(family);
  return family;
}
template <class Fn, bool negated>
constexpr BranchFamily branch_of = make_branch<Fn, negated>();


/// The comparison as a predicate; `i32.and` counts as "has a common bit".
#define CAIRN_TEST(id, Operand)                                       \
  struct test_##id {                                                  \
    using T = Operand;                                                \
    CAIRN_BODY bool test(T a, T b) { return numerics::id(a, b) != 0; } \
  };
// Integer comparisons have an opposite; floats and `i32.and` come in both senses.
#define CAIRN_INTEGER_TESTS(X, type, T)                                                       \
  X(type##_eq, T) X(type##_ne, T) X(type##_lt_s, T) X(type##_lt_u, T) X(type##_gt_s, T)       \
  X(type##_gt_u, T) X(type##_le_s, T) X(type##_le_u, T) X(type##_ge_s, T) X(type##_ge_u, T)
#define CAIRN_FLOAT_TESTS(X, type, T) \
  X(type##_eq, T) X(type##_ne, T) X(type##_lt, T) X(type##_gt, T) X(type##_le, T) X(type##_ge, T)
#define CAIRN_ONE_SENSE(X) CAIRN_INTEGER_TESTS(X, i32, uint32_t) CAIRN_INTEGER_TESTS(X, i64, uint64_t)
#define CAIRN_BOTH_SENSES(X) \
  CAIRN_FLOAT_TESTS(X, f32, float) CAIRN_FLOAT_TESTS(X, f64, double) X(i32_and, uint32_t)

CAIRN_ONE_SENSE(CAIRN_TEST)
CAIRN_BOTH_SENSES(CAIRN_TEST)

}  // namespace

const BranchFamily* branch_family(wasm::Op op, bool negate) {
  switch (op) {
#define CAIRN_ONE(id, T) \
  case wasm::Op::id: return negate ? nullptr : &branch_of<test_##id, false>;
#define CAIRN_BOTH(id, T) \
  case wasm::Op::id: return negate ? &branch_of<test_##id, true> : &branch_of<test_##id, false>;
    CAIRN_ONE_SENSE(CAIRN_ONE)
    CAIRN_BOTH_SENSES(CAIRN_BOTH)
    default: return nullptr;
  }
}

}  // namespace cairn::engine
