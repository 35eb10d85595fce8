#pragma once
/// Taking branches: distance, interruption, fuel.

#include "interp/handlers.hpp"
#include "numerics/scalar.hpp"

namespace cairn::engine {

/// Pays for the block that ends here. When the fuel does not suffice nothing is taken, the
/// execution stops at this instruction and can be resumed. True: paid.
CAIRN_BODY bool charge(Regs& r, uint32_t cost) {
  r.ex->fuel -= cost;
  if (r.ex->fuel >= 0) [[likely]]
    return true;
  r.ex->fuel += cost;
  leave(r, Exit::out_of_fuel);
  return false;
}

/// Goes `distance` words on. A backward branch looks for an interruption first.
template <bool backward, bool metered>
CAIRN_BODY void jump(Regs& r, uint32_t distance, uint32_t cost) {
  if constexpr (backward) {
    if (r.ex->interrupt->load(std::memory_order_relaxed) != 0) [[unlikely]]
      return leave(r, Exit::interrupted);
  }
  if constexpr (metered) {
    if (!charge(r, cost)) return;
  }
  r.pc += static_cast<int32_t>(distance);
}

// clang-format off
/// The comparison as a predicate; `i32.and` counts as "has a common bit".
#define CAIRN_TEST(id, Operand)                                        \
  struct test_##id {                                                   \
    using T = Operand;                                                 \
    CAIRN_BODY bool test(T a, T b) { return numerics::id(a, b) != 0; } \
  };
// Integer comparisons have an opposite; floats and `i32.and` come in both senses.
#define CAIRN_INTEGER_TESTS(X, type, T)                                                   \
  X(type##_eq, T)                                                                         \
  X(type##_ne, T) X(type##_lt_s, T) X(type##_lt_u, T) X(type##_gt_s, T) X(type##_gt_u, T) \
      X(type##_le_s, T) X(type##_le_u, T) X(type##_ge_s, T) X(type##_ge_u, T)
#define CAIRN_FLOAT_TESTS(X, type, T) \
  X(type##_eq, T) X(type##_ne, T) X(type##_lt, T) X(type##_gt, T) X(type##_le, T) X(type##_ge, T)
#define CAIRN_ONE_SENSE(X) \
  CAIRN_INTEGER_TESTS(X, i32, uint32_t) CAIRN_INTEGER_TESTS(X, i64, uint64_t)
#define CAIRN_BOTH_SENSES(X) \
  CAIRN_FLOAT_TESTS(X, f32, float) CAIRN_FLOAT_TESTS(X, f64, double) X(i32_and, uint32_t)
// clang-format on

CAIRN_ONE_SENSE(CAIRN_TEST)
CAIRN_BOTH_SENSES(CAIRN_TEST)

/// Compare and branch; taken when the comparison's result is not `negated`.
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
  /// True: the branch was not taken, the next instruction follows.
  CAIRN_BODY bool run(Regs& r) {
    if (Fn::test(read<T, a>(r, 0), second(r)) != negated) {
      jump<backward, metered>(r, r.pc[1].half.high, r.pc[2].half.high);
      return false;
    }
    if (metered && !charge(r, r.pc[2].half.high)) return false;
    r.pc += words;
    return true;
  }
};

}  // namespace cairn::engine
