#include "guest_values.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace cairn::cli {
namespace {

using engine::Value;

std::string_view expected_form(wasm::ValType type) {
  if (type == wasm::i32) return "expected a number from -2147483648 to 4294967295";
  if (type == wasm::i64)
    return "expected a number from -9223372036854775808 to 18446744073709551615";
  if (type == wasm::f32 || type == wasm::f64) return "expected a number, inf, nan or nan:0x…";
  if (type.is_vec()) return "expected 0x and up to 32 hexadecimal digits";
  return type.nullable() ? "expected null" : "nothing can be given here";
}

std::unexpected<Error> not_of_type(std::string_view text, wasm::ValType type) {
  return fail(ErrorKind::usage,
              fmt::format("'{}' is no {}: {}", text, wasm::to_string(type), expected_form(type)));
}

/// A decimal or hexadecimal integer of `bits` bits, signed or unsigned, as its bits.
std::optional<uint64_t> parse_integer(std::string_view text, int bits) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  if (hex) text.remove_prefix(2);
  // As in the text format, they stand between digits.
  if (text.starts_with('_') || text.ends_with('_') || text.contains("__")) return std::nullopt;
  std::string digits;
  for (const char c : text) {
    if (c != '_') digits += c;
  }
  uint64_t magnitude = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, status] = std::from_chars(digits.data(), end, magnitude, hex ? 16 : 10);
  if (status != std::errc{} || stop != end) return std::nullopt;
  const uint64_t unsigned_max = bits == 64 ? ~uint64_t{0} : (uint64_t{1} << bits) - 1;
  const uint64_t negative_max = uint64_t{1} << (bits - 1);
  if (magnitude > (negative ? negative_max : unsigned_max)) return std::nullopt;
  return (negative ? uint64_t{0} - magnitude : magnitude) & unsigned_max;
}

/// The bits of a floating-point format: its integer, and how long the fraction is.
template <class Float>
struct FloatBits;
template <>
struct FloatBits<float> {
  using Integer = uint32_t;
  static constexpr int fraction = 23;
};
template <>
struct FloatBits<double> {
  using Integer = uint64_t;
  static constexpr int fraction = 52;
};

/// A NaN with these bits of the fraction, as the text format's "nan:0x…".
template <class Float>
std::optional<Float> parse_nan_fraction(std::string_view digits) {
  using Bits = FloatBits<Float>;
  typename Bits::Integer fraction = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, status] = std::from_chars(digits.data(), end, fraction, 16);
  if (status != std::errc{} || stop != end) return std::nullopt;
  if (fraction == 0 || fraction >> Bits::fraction != 0) return std::nullopt;
  const auto infinity =
      std::bit_cast<typename Bits::Integer>(std::numeric_limits<Float>::infinity());
  return std::bit_cast<Float>(infinity | fraction);
}

/// The sign and the canonical NaN as "nan", any other as "nan:0x…".
template <class Float>
std::string format_float(Float value) {
  using Bits = FloatBits<Float>;
  const auto bits = std::bit_cast<typename Bits::Integer>(value);
  const auto fraction = bits & ((typename Bits::Integer{1} << Bits::fraction) - 1);
  const std::string text = fmt::format("{}", value);
  const bool canonical = fraction == typename Bits::Integer{1} << (Bits::fraction - 1);
  return std::isnan(value) && !canonical ? fmt::format("{}:{:#x}", text, fraction) : text;
}

template <class Float>
std::optional<Float> parse_float(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.starts_with("nan:0x")) {
    const std::optional<Float> nan = parse_nan_fraction<Float>(text.substr(6));
    return nan && negative ? -*nan : nan;
  }
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  if (hex) text.remove_prefix(2);
  if (text.starts_with('-') || text.starts_with('+')) return std::nullopt;
  Float value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, status] = std::from_chars(
      text.data(), end, value, hex ? std::chars_format::hex : std::chars_format::general);
  if (status != std::errc{} || stop != end) return std::nullopt;
  return negative ? -value : value;
}

std::optional<engine::V128> parse_vector(std::string_view text) {
  if (!text.starts_with("0x") || text.size() > 34 || text.size() < 3) return std::nullopt;
  text.remove_prefix(2);
  const size_t low_digits = std::min<size_t>(16, text.size());
  const std::string_view low_text = text.substr(text.size() - low_digits);
  const std::string_view high_text = text.substr(0, text.size() - low_digits);
  std::array<uint64_t, 2> halves{};
  const auto parse_half = [](std::string_view digits, uint64_t& out) {
    if (digits.empty()) return true;
    const char* end = digits.data() + digits.size();
    const auto [stop, status] = std::from_chars(digits.data(), end, out, 16);
    return status == std::errc{} && stop == end;
  };
  if (!parse_half(low_text, halves[0]) || !parse_half(high_text, halves[1])) return std::nullopt;
  return std::bit_cast<engine::V128>(halves);
}

template <class T>
Result<Value> as_value(const std::optional<T>& parsed, std::string_view text, wasm::ValType type) {
  if (!parsed) return not_of_type(text, type);
  return Value(*parsed);
}

}  // namespace

Result<Value> parse_value(std::string_view text, wasm::ValType type) {
  if (type == wasm::i32) {
    const std::optional<uint64_t> bits = parse_integer(text, 32);
    if (!bits) return not_of_type(text, type);
    return Value(static_cast<uint32_t>(*bits));
  }
  if (type == wasm::i64) return as_value(parse_integer(text, 64), text, type);
  if (type == wasm::f32) return as_value(parse_float<float>(text), text, type);
  if (type == wasm::f64) return as_value(parse_float<double>(text), text, type);
  if (type == wasm::v128) return as_value(parse_vector(text), text, type);
  if (type.is_ref() && type.nullable() && text == "null") return Value(engine::Ref{}, type);
  return not_of_type(text, type);
}

std::string format_value(const Value& value) {
  const wasm::ValType type = value.type();
  if (type == wasm::i32) return fmt::format("{}", static_cast<int32_t>(value.i32()));
  if (type == wasm::i64) return fmt::format("{}", static_cast<int64_t>(value.i64()));
  if (type == wasm::f32) return format_float(value.f32());
  if (type == wasm::f64) return format_float(value.f64());
  if (type.is_vec()) {
    const auto halves = std::bit_cast<std::array<uint64_t, 2>>(value.v128());
    return fmt::format("0x{:016x}{:016x}", halves[1], halves[0]);
  }
  if (value.ref().is_null()) return "null";
  if (value.ref().is_i31()) {
    return fmt::format("{}", static_cast<int32_t>(static_cast<uint32_t>(value.ref().bits)) >> 1);
  }
  // Canonical type ids mean nothing to people: only abstract types are named.
  return type.heap().is_index() ? "<ref>" : fmt::format("<{}>", wasm::to_string(type));
}

}  // namespace cairn::cli
