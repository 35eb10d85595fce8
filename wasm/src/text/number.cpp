#include "text/number.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <string>
#include <type_traits>

#include "text/characters.hpp"

namespace cairn::wasm::text {

namespace {

constexpr bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

/// Takes a run of digits with single underscores between them; false when there is none.
bool take_digits(std::string_view& text, uint8_t digit_class, std::string_view& digits) {
  size_t at = 0;
  bool digit_before = false;
  for (; at < text.size(); ++at) {
    if (is_class(text[at], digit_class)) {
      digit_before = true;
    } else if (text[at] == '_' && digit_before) {
      digit_before = false;
    } else {
      break;
    }
  }
  if (!digit_before) return false;
  digits = text.substr(0, at);
  text.remove_prefix(at);
  return true;
}

/// The parts of a float other than inf and nan.
struct FloatParts {
  bool hex = false;
  std::string_view integer, fraction;
  int64_t exponent = 0;  ///< of 10, or of 2 in a hexadecimal float
};

/// The exponent is cut off far beyond where it makes a difference for any text below 4 GiB.
int64_t exponent_value(std::string_view digits, bool negative) {
  constexpr int64_t far = int64_t{1} << 40;
  int64_t value = 0;
  for (const char c : digits) {
    if (c != '_') value = std::min(value * 10 + (c - '0'), far);
  }
  return negative ? -value : value;
}

bool split_float(std::string_view text, FloatParts& parts) {
  parts.hex = take(text, "0x");
  const uint8_t digits = parts.hex ? class_hex_digit : class_digit;
  if (!take_digits(text, digits, parts.integer)) return false;
  if (take(text, ".")) {
    const bool has_digit = !text.empty() && is_class(text.front(), digits);
    if (has_digit && !take_digits(text, digits, parts.fraction)) return false;
  }
  const char lower = parts.hex ? 'p' : 'e';
  if (!text.empty() && (text.front() | 0x20) == lower) {
    text.remove_prefix(1);
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    std::string_view exponent;
    if (!take_digits(text, class_digit, exponent)) return false;
    parts.exponent = exponent_value(exponent, negative);
  }
  return text.empty();
}

template <class Float>
struct Format;
template <>
struct Format<float> {
  using Bits = uint32_t;
  static constexpr int precision = 24, min_exponent = -149, max_exponent = 127;
};
template <>
struct Format<double> {
  using Bits = uint64_t;
  static constexpr int precision = 53, min_exponent = -1074, max_exponent = 1023;
};

/// `mantissa` × 2^`exponent`, plus a little more when `sticky`, rounded to nearest even.
template <class Float>
NumberStatus round_binary(uint64_t mantissa, int64_t exponent, bool sticky,
                          typename Format<Float>::Bits& out) {
  using F = Format<Float>;
  out = 0;
  if (mantissa == 0) return NumberStatus::ok;
  const int shift_up = std::countl_zero(mantissa);
  mantissa <<= shift_up;
  exponent -= shift_up;
  // The value is now 1.xxx × 2^(exponent + 63). Its last bit that is kept weighs 2^unit.
  if (exponent + 63 > F::max_exponent) return NumberStatus::out_of_range;
  const int64_t unit = std::max<int64_t>(exponent + 64 - F::precision, F::min_exponent);
  const int64_t drop = unit - exponent;
  if (drop > 64) return NumberStatus::ok;  // below half of the smallest number
  uint64_t kept = drop == 64 ? 0 : mantissa >> drop;
  const uint64_t rest = drop == 64 ? mantissa : mantissa & ((uint64_t{1} << drop) - 1);
  const uint64_t half = uint64_t{1} << (drop - 1);
  if (rest > half || (rest == half && (sticky || (kept & 1) != 0))) ++kept;
  // A carry out of the mantissa makes the next exponent by itself, up to infinity.
  const int64_t biased = unit - F::min_exponent;  // 0: subnormal, or the smallest normal exponent
  const auto bits =
      static_cast<typename F::Bits>((static_cast<uint64_t>(biased) << (F::precision - 1)) + kept);
  constexpr auto infinity = std::bit_cast<typename F::Bits>(std::numeric_limits<Float>::infinity());
  if (bits >= infinity) return NumberStatus::out_of_range;
  out = bits;
  return NumberStatus::ok;
}

template <class Float>
NumberStatus parse_hex_float(const FloatParts& parts, typename Format<Float>::Bits& out) {
  uint64_t mantissa = 0;
  int64_t exponent = parts.exponent;
  bool sticky = false;
  const auto add = [&](std::string_view digits, bool fraction) {
    for (const char c : digits) {
      if (c == '_') continue;
      if (mantissa >> 60 == 0) {
        mantissa = mantissa * 16 + hex_value(c);
        if (fraction) exponent -= 4;
      } else {
        sticky |= c != '0';
        if (!fraction) exponent += 4;
      }
    }
  };
  add(parts.integer, false);
  add(parts.fraction, true);
  return round_binary<Float>(mantissa, exponent, sticky, out);
}

/// Whether a decimal number outside of the range of doubles is large, not small.
bool is_large(const FloatParts& parts) {
  int64_t magnitude = parts.exponent, integer_digits = 0, leading_zeros = 0;
  bool significant = false;
  for (const char c : parts.integer) {
    if (c == '_') continue;
    significant |= c != '0';
    if (significant) ++integer_digits;
  }
  for (const char c : parts.fraction) {
    if (significant || c != '0') break;
    leading_zeros += c == '0';
  }
  magnitude += significant ? integer_digits : -leading_zeros;
  return magnitude > 0;
}

template <class Float>
NumberStatus parse_decimal_float(std::string_view text, const FloatParts& parts,
                                 typename Format<Float>::Bits& out) {
  std::string plain;
  if (text.contains('_')) {
    plain.reserve(text.size());
    std::ranges::copy_if(text, std::back_inserter(plain), [](char c) { return c != '_'; });
    text = plain;
  }
  Float value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec == std::errc::result_out_of_range) {
    if (is_large(parts)) return NumberStatus::out_of_range;
    value = 0;
  }
  if (value == std::numeric_limits<Float>::infinity()) return NumberStatus::out_of_range;
  out = std::bit_cast<typename Format<Float>::Bits>(value);
  return NumberStatus::ok;
}

template <class Float>
NumberStatus parse_float(std::string_view text, typename Format<Float>::Bits& out) {
  using Bits = typename Format<Float>::Bits;
  constexpr Bits infinity = std::bit_cast<Bits>(std::numeric_limits<Float>::infinity());
  constexpr Bits quiet = Bits{1} << (Format<Float>::precision - 2);
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  NumberStatus status = NumberStatus::ok;
  FloatParts parts;
  if (text == "inf") {
    out = infinity;
  } else if (text == "nan") {
    out = infinity | quiet;
  } else if (take(text, "nan:")) {
    uint64_t payload = 0;
    if (!text.starts_with("0x")) return NumberStatus::malformed;
    status = parse_nat(text, (uint64_t{1} << (Format<Float>::precision - 1)) - 1, payload);
    if (status == NumberStatus::ok && payload == 0) return NumberStatus::out_of_range;
    out = infinity | static_cast<Bits>(payload);
  } else if (!split_float(text, parts)) {
    return NumberStatus::malformed;
  } else if (parts.hex) {
    status = parse_hex_float<Float>(parts, out);
  } else {
    status = parse_decimal_float<Float>(text, parts, out);
  }
  if (negative) out |= Bits{1} << (sizeof(Bits) * 8 - 1);
  return status;
}

}  // namespace

