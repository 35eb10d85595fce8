#pragma once
/// Square root and rounding to an integral value, in constant expressions, where the
/// compiler's builtins do not evaluate. At run time each is one instruction, see `float.hpp`; the
/// results here are the same for every operand but a signalling NaN, which stays as it is.

#include <bit>
#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "define.hpp"

namespace cairn::engine::numerics::detail {

enum class Rounding : uint8_t { up, down, to_zero, to_nearest_even };

/// From this magnitude on every value of the format is integral.
template <std::floating_point F>
inline constexpr F integral_from = F{uint64_t{1} << (std::numeric_limits<F>::digits - 1)};

/// Constant-expression form of the four roundings. The sign of a zero result is the operand's.
template <Rounding rounding, std::floating_point F>
consteval F round_constant(F a) {
  using Bits = std::conditional_t<sizeof(F) == 4, uint32_t, uint64_t>;
  const Bits sign = std::bit_cast<Bits>(a) & (Bits{1} << (sizeof(F) * 8 - 1));
  const F magnitude = std::bit_cast<F>(static_cast<Bits>(std::bit_cast<Bits>(a) ^ sign));
  if (!(magnitude < integral_from<F>)) return a;
  const auto whole = static_cast<uint64_t>(magnitude);
  const F rest = magnitude - static_cast<F>(whole);
  bool away = false;
  if constexpr (rounding == Rounding::up) away = rest > 0 && sign == 0;
  if constexpr (rounding == Rounding::down) away = rest > 0 && sign != 0;
  if constexpr (rounding == Rounding::to_nearest_even) {
    away = rest > F{0.5} || (rest == F{0.5} && whole % 2 == 1);
  }
  return std::bit_cast<F>(std::bit_cast<Bits>(static_cast<F>(whole + (away ? 1 : 0))) | sign);
}

/// Constant-expression form of the square root, digit by digit on the significand. A root of a
/// 53-bit number is never half-way between two doubles, so the last bit and "is there a rest"
/// round it. A float's root is the rounded root of the double, which is exact enough.
consteval double sqrt_constant(double a) {
  if (!(a > 0) || a == std::numeric_limits<double>::infinity()) {
    return a < 0 ? std::numeric_limits<double>::quiet_NaN() : a;
  }
  int exponent = 0;
  while (a >= 0x1p54) {
    a /= 4;
    exponent += 1;
  }
  while (a < 0x1p52) {
    a *= 4;
    exponent -= 1;
  }
  unsigned __int128 rest = static_cast<unsigned __int128>(static_cast<uint64_t>(a)) << 56;
  unsigned __int128 root = 0;
  for (unsigned __int128 bit = static_cast<unsigned __int128>(1) << 108; bit != 0; bit >>= 2) {
    const bool fits = rest >= root + bit;
    if (fits) rest -= root + bit;
    root = (root >> 1) + (fits ? bit : 0);
  }
  double result = static_cast<double>(static_cast<uint64_t>(root) * 2 + (rest != 0 ? 1 : 0));
  result /= 0x1p29;
  for (; exponent > 0; --exponent) result *= 2;
  for (; exponent < 0; ++exponent) result /= 2;
  return result;
}

}  // namespace cairn::engine::numerics::detail