NumberStatus parse_nat(std::string_view text, uint64_t max, uint64_t& out) {
  const bool hex = take(text, "0x");
  const uint64_t base = hex ? 16 : 10;
  std::string_view digits;
  if (!take_digits(text, hex ? class_hex_digit : class_digit, digits) || !text.empty()) {
    return NumberStatus::malformed;
  }
  uint64_t value = 0;
  for (const char c : digits) {
    if (c == '_') continue;
    uint64_t next = 0;
    if (__builtin_mul_overflow(value, base, &next) ||
        __builtin_add_overflow(next, uint64_t{hex_value(c)}, &value) || value > max) {
      return NumberStatus::out_of_range;
    }
  }
  out = value;
  return NumberStatus::ok;
}

NumberStatus parse_int(std::string_view text, uint32_t bits, uint64_t& out) {
  const uint64_t mask = ~uint64_t{0} >> (64 - bits);
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const uint64_t max = negative ? uint64_t{1} << (bits - 1) : mask;
  uint64_t value = 0;
  const NumberStatus status = parse_nat(text, max, value);
  if (status == NumberStatus::ok) out = (negative ? ~value + 1 : value) & mask;
  return status;
}

NumberStatus parse_f32(std::string_view text, uint32_t& out) {
  return parse_float<float>(text, out);
}
NumberStatus parse_f64(std::string_view text, uint64_t& out) {
  return parse_float<double>(text, out);
}

}  // namespace cairn::wasm::text
